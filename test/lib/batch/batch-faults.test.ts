import { Duration, Lazy, Size, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { BatchEngine, BatchManifest, type BatchTransformProps, Rollout } from '../../../lib';
import { faultyBatch } from '../../../lib/batch/batch-faults';
import { tinyModel } from '../../fakes/models';

const stack = new Stack();
const bucket = (name: string) => s3.Bucket.fromBucketName(stack, name, name);
const [arrived, scored, same] = ['arrived', 'scored', 'same'].map(bucket);
const model = tinyModel();
const token = Lazy.number({ produce: () => 5 });
const text = (value: string) => Lazy.string({ produce: () => value });
const minutes = (count: number) => Duration.minutes(count);

const faults = (props: Partial<BatchTransformProps> = {}) =>
  faultyBatch({ model, input: { bucket: arrived }, output: { bucket: scored }, ...props });
const ids = (props: Partial<BatchTransformProps>) => faults(props).map(({ id }) => id);

test('the fewest props have no fault', () => {
  expect(faults()).toEqual([]);
});

test.each([
  [{ maxScoreShift: 0.001 }],
  [{ maxScoreShift: 10 }],
  [{ toleratedFailure: 0 }],
  [{ toleratedFailure: 1 }],
  [{ deadline: minutes(10) }],
  [{ deadline: Duration.days(7) }],
  [{ engine: BatchEngine.functions({ maxConcurrency: 1 }) }],
  [{ engine: BatchEngine.functions({ maxConcurrency: 1000 }) }],
  [{ engine: BatchEngine.functions({ memorySize: Size.mebibytes(128) }) }],
  [{ engine: BatchEngine.functions({ memorySize: Size.mebibytes(10_240) }) }],
  [{ maxObjectSize: Size.kibibytes(1) }],
  [{ maxObjectSize: Size.gibibytes(5) }],
  [{ throughput: Size.kibibytes(1) }],
  [{ throughput: Size.gibibytes(5) }],
  [{ suffixes: [] }],
  [{ suffixes: ['.csv', '.csv.part'] }],
  [{ rollout: Rollout.canary({ percent: 1 }) }],
  [{ rollout: Rollout.canary({ percent: 99 }) }],
  [{ rollout: Rollout.allAtOnce() }],
  [{ alarms: { pageActions: [], warningActions: [], runbookUrl: 'https://example.com' } }],
] as [Partial<BatchTransformProps>][])('%j is accepted', (props) => {
  expect(faults(props)).toEqual([]);
});

test.each([
  [{ maxScoreShift: 0 }, 'batch-score-shift'],
  [{ maxScoreShift: 10.1 }, 'batch-score-shift'],
  [{ maxScoreShift: NaN }, 'batch-score-shift'],
  [{ toleratedFailure: -0.01 }, 'batch-tolerated-failure'],
  [{ toleratedFailure: 1.01 }, 'batch-tolerated-failure'],
  [{ deadline: minutes(9) }, 'batch-deadline'],
  [{ deadline: minutes(7 * 24 * 60 + 1) }, 'batch-deadline'],
  [{ deadline: Duration.seconds(630) }, 'batch-deadline'],
  [{ engine: BatchEngine.functions({ maxConcurrency: 0 }) }, 'batch-concurrency'],
  [{ engine: BatchEngine.functions({ maxConcurrency: 1001 }) }, 'batch-concurrency'],
  [{ engine: BatchEngine.functions({ maxConcurrency: 2.5 }) }, 'batch-concurrency'],
  [{ engine: BatchEngine.functions({ memorySize: Size.mebibytes(127) }) }, 'batch-memory'],
  [{ engine: BatchEngine.functions({ memorySize: Size.mebibytes(10_241) }) }, 'batch-memory'],
  [{ maxObjectSize: Size.bytes(1023) }, 'batch-bytes'],
  [{ maxObjectSize: Size.mebibytes(5121) }, 'batch-bytes'],
  [{ throughput: Size.bytes(1023) }, 'batch-bytes'],
  [{ throughput: Size.mebibytes(5121) }, 'batch-bytes'],
  [{ suffixes: ['.csv', ''] }, 'batch-suffix'],
  [{ input: { bucket: arrived, prefix: 'rows' } }, 'batch-prefix'],
  [{ input: { bucket: arrived, prefix: '/rows/' } }, 'batch-prefix'],
  [{ output: { bucket: scored, prefix: 'results' } }, 'batch-prefix'],
  [{ output: { bucket: scored, prefix: '' } }, 'batch-prefix'],
  [{ rollout: Rollout.linear({ percent: 10, every: minutes(5) }) }, 'batch-rollout', 'batch-rollout-bake'],
  [{ rollout: Rollout.rolling({ percent: 10, every: minutes(5) }) }, 'batch-rollout', 'batch-rollout-bake'],
  [{ rollout: Rollout.canary({ instances: 1 }) }, 'batch-rollout-instances'],
  [{ rollout: Rollout.canary({ percent: 5, bake: minutes(5) }) }, 'batch-rollout-bake'],
  [{ rollout: Rollout.canary({ percent: 5, finalBake: minutes(5) }) }, 'batch-rollout-bake'],
  [{ rollout: Rollout.allAtOnce({ bake: minutes(5) }) }, 'batch-rollout-bake'],
  [{ rollout: Rollout.canary({ percent: token }) }, 'batch-unknown-percent'],
  [{ deadline: Duration.minutes(token) }, 'batch-unknown-deadline'],
  [{ alarms: { maxErrorRatio: 0.1 } }, 'batch-alarms'],
  [{ alarms: { maxLatency: minutes(1) } }, 'batch-alarms'],
  [{ alarms: { minSamples: 5 } }, 'batch-alarms'],
  [{ alarms: { noTrafficFor: Duration.hours(1) } }, 'batch-alarms'],
] as [Partial<BatchTransformProps>, ...string[]][])('%j is refused', (props, ...expected) => {
  expect(ids(props)).toEqual(expected);
});

describe('hooks of a rollout are refused, since nothing runs them: ', () => {
  const hook = lambda.Function.fromFunctionArn(stack, 'Hook', 'arn:aws:lambda:eu-west-1:111122223333:function:hook');
  const alarm = cloudwatch.Alarm.fromAlarmArn(stack, 'Alarm', 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a');
  test.each([
    ['beforeTraffic', { beforeTraffic: hook }],
    ['afterTraffic', { afterTraffic: hook }],
    ['rollbackAlarms', { rollbackAlarms: [alarm] }],
  ])('%s', (_, options) => {
    expect(ids({ rollout: Rollout.canary({ percent: 5, ...options }) })).toEqual(['batch-rollout-hooks']);
    expect(ids({ rollout: Rollout.allAtOnce(options) })).toEqual(['batch-rollout-hooks']);
  });
});

test('values that are known only at deployment pass where nothing is computed from them', () => {
  expect(
    faults({
      maxScoreShift: token,
      toleratedFailure: token,
      engine: BatchEngine.functions({ maxConcurrency: token }),
      input: { bucket: same, prefix: text('x') },
      output: { bucket: same, prefix: text('y') },
    }),
  ).toEqual([]);
});

test('a fault of a prefix says what to write', () => {
  const fix = (prefix: string) => faults({ input: { bucket: arrived, prefix } })[0].fix;
  expect(fix('rows')).toMatch(/write 'rows\/'/);
  expect(fix('/a/b')).toMatch(/write 'a\/b\/'/);
  expect(fix('/')).toMatch(/leave 'prefix' out/);
});

describe('input and output in one bucket: ', () => {
  const named = (name: string) => s3.Bucket.fromBucketAttributes(new Stack(), 'Again', { bucketName: name });
  test.each([
    ['both are the whole bucket', undefined, undefined],
    ['the output is within the input', 'data/', 'data/scored/'],
    ['the input is within the output', 'data/rows/', 'data/'],
    ['they are the same', 'data/', 'data/'],
    ['the input is the whole bucket', undefined, 'scored/'],
  ])('%s: refused', (_, input, output) => {
    for (const other of [same, named('same')]) {
      expect(ids({ input: { bucket: same, prefix: input }, output: { bucket: other, prefix: output } })).toEqual([
        'batch-output-within-input',
      ]);
    }
  });

  test.each([
    ['side by side', 'arrived/', 'scored/'],
    ['one name begins with the other', 'data/', 'data-scored/'],
    ['known only at deployment', text('x/'), 'x/'],
  ])('%s: accepted', (_, input, output) => {
    expect(faults({ input: { bucket: same, prefix: input }, output: { bucket: same, prefix: output } })).toEqual([]);
  });

  test('of buckets whose names are known only at deployment only the very same are the same', () => {
    const [one, other] = ['One', 'Other'].map((id) => new s3.Bucket(new Stack(), id));
    expect(ids({ input: { bucket: one }, output: { bucket: one } })).toEqual(['batch-output-within-input']);
    expect(ids({ input: { bucket: one }, output: { bucket: other } })).toEqual([]);
  });

  test('the fault shows both, and says what to do', () => {
    expect(faults({ input: { bucket: same }, output: { bucket: same, prefix: 'scored/' } })).toEqual([
      {
        id: 'batch-output-within-input',
        message: expect.stringContaining("'input' (the whole bucket) and 'output' ('scored/')") as string,
        fix: expect.stringContaining('two buckets') as string,
      },
    ]);
  });
});

test('all faults come at once', () => {
  expect(ids({ engine: BatchEngine.functions({ maxConcurrency: 0 }), toleratedFailure: 2, suffixes: [''] })).toEqual([
    'batch-tolerated-failure',
    'batch-concurrency',
    'batch-suffix',
  ]);
});

describe('a manifest', () => {
  test.each([
    BatchManifest.inventory(arrived, 'inventory/arrived/daily/'),
    BatchManifest.inventory(arrived, text('anything')),
    BatchManifest.file(arrived, 'tonight.json'),
    BatchManifest.file(arrived, text('')),
  ])('is fine (%#)', (inputManifest) => {
    expect(ids({ inputManifest })).toEqual([]);
  });

  test.each([
    [BatchManifest.inventory(arrived, 'inventory'), 'batch-manifest-prefix'],
    [BatchManifest.inventory(arrived, '/inventory/'), 'batch-manifest-prefix'],
    [BatchManifest.inventory(arrived, ''), 'batch-manifest-prefix'],
    [BatchManifest.file(arrived, ''), 'batch-manifest-key'],
    [BatchManifest.file(arrived, 'lists/'), 'batch-manifest-key'],
  ])('is refused (%#)', (inputManifest, id) => {
    expect(ids({ inputManifest })).toEqual([id]);
  });
});
