import { Duration, Fn, Size, Token } from 'aws-cdk-lib';
import { InstanceType, TransformSplit, TransformStrategy, type TransformJobOptions } from '../../../lib';
import { faultyTransformJobs } from '../../../lib/batch/transform-job-faults';

const ids = (options: TransformJobOptions) => faultyTransformJobs(options).map(({ id }) => id);
const variables = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`NAME_${index}`, 'x']));

test.each<[TransformJobOptions]>([
  [{}],
  [{ maxConcurrentJobs: 1, instancesPerJob: 100 }],
  [{ maxPayload: Size.mebibytes(0) }],
  [{ maxPayload: Size.mebibytes(100), maxConcurrentTransforms: 1 }],
  [{ maxPayload: Size.mebibytes(25), maxConcurrentTransforms: 4 }],
  [{ inputFilter: `$${'a'.repeat(62)}`, outputFilter: '$' }],
  [{ environment: variables(16) }],
  [{ invocationTimeout: Duration.hours(1), invocationRetries: 3 }],
  [{ jobTimeout: Duration.minutes(10) }],
  [{ jobTimeout: Duration.days(5) }],
  [{ split: TransformSplit.NONE }],
  [{ type: InstanceType.G5_XLARGE }],
  [{ type: InstanceType.of('ml.unheard.large') }],
  [
    {
      maxConcurrentJobs: Token.asNumber('x'),
      inputFilter: Fn.ref('y'),
    },
  ],
])('%j is taken', (options) => {
  expect(ids(options)).toEqual([]);
});

test.each<[TransformJobOptions, ...string[]]>([
  [{ maxPayload: Size.mebibytes(Token.asNumber('z')) }, 'transform-unknown-payload'],
  [{ jobTimeout: Duration.minutes(Token.asNumber('z')) }, 'transform-unknown-timeout'],
  [
    { maxPayload: Size.kibibytes(512), maxConcurrentTransforms: 300 },
    'transform-payload',
    'transform-concurrency',
    'transform-payload-concurrency',
  ],
  [{ contentType: 'image/png', strategy: TransformStrategy.SINGLE_RECORD }, 'transform-strategy'],
  [{ maxConcurrentJobs: 0 }, 'transform-jobs'],
  [{ maxConcurrentJobs: 101 }, 'transform-jobs'],
  [{ instancesPerJob: 0 }, 'transform-instances'],
  [{ instancesPerJob: 101 }, 'transform-instances'],
  [{ maxPayload: Size.mebibytes(101) }, 'transform-payload'],
  [{ maxPayload: Size.mebibytes(26), maxConcurrentTransforms: 4 }, 'transform-payload-concurrency'],
  [{ maxConcurrentTransforms: 17 }, 'transform-payload-concurrency'],
  [{ maxConcurrentTransforms: 0 }, 'transform-concurrency'],
  [{ inputFilter: `$${'a'.repeat(63)}` }, 'transform-filter-length'],
  [{ outputFilter: `$${'a'.repeat(63)}` }, 'transform-filter-length'],
  [{ outputFilter: 'score' }, 'transform-filter'],
  [{ environment: variables(17) }, 'transform-environment'],
  [{ environment: { '1': 'x' } }, 'environment-name'],
  [{ invocationTimeout: Duration.seconds(3601) }, 'transform-invocation'],
  [{ invocationRetries: 4 }, 'transform-retries'],
  [{ jobTimeout: Duration.minutes(9) }, 'transform-timeout'],
  [{ maxJobsPerPartition: 0 }, 'transform-search'],
  [{ split: TransformSplit.NONE, strategy: TransformStrategy.SINGLE_RECORD }, 'transform-strategy'],
  [{ type: InstanceType.P4D_24XLARGE }, 'transform-instance-type'],
  [{ type: InstanceType.C7G_LARGE }, 'transform-instance-type'],
  [{ securityGroups: [] }, 'endpoint-network-without-vpc', 'endpoint-security-groups'],
])('%j is refused', (options, ...expected) => {
  expect(ids(options)).toEqual(expected);
});

test('the payload that SageMaker assumes counts, too', () => {
  const [fault] = faultyTransformJobs({ maxConcurrentTransforms: 20 });
  expect(fault).toMatchObject({
    message: expect.stringContaining(
      "'maxPayload' of 6 MiB times 'maxConcurrentTransforms' of 20 is 120 MiB",
    ) as string,
    fix: "set 'maxConcurrentTransforms' to 16 or less",
  });
});
