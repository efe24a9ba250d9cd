import { call, found, machineOf, type Plain, stateFound, UNKNOWN } from './one-state-machine';

const S3 = { S3DataType: 'S3Prefix', S3Uri: 's3://data/in' };
const JOB = {
  'TransformJobName.$': 'States.UUID()',
  ModelName: 'patients',
  TransformInput: { DataSource: { S3DataSource: S3 } },
  TransformOutput: { S3OutputPath: 's3://data/out' },
  TransformResources: { InstanceCount: 1, InstanceType: 'ml.m5.large' },
};
const ONCE = [{ ErrorEquals: ['SageMaker.AmazonSageMakerException'] }];
const START = 'sagemaker:createTransformJob.sync';
const input = (more: Plain, s3: Plain = {}): Plain => ({
  TransformInput: { ...JOB.TransformInput, DataSource: { S3DataSource: { ...S3, ...s3 } }, ...more },
});

/** The rules that speak of a job. */
const idsOf = (parameters: Plain, more: Plain = {}, resource = START): string[] =>
  stateFound(call(resource, { ...JOB, ...parameters }, { Retry: ONCE, ...more })).map(([id]) => id);

test.each<[string, Plain, string[]]>([
  ['100 MB', { MaxPayloadInMB: 100 }, []],
  ['101 MB', { MaxPayloadInMB: 101 }, ['transform-range']],
  ['50 MB twice', { MaxPayloadInMB: 50, MaxConcurrentTransforms: 2 }, []],
  ['51 MB twice', { MaxPayloadInMB: 51, MaxConcurrentTransforms: 2 }, ['transform-payload']],
  ['101 MB twice', { MaxPayloadInMB: 101, MaxConcurrentTransforms: 2 }, ['transform-range']],
  ['101 requests of a size that is not given', { MaxConcurrentTransforms: 101 }, []],
  ['any number of requests without end', { MaxPayloadInMB: 0, MaxConcurrentTransforms: 500 }, []],
  ['so many requests as is not known', { MaxPayloadInMB: 51, MaxConcurrentTransforms: UNKNOWN }, []],
  ['so many requests as the input says', { MaxPayloadInMB: 51, 'MaxConcurrentTransforms.$': '$.most' }, []],
  ['3 retries', { ModelClientConfig: { InvocationsMaxRetries: 3, InvocationsTimeoutInSeconds: 3600 } }, []],
  ['an hour and a second', { ModelClientConfig: { InvocationsTimeoutInSeconds: 3601 } }, ['transform-range']],
  ['no instance', { TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 0 } }, ['transform-range']],
])('%s', (_, parameters, expected) => {
  expect(idsOf(parameters)).toEqual(expected);
});

test.each<[string, Plain, string[]]>([
  ['whole files', { ...input({}) }, []],
  ['whole files, one by one', { BatchStrategy: 'SingleRecord', ...input({ SplitType: 'None' }) }, []],
  ['several records of what is not split', { BatchStrategy: 'MultiRecord' }, ['transform-records-not-split']],
  ['several records of what may be split', { BatchStrategy: 'MultiRecord', ...input({ SplitType: UNKNOWN }) }, []],
  ['an input that is not known', { BatchStrategy: 'MultiRecord', TransformInput: UNKNOWN }, []],
  ['lines of CSV', input({ SplitType: 'Line', ContentType: 'text/csv' }), ['transform-lines-run-together']],
  [
    'lines of JSON',
    input({ SplitType: 'Line', ContentType: 'application/jsonlines' }),
    ['transform-lines-run-together'],
  ],
  ['lines of what is not known', input({ SplitType: 'Line', ContentType: UNKNOWN }), []],
  ['records of another kind', input({ SplitType: 'RecordIO', ContentType: 'text/csv' }), []],
  [
    'lines that are put together as is not known',
    {
      ...input({ SplitType: 'Line', ContentType: 'text/csv' }),
      TransformOutput: { S3OutputPath: 's3://data/out', AssembleWith: UNKNOWN },
    },
    [],
  ],
])('%s', (_, parameters, expected) => {
  expect(idsOf(parameters)).toEqual(expected);
});

test.each<[string, Plain, string[]]>([
  ['a filter on images', { InputFilter: '$.a' }, ['transform-filter-format']],
  ['a join of images', { JoinSource: 'Input' }, ['transform-filter-format']],
  ['a filter that lets all through', { InputFilter: '$', OutputFilter: '$', JoinSource: 'None' }, []],
  ['a filter that is not known', { InputFilter: UNKNOWN, JoinSource: UNKNOWN }, []],
])('%s', (_, DataProcessing, expected) => {
  expect(idsOf({ ...input({ ContentType: 'application/x-image' }), DataProcessing })).toEqual(expected);
});

