import type { BatchTransform } from '../../lib';
import { acknowledge, type Acknowledged, acknowledgedEverywhere, find, wildcard } from './acknowledge';
import type { BatchStack } from './batch-stack';
import type { ReviewBatchStack } from './review-batch-stack';

/** A stack with one batch, whose input and output lie in one bucket. */
type Stacked = BatchStack | ReviewBatchStack;

/** Answers to cdk-nag for the batch by functions. */
export function acknowledgeBatch(stack: BatchStack): void {
  acknowledge(acknowledgedOfBatch(stack, 'Score'));
}

/** Answers to cdk-nag for the batch by transform jobs. */
export function acknowledgeReviewBatch(stack: ReviewBatchStack): void {
  acknowledge([...acknowledgedOfBatch(stack, 'Advance'), ...acknowledgedOfJobs(stack)]);
}

/** What is answered alike, whatever scores: the state machine calls one function for it. */
function acknowledgedOfBatch(stack: Stacked, scorer: 'Score' | 'Advance'): Acknowledged[] {
  return [
    ...acknowledgedEverywhere(stack),
    ...acknowledgedOfRoles(stack, scorer),
    ...acknowledgedOfFunctions(stack.batch, scorer),
    {
      at: stack.batch.alarms,
      rules: ['NIST.800.53.R5-CloudWatchAlarmAction'],
      reason:
        'Critical alarms page through the one composite alarm over them, so that an outage is one call and not five.',
    },
    {
      at: stack.data,
      rules: ['AwsSolutions-S1', 'NIST.800.53.R5-S3BucketLoggingEnabled'],
      reason: 'A log of the accesses needs a bucket that all of an account share, which a sample has not.',
    },
    {
      at: stack.data,
      rules: ['NIST.800.53.R5-S3BucketReplicationEnabled'],
      reason: 'Results can be made again from what arrived, and what arrived comes from elsewhere.',
    },
    {
      at: stack.data,
      rules: ['NIST.800.53.R5-S3DefaultEncryptionKMS'],
      reason: 'S3 encrypts with a key of its own; a key of yours is one prop of the bucket, and the roles get its use.',
    },
  ];
}

function acknowledgedOfJobs({ batch, data }: ReviewBatchStack): Acknowledged[] {
  const ofAccount = (service: string, rest: string) =>
    `arn:<AWS::Partition>:${service}:<AWS::Region>:<AWS::AccountId>:${rest}`;
  const jobs = `AwsSolutions-IAM5[Resource::${ofAccount('sagemaker', 'transform-job/sentiment-*')}]`;
  const logs = `AwsSolutions-IAM5[Resource::${ofAccount('logs', 'log-group:/aws/sagemaker/TransformJobs:*')}]`;
  return [
    {
      at: find(batch, 'Role'),
      rules: ['AwsSolutions-IAM5[Resource::*]'],
      reason:
        'CloudWatch takes metrics for no resource in particular, and a token for ECR is for the whole registry; nothing else is allowed on *.',
    },
    {
      at: find(batch, 'Role'),
      rules: [logs, wildcard('<LOGICAL_ID.Arn>/arrived/*', data), wildcard('<LOGICAL_ID.Arn>/scored/runs/*', data)],
      reason: 'Containers read what arrived, whatever it is named, write results below the runs, and log by job.',
    },
    {
      at: find(batch, 'AdvanceRole'),
      rules: [jobs, logs],
      reason:
        'Jobs get their names when they begin, each with those of the model in front, and log streams have theirs.',
    },
    {
      at: find(batch, 'Runs/Role'),
      rules: [jobs],
      reason: 'Jobs get their names when they begin, each with that of the model in front.',
    },
  ];
}

