import { Duration, Size, TimeZone } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { BatchEngine, BatchFormat, BatchTransform, InstanceType, Rollout } from '../../lib';
import { tinyModel } from '../fakes/models';
import { describeConformance } from './conformance';

describeConformance('BatchTransform', {
  api: false,
  minimal: (scope, id) =>
    new BatchTransform(scope, id, {
      model: tinyModel(),
      input: { bucket: s3.Bucket.fromBucketName(scope, `Test${id}Arrived`, 'arrived') },
      output: { bucket: s3.Bucket.fromBucketName(scope, `Test${id}Scored`, `scored-${id.toLowerCase()}`) },
    }),
  full: (scope: Construct, id: string) => {
    const onCall = new SnsAction(new sns.Topic(scope, `Test${id}OnCall`));
    const bucket = new s3.Bucket(scope, `Test${id}Data`, { encryption: s3.BucketEncryption.KMS });
    return new BatchTransform(scope, id, {
      model: tinyModel(),
      input: { bucket, prefix: 'arrived/' },
      output: { bucket, prefix: 'scored/' },
      format: BatchFormat.CSV_WITH_HEADER,
      suffixes: ['.csv'],
      schedule: ScheduleExpression.cron({ hour: '2', minute: '0', timeZone: TimeZone.EUROPE_ZURICH }),
      incremental: true,
      rollout: Rollout.canary({ percent: 10 }),
      maxScoreShift: 0.1,
      toleratedFailure: 0.05,
      deadline: Duration.hours(4),
      engine: BatchEngine.functions({ maxConcurrency: 50 }),
      maxObjectSize: Size.mebibytes(64),
      throughput: Size.mebibytes(1),
      failWhenEmpty: true,
      topic: new sns.Topic(scope, `Test${id}Told`),
      alarms: {
        pageActions: [onCall],
        warningActions: [onCall],
        runbookUrl: 'https://example.com/runbook',
      },
      encryptionKey: new kms.Key(scope, `Test${id}Key`),
    });
  },
});

describeConformance('BatchTransform by transform jobs', {
  api: false,
  minimal: (scope, id) =>
    new BatchTransform(scope, id, {
      model: tinyModel(),
      engine: BatchEngine.transformJobs(),
      input: { bucket: s3.Bucket.fromBucketName(scope, `Test${id}Arrived`, 'arrived') },
      output: { bucket: s3.Bucket.fromBucketName(scope, `Test${id}Scored`, `scored-${id.toLowerCase()}`) },
    }),
  full: (scope: Construct, id: string) => {
    const onCall = new SnsAction(new sns.Topic(scope, `Test${id}OnCall`));
    const bucket = new s3.Bucket(scope, `Test${id}Data`, { encryption: s3.BucketEncryption.KMS });
    return new BatchTransform(scope, id, {
      model: tinyModel(),
      input: { bucket, prefix: 'arrived/' },
      output: { bucket, prefix: 'scored/' },
      engine: BatchEngine.transformJobs({
        type: InstanceType.M5_XLARGE,
        maxConcurrentJobs: 4,
        instancesPerJob: 2,
        joinInput: true,
        dataCapture: true,
        environment: { MODE: 'batch' },
      }),
      schedule: ScheduleExpression.cron({ hour: '2', minute: '0', timeZone: TimeZone.EUROPE_ZURICH }),
      topic: new sns.Topic(scope, `Test${id}Told`),
      alarms: {
        pageActions: [onCall],
        warningActions: [onCall],
        runbookUrl: 'https://example.com/runbook',
      },
      encryptionKey: new kms.Key(scope, `Test${id}Key`),
    });
  },
});
