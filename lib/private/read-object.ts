import * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';

/** Allows to read one object, in any of its versions, and nothing else of the bucket. */
export function grantReadObject(bucket: s3.IBucket, key: string, grantee: iam.IGrantable): void {
  iam.Grant.addToPrincipalOrResource({
    grantee,
    actions: ['s3:GetObject', 's3:GetObjectVersion'],
    resourceArns: [bucket.arnForObjects(key)],
    resource: bucket,
  });
  bucket.encryptionKey?.grantDecrypt(grantee);
}

/** Allows to find and to read the objects whose keys begin so, and nothing else of the bucket. */
export function grantReadObjectsBelow(bucket: s3.IBucket, prefix: string, grantee: iam.IGrantable): void {
  iam.Grant.addToPrincipalOrResource({
    grantee,
    actions: ['s3:ListBucket'],
    resourceArns: [bucket.bucketArn],
    resource: bucket,
    conditions: { StringLike: { 's3:prefix': `${prefix}*` } },
  });
  grantReadObject(bucket, `${prefix}*`, grantee);
}
