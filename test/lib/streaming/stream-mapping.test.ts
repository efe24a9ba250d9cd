import { Duration, Size } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { StreamingInferenceProps } from '../../../lib';
import { ofType, references, strings } from '../../helpers/synth';
import { deployed, mappingOf } from './deployed';

const mapping = (props: Partial<StreamingInferenceProps> = {}) => mappingOf(deployed(props).template);

test('defaults: batches as an event holds them, bounded retries, halves, partial answers, counts', () => {
  expect(mapping()).toMatchObject({
    BatchSize: 3368,
    MaximumBatchingWindowInSeconds: 1,
    ParallelizationFactor: 1,
    MaximumRetryAttempts: 100,
    MaximumRecordAgeInSeconds: 43_200,
    BisectBatchOnFunctionError: true,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    StartingPosition: 'TRIM_HORIZON',
    MetricsConfig: { Metrics: ['EventCount'] },
  });
  expect(mapping()).not.toHaveProperty('FilterCriteria');
  expect(mapping()).not.toHaveProperty('TumblingWindowInSeconds');
  expect(mapping()).not.toHaveProperty('StartingPositionTimestamp');
});

test('it calls the alias, which the rollout shifts, and never the function itself', () => {
  const { template } = deployed();
  const [[alias]] = ofType(template, 'AWS::Lambda::Alias');
  const { FunctionName: called } = mappingOf(template);
  expect(references(called)).toEqual([alias]);
  expect(strings(called)).toContain(':live');
});

test('what is given up goes to the quarantine bucket in full', () => {
  const { template } = deployed();
  const [[bucket]] = ofType(template, 'AWS::S3::Bucket');
  expect(mappingOf(template).DestinationConfig).toEqual({
    OnFailure: { Destination: { 'Fn::GetAtt': [bucket, 'Arn'] } },
  });
});

test.each<[Partial<StreamingInferenceProps>, Record<string, unknown>]>([
  [{ batchSize: 1 }, { BatchSize: 1 }],
  [{ batchSize: 10_000 }, { BatchSize: 10_000 }],
  [{ batchWindow: Duration.seconds(0) }, { MaximumBatchingWindowInSeconds: 0 }],
  [
    { batchWindow: Duration.seconds(300), timeout: Duration.seconds(300) },
    { MaximumBatchingWindowInSeconds: 300, BatchSize: 3368 },
  ],
  [{ parallelizationFactor: 10 }, { ParallelizationFactor: 10 }],
  [{ retryAttempts: 0 }, { MaximumRetryAttempts: 0 }],
  [{ retryAttempts: 10_000 }, { MaximumRetryAttempts: 10_000 }],
  [{ maxRecordAge: Duration.seconds(60) }, { MaximumRecordAgeInSeconds: 60 }],
  [{ startingPosition: lambda.StartingPosition.LATEST }, { StartingPosition: 'LATEST' }],
  [
    { startingPosition: lambda.StartingPosition.AT_TIMESTAMP, startingTime: new Date('2026-07-01T00:00:00.900Z') },
    { StartingPosition: 'AT_TIMESTAMP', StartingPositionTimestamp: 1_782_864_000 },
  ],
  [
    { filters: [lambda.FilterCriteria.filter({ partitionKey: ['a'] })], aggregated: false },
    { FilterCriteria: { Filters: [{ Pattern: '{"partitionKey":["a"]}' }] } },
  ],
  [{ traffic: { recordSize: Size.kibibytes(100) } }, { BatchSize: 45 }],
  [{ traffic: { recordsPerSecond: 400, maxWait: Duration.seconds(20) } }, { MaximumBatchingWindowInSeconds: 3 }],
])('%j', (props, expected) => {
  expect(mapping(props)).toMatchObject(expected);
});

test('records of the whole stream are divided among its lanes: more of them wait longer for as many', () => {
  const traffic = { recordsPerSecond: 400, maxWait: Duration.seconds(60) };
  expect(mapping({ traffic }).MaximumBatchingWindowInSeconds).toBe(3);
  expect(mapping({ traffic, parallelizationFactor: 10 }).MaximumBatchingWindowInSeconds).toBe(26);
});

test('why they are what they are is said, also where you chose', () => {
  expect(deployed().inference.sizingReasons).toEqual([
    expect.stringMatching(/^memory/),
    expect.stringMatching(/^time-out 60 s/),
    expect.stringMatching(/^\/tmp/),
    expect.stringMatching(/^batches of 3368:/),
    expect.stringMatching(/^a window of 1 s:/),
  ]);
  expect(deployed({ batchSize: 5, batchWindow: Duration.seconds(2) }).inference.sizingReasons.slice(-2)).toEqual([
    'batches: as given',
    'window: as given',
  ]);
});

test('it is made when the consumer may read and write', () => {
  const { template } = deployed();
  const [[alias, { Properties: properties }]] = ofType(template, 'AWS::Lambda::Alias');
  expect(references(mappingOf(template).FunctionName)).toEqual([alias]);
  const [version] = references(properties!.FunctionVersion);
  const [fn] = references(template.Resources[version].Properties!.FunctionName);
  expect(template.Resources[fn].DependsOn).toEqual(
    expect.arrayContaining([expect.stringMatching(/^LiveRoleDefaultPolicy/)]),
  );
});
