import { acknowledge, acknowledgedEverywhere, acknowledgedOfApi, find, wildcard } from './acknowledge';
import type { ServerlessStack } from './serverless-stack';

/** Answers to cdk-nag for the serverless stack. */
export function acknowledgeServerless(stack: ServerlessStack): void {
  const { inference } = stack;
  const smokeTest = find(stack, 'Tumours/Rollout/SmokeTest');

  acknowledge([
    ...acknowledgedEverywhere(stack),
    ...acknowledgedOfApi(stack.api),
    {
      at: find(stack, 'Tumours/Role'),
      rules: ['AwsSolutions-IAM5[Resource::*]'],
      reason: 'X-Ray takes traces for no resource in particular; nothing else is allowed on *.',
    },
    {
      at: find(stack, 'Tumours/Rollout/Role'),
      rules: ['AwsSolutions-IAM5[Resource::*]'],
      reason: 'CloudWatch answers for composite alarms only to who may describe all alarms.',
    },
    {
      at: find(stack, 'Tumours/Rollout/SmokeTest/Role'),
      rules: [
        wildcard('<LOGICAL_ID.Arn>:*', inference.function),
        wildcard(
          'arn:<AWS::Partition>:codedeploy:<AWS::Region>:<AWS::AccountId>:deploymentgroup:<LOGICAL_ID>/*',
          find(stack, 'Tumours/Rollout/Application'),
        ),
      ],
      reason:
        'It calls whichever version is new of this one function, and reports to the groups of this one application.',
    },
    {
      at: inference.failureQueue!,
      rules: ['AwsSolutions-SQS3'],
      reason: 'This is the dead-letter queue: requests that failed for good come here, and an alarm watches it.',
    },
    {
      at: inference.function,
      rules: ['NIST.800.53.R5-LambdaDLQ'],
      reason: 'The alias has an on-failure destination, which keeps the whole request and not just its payload.',
    },
    {
      at: inference.function,
      rules: ['NIST.800.53.R5-LambdaConcurrency'],
      reason: 'A sample shares the concurrency of its account; reservedConcurrency is one prop.',
    },
    {
      at: inference.function,
      rules: ['NIST.800.53.R5-LambdaInsideVPC'],
      reason: 'It reaches nothing that lies in a network; vpc is one prop.',
    },
    {
      at: smokeTest,
      rules: ['NIST.800.53.R5-LambdaConcurrency', 'NIST.800.53.R5-LambdaDLQ', 'NIST.800.53.R5-LambdaInsideVPC'],
      reason: 'CodeDeploy runs it once per deployment, and fails the deployment itself when it hears no verdict.',
    },
    ...inference.rollbackAlarms.map((at) => ({
      at,
      rules: ['NIST.800.53.R5-CloudWatchAlarmAction'],
      reason: 'CodeDeploy reads it and rolls back; nobody has to be woken for that.',
    })),
    {
      at: inference.alarms,
      rules: ['NIST.800.53.R5-CloudWatchAlarmAction'],
      reason:
        'Critical alarms page through the one composite alarm over them, so that an outage is one call and not five.',
    },
  ]);
}
