import { Token } from 'aws-cdk-lib';
import { AlarmSeverity } from '../monitoring/alarm-settings';
import type { InferenceAlarms } from '../monitoring/inference-alarms';
import type { BatchMetrics } from './batch-metrics';

/** One period is enough: a run fails once. */
const AT_ONCE = { evaluationPeriods: 1, datapointsToAlarm: 1 } as const;

/** The alarms of a batch. */
export function addBatchAlarms(alarms: InferenceAlarms, metrics: BatchMetrics, toleratedFailure: number): void {
  alarms.add('FailedRuns', {
    ...AT_ONCE,
    severity: AlarmSeverity.CRITICAL,
    description: 'A run failed: its error says why, and what to do. The current run is still the one before.',
    metric: metrics.ofRuns('ExecutionsFailed'),
    threshold: 0,
  });
  alarms.add('TimedOutRuns', {
    ...AT_ONCE,
    severity: AlarmSeverity.CRITICAL,
    description: 'A run was stopped after twice its deadline. Redrive the execution: what is done is not done again.',
    metric: metrics.ofRuns('ExecutionsTimedOut'),
    threshold: 0,
  });
  alarms.add('AbortedRuns', {
    ...AT_ONCE,
    severity: AlarmSeverity.WARNING,
    description: 'Somebody stopped a run. Redrive the execution to go on: what is done is not done again.',
    metric: metrics.ofRuns('ExecutionsAborted'),
    threshold: 0,
  });
  alarms.add('ThrottledRuns', {
    ...AT_ONCE,
    severity: AlarmSeverity.WARNING,
    description: 'Step Functions slowed the state machine down: too many state transitions in this account.',
    metric: metrics.ofRuns('ExecutionThrottled'),
    threshold: 0,
  });
  alarms.add('LateRuns', {
    ...AT_ONCE,
    severity: AlarmSeverity.WARNING,
    description:
      "A run will take longer than its deadline at the pace at which it goes, or did. Raise 'maxConcurrency' or 'maxConcurrentJobs', or see in plan.json what was expected.",
    metric: metrics.atEachLook('lateness'),
    threshold: 1,
  });
  alarms.add('QuarantinedObjects', {
    ...AT_ONCE,
    severity: AlarmSeverity.WARNING,
    description:
      "More than half of the objects that may be in quarantine are: manifest.jsonl of the run says which, and why. Above 'toleratedFailure' a run fails.",
    metric: metrics.quarantinedShare(),
    // Before the run fails for it, which pages.
    threshold: Token.isUnresolved(toleratedFailure) ? toleratedFailure : toleratedFailure / 2,
  });
}
