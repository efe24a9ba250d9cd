import { ENDPOINT, EndpointRollout, GOOD, SCALED } from './endpoint-rollout';

const AT_WORK = {
  DynamicScalingInSuspended: false,
  DynamicScalingOutSuspended: false,
  ScheduledScalingSuspended: false,
};
const HELD = { ...AT_WORK, DynamicScalingInSuspended: true, ScheduledScalingSuspended: true };
const OWN = 'chat-rollout-#';
const ONE = { configs: ['chat-one'], models: ['model-one'], variants: { AllTraffic: 'model-one' } };
const TWO = { configs: [OWN, 'chat-two'], models: ['model-two'], variants: { Other: 'model-two' } };

let rollout: EndpointRollout;
afterEach(() => rollout.end());

const asked = (since: number): string[] =>
  rollout.services.loopback.calls
    .slice(since)
    .map(({ operation }) => operation)
    .filter((name) => !/^(Describe|List)/.test(name));
const scalerOf = (variant: string) => rollout.services.scaling.targets.get(`endpoint/${ENDPOINT}/variant/${variant}`)!;
const pass = (seconds: number): void => rollout.services.clock.pass(seconds);

test('an endpoint that is not there has no state; one that CloudFormation made has the version of its configuration', async () => {
  rollout = await EndpointRollout.empty();
  expect(await rollout.target.read()).toBeUndefined();
  const { operations } = rollout.services.sagemaker;
  operations.CreateEndpoint({ EndpointName: ENDPOINT, EndpointConfigName: 'chat-one' });
  expect(await rollout.target.read()).toEqual({ live: 'chat-one', percent: 0, settled: false });
  pass(480);
  expect(await rollout.target.read()).toEqual({ live: 'chat-one', percent: 0, settled: true });
  expect(await rollout.target.variantOf('chat-one')).toEqual({ name: 'AllTraffic', alone: true });
});

test('weights come back as the percentages that they were set by', async () => {
  rollout = await EndpointRollout.begun();
  await rollout.steps([0.1]);
  for (const percent of [0.1, 1, 7, 29, 33.3, 57, 58, 99.9, 100]) {
    rollout.allowed = percent;
    await rollout.until(() => rollout.target.stage('chat-two', percent));
    await rollout.until(() => rollout.target.shift('chat-two', percent));
    expect(await rollout.target.read()).toEqual({ live: 'chat-one', candidate: 'chat-two', percent, settled: true });
  }
});

test('the first version serves by its own configuration where its variant has one of the two names', async () => {
  rollout = await EndpointRollout.begun();
  expect(rollout.left).toMatchObject({ variants: { AllTraffic: 'model-one' }, configs: ['chat-one', 'chat-two'] });
  rollout.end();
  rollout = await EndpointRollout.empty();
  const { catalogue } = rollout.services.sagemaker;
  catalogue.make('chat-named', { name: 'model-named', ...GOOD }, { variant: { VariantName: 'Blue' } });
  await rollout.until(() => rollout.target.create('chat-named'));
  expect(rollout.left).toMatchObject({ variants: { AllTraffic: 'model-named' } });
  expect(await rollout.target.read()).toMatchObject({ live: 'chat-named' });
});

test('an endpoint whose variant has another name is gone on with, and has one of the two after its next version', async () => {
  rollout = await EndpointRollout.empty();
  const { catalogue, operations } = rollout.services.sagemaker;
  catalogue.make('chat-named', { name: 'model-one', ...GOOD }, { variant: { VariantName: 'Blue' } });
  operations.CreateEndpoint({ EndpointName: ENDPOINT, EndpointConfigName: 'chat-named' });
  pass(480);
  await rollout.steps([50, 100]);
  expect(rollout.left).toMatchObject({ variants: { Blue: 'model-one', AllTraffic: 'model-two' } });
  await rollout.until(() => rollout.target.promote('chat-two'));
  expect(rollout.left).toMatchObject({ variants: { AllTraffic: 'model-two' } });
});

test('the candidate joins without traffic, at the capacity of its step, and nothing of the live version changes', async () => {
  rollout = await EndpointRollout.begun(SCALED);
  const before = rollout.calls;
  expect(await rollout.target.stage('chat-two', 20)).toBe('wait');
  expect(asked(before)).toEqual([
    'RegisterScalableTarget',
    'PutScalingPolicy',
    'CreateEndpointConfig',
    'UpdateEndpoint',
  ]);
  expect(await rollout.target.stage('chat-two', 20)).toBe('wait');
  pass(600);
  expect(await rollout.target.stage('chat-two', 20)).toBe('done');
  expect(await rollout.target.read()).toEqual({
    live: 'chat-one',
    candidate: 'chat-two',
    percent: 0,
    settled: true,
  });
  expect([rollout.instances('AllTraffic'), rollout.instances('Other')]).toEqual([12, 3]);
});

