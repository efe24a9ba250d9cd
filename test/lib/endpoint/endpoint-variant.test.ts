import { Duration, Lazy, Size, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Capacity, InstanceType, ModelArtifact, Rollout, Routing, Scaling, ServingAccelerator } from '../../../lib';
import { containerModel, EndpointUnderTest, instances, refusal } from '../../fakes/endpoints';
import { tinyModel } from '../../fakes/models';
import { testStack } from '../../helpers/synth';

const GPU = { accelerator: ServingAccelerator.GPU };
const serverless = Capacity.serverless({ memory: Size.gibibytes(3), maxConcurrency: 20, provisioned: 2 });
const token = Lazy.number({ produce: () => 3 });

test('one variant, with the least instances, and nothing that is not asked for', () => {
  const { variants } = new EndpointUnderTest({ capacity: instances(InstanceType.M5_LARGE, 2, 6) });
  expect(variants).toEqual([
    {
      VariantName: 'AllTraffic',
      ModelName: { 'Fn::GetAtt': [expect.stringMatching(/^ChatVariantsAllTrafficModel/), 'ModelName'] },
      InitialVariantWeight: 1,
      InstanceType: 'ml.m5.large',
      InitialInstanceCount: 2,
      ModelDataDownloadTimeoutInSeconds: 300,
      ContainerStartupHealthCheckTimeoutInSeconds: 480,
      RoutingConfig: { RoutingStrategy: 'LEAST_OUTSTANDING_REQUESTS' },
      EnableSSMAccess: false,
    },
  ]);
});

test('everything that is asked for', () => {
  const { variants } = new EndpointUnderTest({
    model: containerModel({ inferenceAmiVersion: 'al2-ami-sagemaker-inference-gpu-3-1' }),
    weight: 7,
    routing: Routing.prefixAware({ prefixLength: 2048, concurrencyThreshold: 9 }),
    volumeSize: Size.gibibytes(100),
    downloadTimeout: Duration.minutes(20),
    startupTimeout: Duration.minutes(30),
  });
  expect(variants[0]).toMatchObject({
    InitialVariantWeight: 7,
    RoutingConfig: {
      RoutingStrategy: 'PREFIX_AWARE',
      PrefixAwareRoutingConfig: { PrefixLength: 2048, ConcurrencyThreshold: 9 },
    },
    VolumeSizeInGB: 100,
    ModelDataDownloadTimeoutInSeconds: 1200,
    ContainerStartupHealthCheckTimeoutInSeconds: 1800,
    InferenceAmiVersion: 'al2-ami-sagemaker-inference-gpu-3-1',
  });
});

test('the times to fetch and to load grow with the model', () => {
  const model = containerModel(GPU, { memoryRequired: Size.gibibytes(60) });
  const { variants } = new EndpointUnderTest({ model, capacity: instances(InstanceType.G5_12XLARGE) });
  expect(variants[0]).toMatchObject({
    ModelDataDownloadTimeoutInSeconds: 1500,
    ContainerStartupHealthCheckTimeoutInSeconds: 2280,
  });
});

describe('a weight ', () => {
  test('of 0 is 0: a dark launch', () => {
    const { endpoint, ...under } = new EndpointUnderTest({ weight: 0 });
    endpoint.addVariant('dark', { model: containerModel(), capacity: instances(), weight: 0 });
    expect(endpoint.variants.map(({ weight }) => weight)).toEqual([0, 0]);
    const rendered = under.stack.resolve(
      endpoint.variants.map((variant) => variant._production().initialVariantWeight),
    ) as unknown;
    expect(rendered).toEqual([0, 0]);
  });

  test('is each variant’s own', () => {
    const under = new EndpointUnderTest({ weight: 9 });
    under.endpoint.addVariant('challenger', { model: containerModel(), capacity: instances(), weight: 0.5 });
    under.endpoint.addVariant('third', { model: containerModel(), capacity: instances() });
    expect(under.variants.map(({ VariantName, InitialVariantWeight }) => [VariantName, InitialVariantWeight])).toEqual([
      ['AllTraffic', 9],
      ['challenger', 0.5],
      ['third', 1],
    ]);
  });

  test('below 0 is refused', () => {
    expect(refusal({ weight: -1 })).toMatch(/'weight' is -1.*variant-weight\]/);
    expect(refusal({ weight: 1_000_000 })).toBe('');
    expect(refusal({ weight: 1_000_001 })).toMatch(/variant-weight\]/);
  });
});

