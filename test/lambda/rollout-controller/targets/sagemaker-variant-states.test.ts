import { ENDPOINT, EndpointRollout, GOOD, SCALED } from './endpoint-rollout';

let rollout: EndpointRollout;
afterEach(() => rollout.end());

const pass = (seconds: number): void => rollout.services.clock.pass(seconds);

describe('what SageMaker cannot do', () => {
  test('a candidate that does not start is told with the reason, and tried again after a while', async () => {
    rollout = await EndpointRollout.begun();
    const { catalogue } = rollout.services.sagemaker;
    catalogue.make('chat-broken', { name: 'model-broken', ...GOOD, broken: 'out of memory' });
    expect(await rollout.target.stage('chat-broken', 5)).toBe('wait');
    pass(600);
    for (let call = 0; call < 3; call++) {
      await expect(rollout.target.stage('chat-broken', 5)).rejects.toThrow(
        'SageMaker could not change the endpoint chat: The primary container for production variant Other did not pass the ping health check: out of memory',
      );
    }
    pass(600);
    expect(await rollout.target.stage('chat-broken', 5)).toBe('wait');
    pass(600);
    await rollout.until(() => rollout.target.retreat());
    await rollout.until(() => rollout.target.clean('chat-broken', 'all'));
    expect(rollout.left).toEqual({
      variants: { AllTraffic: 'model-one' },
      configs: ['chat-one', 'chat-two'],
      models: ['model-one', 'model-two'],
      scaled: [],
    });
  });

  test('instances that are not to be had are told while SageMaker takes its change back', async () => {
    rollout = await EndpointRollout.begun();
    rollout.services.sagemaker.catalogue.make('chat-scarce', { name: 'model-scarce', ...GOOD, limit: 1 });
    await rollout.until(() => rollout.target.stage('chat-scarce', 5));
    expect(await rollout.target.stage('chat-scarce', 100)).toBe('wait');
    pass(300);
    await expect(rollout.target.stage('chat-scarce', 100)).rejects.toThrow(
      'SageMaker could not change the endpoint chat, and takes it back',
    );
    expect(await rollout.target.retreat()).toBe('wait');
    pass(120);
    expect(await rollout.target.retreat()).toBe('done');
  });

  test('an endpoint that cannot be made is told, is none, and is made again with another version', async () => {
    rollout = await EndpointRollout.empty();
    rollout.services.sagemaker.catalogue.make('chat-broken', {
      name: 'model-broken',
      ...GOOD,
      broken: 'out of memory',
    });
    expect(await rollout.target.create('chat-broken')).toBe('wait');
    pass(480);
    expect(await rollout.target.read()).toBeUndefined();
    await expect(rollout.target.create('chat-broken')).rejects.toThrow('out of memory');
    await rollout.until(() => rollout.target.create('chat-two'));
    expect(await rollout.target.read()).toMatchObject({ live: 'chat-two', settled: true });
  });

  test('an endpoint that cannot be made can be removed', async () => {
    rollout = await EndpointRollout.empty();
    rollout.services.sagemaker.catalogue.make('chat-broken', {
      name: 'model-broken',
      ...GOOD,
      broken: 'out of memory',
    });
    await rollout.target.create('chat-broken');
    pass(480);
    await rollout.until(() => rollout.target.remove());
    expect(rollout.services.sagemaker.find(ENDPOINT)).toBeUndefined();
  });

  test('each state but InService is unsettled, and in each that passes every call waits', async () => {
    rollout = await EndpointRollout.begun();
    await rollout.steps([20]);
    const endpoint = rollout.services.sagemaker.find(ENDPOINT)!;
    const { target } = rollout;
    for (const status of ['Updating', 'SystemUpdating', 'RollingBack', 'Deleting', 'Creating'] as const) {
      endpoint.begin(status, 60, () => endpoint.end('InService'));
      expect(await target.read()).toMatchObject({ live: 'chat-one', percent: 20, settled: false });
      const calls = [
        target.create('chat-one'),
        target.shift('chat-two', 50),
        target.promote('chat-two'),
        target.retreat(),
        target.clean('chat-nine', 'all'),
        target.remove(),
        ...(status === 'RollingBack' ? [] : [target.stage('chat-two', 50)]),
      ];
      expect(new Set(await Promise.all(calls))).toEqual(new Set(['wait']));
      pass(60);
      endpoint.settle();
    }
    for (const status of ['Failed', 'UpdateRollbackFailed'] as const) {
      endpoint.end(status, 'the reason');
      expect(await target.read()).toMatchObject({ live: 'chat-one', percent: 20, settled: false });
      await expect(target.stage('chat-two', 50)).rejects.toThrow(`the endpoint chat is ${status}: the reason`);
    }
  });

  test('throttled calls wait', async () => {
    rollout = await EndpointRollout.begun(SCALED);
    rollout.services.loopback.fault = () => 'throttled';
    const { target } = rollout;
    expect(
      await Promise.all([
        target.create('chat-one'),
        target.stage('chat-two', 5),
        target.shift('chat-two', 5),
        target.promote('chat-two'),
        target.retreat(),
        target.clean('chat-two', 'all'),
        target.remove(),
      ]),
    ).toEqual(Array(7).fill('wait'));
  });
});

