import { Duration, Resource, Stack, Token } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { ENV, SCHEDULE_NAME } from '../../lambda/batch-arrival/contract';
import { AlarmSeverity } from '../monitoring/alarm-settings';
import type { Fault } from '../checks/bounds/fault';
import type { Model } from '../model/model';
import type { InferenceAlarms } from '../monitoring/inference-alarms';
import { refuse } from '../private/errors';
import { handlerCode } from '../private/handler-assets';
import type { LogOptions } from '../private/log-group';
import type { BatchAlias } from './batch-alias';
import type { BatchArrival } from './batch-arrival-props';
import { batchFunctionProps } from './batch-function';
import { schedulerRole } from './batch-schedule';
import type { BatchLocation } from './batch-transform-props';

/** How long arrivals are gathered before the function hears of them. */
const GATHERED = Duration.seconds(20);

/** Arrivals that are too late for a run that begins come again after that. AWS asks for six times the time that the function may take. */
const COMES_AGAIN = Duration.minutes(4);

/** For about six hours: a schedule that cannot start a run stands for one. */
const TIMES = 100;

/** Where objects arrive, and what starts then. */
export interface ArrivingBatch {
  readonly model: Model;
  readonly input: BatchLocation;
  readonly suffixes?: readonly string[];
  readonly arrival: BatchArrival;
}

/** Where arrivals wait, and where ends up what could not be told or started. */
export interface ArrivalQueues {
  readonly arrivals: sqs.Queue;
  readonly lost: sqs.Queue;
}

/**
 * Starts one run when objects have stopped to arrive: each arrival goes through a queue to a function that moves the time of a
 * schedule, and the schedule starts the run and removes itself.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
 */
