import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { StreamingInference } from '../../lib';
import {
  acknowledge,
  type Acknowledged,
  acknowledgedEverywhere,
  acknowledgedOfFunction,
  acknowledgedOfRollout,
  find,
  wildcard,
} from './acknowledge';
import type { EndpointStreamingStack } from './endpoint-streaming-stack';
import type { StreamingStack } from './streaming-stack';

/** Answers to cdk-nag for the stream with the model in its consumer. */
export function acknowledgeStreaming(stack: StreamingStack): void {
  acknowledge([
    ...acknowledgedEverywhere(stack),
    ...acknowledgedOfConsumer(stack.inference),
    {
      at: stack.table,
      rules: ['NIST.800.53.R5-DynamoDBInBackupPlan'],
      reason: 'Predictions can be made again from the stream; the table can be restored to any second of 35 days.',
    },
  ]);
}

/** Answers to cdk-nag for the stream through an endpoint. */
export function acknowledgeEndpointStreaming(stack: EndpointStreamingStack): void {
  acknowledge([
    ...acknowledgedEverywhere(stack),
    ...acknowledgedOfConsumer(stack.inference),
    ...acknowledgedOfBucket(stack.lake),
    {
      at: find(stack.inference, 'Role'),
      rules: [wildcard('<LOGICAL_ID.Arn>/predictions/*', stack.lake)],
      reason: 'Objects are named by what is in them; they all lie below this prefix.',
    },
  ]);
}

function acknowledgedOfConsumer(inference: StreamingInference): Acknowledged[] {
  const { quarantine, quarantinePrefix } = inference;
  return [
    ...acknowledgedOfRollout(find(inference, 'Rollout'), inference.function, inference.rollbackAlarms),
    ...acknowledgedOfBucket(quarantine),
    {
      at: find(inference, 'Role'),
      rules: ['AwsSolutions-IAM5[Resource::*]'],
      reason: 'X-Ray takes traces for no resource in particular; nothing else is allowed on *.',
    },
    {
      at: find(inference, 'Role'),
      rules: ['aws/lambda/', quarantinePrefix].map((prefix) => wildcard(`<LOGICAL_ID.Arn>/${prefix}*`, quarantine)),
      reason: 'Objects are named by what is in them; they all lie below these prefixes.',
    },
    {
      at: inference.function,
      rules: ['NIST.800.53.R5-LambdaDLQ'],
      reason: 'The event source mapping has an on-failure destination, which keeps whole records.',
    },
    ...acknowledgedOfFunction(inference),
  ];
}

function acknowledgedOfBucket(bucket: IBucket): Acknowledged[] {
  return [
    {
      at: bucket,
      rules: ['AwsSolutions-S1', 'NIST.800.53.R5-S3BucketLoggingEnabled'],
      reason: 'A log of the accesses needs a bucket that all of an account share, which a sample has not.',
    },
    {
      at: bucket,
      rules: ['NIST.800.53.R5-S3BucketReplicationEnabled'],
      reason: 'What is here lies in the stream as well, or is looked into within days.',
    },
    {
      at: bucket,
      rules: ['NIST.800.53.R5-S3DefaultEncryptionKMS'],
      reason: 'S3 encrypts with a key of its own; encryptionKey is one prop.',
    },
  ];
}
