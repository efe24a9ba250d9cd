import { Duration, Names, type RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/** The bucket for what could not be predicted, encrypted and closed to the public. */
export function quarantineBucket(
  scope: Construct,
  encryptionKey: kms.IKey | undefined,
  removalPolicy: RemovalPolicy,
): s3.Bucket {
  return new s3.Bucket(scope, 'Quarantine', {
    encryption: encryptionKey === undefined ? s3.BucketEncryption.S3_MANAGED : s3.BucketEncryption.KMS,
    encryptionKey,
    bucketKeyEnabled: encryptionKey === undefined ? undefined : true,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    // Nobody overwrites what cannot be had again. What was deleted, or overwritten by the same once more, goes after a while.
    versioned: true,
    lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(90) }],
    removalPolicy,
  });
}

/** What keys of quarantined records begin with: where nobody says, with the consumer's own name, as two of one stream must not share it. */
export function quarantinePrefixOf(scope: Construct, given: string | undefined): string {
  return given ?? `quarantine/${Names.uniqueResourceName(scope, { maxLength: 100, separator: '-' })}/`;
}

/** Below this, and nowhere else, AWS Lambda keeps the batches that it gave up. */
export const GIVEN_UP = 'aws/lambda/';

/**
 * Allows the consumer to quarantine records, and AWS Lambda, by the same role, to keep batches that it gives up.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
 */
export function grantQuarantine(bucket: s3.IBucket, prefix: string, consumer: iam.IGrantable): void {
  iam.Grant.addToPrincipalOrResource({
    grantee: consumer,
    actions: ['s3:PutObject'],
    resourceArns: [bucket.arnForObjects(`${prefix}*`), bucket.arnForObjects(`${GIVEN_UP}*`)],
    resource: bucket,
  });
  iam.Grant.addToPrincipalOrResource({
    grantee: consumer,
    actions: ['s3:ListBucket'],
    resourceArns: [bucket.bucketArn],
    resource: bucket,
  });
  bucket.encryptionKey?.grant(consumer, 'kms:Decrypt', 'kms:GenerateDataKey');
}

/** Allows to read what is in quarantine, and what was given up. */
export function grantReadQuarantine(bucket: s3.IBucket, prefix: string, reader: iam.IGrantable): iam.Grant {
  const objects = iam.Grant.addToPrincipalOrResource({
    grantee: reader,
    actions: ['s3:GetObject'],
    resourceArns: [bucket.arnForObjects(`${prefix}*`), bucket.arnForObjects(`${GIVEN_UP}*`)],
    resource: bucket,
  });
  const list = iam.Grant.addToPrincipalOrResource({
    grantee: reader,
    actions: ['s3:ListBucket'],
    resourceArns: [bucket.bucketArn],
    resource: bucket,
  });
  const key = bucket.encryptionKey?.grantDecrypt(reader);
  return key === undefined ? objects.combine(list) : objects.combine(list).combine(key);
}