describe('the volume ', () => {
  test.each([
    [Size.gibibytes(1), ''],
    [Size.gibibytes(512), ''],
    [Size.gibibytes(513), /'volumeSize' is 513 GiB.*variant-volume\]/],
    [Size.mebibytes(1500), /variant-volume\]/],
  ])('of %p', (volumeSize, message) => {
    expect(refusal({ volumeSize })).toMatch(message);
  });

  test('takes a size in other units that is a whole number of GiB', () => {
    expect(new EndpointUnderTest({ volumeSize: Size.mebibytes(2048) }).variants[0].VolumeSizeInGB).toBe(2);
  });

  test('is large enough for a large model where there is one', () => {
    const large = containerModel({}, { memoryRequired: Size.gibibytes(30) });
    const m5 = InstanceType.of('ml.m5.4xlarge');
    expect(new EndpointUnderTest({ model: large, capacity: instances(m5) }).variants[0].VolumeSizeInGB).toBe(70);
    expect(
      new EndpointUnderTest({ model: large, capacity: instances(m5), volumeSize: Size.gibibytes(90) }).variants[0]
        .VolumeSizeInGB,
    ).toBe(90);
  });

  test('is left out on instances with disks of their own, and refused if asked for', () => {
    const props = {
      model: containerModel(GPU, { memoryRequired: Size.gibibytes(20) }),
      capacity: instances(InstanceType.G5_2XLARGE),
    };
    expect(new EndpointUnderTest(props).variants[0]).not.toHaveProperty('VolumeSizeInGB');
    expect(refusal({ ...props, volumeSize: Size.gibibytes(50) })).toMatch(
      /ml.g5.2xlarge has 450 GB of disks of its own.*instance-volume-size/,
    );
  });
});

describe('a key ', () => {
  beforeEach(() => jest.spyOn(console, 'error').mockImplementation());
  afterEach(() => jest.restoreAllMocks());

  const keyOf = (types: InstanceType[]) => {
    const stack = testStack();
    const key = new kms.Key(stack, 'Key');
    const model = containerModel();
    const under = new EndpointUnderTest({ model, capacity: instances(types[0]), encryptionKey: key }, stack);
    types
      .slice(1)
      .forEach((type, index) => under.endpoint.addVariant(`v${index}`, { model, capacity: instances(type) }));
    return under;
  };
  const warnings = ({ stack }: EndpointUnderTest) =>
    Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('encryptionKey'));
  const granted = (under: EndpointUnderTest) =>
    JSON.stringify(under.of('Role/DefaultPolicy')).match(/kms:\w+\*?/g) ?? [];

  test('encrypts volumes, and SageMaker may use it', () => {
    const under = keyOf([InstanceType.M5_LARGE, InstanceType.C5_XLARGE]);
    expect(under.of('Config').KmsKeyId).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] });
    expect(granted(under)).toEqual(
      expect.arrayContaining(['kms:CreateGrant', 'kms:DescribeKey', 'kms:GenerateDataKey*']),
    );
    const statement = (
      under.of('Role/DefaultPolicy').PolicyDocument as { Statement: { Action: unknown }[] }
    ).Statement.find(({ Action }) => Action === 'kms:CreateGrant');
    expect(statement).toMatchObject({ Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } } });
    expect(warnings(under)).toEqual([]);
  });

  test('is left out where instances have disks of their own, and nobody may use it', () => {
    const under = keyOf([InstanceType.G5_2XLARGE, InstanceType.G4DN_XLARGE]);
    expect(under.of('Config')).not.toHaveProperty('KmsKeyId');
    expect(granted(under)).toEqual([]);
    expect(warnings(under)).toEqual([]);
  });

  test('is left out where only some have, which is warned about', () => {
    const under = keyOf([InstanceType.M5_LARGE, InstanceType.G5_2XLARGE]);
    expect(under.of('Config')).not.toHaveProperty('KmsKeyId');
    expect(warnings(under)).toHaveLength(1);
  });

  test.each([
    ['not in the catalogue', InstanceType.of('ml.x99.large')],
    ['known only at deployment', InstanceType.of(Lazy.string({ produce: () => 'ml.m5.large' }))],
  ])('is left out where the type is %s, which is warned about', (_, type) => {
    const under = keyOf([type]);
    expect(under.of('Config')).not.toHaveProperty('KmsKeyId');
    expect(warnings(under)).toHaveLength(1);
  });

  test('is for no volume of a serverless variant', () => {
    const stack = testStack();
    const under = new EndpointUnderTest({ capacity: serverless, encryptionKey: new kms.Key(stack, 'Key') }, stack);
    expect(under.of('Config')).not.toHaveProperty('KmsKeyId');
    expect(warnings(under)).toEqual([]);
  });
});