describe("what is not the controller's is left as it is", () => {
  const variants = (names: readonly string[]) => ({
    ProductionVariants: names.map((VariantName) => ({
      VariantName,
      ModelName: 'model-one',
      InstanceType: 'ml.c5.xlarge',
    })),
  });

  test.each<[string, object, RegExp]>([
    ['several variants', variants(['A', 'B', 'C']), /has 3 variants \(A, B, C\)/],
    ['two variants of the right names', variants(['AllTraffic', 'Other']), /has 2 variants/],
    ['a shadow variant', { ShadowProductionVariants: variants(['S']).ProductionVariants }, /has a shadow variant/],
    [
      'a serverless variant',
      { variant: { ServerlessConfig: { MemorySizeInMB: 1024, MaxConcurrency: 1 }, InstanceType: undefined } },
      /is serverless/,
    ],
    ['inference components', { variant: { ModelName: undefined } }, /is for inference components/],
    [
      'asynchronous inference',
      { AsyncInferenceConfig: { OutputConfig: { S3OutputPath: 's3://x' } } },
      /is asynchronous/,
    ],
  ])('%s', async (_, rest, message) => {
    rollout = await EndpointRollout.begun();
    const { catalogue, operations } = rollout.services.sagemaker;
    catalogue.make('chat-strange', 'model-one', rest as never);
    const before = rollout.services.loopback.changes.length;
    // As a candidate, as the first version, and on the endpoint.
    await expect(rollout.target.stage('chat-strange', 5)).rejects.toThrow(message);
    operations.UpdateEndpoint({ EndpointName: ENDPOINT, EndpointConfigName: 'chat-strange' });
    pass(600);
    const { target } = rollout;
    for (const call of [
      target.read(),
      target.create('chat-one'),
      target.stage('chat-two', 5),
      target.shift('chat-two', 5),
      target.promote('chat-two'),
      target.retreat(),
      target.clean('chat-two', 'all'),
      target.remove(),
    ]) {
      await expect(call).rejects.toThrow(message);
    }
    await expect(target.read()).rejects.toThrow(/one variant on instances each/);
    expect(
      rollout.services.loopback.changes.slice(before).filter((name) => name !== 'DeregisterScalableTarget'),
    ).toEqual([]);
  });

  test('a configuration that only looks like one of the controller is a version', async () => {
    rollout = await EndpointRollout.empty();
    const { catalogue, operations } = rollout.services.sagemaker;
    const name = 'chat-rollout-0123456789ab';
    catalogue.make(name, 'model-one', {
      Tags: [
        { Key: 'inference-patterns:live', Value: 'chat-one' },
        { Key: 'inference-patterns:live-variant', Value: 'AllTraffic' },
      ],
    });
    operations.CreateEndpoint({ EndpointName: ENDPOINT, EndpointConfigName: name });
    pass(480);
    expect(await rollout.target.read()).toMatchObject({ live: name });
    await rollout.target.clean('chat-nine', 'all');
    expect(catalogue.configs.has(name)).toBe(true);
  });
});