test.each(['text/csv; header=present', 'application/json', 'application/jsonlines', '', UNKNOWN])(
  'a join of %j',
  (ContentType) => {
    expect(idsOf({ ...input({ ContentType }), DataProcessing: { JoinSource: 'Input' } })).toEqual([]);
  },
);

test.each([
  [63, []],
  [64, ['transform-filter-length']],
])('a filter of %i characters', (length, expected) => {
  const OutputFilter = '$.'.padEnd(length, 'x');
  expect(idsOf({ ...input({ ContentType: 'text/csv' }), DataProcessing: { OutputFilter } })).toEqual(expected);
});

test.each<[string, unknown, string[]]>([
  ['a type that transform has', 'ml.g6e.12xlarge', []],
  ['a type that only endpoints have', 'ml.p5.48xlarge', ['transform-instance-type']],
  ['a type that is none', 'ml.m5.small', ['transform-instance-type']],
  ['a type that is not known', UNKNOWN, []],
])('%s', (_, InstanceType, expected) => {
  expect(idsOf({ TransformResources: { InstanceCount: 1, InstanceType } })).toEqual(expected);
});

test.each<[string, unknown, string[]]>([
  ['ml.m5.large', 'alias/k', []],
  ['ml.g4dn.xlarge', 'alias/k', ['transform-key-on-nvme']],
  ['ml.g4dn.xlarge', undefined, []],
  ['ml.g4dn.xlarge', { Ref: 'AWS::NoValue' }, []],
])('the volumes of %s with the key %j', (InstanceType, VolumeKmsKeyId, expected) => {
  expect(idsOf({ TransformResources: { InstanceCount: 1, InstanceType, VolumeKmsKeyId } })).toEqual(expected);
});

test.each<[string, Plain, number, string[]]>([
  ['one file', { S3Uri: 's3://data/in/a.csv' }, 2, ['transform-idle-instances']],
  ['one file for one', { S3Uri: 's3://data/in/a.csv' }, 1, []],
  ['a prefix', { S3Uri: 's3://data/in/' }, 2, []],
  ['a list of files', { S3Uri: 's3://data/in/a.json', S3DataType: 'ManifestFile' }, 2, []],
  ['what the input says', { S3Uri: undefined, 'S3Uri.$': '$.uri' }, 2, []],
])('%s for %#', (_, s3, InstanceCount, expected) => {
  const parameters = { ...input({}, s3), TransformResources: { InstanceCount, InstanceType: 'ml.m5.large' } };
  expect(idsOf(parameters)).toEqual(expected);
});

