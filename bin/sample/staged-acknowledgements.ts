import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { type Acknowledged, find, wildcard } from './acknowledge';

/** What a staged rollout of a function's alias answers. */
export function acknowledgedOfStagedRollout(rollout: IConstruct, of: IConstruct): Acknowledged[] {
  return [
    ...acknowledgedOfController(rollout),
    {
      at: find(rollout, 'Role'),
      rules: [wildcard('<LOGICAL_ID.Arn>:*', of)],
      reason: 'It asks, and in the end removes, versions of this one function, whose numbers come with deployments.',
    },
  ];
}

/** What the controller of any staged rollout answers. */
export function acknowledgedOfController(rollout: IConstruct): Acknowledged[] {
  return [
    ...acknowledgedOfRoles(rollout),
    ...acknowledgedOfState(rollout),
    ...acknowledgedOfResource(find(Stack.of(rollout), 'StagedRolloutResource')),
    {
      at: find(rollout, 'Function'),
      rules: ['NIST.800.53.R5-LambdaConcurrency', 'NIST.800.53.R5-LambdaDLQ', 'NIST.800.53.R5-LambdaInsideVPC'],
      reason: 'Its state machine calls it, one call at a time, and again when it fails; alarms tell when that goes on.',
    },
    {
      at: find(rollout, 'Loop'),
      rules: ['AwsSolutions-SF1'],
      reason: 'It goes round by the minute: the log has its errors, and each transition is among the evidence.',
    },
    {
      at: find(rollout, 'Loop'),
      rules: ['AwsSolutions-SF2'],
      reason: 'It calls one function and waits; there is no path of a request to trace.',
    },
  ];
}

function acknowledgedOfRoles(rollout: IConstruct): Acknowledged[] {
  const role = find(rollout, 'Role');
  return [
    {
      at: role,
      rules: ['AwsSolutions-IAM5[Resource::*]'],
      reason: 'CloudWatch gives metrics and the states of alarms for no resource in particular.',
    },
    {
      at: role,
      rules: [wildcard('<LOGICAL_ID.Arn>/rollouts/*', find(rollout, 'Evidence'))],
      reason: 'Evidence is named by the time; all of it lies below this prefix.',
    },
    {
      at: role,
      rules: [
        'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:application-autoscaling:<AWS::Region>:<AWS::AccountId>:scalable-target/*]',
      ],
      reason: 'Scalable targets have ids that AWS makes up; a condition keeps it to those of the service.',
    },
    {
      at: find(rollout, 'Loop/Role'),
      rules: ['AwsSolutions-IAM5[Resource::*]'],
      reason: 'Deliveries of logs have no resource in particular.',
    },
    {
      at: find(rollout, 'Loop/Role'),
      rules: [wildcard('<LOGICAL_ID.Arn>:*', find(rollout, 'Function'))],
      reason: 'The state machine calls this one function, in whichever version.',
    },
  ];
}

function acknowledgedOfState(rollout: IConstruct): Acknowledged[] {
  const evidence = find(rollout, 'Evidence');
  return [
    {
      at: find(rollout, 'State'),
      rules: ['NIST.800.53.R5-DynamoDBInBackupPlan'],
      reason:
        'It says how far a rollout is, and can be restored to any second; what is live is read from the service itself.',
    },
    {
      at: evidence,
      rules: ['AwsSolutions-S1', 'NIST.800.53.R5-S3BucketLoggingEnabled'],
      reason: 'A log of the accesses needs a bucket that all of an account share, which a sample has not.',
    },
    {
      at: evidence,
      rules: ['NIST.800.53.R5-S3BucketReplicationEnabled', 'NIST.800.53.R5-S3BucketVersioningEnabled'],
      reason: 'Each object is written once, or again with the same content, and the events have told of it elsewhere.',
    },
    {
      at: evidence,
      rules: ['NIST.800.53.R5-S3DefaultEncryptionKMS'],
      reason: 'S3 encrypts with a key of its own; encryptionKey is one prop, and holds for the evidence too.',
    },
  ];
}

function acknowledgedOfResource(resource: IConstruct): Acknowledged[] {
  return [
    {
      at: resource,
      rules: ['NIST.800.53.R5-LambdaConcurrency', 'NIST.800.53.R5-LambdaDLQ', 'NIST.800.53.R5-LambdaInsideVPC'],
      reason:
        'CloudFormation runs it once per deployment, waits for it, and fails the deployment when it hears nothing.',
    },
    {
      at: resource,
      rules: [
        ...['OnEvent', 'IsComplete'].map((handler) => wildcard('<LOGICAL_ID.Arn>:*', find(resource, handler))),
        ...['isComplete', 'onTimeout'].map((handler) =>
          wildcard('<LOGICAL_ID.Arn>:*', find(resource, `Provider/framework-${handler}`)),
        ),
      ],
      reason: 'The framework of the CDK calls these functions, in whichever version.',
    },
    {
      at: find(resource, 'Provider/waiter-state-machine'),
      rules: ['AwsSolutions-SF1', 'AwsSolutions-SF2'],
      reason: 'It asks one function until that says yes, and the log of the function says what it saw.',
    },
  ];
}
