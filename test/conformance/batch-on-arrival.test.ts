import { Duration, TimeZone } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { BatchTransform } from '../../lib';
import { tinyModel } from '../fakes/models';
import { describeConformance } from './conformance';

const imported = (scope: Construct, id: string) => s3.Bucket.fromBucketName(scope, id, id.toLowerCase());

describeConformance('BatchTransform on arrival', {
  api: false,
  minimal: (scope, id) =>
    new BatchTransform(scope, id, {
      model: tinyModel(),
      input: { bucket: imported(scope, `Test${id}Arrived`) },
      output: { bucket: imported(scope, `Test${id}Scored`) },
      arrival: { quietPeriod: Duration.minutes(5) },
    }),
  full: (scope, id) => {
    const onCall = new SnsAction(new sns.Topic(scope, `Test${id}OnCall`));
    return new BatchTransform(scope, id, {
      model: tinyModel(),
      input: { bucket: imported(scope, `Test${id}Arrived`), prefix: 'arrived/' },
      output: { bucket: imported(scope, `Test${id}Scored`), prefix: 'scored/' },
      suffixes: ['.jsonl'],
      arrival: { quietPeriod: Duration.minutes(5), maxWait: Duration.hours(2) },
      schedule: ScheduleExpression.cron({ hour: '2', minute: '0', timeZone: TimeZone.EUROPE_ZURICH }),
      alarms: { pageActions: [onCall], warningActions: [onCall], runbookUrl: 'https://example.com/runbook' },
      encryptionKey: new kms.Key(scope, `Test${id}Key`),
    });
  },
});