test("what is of the endpoint as a whole is the candidate's, with its tags and those that say who is who", async () => {
  rollout = await EndpointRollout.begun();
  const { catalogue } = rollout.services.sagemaker;
  const whole = {
    DataCaptureConfig: {
      EnableCapture: true,
      InitialSamplingPercentage: 10,
      DestinationS3Uri: 's3://captured/x',
      CaptureOptions: [{ CaptureMode: 'Input' }],
    },
    KmsKeyId: 'key',
    MetricsConfig: { EnableDetailedObservability: false },
  };
  const variant = { RoutingConfig: { RoutingStrategy: 'RANDOM' }, VolumeSizeInGB: 30 };
  catalogue.make('chat-three', 'model-two', {
    ...whole,
    variant,
    Tags: [
      { Key: 'team', Value: 'fraud' },
      { Key: 'aws:cloudformation:stack-name', Value: 'x' },
      { Key: 'inference-patterns:endpoint', Value: 'x' },
    ],
  });
  await rollout.target.stage('chat-three', 50);
  const [name, made] = [...catalogue.configs].find(([each]) => each.includes('rollout'))!;
  expect(made).toMatchObject({
    ...whole,
    ProductionVariants: [
      { VariantName: 'AllTraffic', ModelName: 'model-one', InitialInstanceCount: 4, InitialVariantWeight: 100 },
      { ...variant, VariantName: 'Other', ModelName: 'model-two', InitialInstanceCount: 2, InitialVariantWeight: 0 },
    ],
  });
  expect(catalogue.tags.get(made.EndpointConfigArn as string)).toEqual([
    { Key: 'team', Value: 'fraud' },
    { Key: 'inference-patterns:endpoint', Value: 'chat' },
    { Key: 'inference-patterns:live', Value: 'chat-one' },
    { Key: 'inference-patterns:live-variant', Value: 'AllTraffic' },
    { Key: 'inference-patterns:candidate', Value: 'chat-three' },
    { Key: 'inference-patterns:candidate-variant', Value: 'Other' },
  ]);
  expect(name.length).toBeLessThanOrEqual(63);
});

test('each step adds to the instances before it adds to the share', async () => {
  rollout = await EndpointRollout.begun(SCALED);
  const instances: unknown[] = [];
  for (const percent of [5, 20, 50, 100]) {
    await rollout.steps([percent]);
    instances.push([rollout.instances('AllTraffic'), rollout.instances('Other')]);
  }
  expect(instances).toEqual([
    [12, 1],
    [12, 3],
    [12, 6],
    [12, 12],
  ]);
});

test('a step is one request to change where instances suffice, and one that was made already changes nothing', async () => {
  rollout = await EndpointRollout.begun();
  await rollout.steps([20]);
  const before = rollout.calls;
  await rollout.steps([25]);
  expect(asked(before)).toEqual([
    ...Array<string>(2).fill('DeregisterScalableTarget'),
    'UpdateEndpointWeightsAndCapacities',
  ]);
  const after = rollout.calls;
  expect(await rollout.target.stage('chat-two', 25)).toBe('done');
  expect(await rollout.target.shift('chat-two', 25)).toBe('done');
  expect(asked(after)).toEqual(['DeregisterScalableTarget', 'DeregisterScalableTarget']);
});

test('while traffic is split both variants may get more instances, and lose none', async () => {
  rollout = await EndpointRollout.begun(SCALED);
  await rollout.steps([50]);
  const { scaling } = rollout.services;
  for (const [name, MinCapacity] of [
    ['AllTraffic', 12],
    ['Other', 6],
  ] as const) {
    expect(scalerOf(name)).toMatchObject({ MinCapacity, MaxCapacity: 20, SuspendedState: HELD });
    expect(scaling.act(`endpoint/chat/variant/${name}`, 1)).toBe('suspended');
    expect(scaling.act(`endpoint/chat/variant/${name}`, 14)).toBeUndefined();
    pass(300);
  }
  expect(await rollout.target.stage('chat-two', 50)).toBe('done');
  expect([rollout.instances('AllTraffic'), rollout.instances('Other')]).toEqual([14, 14]);
});