describe('times ', () => {
  test.each([
    ['downloadTimeout', Duration.minutes(1), ''],
    ['downloadTimeout', Duration.hours(1), ''],
    ['downloadTimeout', Duration.seconds(59), /variant-download-timeout\]/],
    ['downloadTimeout', Duration.minutes(61), /'downloadTimeout' is 61 minutes.*variant-download-timeout\]/],
    ['startupTimeout', Duration.minutes(1), ''],
    ['startupTimeout', Duration.hours(1), ''],
    ['startupTimeout', Duration.seconds(30), /variant-startup-timeout\]/],
    ['startupTimeout', Duration.minutes(61), /variant-startup-timeout\]/],
  ])('%s of %p', (prop, value, message) => {
    expect(refusal({ [prop]: value })).toMatch(message);
  });
});

describe('serverless ', () => {
  test('renders what it has, and nothing of instances', () => {
    const under = new EndpointUnderTest({ capacity: serverless });
    expect(under.variants).toEqual([
      {
        VariantName: 'AllTraffic',
        ModelName: expect.anything() as unknown,
        InitialVariantWeight: 1,
        ServerlessConfig: { MemorySizeInMB: 3072, MaxConcurrency: 20, ProvisionedConcurrency: 2 },
      },
    ]);
    expect(under.of('Config')).not.toHaveProperty('MetricsConfig');
  });

  test.each([
    ['routing', { routing: Routing.random() }],
    ['volumeSize', { volumeSize: Size.gibibytes(5) }],
    ['downloadTimeout', { downloadTimeout: Duration.minutes(5) }],
    ['startupTimeout', { startupTimeout: Duration.minutes(5) }],
    ['networkIsolation', { networkIsolation: true }],
    ['detailedObservability', { detailedObservability: true }],
  ])('refuses %s, and names the capacity that can', (prop, props) => {
    expect(refusal({ capacity: serverless, ...props })).toMatch(
      new RegExp(`'${prop}' is given, and the capacity is serverless.*Capacity.instances.*serverless-unsupported`),
    );
  });

  test('takes what is declined as declined', () => {
    expect(refusal({ capacity: serverless, networkIsolation: false, detailedObservability: false })).toBe('');
  });

  test('refuses data capture', () => {
    const bucket = s3.Bucket.fromBucketName(new Stack(), 'Bucket', 'captured');
    expect(refusal({ capacity: serverless, dataCapture: { bucket } })).toMatch(/'dataCapture' is given/);
  });

  test('refuses an accelerator, uncompressed files, a second variant, scaling and a gradual rollout', () => {
    const bucket = s3.Bucket.fromBucketName(new Stack(), 'Bucket', 'models');
    expect(refusal({ capacity: serverless, model: containerModel(GPU) })).toMatch(/serverless-accelerator/);
    expect(
      refusal({
        capacity: serverless,
        model: containerModel({}, { artifact: ModelArtifact.fromBucket(bucket, 'm/') }),
      }),
    ).toMatch(/serverless-uncompressed-model/);
    expect(refusal({ capacity: serverless, scaling: Scaling.concurrentRequests({ target: 5 }) })).toMatch(
      /follows its traffic by itself.*scaling-other-mode/,
    );
    expect(
      refusal({ capacity: serverless, rollout: Rollout.canary({ percent: 50, bake: Duration.minutes(5) }) }),
    ).toMatch(/serverless and has no instances to shift by: use Rollout.allAtOnce/);
    const { endpoint } = new EndpointUnderTest({ capacity: serverless });
    expect(() => endpoint.addVariant('b', { model: containerModel(), capacity: instances() })).toThrow(
      /serverless-variants/,
    );
  });

  test('all that it cannot do comes at once', () => {
    expect(
      refusal({
        capacity: serverless,
        networkIsolation: true,
        routing: Routing.random(),
        weight: -1,
        timeout: Duration.minutes(2),
      }),
    ).toMatch(/endpoint-timeout\][^]*variant-weight\][^]*'networkIsolation'[^]*'routing'/);
  });
});