describe('the name of a job', () => {
  const named = (name: unknown, more: Plain = {}): string[] =>
    idsOf({ 'TransformJobName.$': undefined, TransformJobName: name }, more);
  const made = (path: string, errors: readonly string[], resource?: string): string[] =>
    idsOf({ 'TransformJobName.$': path }, { Retry: [{ ErrorEquals: errors }] }, resource);

  test('is not the same each time', () => {
    expect(named('nightly')).toEqual(['transform-fixed-name']);
    expect(named({ 'Fn::Sub': '${AWS::StackName}-x' })).toEqual(['transform-fixed-name']);
    expect(named(UNKNOWN)).toEqual([]);
  });

  test('may be made by an expression', () => {
    const jsonata = (TransformJobName: unknown): string[] =>
      idsOf(
        {},
        {
          QueryLanguage: 'JSONata',
          Parameters: undefined,
          Arguments: { ...JOB, 'TransformJobName.$': undefined, TransformJobName },
        },
      );
    expect(jsonata("{% 'nightly-' & $uuid() %}")).toEqual([]);
    expect(jsonata({ 'Fn::Sub': '${Any} %}' })).toEqual([]);
    expect(jsonata('nightly')).toEqual(['transform-fixed-name']);
  });

  test('is not all that an expression may give', () => {
    const resources = { InstanceCount: '{% $count %}', InstanceType: '{% $type %}' };
    const Arguments = {
      ...JOB,
      'TransformJobName.$': undefined,
      TransformJobName: '{% $name %}',
      TransformResources: resources,
    };
    expect(idsOf({}, { QueryLanguage: 'JSONata', Parameters: undefined, Arguments })).toEqual([]);
  });

  test('has no characters that it must not have, and not too many', () => {
    expect(made("States.Format('a-{}', States.UUID())", [])).toEqual([]);
    expect(made("States.Format('a_{}', States.UUID())", [])).toEqual(['transform-name-characters']);
    expect(made(`States.Format('${'a'.repeat(63)}{}', States.UUID())`, [])).toEqual([]);
    expect(made(`States.Format('${'a'.repeat(64)}{}', States.UUID())`, [])).toEqual(['transform-name-characters']);
  });

  test('is another one when the job is tried again after it was started', () => {
    expect(made('$$.Execution.Name', ['States.TaskFailed'])).toEqual(['transform-name-on-retry']);
    expect(made('$$.Execution.Name', ['SageMaker.AmazonSageMakerException'])).toEqual([]);
    expect(made('$$.Execution.Name', ['States.ALL'], 'sagemaker:createTransformJob')).toEqual([]);
    expect(made("States.Format('a-{}', $$.State.RetryCount)", ['States.ALL'])).toEqual([]);
    expect(made('States.UUID()', ['States.ALL'])).toEqual([]);
    const never = [{ ErrorEquals: ['States.ALL'], MaxAttempts: 0 }];
    expect(idsOf({ 'TransformJobName.$': '$.name' }, { Retry: never })).toEqual([]);
  });

  test.each([
    ['rate(1 day)', 'nightly', ['transform-fixed-name']],
    ['rate(1 day)', 'nightly-<aws.scheduler.execution-id>', []],
    ['at(2030-01-01T00:00:00)', 'nightly', []],
  ])('of a schedule %s is %s', (ScheduleExpression, TransformJobName, expected) => {
    const { 'TransformJobName.$': _, ...job } = JOB;
    const Target = {
      Arn: 'arn:aws:scheduler:::aws-sdk:sagemaker:createTransformJob',
      Input: JSON.stringify({ ...job, TransformJobName }),
    };
    const Schedule = { Type: 'AWS::Scheduler::Schedule', Properties: { ScheduleExpression, Target } };
    expect(found(machineOf({ Type: 'Succeed' }), { Schedule }).map(([id]) => id)).toEqual(expected);
  });
});

test.each<[string, unknown, unknown, string[]]>([
  ['beside the data', 's3://data/in', 's3://data/out', []],
  ['in the same place', 's3://data/in/', 's3://data/in', ['transform-reads-its-output']],
  ['within the data', 's3://data/in', 's3://data/in/out', ['transform-reads-its-output']],
  ['beside, by a longer name', 's3://data/in', 's3://data/in-out', []],
  ['around the data', 's3://data/in/x', 's3://data/in', []],
  [
    'within the same parameter',
    { 'Fn::Sub': 's3://${Any}' },
    { 'Fn::Sub': 's3://${Any}/out' },
    ['transform-reads-its-output'],
  ],
  [
    'where only the deployment knows',
    { 'Fn::Sub': 's3://${AWS::Region}' },
    { 'Fn::Sub': 's3://${AWS::Region}/out' },
    [],
  ],
  [
    'within the same bucket',
    { 'Fn::Sub': 's3://${Function}/in' },
    { 'Fn::Sub': 's3://${Function}/in' },
    ['transform-reads-its-output'],
  ],
  ['in another bucket', { 'Fn::Sub': 's3://${Function}/in' }, { 'Fn::Sub': 's3://${Machine}/in' }, []],
])('results %s', (_, S3Uri, S3OutputPath, expected) => {
  expect(idsOf({ ...input({}, { S3Uri }), TransformOutput: { S3OutputPath } })).toEqual(expected);
});

test('results in the same place as a list of files are no data', () => {
  const listed = input({}, { S3DataType: 'ManifestFile', S3Uri: 's3://data/in' });
  expect(idsOf({ ...listed, TransformOutput: { S3OutputPath: 's3://data/in' } })).toEqual([]);
});

test('jobs that the SDK starts are judged as well, other actions are not', () => {
  expect(idsOf({ MaxPayloadInMB: 101 }, {}, 'aws-sdk:sagemaker:createTransformJob')).toEqual(['transform-range']);
  expect(
    stateFound(call('aws-sdk:s3:putObject', { Bucket: 'b', Key: 'k', MaxPayloadInMB: 101 })).map(([id]) => id),
  ).toEqual(['states-unknown-parameter']);
  const other = call('sagemaker:deleteEndpoint', { EndpointName: 'e', MaxPayloadInMB: 101 });
  expect(stateFound(other).map(([id]) => id)).toEqual(['states-unknown-parameter']);
});