test('without scaling in the settings nothing scales the variants, whatever did before', async () => {
  rollout = await EndpointRollout.begun(SCALED);
  rollout.configure(undefined);
  await rollout.steps([50]);
  expect(rollout.left).toMatchObject({ scaled: [] });
  await rollout.giveUp();
  expect(rollout.left).toMatchObject({ scaled: [] });
});

test('the new version has its own number of instances once it is alone, where the number is fixed', async () => {
  rollout = await EndpointRollout.begun();
  const { catalogue, operations } = rollout.services.sagemaker;
  operations.UpdateEndpointWeightsAndCapacities({
    EndpointName: ENDPOINT,
    DesiredWeightsAndCapacities: [{ VariantName: 'AllTraffic', DesiredInstanceCount: 7 }],
  });
  pass(300);
  catalogue.configs.delete('chat-two');
  catalogue.make('chat-two', 'model-two', { variant: { InitialInstanceCount: 2 } });
  await rollout.steps([100]);
  expect(rollout.instances('Other')).toBe(7);
  await rollout.finish();
  expect(rollout.instances('Other')).toBe(2);
});

test('after a promotion the new version is scaled as the old one was, and of that nothing is left', async () => {
  rollout = await EndpointRollout.begun(SCALED);
  await rollout.steps([5, 100]);
  await rollout.finish();
  expect(rollout.left).toEqual({ ...TWO, scaled: ['Other'] });
  expect(rollout.instances('Other')).toBe(12);
  expect(scalerOf('Other')).toMatchObject({ MinCapacity: 4, MaxCapacity: 20, SuspendedState: AT_WORK });
  const { policies, schedules } = scalerOf('Other');
  expect([...policies]).toEqual([
    [
      'chat-Other-concurrentRequests',
      expect.objectContaining({
        TargetTrackingScalingPolicyConfiguration: {
          TargetValue: 5,
          PredefinedMetricSpecification: {
            PredefinedMetricType: 'SageMakerVariantConcurrentRequestsPerModelHighResolution',
          },
          ScaleInCooldown: 300,
        },
      }),
    ],
  ]);
  expect([...schedules.values()]).toEqual([
    expect.objectContaining({
      Schedule: 'cron(0 22 * * ? *)',
      Timezone: 'Europe/Vienna',
      ScalableTargetAction: { MinCapacity: 1, MaxCapacity: 2 },
    }),
  ]);
});

test('utilisation of GPUs is of the variant', async () => {
  rollout = await EndpointRollout.begun({ ...SCALED, metric: 'gpuUtilization', target: 240 });
  expect([...scalerOf('AllTraffic').policies.values()][0]).toMatchObject({
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: 240,
      CustomizedMetricSpecification: {
        Namespace: '/aws/sagemaker/Endpoints',
        MetricName: 'GPUUtilization',
        Dimensions: [
          { Name: 'EndpointName', Value: 'chat' },
          { Name: 'VariantName', Value: 'AllTraffic' },
        ],
      },
    },
  });
});

test('names alternate, and the third version is back on the first, by its own configuration', async () => {
  rollout = await EndpointRollout.begun(SCALED);
  await rollout.steps([100]);
  await rollout.finish();
  rollout.services.sagemaker.catalogue.make('chat-three', { name: 'model-three', ...GOOD });
  await rollout.until(() => rollout.target.stage('chat-three', 100));
  await rollout.until(() => rollout.target.shift('chat-three', 100));
  await rollout.until(() => rollout.target.promote('chat-three'));
  await rollout.until(() => rollout.target.clean('chat-two', 'all'));
  expect(rollout.left).toEqual({
    variants: { AllTraffic: 'model-three' },
    configs: ['chat-three'],
    models: ['model-three'],
    scaled: ['AllTraffic'],
  });
});

test('a retreat is one request, and waits for what is under way', async () => {
  rollout = await EndpointRollout.begun(SCALED);
  await rollout.steps([20]);
  expect(await rollout.target.stage('chat-two', 50)).toBe('wait');
  expect(await rollout.target.retreat()).toBe('wait');
  expect(rollout.services.sagemaker.find(ENDPOINT)!.shares.Other).toBeCloseTo(0.2);
  pass(300);
  const before = rollout.calls;
  expect(await rollout.target.retreat()).toBe('wait');
  expect(rollout.services.loopback.calls.slice(before).map(({ operation }) => operation)).toEqual([
    'DescribeEndpoint',
    'UpdateEndpointWeightsAndCapacities',
  ]);
  pass(20);
  expect(await rollout.target.retreat()).toBe('done');
  expect(rollout.services.sagemaker.find(ENDPOINT)!.shares).toEqual({ AllTraffic: 1, Other: 0 });
  expect(rollout.instances('AllTraffic')).toBe(12);
});

