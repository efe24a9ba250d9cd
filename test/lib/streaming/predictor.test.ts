import { readFileSync, existsSync } from 'node:fs';
import * as path from 'node:path';
import { type App, Lazy, Size, type Stack } from 'aws-cdk-lib';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import {
  EndpointPayload,
  InputSchema,
  ModelArtifact,
  Predictor,
  RealtimeEndpoint,
  RecordFormat,
  Sink,
} from '../../../lib';
import type { EndpointPredictorOptions } from '../../../lib';
import { containerModel } from '../../fakes/endpoints';
import { DIGEST, TINY_SCHEMA, tinyModel } from '../../fakes/models';
import { identityStatements } from '../../helpers/statements';
import { consumerOf, type Deployed, deployed, made, settingsOf } from './deployed';

const endpoint = (stack: Stack) => RealtimeEndpoint.fromEndpointName(stack, 'Endpoint', 'scores');
const SCHEMA = InputSchema.fromJsonSchema(TINY_SCHEMA);
const byEndpoint =
  (options: EndpointPredictorOptions = {}, input?: InputSchema) =>
  (stack: Stack) => ({ predictor: Predictor.endpoint(endpoint(stack), containerModel({}, { input }), options) });

/** A file of the consumer as it is deployed; undefined where there is none. */
function fileOf({ stack, template }: Deployed, name: string): string | undefined {
  const { S3Key: key } = consumerOf(template).Properties!.Code as { readonly S3Key: string };
  const file = path.join((stack.node.root as App).outdir, `asset.${key.replace('.zip', '')}`, name);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

const servedBy = (consumer: Deployed) => JSON.parse(fileOf(consumer, 'model.json')!) as Record<string, unknown>;

describe('a model in the function', () => {
  test('comes with it, its schema compiled and the native library in a layer', () => {
    const consumer = deployed();
    expect(servedBy(consumer)).toMatchObject({
      name: 'fraud',
      version: '1.4.0',
      artifact: { source: 'bundle', path: 'model.onnx' },
      input: { kind: 'record' },
    });
    expect(fileOf(consumer, 'model.onnx')).toBeDefined();
    expect(fileOf(consumer, 'validate.js')).toContain('amount');
    expect(consumerOf(consumer.template).Properties!.Layers).toHaveLength(1);
    expect(settingsOf(consumer.template)).not.toHaveProperty('endpoint');
  });

  test('out of a layer', () => {
    const consumer = deployed((stack) => ({
      predictor: Predictor.model(
        tinyModel({
          artifact: ModelArtifact.fromLayer(
            lambda.LayerVersion.fromLayerVersionArn(stack, 'L', 'arn:aws:lambda:eu-west-1:111122223333:layer:m:1'),
            'model.onnx',
            { sha256: DIGEST, size: Size.mebibytes(3) },
          ),
        }),
      ),
    }));
    expect(consumerOf(consumer.template).Properties!.Layers).toHaveLength(2);
    expect(servedBy(consumer)).toMatchObject({ artifact: { source: 'layer' } });
  });

  test('out of S3, with the right to read that object alone, and time to fetch it', () => {
    const consumer = deployed((stack) => ({
      predictor: Predictor.model(
        tinyModel({
          artifact: ModelArtifact.fromBucket(s3.Bucket.fromBucketName(stack, 'Models', 'models'), 'm.onnx', {
            sha256: DIGEST,
            size: Size.mebibytes(1000),
          }),
        }),
      ),
    }));
    expect(identityStatements(consumer.template)).toContainEqual(
      expect.objectContaining({
        actions: ['s3:GetObject', 's3:GetObjectVersion'],
        resources: [{ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::models/m.onnx']] }],
      }),
    );
    const { Timeout: timeout, EphemeralStorage: storage } = consumerOf(consumer.template).Properties!;
    expect(timeout).toBeGreaterThan(60);
    expect(storage).toEqual({ Size: expect.any(Number) as number });
    expect(consumer.inference.sizingReasons[1]).toContain('time to fetch the model');
  });
});

describe('an endpoint', () => {
  test('is asked by its name, and nothing else of SageMaker', () => {
    const consumer = deployed(byEndpoint());
    expect(settingsOf(consumer.template).endpoint).toEqual({
      endpointName: 'scores',
      contentType: 'application/json',
      maxRecords: 32,
      maxBytes: 5 * 1024 * 1024,
      maxConcurrency: 4,
    });
    const asked = identityStatements(consumer.template).filter(({ actions }) => actions[0].startsWith('sagemaker:'));
    expect(asked.map(({ actions }) => actions)).toEqual([['sagemaker:InvokeEndpoint']]);
    expect(JSON.stringify(asked[0].resources)).toContain('endpoint/scores');
    expect(consumerOf(consumer.template).Properties).not.toHaveProperty('Layers');
  });

  test('without a schema gets records as they are', () => {
    const consumer = deployed(byEndpoint());
    expect(servedBy(consumer)).toEqual({ name: 'chat', version: '1' });
    expect(fileOf(consumer, 'validate.js')).toBeUndefined();
  });

  test('with one, only records that fit', () => {
    const consumer = deployed(byEndpoint({}, SCHEMA));
    expect(servedBy(consumer)).toMatchObject({ name: 'chat', input: { kind: 'record' } });
    expect(fileOf(consumer, 'validate.js')).toContain('amount');
  });

  test('with every option, as the consumer reads them', () => {
    const { template } = deployed(
      byEndpoint({ payload: EndpointPayload.CSV, maxRecords: 500, maxConcurrency: 20, variantName: 'blue' }),
    );
    expect(settingsOf(template).endpoint).toMatchObject({
      contentType: 'text/csv',
      maxRecords: 500,
      maxConcurrency: 20,
      variantName: 'blue',
    });
  });

  test.each<[EndpointPredictorOptions, RegExp]>([
    [{ maxRecords: 0 }, /'maxRecords' is 0, allowed is a whole number from 1 to 10000/],
    [{ maxRecords: 10_001 }, /predictor-records/],
    [{ maxConcurrency: 0 }, /'maxConcurrency' is 0, allowed is a whole number from 1 to 100/],
    [{ maxConcurrency: 101 }, /predictor-concurrency/],
  ])('%j is refused', (options, message) => {
    expect(() => made(byEndpoint(options))).toThrow(message);
  });

  test('takes numbers that are known at deployment only', () => {
    const { template } = deployed(byEndpoint({ maxRecords: Lazy.number({ produce: () => 7 }) }));
    expect(settingsOf(template).endpoint).toMatchObject({ maxRecords: 7 });
  });

  const csv = (options: EndpointPredictorOptions, input?: InputSchema) => () =>
    made((stack) => ({ ...byEndpoint(options, input)(stack), format: RecordFormat.CSV }));

  test('gets no rows as JSON where nobody says what their columns are', () => {
    expect(csv({})).toThrow(/'format' is CSV, the endpoint gets JSON, and the model 'chat' has no input schema/);
    expect(csv({ payload: EndpointPayload.JSON_LINES })).toThrow(/predictor-rows-without-schema/);
    expect(csv({ payload: EndpointPayload.CSV })).not.toThrow();
    expect(csv({}, SCHEMA)).not.toThrow();
  });
});

test('the settings are what the consumer reads, defaults filled in', () => {
  const { template, inference } = deployed((stack) => ({
    sinks: [
      Sink.kinesis(kinesis.Stream.fromStreamArn(stack, 'S', 'arn:aws:kinesis:eu-west-1:111122223333:stream/out')),
    ],
  }));
  expect(settingsOf(template)).toEqual({
    format: 'json',
    aggregated: true,
    withInput: false,
    maxRecordBytes: 1024 * 1024,
    tensorBatch: 256,
    sinks: [{ kind: 'kinesis', streamName: 'out' }],
    quarantine: {
      bucket: expect.stringContaining('"Ref":"LiveQuarantine') as string,
      prefix: inference.quarantinePrefix,
    },
  });
});

test('and those that were said', () => {
  const { template } = deployed({
    format: RecordFormat.CSV,
    aggregated: false,
    includeInput: true,
    maxRecordSize: Size.kibibytes(2),
  });
  expect(settingsOf(template)).toMatchObject({
    format: 'csv',
    aggregated: false,
    withInput: true,
    maxRecordBytes: 2048,
  });
});
