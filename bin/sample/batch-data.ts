import { Duration } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/** What arrives, below `arrived/`, and what runs make of it, below `scored/`: runs are kept for three months. */
export function batchData(scope: Construct): s3.Bucket {
  return new s3.Bucket(scope, 'Data', {
    enforceSSL: true,
    encryption: s3.BucketEncryption.S3_MANAGED,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    versioned: true,
    lifecycleRules: [
      { prefix: 'scored/runs/', expiration: Duration.days(90) },
      { noncurrentVersionExpiration: Duration.days(7), abortIncompleteMultipartUploadAfter: Duration.days(2) },
    ],
  });
}
