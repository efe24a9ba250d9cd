import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { Kinesis, ProvisionedThroughputExceededException } from '@aws-sdk/client-kinesis';
import { S3 } from '@aws-sdk/client-s3';
import type { KinesisStreamEvent } from 'aws-lambda';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalCloud } from '../../bin/local-cloud/local-cloud';

/** A stream, a consumer and its sinks in one stack, by the ordinary command and the ordinary clients. */

const app = `
const { App, Duration, RemovalPolicy, Stack } = require(${JSON.stringify(require.resolve('aws-cdk-lib'))});
const cdk = ${JSON.stringify(path.dirname(require.resolve('aws-cdk-lib/package.json')))};
const [dynamodb, kinesis, lambda, s3, sources] = ['dynamodb', 'kinesis', 'lambda', 's3', 'lambda-event-sources'].map((name) =>
  require(cdk + '/aws-' + name),
);
const stack = new Stack(new App(), 'Streaming');
const input = new kinesis.Stream(stack, 'In', {
  streamName: 'in',
  streamMode: kinesis.StreamMode.ON_DEMAND,
  encryption: kinesis.StreamEncryption.MANAGED,
});
const output = new kinesis.Stream(stack, 'Out', {
  streamName: 'out',
  streamMode: kinesis.StreamMode.PROVISIONED,
  shardCount: 2,
  retentionPeriod: Duration.hours(48),
  encryption: kinesis.StreamEncryption.UNENCRYPTED,
});
const table = new dynamodb.Table(stack, 'Table', {
  tableName: 'predictions',
  partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING },
  billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
  timeToLiveAttribute: 'expires',
  removalPolicy: RemovalPolicy.DESTROY,
});
const bucket = new s3.Bucket(stack, 'Bucket', { bucketName: 'stream-test' });
const consumer = new lambda.Function(stack, 'Consumer', {
  functionName: 'consumer',
  runtime: lambda.Runtime.NODEJS_22_X,
  handler: 'index.handler',
  code: lambda.Code.fromAsset('consumer'),
  timeout: Duration.seconds(20),
});
const alias = consumer.currentVersion.addAlias('live');
alias.addEventSource(
  new sources.KinesisEventSource(input, {
    startingPosition: lambda.StartingPosition.TRIM_HORIZON,
    batchSize: 10,
    maxBatchingWindow: Duration.seconds(5),
    parallelizationFactor: 2,
    bisectBatchOnError: true,
    retryAttempts: 2,
    maxRecordAge: Duration.hours(1),
    reportBatchItemFailures: true,
    onFailure: new sources.S3OnFailureDestination(bucket),
    metricsConfig: { metrics: [lambda.MetricType.EVENT_COUNT] },
  }),
);
const fanOut = new kinesis.StreamConsumer(stack, 'FanOut', { stream: output, streamConsumerName: 'watcher' });
const watcher = new lambda.Function(stack, 'Watcher', {
  functionName: 'watcher',
  runtime: lambda.Runtime.NODEJS_22_X,
  handler: 'index.handler',
  code: lambda.Code.fromInline('exports.handler = async () => ({});'),
});
watcher.addEventSource(
  new sources.KinesisConsumerEventSource(fanOut, { startingPosition: lambda.StartingPosition.LATEST }),
);
[input, output].forEach((stream) => stream.grantReadWrite(consumer));
table.grantWriteData(consumer);
bucket.grantWrite(consumer);
`;

const consumer = `
const { ConditionalCheckFailedException, DynamoDB } = require('@aws-sdk/client-dynamodb');
const { Kinesis } = require('@aws-sdk/client-kinesis');
const { S3 } = require('@aws-sdk/client-s3');
const { NodeHttpHandler } = require('@smithy/node-http-handler');
const kinesis = new Kinesis({ requestHandler: new NodeHttpHandler(), maxAttempts: 1 });
const dynamo = new DynamoDB();
const s3 = new S3({ forcePathStyle: true });

exports.handler = async ({ Records }) => {
  const texts = Records.map((record) => Buffer.from(record.kinesis.data, 'base64').toString());
  if (texts.some((text) => text.startsWith('poison'))) throw new TypeError('poisoned');
  // One by one: PutRecords would store those after a refused one.
  for (const [index, { eventID, kinesis: { partitionKey, sequenceNumber } }] of Records.entries()) {
    try {
      await kinesis.putRecord({ StreamName: 'out', Data: Buffer.from(texts[index]), PartitionKey: partitionKey });
    } catch (error) {
      return { batchItemFailures: [{ itemIdentifier: sequenceNumber }] };
    }
    try {
      await dynamo.putItem({ TableName: 'predictions', Item: { id: { S: eventID } }, ConditionExpression: 'attribute_not_exists(id)' });
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      await s3.putObject({ Bucket: 'stream-test', Key: 'again/' + eventID, Body: '' });
    }
  }
  return { batchItemFailures: [] };
};
`;

