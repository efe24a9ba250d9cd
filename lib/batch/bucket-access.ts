import * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';

/** What the grants of aws-cdk-lib allow besides, such as tags, holds and policies of the bucket, nothing of a batch needs. */
function grant(bucket: s3.IBucket, grantee: iam.IGrantable, actions: string[], resourceArn: string): void {
  iam.Grant.addToPrincipalOrResource({ grantee, actions, resourceArns: [resourceArn], resource: bucket });
}

/** Allows to see which objects there are below a prefix. */
export function grantList(bucket: s3.IBucket, prefix: string, grantee: iam.IGrantable): void {
  iam.Grant.addToPrincipalOrResource({
    grantee,
    actions: ['s3:ListBucket'],
    resourceArns: [bucket.bucketArn],
    resource: bucket,
    conditions: { StringLike: { 's3:prefix': `${prefix}*` } },
  });
}

/** Allows to read the objects below a prefix. */
export function grantGet(bucket: s3.IBucket, prefix: string, grantee: iam.IGrantable): void {
  grant(bucket, grantee, ['s3:GetObject'], bucket.arnForObjects(`${prefix}*`));
  bucket.encryptionKey?.grant(grantee, 'kms:Decrypt');
}

/** Allows to read one object. */
export function grantGetOne(bucket: s3.IBucket, key: string, grantee: iam.IGrantable): void {
  grant(bucket, grantee, ['s3:GetObject'], bucket.arnForObjects(key));
  bucket.encryptionKey?.grant(grantee, 'kms:Decrypt');
}

/**
 * Allows to find out that an object does not exist: without `s3:ListBucket`, S3 answers that it is forbidden. A condition on the
 * prefix would not be met, as reading names none.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export function grantMiss(bucket: s3.IBucket, grantee: iam.IGrantable): void {
  grant(bucket, grantee, ['s3:ListBucket'], bucket.bucketArn);
}

/** Allows to write objects below a prefix, in parts where they are long: then S3 reads its own parts. */
export function grantPut(bucket: s3.IBucket, prefix: string, grantee: iam.IGrantable): void {
  grant(bucket, grantee, ['s3:PutObject', 's3:AbortMultipartUpload'], bucket.arnForObjects(`${prefix}*`));
  bucket.encryptionKey?.grant(grantee, 'kms:Decrypt', 'kms:GenerateDataKey');
}
