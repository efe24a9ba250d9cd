import { type RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** How logs are kept. */
export interface LogOptions {
  /** Where a service decides it. */
  readonly logGroupName?: string;
  readonly retention: logs.RetentionDays;
  readonly encryptionKey?: kms.IKey;
  readonly removalPolicy: RemovalPolicy;
}

/** A log group that CloudWatch Logs can really write to: with a key, the service itself must be allowed to use it. */
export function logGroup(scope: Construct, id: string, options: LogOptions): logs.LogGroup {
  if (options.encryptionKey !== undefined) {
    allowLogs(scope, options.encryptionKey);
  }
  return new logs.LogGroup(scope, id, {
    logGroupName: options.logGroupName,
    retention: options.retention,
    encryptionKey: options.encryptionKey,
    removalPolicy: options.removalPolicy,
  });
}

/**
 * Lets CloudWatch Logs use the key for log groups of this account. The groups' names are not known when the key is
 * made, so the condition names the account instead.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 */
function allowLogs(scope: Construct, key: kms.IKey): void {
  const stack = Stack.of(scope);
  key.addToResourcePolicy(
    new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal(`logs.${stack.region}.${stack.urlSuffix}`)],
      actions: [
        'kms:Encrypt',
        'kms:Decrypt',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
        'kms:GenerateDataKey',
        'kms:GenerateDataKeyWithoutPlaintext',
        'kms:DescribeKey',
      ],
      resources: ['*'],
      conditions: {
        ArnLike: { 'kms:EncryptionContext:aws:logs:arn': stack.formatArn({ service: 'logs', resource: '*' }) },
      },
    }),
  );
}
