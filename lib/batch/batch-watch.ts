import { Annotations, ArnFormat, Duration, Stack, Token } from 'aws-cdk-lib';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { BATCH_NAME } from '../../lambda/batch/contract';
import { ENV, EVERY_MINUTES } from '../../lambda/batch-watch/contract';
import { AlarmSeverity } from '../monitoring/alarm-settings';
import type { InferenceAlarms } from '../monitoring/inference-alarms';
import { handlerCode } from '../private/handler-assets';
import type { LogOptions } from '../private/log-group';
import { batchFunctionProps } from './batch-function';
import { type BatchMetrics, LOOKS } from './batch-metrics';
import { schedulerRole } from './batch-schedule';

/** What is watched. */
export interface WatchedBatch {
  readonly batchName: string;
  readonly modelName: string;
  readonly stateMachine: sfn.StateMachine;
  readonly deadlineSeconds: number;
  /** Starts runs. */
  readonly schedule?: scheduler.Schedule;
  readonly expression?: scheduler.ScheduleExpression;
}

/** A function that looks at a batch every quarter of an hour, and what calls it. */
export interface BatchWatch {
  readonly watch: lambda.Function;
  readonly looks: scheduler.Schedule;
}

/**
 * Sees what no metric of Step Functions shows: that a run has not begun that should have, and that one that goes on will be late.
 * CloudWatch looks back a week at most, and a schedule may have a month between its times; so this looks at schedule and history.
 */
export function watchBatch(scope: Construct, batch: WatchedBatch, kept: LogOptions): BatchWatch {
  const { stateMachine, schedule, modelName } = batch;
  warnOfRarity(scope, batch.expression);
  const watch = new lambda.Function(scope, 'Watch', {
    ...batchFunctionProps(scope, 'Watch', `Watches runs of ${modelName}`, kept),
    code: handlerCode('batch-watch', {}),
    architecture: lambda.Architecture.ARM_64,
    memorySize: 256,
    timeout: Duration.minutes(1),
    environment: {
      [BATCH_NAME]: batch.batchName,
      [ENV.stateMachine]: stateMachine.stateMachineArn,
      [ENV.deadline]: String(batch.deadlineSeconds),
      ...(schedule === undefined ? {} : { [ENV.schedule]: schedule.scheduleName }),
    },
  });
  allowToSee(watch, stateMachine, schedule);

  const description = `Looks at runs of ${modelName}`;
  const role = schedulerRole(scope, 'WatchScheduleRole', description);
  role.addToPrincipalPolicy(
    new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [watch.functionArn] }),
  );
  const looks = new scheduler.Schedule(scope, 'WatchSchedule', {
    schedule: scheduler.ScheduleExpression.rate(Duration.minutes(EVERY_MINUTES)),
    description,
    key: kept.encryptionKey,
    target: {
      bind: () => ({
        arn: watch.functionArn,
        role,
        // The next look comes soon.
        retryPolicy: { maximumEventAgeInSeconds: 300, maximumRetryAttempts: 2 },
      }),
    },
  });
  return { watch, looks };
}

/** The alarms on what the watch sees, and on the watch itself. */
export function addWatchAlarms(
  alarms: InferenceAlarms,
  metrics: BatchMetrics,
  { watch, looks }: BatchWatch,
  scheduled: boolean,
): void {
  if (scheduled) {
    const missed = alarms.add('MissedRuns', {
      evaluationPeriods: 1,
      severity: AlarmSeverity.CRITICAL,
      description:
        'No run has begun although the schedule was due, or nothing has been heard from the watch. Its log says which; start a run by hand to make up for it.',
      metric: metrics.atEachLook('missedRuns'),
      threshold: 0,
      treatMissingData: TreatMissingData.BREACHING,
    });
    // So that there is something to be heard when it begins to listen.
    missed.node.addDependency(looks);
  }
  alarms.add('WatchErrors', {
    evaluationPeriods: 1,
    severity: AlarmSeverity.WARNING,
    description: 'The watch could not look at the runs, in spite of trying again. Its log says why.',
    metric: watch.metricErrors({ period: LOOKS }),
    // AWS Lambda calls it three times before it gives up.
    threshold: 2,
  });
}

function allowToSee(watch: lambda.Function, stateMachine: sfn.StateMachine, schedule?: scheduler.Schedule): void {
  const ofMachine = (resource: string, end: string) =>
    Stack.of(watch).formatArn({
      service: 'states',
      resource,
      resourceName: `${stateMachine.stateMachineName}${end}`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  watch.addToRolePolicy(
    new iam.PolicyStatement({ actions: ['states:ListExecutions'], resources: [stateMachine.stateMachineArn] }),
  );
  watch.addToRolePolicy(
    new iam.PolicyStatement({ actions: ['states:ListMapRuns'], resources: [ofMachine('execution', ':*')] }),
  );
  watch.addToRolePolicy(
    new iam.PolicyStatement({ actions: ['states:DescribeMapRun'], resources: [ofMachine('mapRun', '/*')] }),
  );
  if (schedule !== undefined) {
    watch.addToRolePolicy(
      new iam.PolicyStatement({ actions: ['scheduler:GetSchedule'], resources: [schedule.scheduleArn] }),
    );
  }
}

const UNITS: Readonly<Record<string, number>> = { minute: 1 / 1440, hour: 1 / 24, day: 1 };

/** The history of executions may be kept for 30 days only, and of a rate nobody tells when its last time was. */
function warnOfRarity(scope: Construct, expression: scheduler.ScheduleExpression | undefined): void {
  const text = expression?.expressionString;
  if (text === undefined || Token.isUnresolved(text)) {
    return;
  }
  const [, value, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(text) ?? [];
  if (value !== undefined && Number(value) * UNITS[unit] > 27) {
    Annotations.of(scope).addWarningV2(
      'cdk-inference-patterns:batch-rare-rate',
      `a run that ${text} does not start is not noticed: a rate of more than 27 days cannot be watched. Use ScheduleExpression.cron`,
    );
  }
}