export function startOnArrival(
  scope: Construct,
  alias: BatchAlias,
  batch: ArrivingBatch,
  kept: LogOptions,
): ArrivalQueues {
  const { model, arrival } = batch;
  refuse(scope, heardElsewhere(scope, batch.input.bucket));
  const common: sqs.QueueProps = {
    encryption: sqs.QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
    removalPolicy: kept.removalPolicy,
  };
  const lost = new sqs.Queue(scope, 'LostArrivals', common);
  const arrivals = new sqs.Queue(scope, 'Arrivals', {
    ...common,
    visibilityTimeout: COMES_AGAIN,
    deadLetterQueue: { queue: lost, maxReceiveCount: TIMES },
  });
  hear(scope, batch, arrivals, lost);

  // A group of its own, so that the function may touch no other schedule.
  const group = new scheduler.CfnScheduleGroup(scope, 'ArrivalSchedules');
  const description = `Starts runs of ${model.name} when objects have arrived`;
  const role = schedulerRole(scope, 'ArrivalScheduleRole', description);
  alias.grantStart(role);
  lost.grants.sendMessages(role);

  const stack = Stack.of(scope);
  const hearing = new lambda.Function(scope, 'Arrival', {
    ...batchFunctionProps(scope, 'Arrival', `Lets runs of ${model.name} wait for further arrivals`, kept),
    code: handlerCode('batch-arrival', {}),
    architecture: lambda.Architecture.ARM_64,
    memorySize: 256,
    timeout: Duration.seconds(30),
    environment: {
      [ENV.group]: group.ref,
      [ENV.role]: role.roleArn,
      [ENV.alias]: alias.aliasArn,
      [ENV.deadLetters]: lost.queueArn,
      [ENV.action]: `arn:${stack.partition}:scheduler:::aws-sdk:sfn:startExecution`,
      [ENV.quietSeconds]: String(arrival.quietPeriod.toSeconds()),
      [ENV.maxWaitSeconds]: String(arrival.maxWait?.toSeconds() ?? 6 * arrival.quietPeriod.toSeconds()),
    },
  });
  hearing.addToRolePolicy(
    new iam.PolicyStatement({
      actions: ['scheduler:GetSchedule', 'scheduler:CreateSchedule', 'scheduler:UpdateSchedule'],
      resources: [
        stack.formatArn({ service: 'scheduler', resource: 'schedule', resourceName: `${group.ref}/${SCHEDULE_NAME}` }),
      ],
    }),
  );
  hearing.addToRolePolicy(
    new iam.PolicyStatement({
      actions: ['iam:PassRole'],
      resources: [role.roleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
    }),
  );
  arrivals.grants.consumeMessages(hearing);
  hearing.addEventSourceMapping('Arrivals', {
    eventSourceArn: arrivals.queueArn,
    batchSize: 10_000,
    maxBatchingWindow: GATHERED,
    maxConcurrency: 2,
    reportBatchItemFailures: true,
  });
  return { arrivals, lost };
}

/** The alarms on arrivals that no run is started for. */
export function addArrivalAlarms(alarms: InferenceAlarms, { arrivals, lost }: ArrivalQueues): void {
  alarms.add('WaitingArrivals', {
    evaluationPeriods: 1,
    severity: AlarmSeverity.WARNING,
    description:
      'Nothing is planned for objects that arrived half an hour ago. The log of the function that hears of arrivals says why.',
    metric: arrivals.metricApproximateAgeOfOldestMessage(),
    threshold: Duration.minutes(30).toSeconds(),
  });
  alarms.add('LostArrivals', {
    evaluationPeriods: 1,
    severity: AlarmSeverity.CRITICAL,
    description:
      'No run was started for objects that arrived: the queue says which, or why. Start a run by hand, which scores them, and empty the queue.',
    metric: lost.metricApproximateNumberOfMessagesVisible(),
    threshold: 0,
  });
}

/** What S3 tells of objects below the input goes to the queue. */
function hear(scope: Construct, { input, suffixes = [] }: ArrivingBatch, arrivals: sqs.Queue, lost: sqs.Queue): void {
  if (Resource.isOwnedResource(input.bucket)) {
    input.bucket.enableEventBridgeNotification();
  }
  const keys = keysOf(input.prefix ?? '', suffixes);
  new events.Rule(scope, 'ArrivalRule', {
    description: `Hears of objects that arrive in ${input.prefix ?? 'the bucket'}`,
    eventPattern: {
      source: ['aws.s3'],
      detailType: ['Object Created'],
      detail: {
        bucket: { name: [input.bucket.bucketName] },
        ...(keys === undefined ? {} : { object: { key: keys } }),
      },
    },
    targets: [
      new targets.SqsQueue(arrivals, {
        message: events.RuleTargetInput.fromObject({ key: events.EventField.fromPath('$.detail.object.key') }),
        deadLetterQueue: lost,
      }),
    ],
  });
}

/** Keys as EventBridge matches them: of several patterns one has to fit, so beginning and end are one pattern. */
function keysOf(prefix: string, suffixes: readonly string[]): object[] | undefined {
  if (suffixes.length > 0) {
    return suffixes.map((suffix) =>
      prefix === '' ? { suffix } : { wildcard: `${literally(prefix)}*${literally(suffix)}` },
    );
  }
  return prefix === '' ? undefined : [{ prefix }];
}

/** @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-wildcard-escape */
function literally(text: string): string {
  return text.replace(/[\\*]/g, '\\$&');
}

/**
 * S3 tells the event bus of the bucket's own account and Region, where no rule of this stack listens.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
 */
function heardElsewhere(scope: Construct, { env }: s3.IBucket): Fault[] {
  const { account, region } = Stack.of(scope);
  const differs = (one: string, other: string) =>
    !Token.isUnresolved(one) && !Token.isUnresolved(other) && one !== other;
  return differs(env.account, account) || differs(env.region, region)
    ? [
        {
          id: 'batch-arrival-elsewhere',
          message: `'arrival' is given, and the bucket of 'input' is in ${env.account}/${env.region}, whose events this stack in ${account}/${region} does not get`,
          fix: "use 'schedule', or copy the objects into a bucket of this account and Region, such as by replication",
        },
      ]
    : [];
}
