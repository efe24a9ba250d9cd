import { CfnParameter, Duration, Lazy, Size, type Stack } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import {
  ModelArtifact,
  Predictor,
  RecordFormat,
  Scaling,
  Sink,
  type StreamingInferenceProps,
  StreamSource,
} from '../../../lib';
import { LARGEST_RECORD_BYTES } from '../../../lib/streaming/stream-batching';
import { DIGEST, tinyModel } from '../../fakes/models';
import { plain, testStack } from '../../helpers/synth';
import { importedTable, made } from './deployed';

type Props = Partial<StreamingInferenceProps>;

/** Everything that is said of the props. */
function told(props: Props): string {
  try {
    made(props);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

const idsIn = (message: string): string[] => [...message.matchAll(/\[([a-z0-9-]+)\]$/gm)].map(([, id]) => id);
const seconds = (count: number) => Duration.seconds(count);
const { LATEST, AT_TIMESTAMP } = lambda.StartingPosition;
const TIME = new Date('2026-07-01T00:00:00Z');
const onKey = lambda.FilterCriteria.filter({ partitionKey: ['a'] });
const onData = lambda.FilterCriteria.filter({ data: { amount: [1] } });
const filtered = (filters: Props['filters'], more: Props = {}): Props => ({ filters, aggregated: false, ...more });
const long = (characters: number) => ({ pattern: `{"data":["${'x'.repeat(characters - 13)}"]}` });

describe('each says the term, the value, what is allowed and what to do: ', () => {
  test.each<[Props, string]>([
    [{ sinks: [] }, "'sinks' is empty, so predictions would go nowhere: give one or more"],
    [{ batchSize: 0 }, "'batchSize' is 0, allowed is a whole number from 1 to 10000: set 'batchSize' within"],
    [{ batchSize: 10_001 }, "'batchSize' is 10001, allowed"],
    [{ batchSize: 1.5 }, "'batchSize' is 1.5, allowed"],
    [{ batchSize: NaN }, "'batchSize' is NaN, allowed"],
    [{ batchWindow: seconds(301) }, "'batchWindow' is 301 seconds, allowed is a whole number from 0 to 300 seconds"],
    [{ batchWindow: Duration.millis(1500) }, "'batchWindow' is 1.5 seconds, allowed is a whole number"],
    [{ parallelizationFactor: 0 }, "'parallelizationFactor' is 0, allowed is a whole number from 1 to 10"],
    [{ parallelizationFactor: 11 }, "'parallelizationFactor' is 11, allowed"],
    [{ retryAttempts: -1 }, "'retryAttempts' is -1, allowed is a whole number from 0 to 10000"],
    [{ retryAttempts: 10_001 }, "'retryAttempts' is 10001, allowed"],
    [{ retryAttempts: Infinity }, "'retryAttempts' is Infinity, allowed"],
    [
      { maxRecordAge: seconds(59) },
      "'maxRecordAge' is 59 seconds, allowed is a whole number from 60 to 604800 seconds",
    ],
    [{ maxRecordAge: seconds(604_801) }, "'maxRecordAge' is 604801 seconds, allowed"],
    [{ maxRecordSize: Size.bytes(0) }, "'maxRecordSize' is 0 bytes, allowed are whole ones from 1 to 4718217"],
    [{ maxRecordSize: Size.bytes(LARGEST_RECORD_BYTES + 1) }, "'maxRecordSize' is 4718218 bytes, allowed"],
    [{ maxRecordSize: Size.kibibytes(0.3) }, "'maxRecordSize' is 307.2 bytes, allowed are whole ones"],
    [{ traffic: { recordSize: Size.mebibytes(5) } }, "'traffic.recordSize' is 5242880 bytes, allowed"],
    [{ traffic: { recordsPerSecond: 0 } }, "'traffic.recordsPerSecond' is 0, allowed is a number from 0.0001"],
    [{ traffic: { maxWait: seconds(0) } }, "'traffic.maxWait' is 0 seconds, allowed"],
    [{ traffic: { maxWait: seconds(301) } }, "'traffic.maxWait' is 301 seconds, allowed"],
    [{ timeout: seconds(901) }, "'timeout' is 901 seconds, allowed"],
    [{ timeout: Duration.millis(1500) }, "'timeout' is 1.5 seconds, allowed"],
    [{ memorySize: Size.mebibytes(127) }, "'memorySize' is 127 MiB, allowed"],
    [
      { startingPosition: AT_TIMESTAMP },
      "'startingPosition' is AT_TIMESTAMP, and 'startingTime' is not given: give both",
    ],
    [{ startingTime: TIME }, "'startingTime' is given, and 'startingPosition' is TRIM_HORIZON: give both"],
    [{ startingPosition: LATEST, startingTime: TIME }, "'startingTime' is given, and 'startingPosition' is LATEST"],
    [{ startingPosition: AT_TIMESTAMP, startingTime: new Date('soon') }, "'startingTime' is no time: give it like"],
    [filtered([]), "'filters' has 0 filters, allowed are 1 to 10: leave 'filters' out"],
    [filtered(Array.from({ length: 11 }, () => onKey)), "'filters' has 11 filters, allowed are 1 to 10: combine"],
    [{ filters: [onKey] }, "'filters' do not look into aggregated records and drop them"],
    [filtered([{ partitionKey: ['a'] }]), 'filter 1 of \'filters\' is {"partitionKey":["a"]}, which has no pattern'],
    [filtered([onKey, { pattern: '' }]), 'filter 2 of \'filters\' is {"pattern":""}, which has no pattern'],
    [filtered([{ pattern: '["a"]' }]), 'filter 1 of \'filters\' is {"pattern":"[\\"a\\"]"}, which has no pattern'],
    [filtered([long(4097)]), "the pattern of filter 1 of 'filters' has 4097 characters, allowed are 4096"],
    [
      filtered([onData], { format: RecordFormat.CSV }),
      "filter 1 of 'filters' looks into 'data', and drops all that is no JSON",
    ],
    [{ alarms: { maxLag: seconds(0) } }, "'alarms.maxLag' is 0 seconds, allowed"],
    [
      { alarms: { maxQuarantinedRatio: 0 } },
      "'alarms.maxQuarantinedRatio' is 0, allowed is a number from 0.0001 to 0.999",
    ],
    [{ alarms: { maxQuarantinedRatio: 1 } }, "'alarms.maxQuarantinedRatio' is 1, allowed"],
    [{ alarms: { maxErrorRatio: 2 } }, "'alarms.maxErrorRatio' is 2, allowed"],
    [{ alarms: { maxLatency: seconds(60) } }, 'no call can take longer than the time-out of 60000 ms'],
    [
      { reservedConcurrency: 901 },
      "'reservedConcurrency' is 901 of the account's 1000, of which 100 must stay unreserved",
    ],
    [
      { scaling: Scaling.gpuUtilization({ percent: 50 }) },
      "'scaling' is one of instances, and the consumer is a function: use Scaling.provisionedConcurrency()",
    ],
    [
      { scaling: Scaling.provisionedConcurrency({ min: 3 }), reservedConcurrency: 2 },
      "'scaling' provisions up to 3 environments, 'reservedConcurrency' allows 2",
    ],
  ])('%j', (props, message) => {
    const text = told(props);
    expect(text).toMatch(/^construct 'Stack\/Live' cannot be used as configured:\n/);
    expect(text).toContain(message);
    expect(idsIn(text)).toHaveLength(1);
  });
});

describe('what is fine by itself, and not together: ', () => {
  test.each<[Props, string]>([
    [
      { batchWindow: seconds(61) },
      "a batch is collected for up to 61 s, and may be predicted for 60 s only, so what was collected could not be done before the next batch is there: set 'timeout' to 61 s or more",
    ],
    [
      { batchSize: 46, traffic: { recordSize: Size.kibibytes(100) } },
      "'batchSize' is 46, and an event of 6 MiB holds 45 records of 102400 bytes, which travel as base64: set 'batchSize' to 45 or less",
    ],
    [
      { traffic: { recordSize: Size.mebibytes(2) } },
      "'traffic.recordSize' is 2097152 bytes, and 'maxRecordSize' 1048576, so usual records would go to quarantine: set 'maxRecordSize' to 2097152",
    ],
    [
      { maxRecordAge: Duration.hours(24) },
      "'maxRecordAge' is 86400 s, and the stream keeps a record for 24 hours: one that is tried for longer would be gone",
    ],
    [
      { maxRecordAge: seconds(60), batchWindow: seconds(31) },
      "'maxRecordAge' is 60 s, and a record may wait 31 s for its batch, so it might be given up before it is tried: set 'maxRecordAge' to 62 s or more",
    ],
    [
      { alarms: { maxLag: seconds(1) } },
      "'alarms.maxLag' is 1 s, and a record may wait 1 s for its batch, so the alarm would never be silent",
    ],
    [
      { alarms: { maxLag: Duration.hours(12) } },
      "'alarms.maxLag' is 43200 s, and a record is given up when it is 43200 s old, so the alarm could never fire",
    ],
    [
      { source: StreamSource.newKinesis({ shards: 4 }), parallelizationFactor: 2, reservedConcurrency: 7 },
      "'reservedConcurrency' is 7, and 4 shards with a 'parallelizationFactor' of 2 have 8 batches at a time: set 'reservedConcurrency' to 8",
    ],
  ])('%j', (props, message) => {
    expect(told(props)).toContain(message);
    expect(idsIn(told(props))).toHaveLength(1);
  });
});

test.each<[Props]>([
  [{ batchSize: 1 }],
  [{ batchSize: 10_000 }],
  [{ batchWindow: seconds(60) }],
  [{ batchSize: 45, traffic: { recordSize: Size.kibibytes(100) } }],
  [{ maxRecordSize: Size.bytes(1) }],
  [{ maxRecordSize: Size.bytes(LARGEST_RECORD_BYTES) }],
  [{ traffic: { recordSize: Size.mebibytes(2) }, maxRecordSize: Size.mebibytes(2) }],
  [{ traffic: { recordsPerSecond: 0.0001, maxWait: seconds(1) } }],
  [{ maxRecordAge: seconds(86_399) }],
  [{ maxRecordAge: seconds(60), batchWindow: seconds(30) }],
  [{ maxRecordAge: Duration.days(7), source: StreamSource.newKinesis({ retention: Duration.hours(169) }) }],
  [{ alarms: { maxLag: seconds(2) } }],
  [{ alarms: { maxLag: seconds(43_199) } }],
  [{ source: StreamSource.newKinesis({ shards: 4 }), reservedConcurrency: 4 }],
  [{ source: StreamSource.newKinesis({ shards: 4 }), reservedConcurrency: 0 }],
  [{ reservedConcurrency: 1 }],
  [{ reservedConcurrency: 900 }],
  [{ reservedConcurrency: 2000, alarms: { accountConcurrency: 5000 } }],
  [filtered(Array.from({ length: 10 }, () => onKey))],
  [filtered([long(4096)])],
  [filtered([onData])],
  [filtered([onKey], { format: RecordFormat.CSV })],
  [{ alarms: { maxQuarantinedRatio: 0.0001 } }],
  [{ alarms: { maxQuarantinedRatio: 0.999 } }],
])('%j is accepted', (props) => {
  expect(told(props)).toBe('');
});

test('all faults come in one message, of the pattern, its source, its predictor and its sinks', () => {
  const message = told({
    batchSize: 0,
    retryAttempts: -1,
    memorySize: Size.mebibytes(1),
    source: StreamSource.newKinesis({ shards: 0 }),
    quarantinePrefix: 'q',
    alarms: { maxErrorRatio: 0, maxLag: seconds(0) },
    startingTime: TIME,
    scaling: Scaling.provisionedConcurrency({
      min: 1,
      schedules: { day: { schedule: Schedule.rate(Duration.days(1)), min: 1, max: 9 } },
    }),
    reservedConcurrency: 2,
  });
  expect(idsIn(message).sort()).toEqual([
    'alarm-error-ratio',
    'alarm-lag',
    'lambda-memory',
    'lambda-provisioned-over-reserved',
    'stream-batch-size',
    'stream-quarantine-prefix',
    'stream-retries',
    'stream-shards',
    'stream-start',
  ]);
});

test('one that was refused leaves nothing behind in the stack', () => {
  const stack = testStack();
  expect(() => made({ batchSize: 0, sinks: [Sink.dynamoDb(importedTable(stack))] }, stack)).toThrow();
  expect(plain(stack).Resources ?? {}).toEqual({});
});

describe('values known only at deployment: ', () => {
  const number = (stack: Stack) => new CfnParameter(stack, 'Number', { type: 'Number' }).valueAsNumber;
  const token = () => Lazy.number({ produce: () => 5 });

  test.each<[string, (stack: Stack) => Props]>([
    ['batch size', (stack) => ({ batchSize: number(stack) })],
    ['retries', (stack) => ({ retryAttempts: number(stack) })],
    ['memory', (stack) => ({ memorySize: Size.mebibytes(number(stack)) })],
    ['reserved concurrency', (stack) => ({ reservedConcurrency: number(stack) })],
    ['shards', (stack) => ({ source: StreamSource.newKinesis({ shards: number(stack) }) })],
    ['samples', (stack) => ({ alarms: { minSamples: number(stack) } })],
    ['share of errors', (stack) => ({ alarms: { maxErrorRatio: number(stack) } })],
    ['share in quarantine', (stack) => ({ alarms: { maxQuarantinedRatio: number(stack) } })],
  ])('%s passes, and nothing has the inside of a token in it', (_, props) => {
    const stack = testStack();
    made(props, stack);
    expect(JSON.stringify(plain(stack)).match(/-\d\.\d+e\+\d+|\$\{Token/g) ?? []).toEqual([]);
  });

  test.each<[string, Props]>([
    ['timeout', { timeout: seconds(token()) }],
    ['traffic.recordSize', { traffic: { recordSize: Size.bytes(token()) } }],
    ['traffic.recordsPerSecond', { traffic: { recordsPerSecond: token() } }],
    ['traffic.maxWait', { traffic: { maxWait: seconds(token()) } }],
    ['maxRecordSize', { maxRecordSize: Size.bytes(token()) }],
    ['batchWindow', { batchWindow: seconds(token()) }],
    ['parallelizationFactor', { parallelizationFactor: token() }],
    ['maxRecordAge', { maxRecordAge: seconds(token()) }],
    ['alarms.maxLag', { alarms: { maxLag: seconds(token()) } }],
    ['alarms.maxLatency', { alarms: { maxLatency: seconds(token()) } }],
    ['alarms.noTrafficFor', { alarms: { noTrafficFor: Duration.minutes(token()) } }],
  ])('%s is refused, as something is computed from it', (prop, props) => {
    expect(told(props)).toContain(`'${prop}' is known only at deployment, and`);
  });
});

test.each([
  [1, true],
  [900, false],
])('a model that takes longer to fetch than a time-out of %d s is refused: %p', (timeout, refused) => {
  const stack = testStack();
  const artifact = ModelArtifact.fromBucket(s3.Bucket.fromBucketName(stack, 'Models', 'models'), 'm.onnx', {
    sha256: DIGEST,
    size: Size.mebibytes(1000),
  });
  const message = told({ predictor: Predictor.model(tinyModel({ artifact })), timeout: seconds(timeout) });
  expect(idsIn(message)).toEqual(refused ? ['stream-fetch-too-long'] : []);
});