describe('a stream', () => {
  let cloud: LocalCloud;
  let folder: string;
  let kinesis: Kinesis;
  let dynamo: DynamoDB;
  let s3: S3;

  beforeAll(async () => {
    cloud = (await LocalCloud.start({ minuteSeconds: 0.5, report: console.log }))!;
    // As the library's own functions do: by default the client of Kinesis speaks HTTP/2.
    kinesis = new Kinesis({ ...cloud.clientConfig, requestHandler: new NodeHttpHandler(), maxAttempts: 1 });
    dynamo = new DynamoDB(cloud.clientConfig);
    s3 = new S3({ ...cloud.clientConfig, forcePathStyle: true });
    folder = mkdtempSync(path.join(os.tmpdir(), 'stream-app-'));
    writeFileSync(path.join(folder, 'app.js'), app);
    const code = path.join(folder, 'consumer');
    mkdirSync(code);
    writeFileSync(path.join(code, 'index.js'), consumer);
    expect(await cloud.bootstrap({ cwd: folder })).toMatchObject({ succeeded: true });
    expect(await cloud.deploy('Streaming', { app: 'node app.js', cwd: folder })).toMatchObject({ succeeded: true });
  }, 240_000);

  afterAll(async () => {
    await cloud?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  /** Under the last letter of each. */
  const put = (...texts: string[]) =>
    kinesis.putRecords({
      StreamName: 'in',
      Records: texts.map((text) => ({ Data: Buffer.from(text), PartitionKey: text.slice(-1) })),
    });

  const mapping = async () => (await cloud.streamMappings()).find(({ source }) => source.endsWith('/in'))!;

  /** Everything that was put until now is done, or given up. */
  async function untilDone(polled: number) {
    for (;;) {
      const { events, waiting } = await mapping();
      if ((events.Polled ?? 0) >= polled && waiting === 0) return;
      await sleep(20);
    }
  }

  async function read(stream: string): Promise<string[]> {
    const { Shards } = await kinesis.listShards({ StreamName: stream });
    const texts: string[] = [];
    for (const { ShardId } of Shards!) {
      const from = { StreamName: stream, ShardId, ShardIteratorType: 'TRIM_HORIZON' } as const;
      const { ShardIterator } = await kinesis.getShardIterator(from);
      const { Records } = await kinesis.getRecords({ ShardIterator });
      texts.push(...Records!.map(({ Data }) => Buffer.from(Data!).toString()));
    }
    return texts;
  }

  const keys = async (Prefix: string) =>
    ((await s3.listObjectsV2({ Bucket: 'stream-test', Prefix })).Contents ?? []).map(({ Key }) => Key!);

  test('is as its stack says', async () => {
    const { StreamDescriptionSummary: input } = await kinesis.describeStreamSummary({ StreamName: 'in' });
    expect(input).toMatchObject({ EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis', OpenShardCount: 4 });
    expect(input!.StreamModeDetails).toEqual({ StreamMode: 'ON_DEMAND' });
    const { StreamDescriptionSummary: output } = await kinesis.describeStreamSummary({ StreamName: 'out' });
    expect(output).toMatchObject({
      EncryptionType: 'NONE',
      OpenShardCount: 2,
      RetentionPeriodHours: 48,
      ConsumerCount: 1,
    });
    const { Consumers } = await kinesis.listStreamConsumers({ StreamARN: output!.StreamARN });
    expect(Consumers).toMatchObject([{ ConsumerName: 'watcher', ConsumerStatus: 'ACTIVE' }]);
  });

  test('is consumed in order, through faults, and what is poison is kept whole', async () => {
    const texts = Array.from({ length: 10 }, (_, round) => [...'abcdefgh'].map((key) => `${round}${key}`)).flat();
    await cloud.disturbStreams({ repeated: 1, throttled: 2, source: 'in', refusedPuts: 2, sink: 'out' });
    await put(...texts, 'poison a', 'last a');
    await untilDone(82);
    const ids = (await dynamo.scan({ TableName: 'predictions' })).Items!;
    expect(ids).toHaveLength(81);
    const output = await read('out');
    for (const key of 'abcdefgh') {
      const firsts = [...new Set(output.filter((text) => text.endsWith(key)))];
      expect(firsts).toEqual([...texts, 'last a'].filter((text) => text.endsWith(key)));
    }
    expect((await keys('again/')).length).toBeGreaterThan(0);

    const { uuid, events } = await mapping();
    expect(events).toMatchObject({ Polled: 82, OnFailureDestinationDelivered: 1 });
    const [failure, ...others] = await keys(`aws/lambda/${uuid}/shardId-`);
    expect(others).toEqual([]);
    const { Body } = await s3.getObject({ Bucket: 'stream-test', Key: failure });
    const document = JSON.parse(await Body!.transformToString()) as { payload: string };
    expect(document).toMatchObject({
      requestContext: { condition: 'RetryAttemptsExhausted' },
      responseContext: { executedVersion: '1', functionError: 'Unhandled' },
      KinesisBatchInfo: { batchSize: 1 },
    });
    const [record] = (JSON.parse(document.payload) as KinesisStreamEvent).Records;
    expect(Buffer.from(record.kinesis.data, 'base64').toString()).toBe('poison a');
  }, 60_000);

  test('refuses single records as a test asks for it', async () => {
    await cloud.disturbStreams({ refusedPuts: 2, sink: 'out' });
    const one = { Data: Buffer.from('x'), PartitionKey: 'x' };
    await expect(kinesis.putRecord({ StreamName: 'out', ...one })).rejects.toThrow(
      ProvisionedThroughputExceededException,
    );
    expect(await kinesis.putRecords({ StreamName: 'out', Records: [one, one] })).toMatchObject({
      FailedRecordCount: 1,
      Records: [{ ErrorCode: 'ProvisionedThroughputExceededException' }, { ShardId: expect.any(String) as string }],
    });
  });
});
