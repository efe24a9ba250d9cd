import {
  acknowledge,
  acknowledgedEverywhere,
  acknowledgedOfFunction,
  acknowledgedOfApi,
  acknowledgedOfRollout,
  find,
} from './acknowledge';
import type { ServerlessStack } from './serverless-stack';
import { acknowledgedOfStagedRollout } from './staged-acknowledgements';

/** Answers to cdk-nag for the serverless stack. */
export function acknowledgeServerless(stack: ServerlessStack): void {
  const { inference } = stack;

  acknowledge([
    ...acknowledgedEverywhere(stack),
    ...acknowledgedOfApi(stack.api),
    {
      at: find(stack, 'Tumours/Role'),
      rules: ['AwsSolutions-IAM5[Resource::*]'],
      reason: 'X-Ray takes traces for no resource in particular; nothing else is allowed on *.',
    },
    ...(inference.rolloutController === undefined
      ? acknowledgedOfRollout(find(stack, 'Tumours/Rollout'), inference.function, inference.rollbackAlarms)
      : acknowledgedOfStagedRollout(find(stack, 'Tumours/StagedRollout'), inference.function)),
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
    ...acknowledgedOfFunction(inference),
  ]);
}