function acknowledgedOfRoles({ batch, data }: Stacked, scorer: 'Score' | 'Advance'): Acknowledged[] {
  return [
    {
      at: find(batch, 'ControlRole'),
      rules: ['AwsSolutions-IAM5[Resource::*]'],
      reason: 'X-Ray takes traces for no resource in particular; nothing else is allowed on *.',
    },
    {
      at: find(batch, 'ControlRole'),
      rules: [wildcard('<LOGICAL_ID.Arn>/scored/*', data)],
      reason: 'It writes plans, manifests and summaries of runs, and their names come with the runs.',
    },
    {
      at: find(batch, `${scorer}Role`),
      rules: ['AwsSolutions-IAM5[Resource::*]'],
      reason: 'X-Ray takes traces for no resource in particular; nothing else is allowed on *.',
    },
    {
      at: find(batch, `${scorer}Role`),
      rules: [wildcard('<LOGICAL_ID.Arn>/arrived/*', data), wildcard('<LOGICAL_ID.Arn>/scored/runs/*', data)],
      reason: 'It reads what arrived, whatever it is named, and writes results beside it, below the runs.',
    },
    {
      at: find(batch, 'Runs/Role'),
      rules: ['AwsSolutions-IAM5[Resource::*]'],
      reason: 'Deliveries of logs, traces and their sampling rules have no resource in particular.',
    },
    {
      at: find(batch, 'Runs/Role'),
      rules: [
        wildcard('<LOGICAL_ID.Arn>/scored/runs/*', data),
        wildcard('<LOGICAL_ID.Arn>:*', find(batch, 'Control')),
        wildcard('<LOGICAL_ID.Arn>:*', find(batch, scorer)),
      ],
      reason:
        'It reads the partitions of its runs, and calls the published versions of its two functions: a redriven run calls older ones.',
    },
    {
      at: find(batch, 'Partitions'),
      rules: [':*', '/*'].map((end) =>
        wildcard(
          `arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<LOGICAL_ID.Name>${end}`,
          batch.stateMachine,
        ),
      ),
      reason: 'Executions of this one state machine get their names when they begin.',
    },
    {
      at: find(batch, 'WatchRole'),
      rules: ['AwsSolutions-IAM5[Resource::*]'],
      reason: 'X-Ray takes traces for no resource in particular; nothing else is allowed on *.',
    },
    {
      at: find(batch, 'WatchRole'),
      rules: ['execution:<LOGICAL_ID.Name>:*', 'mapRun:<LOGICAL_ID.Name>/*'].map((each) =>
        wildcard(`arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:${each}`, batch.stateMachine),
      ),
      reason:
        'It looks at executions of this one state machine and at their partitions, which get their names when they begin.',
    },
  ];
}

function acknowledgedOfFunctions(batch: BatchTransform, scorer: 'Score' | 'Advance'): Acknowledged[] {
  return [
    {
      at: find(batch, 'Watch'),
      rules: ['NIST.800.53.R5-LambdaConcurrency', 'NIST.800.53.R5-LambdaDLQ'],
      reason: 'It is called once every quarter of an hour, and an alarm says when nothing is heard of it.',
    },
    {
      at: find(batch, 'Watch'),
      rules: ['NIST.800.53.R5-LambdaInsideVPC'],
      reason: 'It reaches nothing but Step Functions and EventBridge Scheduler, which take no network of yours.',
    },
    ...['Control', scorer].flatMap((name) => [
      {
        at: find(batch, name),
        rules: ['NIST.800.53.R5-LambdaConcurrency'],
        reason: 'The state machine calls no more at a time than maxConcurrency says.',
      },
      {
        at: find(batch, name),
        rules: ['NIST.800.53.R5-LambdaDLQ'],
        reason:
          'The state machine waits for each answer, tries again, and keeps what failed in the history of the run.',
      },
      {
        at: find(batch, name),
        rules: ['NIST.800.53.R5-LambdaInsideVPC'],
        reason: 'It reaches nothing but services of AWS, which take no network of yours.',
      },
    ]),
  ];
}
