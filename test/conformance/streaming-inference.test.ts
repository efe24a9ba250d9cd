import { Duration, Size } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { Predictor, RecordFormat, Rollout, Scaling, Sink, StreamingInference, StreamSource } from '../../lib';
import { importedVpc } from '../fakes/imported';
import { tinyModel } from '../fakes/models';
import { describeConformance } from './conformance';

const table = (scope: Construct, id: string) =>
  dynamodb.Table.fromTableName(scope, `Test${id}Table`, 'predictions') as dynamodb.Table;

describeConformance('StreamingInference', {
  api: false,
  rollsBack: true,
  minimal: (scope, id) =>
    new StreamingInference(scope, id, {
      predictor: Predictor.model(tinyModel()),
      sinks: [Sink.dynamoDb(table(scope, id))],
    }),
  full: (scope: Construct, id: string) => {
    const onCall = new SnsAction(new sns.Topic(scope, `Test${id}OnCall`));
    const key = new kms.Key(scope, `Test${id}Key`);
    return new StreamingInference(scope, id, {
      predictor: Predictor.model(tinyModel({ examples: [{ input: { amount: 1, age: 30 }, expected: 0.5 }] })),
      source: StreamSource.newKinesis({ shards: 4, retention: Duration.days(7), enhancedFanOut: true }),
      sinks: [
        Sink.kinesis(new kinesis.Stream(scope, `Test${id}Out`, { encryption: kinesis.StreamEncryption.MANAGED })),
        Sink.dynamoDb(table(scope, id), { timeToLive: Duration.days(30) }),
        Sink.s3(s3.Bucket.fromBucketName(scope, `Test${id}Lake`, 'lake')),
        Sink.function(lambda.Function.fromFunctionName(scope, `Test${id}Own`, 'own')),
      ],
      format: RecordFormat.CSV,
      aggregated: false,
      filters: [lambda.FilterCriteria.filter({ partitionKey: ['a'] })],
      includeInput: true,
      maxRecordSize: Size.mebibytes(2),
      traffic: { recordSize: Size.bytes(300), recordsPerSecond: 2000, maxWait: Duration.seconds(20) },
      parallelizationFactor: 10,
      retryAttempts: 20,
      maxRecordAge: Duration.days(2),
      rollout: Rollout.linear({ percent: 20, every: Duration.minutes(4) }),
      scaling: Scaling.provisionedConcurrency({ min: 2, max: 10 }),
      reservedConcurrency: 50,
      alarms: {
        pageActions: [onCall],
        warningActions: [onCall],
        maxLatency: Duration.seconds(30),
        maxLag: Duration.minutes(3),
        maxQuarantinedRatio: 0.01,
        noTrafficFor: Duration.hours(2),
        runbookUrl: 'https://example.com/runbook',
      },
      encryptionKey: key,
    });
  },
  inVpc: (scope, id) =>
    new StreamingInference(scope, id, {
      predictor: Predictor.model(tinyModel()),
      sinks: [Sink.dynamoDb(table(scope, id))],
      vpc: importedVpc(scope),
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
    }),
});

describeConformance('StreamingInference in stages', {
  api: false,
  rollsBack: true,
  minimal: (scope, id) =>
    new StreamingInference(scope, id, {
      predictor: Predictor.model(tinyModel()),
      sinks: [Sink.dynamoDb(table(scope, id))],
      rollout: Rollout.staged(),
    }),
  full: (scope: Construct, id: string) => {
    const topic = new sns.Topic(scope, `Test${id}OnCall`);
    return new StreamingInference(scope, id, {
      predictor: Predictor.model(tinyModel({ examples: [{ input: { amount: 1, age: 30 }, expected: 0.5 }] })),
      sinks: [Sink.dynamoDb(table(scope, id))],
      rollout: Rollout.staged({ steps: [25, 100], bake: Duration.minutes(5), approvals: [100], topic }),
      scaling: Scaling.provisionedConcurrency({ min: 2, max: 10 }),
      alarms: { pageActions: [new SnsAction(topic)] },
      encryptionKey: new kms.Key(scope, `Test${id}Key`),
    });
  },
});