test('a retreat with nothing to go back from is done', async () => {
  rollout = await EndpointRollout.empty();
  expect(await rollout.target.retreat()).toBe('done');
  await rollout.until(() => rollout.target.create('chat-one'));
  expect(await rollout.target.retreat()).toBe('done');
});

test('after a retreat the old version is alone again, as it was, and scaled', async () => {
  rollout = await EndpointRollout.begun(SCALED);
  await rollout.steps([5, 50]);
  await rollout.giveUp();
  expect(rollout.left).toEqual({ ...ONE, scaled: ['AllTraffic'] });
  expect(rollout.instances('AllTraffic')).toBe(12);
  expect(scalerOf('AllTraffic')).toMatchObject({ MinCapacity: 4, SuspendedState: AT_WORK });
});

test('a version that may be tried again keeps itself, and nothing that is paid for', async () => {
  rollout = await EndpointRollout.begun();
  await rollout.steps([5]);
  await rollout.until(() => rollout.target.retreat());
  rollout.allowed = 0;
  await rollout.until(() => rollout.target.clean('chat-two', 'capacity'));
  expect(rollout.left).toEqual({
    variants: { AllTraffic: 'model-one' },
    configs: ['chat-one', 'chat-two'],
    models: ['model-one', 'model-two'],
    scaled: [],
  });
  await rollout.steps([5]);
});

test('a model that another configuration has is kept, on the endpoint or not', async () => {
  rollout = await EndpointRollout.begun();
  const { catalogue } = rollout.services.sagemaker;
  catalogue.make('chat-larger', 'model-two', { variant: { InitialInstanceCount: 9 } });
  expect(await rollout.target.clean('chat-two', 'all')).toBe('done');
  expect([...catalogue.models.keys()]).toEqual(['model-one', 'model-two']);
  expect([...catalogue.configs.keys()]).toEqual(['chat-one', 'chat-larger']);
  expect(await rollout.target.clean('chat-larger', 'all')).toBe('done');
  expect([...catalogue.models.keys()]).toEqual(['model-one']);
});

test('neither the live version nor one with traffic is removed, and a version that is gone already is', async () => {
  rollout = await EndpointRollout.begun();
  await rollout.steps([5]);
  await expect(rollout.target.clean('chat-one', 'all')).rejects.toThrow(
    'version chat-one serves the endpoint chat, and is not removed',
  );
  await expect(rollout.target.clean('chat-two', 'capacity')).rejects.toThrow(
    'version chat-two serves the endpoint chat with 5 % of its traffic',
  );
  expect(await rollout.target.clean('chat-nine', 'all')).toBe('done');
});

test('only a version with all traffic is promoted, and only one that is there gets some', async () => {
  rollout = await EndpointRollout.begun();
  await expect(rollout.target.shift('chat-two', 5)).rejects.toThrow('is not on the endpoint chat');
  await rollout.steps([50]);
  await expect(rollout.target.promote('chat-two')).rejects.toThrow(
    'version chat-two does not have all traffic of the endpoint chat: 50 % goes to chat-two, the rest to chat-one',
  );
  await rollout.steps([100]);
  await rollout.until(() => rollout.target.promote('chat-two'));
  expect(await rollout.target.promote('chat-two')).toBe('done');
  await expect(rollout.target.shift('chat-two', 50)).rejects.toThrow('is the live one');
  await expect(rollout.target.stage('chat-two', 50)).rejects.toThrow('is the live one');
  await expect(rollout.target.create('chat-one')).rejects.toThrow('exists and serves version chat-two');
});

test('a third version does not join', async () => {
  rollout = await EndpointRollout.begun();
  await rollout.steps([5]);
  rollout.services.sagemaker.catalogue.make('chat-three', 'model-two');
  await expect(rollout.target.stage('chat-three', 5)).rejects.toThrow('has version chat-two beside the live one');
});

test('removed is what the controller made, while the endpoint is there and after', async () => {
  rollout = await EndpointRollout.begun(SCALED);
  await rollout.steps([100]);
  await rollout.until(() => rollout.target.promote('chat-two'));
  expect(await rollout.target.remove()).toBe('wait');
  expect(await rollout.target.remove()).toBe('wait');
  pass(30);
  expect(await rollout.target.remove()).toBe('done');
  expect(rollout.left).toEqual({
    variants: {},
    configs: ['chat-one', 'chat-two'],
    models: ['model-one', 'model-two'],
    scaled: [],
  });
  expect(await rollout.target.remove()).toBe('done');
});
