import type { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { ROLLOUT_METRICS, TARGET_DIMENSION } from '../../lambda/rollout/contract';
import { AlarmSeverity } from './alarm-settings';
import { ALARM_PERIOD, type InferenceAlarms } from './inference-alarms';
import type { InferenceDashboard } from './inference-dashboard';

/** A controller, as its alarms see it. */
export interface WatchedController {
  /** As the controller calls what it moves. */
  readonly target: string;
  readonly functionName: string;
  readonly stateMachineArn: string;
  readonly maxPause: Duration;
}

/** Alarms and a row of the dashboard for a staged rollout. */
export function watchStagedRollout(
  alarms: InferenceAlarms,
  dashboard: InferenceDashboard | undefined,
  controller: WatchedController,
): void {
  addAlarms(alarms, controller);
  if (dashboard !== undefined) {
    addRow(dashboard, controller);
  }
}

/** That it went back, that it stands still, and that nobody drives it. */
function addAlarms(alarms: InferenceAlarms, controller: WatchedController): void {
  const { MAXIMUM, SUM } = cloudwatch.Stats;
  const status = `See 'inference-patterns rollout status ${controller.functionName}'.`;
  alarms.add('RolledBack', {
    severity: AlarmSeverity.WARNING,
    description: `A new version was rolled back, or did not begin to serve. ${status}`,
    metric: ofRollout(controller, ROLLOUT_METRICS.rolledBack, SUM),
    threshold: 0,
    evaluationPeriods: 1,
  });
  alarms.add('RolloutStuck', {
    severity: AlarmSeverity.CRITICAL,
    description: `A rollout gets no further: calls of AWS fail, or what it needs cannot be seen. A rollback may be among them. ${status}`,
    metric: ofRollout(controller, ROLLOUT_METRICS.stuck, MAXIMUM),
    threshold: 0,
    evaluationPeriods: 3,
  });
  alarms.add('RolloutPaused', {
    severity: AlarmSeverity.WARNING,
    description: `A rollout waits for somebody for longer than ${controller.maxPause.toMinutes()} minutes. ${status}`,
    metric: ofRollout(controller, ROLLOUT_METRICS.pausedMinutes, MAXIMUM),
    threshold: controller.maxPause.toMinutes(),
    evaluationPeriods: 1,
  });
  alarms.add('RolloutFails', {
    severity: AlarmSeverity.CRITICAL,
    description: `The controller of the rollout fails, minute after minute: nothing shifts traffic back if the new version is bad. Look into the log of ${controller.functionName}.`,
    metric: aws('AWS/Lambda', 'Errors', { FunctionName: controller.functionName }),
    threshold: 2,
    evaluationPeriods: 5,
    datapointsToAlarm: 3,
  });
  alarms.add('RolloutNotDriven', {
    severity: AlarmSeverity.CRITICAL,
    description: `The state machine of the rollout was stopped, or failed: a rollout that goes on is driven by nobody. Any verb of 'inference-patterns rollout' starts it again, such as pause.`,
    metric: new cloudwatch.MathExpression({
      expression: 'FILL(failed, 0) + FILL(aborted, 0) + FILL(timedOut, 0)',
      usingMetrics: {
        failed: aws('AWS/States', 'ExecutionsFailed', { StateMachineArn: controller.stateMachineArn }),
        aborted: aws('AWS/States', 'ExecutionsAborted', { StateMachineArn: controller.stateMachineArn }),
        timedOut: aws('AWS/States', 'ExecutionsTimedOut', { StateMachineArn: controller.stateMachineArn }),
      },
      period: ALARM_PERIOD,
      label: 'executions that broke off',
    }),
    threshold: 0,
    evaluationPeriods: 1,
  });
}

/** A row: how much of the traffic the new version has, and how its rollouts end. */
function addRow(dashboard: InferenceDashboard, controller: WatchedController): void {
  const { MAXIMUM, SUM } = cloudwatch.Stats;
  dashboard.addRow({
    title: 'Rollout',
    graphs: [
      {
        title: "the new version's share of the traffic, %",
        metrics: [ofRollout(controller, ROLLOUT_METRICS.percent, MAXIMUM)],
      },
      {
        title: 'going on, and minutes of a pause',
        metrics: [
          ofRollout(controller, ROLLOUT_METRICS.active, MAXIMUM),
          ofRollout(controller, ROLLOUT_METRICS.pausedMinutes, MAXIMUM),
        ],
      },
      {
        title: 'ends',
        metrics: [
          ofRollout(controller, ROLLOUT_METRICS.promoted, SUM),
          ofRollout(controller, ROLLOUT_METRICS.rolledBack, SUM),
        ],
      },
    ],
  });
}

function ofRollout({ target }: WatchedController, metricName: string, statistic: string): cloudwatch.Metric {
  return aws(ROLLOUT_METRICS.namespace, metricName, { [TARGET_DIMENSION]: target }, statistic);
}

function aws(
  namespace: string,
  metricName: string,
  dimensionsMap: { [name: string]: string },
  statistic: string = cloudwatch.Stats.SUM,
): cloudwatch.Metric {
  return new cloudwatch.Metric({ namespace, metricName, dimensionsMap, statistic, period: ALARM_PERIOD });
}