describe('the hardware ', () => {
  test('must fit the model', () => {
    const model = containerModel(GPU, { memoryRequired: Size.gibibytes(30) });
    expect(refusal({ model, capacity: instances(InstanceType.G5_2XLARGE) })).toMatch(/instance-memory/);
    expect(refusal({ model, capacity: instances(InstanceType.M5_LARGE) })).toMatch(/instance-accelerator/);
    expect(refusal({ model: containerModel({ arm64: true }) })).toMatch(/instance-architecture/);
  });

  test('decides for which processor the container of an ONNX model is built', () => {
    const imageOf = (type: InstanceType) =>
      JSON.stringify(
        new EndpointUnderTest({ model: tinyModel(), capacity: instances(type) }).of('Variants/AllTraffic/Model')
          .PrimaryContainer,
      );
    expect(imageOf(InstanceType.M5_LARGE)).not.toBe(imageOf(InstanceType.C7G_LARGE));
    expect(imageOf(InstanceType.M5_LARGE)).toBe(imageOf(InstanceType.C5_XLARGE));
  });
});

test('the faults of an added variant name it', () => {
  const { endpoint } = new EndpointUnderTest();
  expect(() => endpoint.addVariant('b', { model: containerModel(), capacity: instances(), weight: -1 })).toThrow(
    /variant 'b': 'weight' is -1/,
  );
});

test.each([
  ['weight', { weight: token }],
  ['volumeSize', { volumeSize: Size.gibibytes(token) }],
  ['downloadTimeout', { downloadTimeout: Duration.seconds(token) }],
  ['startupTimeout', { startupTimeout: Duration.seconds(token) }],
])('%s that is known only at deployment passes', (_, props) => {
  const [variant] = new EndpointUnderTest(props).variants;
  expect(Object.values(variant).filter((value) => value === 3)).toHaveLength(1);
});

test('a capacity that is known only at deployment passes', () => {
  const { variants } = new EndpointUnderTest({
    capacity: Capacity.instances({ type: InstanceType.M5_LARGE, min: token }),
  });
  expect(variants[0].InitialInstanceCount).toBe(3);
  const inTokens = Capacity.serverless({ memory: Size.mebibytes(token), maxConcurrency: token });
  expect(new EndpointUnderTest({ capacity: inTokens }).variants[0].ServerlessConfig).toEqual({
    MemorySizeInMB: 3,
    MaxConcurrency: 3,
  });
});

test('metrics by official name', () => {
  const { variant } = new EndpointUnderTest().endpoint;
  expect(variant.metric('ModelLatency', { statistic: 'p50' })).toMatchObject({
    namespace: 'AWS/SageMaker',
    statistic: 'p50',
  });
  expect(variant.metric('GPUUtilization')).toMatchObject({
    namespace: '/aws/sagemaker/Endpoints',
    statistic: 'Average',
  });
});
