import {
  ApplicationAutoScalingClient,
  PutScalingPolicyCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  DeleteEndpointCommand,
  DeleteEndpointConfigCommand,
  DeleteModelCommand,
  DescribeEndpointCommand,
  type DescribeEndpointCommandOutput,
  DescribeEndpointConfigCommand,
  DescribeModelCommand,
  ListEndpointConfigsCommand,
  ListTagsCommand,
  SageMakerClient,
  UpdateEndpointCommand,
  UpdateEndpointWeightsAndCapacitiesCommand,
} from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { SAGEMAKER_BEHAVIOURS, type SageMakerBehaviour } from './behaviours';
import { EndpointServices } from './endpoint-services';
import type { SimulatedModel } from './sagemaker-catalogue';

const EndpointName = 'chat';
const GOOD: SimulatedModel = { invoke: () => ({ milliseconds: 20, answer: 'good' }) };
const BAD: SimulatedModel = { invoke: () => ({ milliseconds: 5, status: 500, answer: 'bad' }) };
const BROKEN: SimulatedModel = { ...GOOD, broken: 'out of memory' };

let services: EndpointServices;
let stop: () => void;
let sagemaker: SageMakerClient;
let scaling: ApplicationAutoScalingClient;

beforeEach(async () => {
  services = new EndpointServices();
  stop = await services.loopback.start();
  sagemaker = new SageMakerClient({ maxAttempts: 1 });
  scaling = new ApplicationAutoScalingClient({ maxAttempts: 1 });
  const { catalogue } = services.sagemaker;
  catalogue.make('one', { name: 'm1', ...GOOD });
  catalogue.make('two', { name: 'm2', ...BAD });
  catalogue.make('broken', { name: 'm3', ...BROKEN });
});
afterEach(() => stop());

const shown = new Set<SageMakerBehaviour>();
function shows(behaviour: SageMakerBehaviour, body: () => Promise<void>): void {
  shown.add(behaviour);
  test(`${behaviour} (${SAGEMAKER_BEHAVIOURS[behaviour]})`, body);
}

const saying = (message: RegExp): object =>
  expect.objectContaining({ name: 'ValidationException', message: expect.stringMatching(message) as string }) as object;
const IN_PROGRESS = saying(/^Cannot update in-progress endpoint/);
const describeIt = (): Promise<DescribeEndpointCommandOutput> =>
  sagemaker.send(new DescribeEndpointCommand({ EndpointName }));
const update = (EndpointConfigName: string, rest: object = {}): Promise<unknown> =>
  sagemaker.send(new UpdateEndpointCommand({ EndpointName, EndpointConfigName, ...rest }));
const change = (...DesiredWeightsAndCapacities: { VariantName: string }[]): Promise<unknown> =>
  sagemaker.send(new UpdateEndpointWeightsAndCapacitiesCommand({ EndpointName, DesiredWeightsAndCapacities }));
const pass = (seconds: number): void => services.clock.pass(seconds);
async function create(EndpointConfigName = 'one'): Promise<void> {
  await sagemaker.send(new CreateEndpointCommand({ EndpointName, EndpointConfigName }));
  pass(480);
}
const both = (rest: object = {}): Promise<unknown> =>
  sagemaker.send(
    new CreateEndpointConfigCommand({
      EndpointConfigName: 'both',
      ProductionVariants: [
        { VariantName: 'AllTraffic', ModelName: 'm1', InstanceType: 'ml.c5.xlarge', InitialInstanceCount: 1 },
        {
          VariantName: 'B',
          ModelName: 'm2',
          InstanceType: 'ml.c5.xlarge',
          InitialInstanceCount: 2,
          InitialVariantWeight: 0,
        },
      ],
      ...rest,
    }),
  );
const scaled = (VariantName: string) =>
  ({
    ServiceNamespace: 'sagemaker',
    ResourceId: `endpoint/${EndpointName}/variant/${VariantName}`,
    ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
  }) as const;
const register = (VariantName: string): Promise<unknown> =>
  scaling.send(new RegisterScalableTargetCommand({ ...scaled(VariantName), MinCapacity: 1, MaxCapacity: 9 }));

shows('requests are what SageMaker takes', async () => {
  await expect(update('one', { RetainAllVariantProperties: 'yes' })).rejects.toEqual(saying(/not a boolean/));
  await expect(sagemaker.send(new DescribeEndpointCommand({} as never))).rejects.toEqual(
    saying(/EndpointName is missing/),
  );
});

shows('a configuration is made once, of models that are there', async () => {
  await both({ Tags: [{ Key: 'team', Value: 'fraud' }] });
  await expect(both()).rejects.toEqual(saying(/^Cannot create already existing endpoint configuration/));
  const { EndpointConfigArn: ResourceArn } = await sagemaker.send(
    new DescribeEndpointConfigCommand({ EndpointConfigName: 'both' }),
  );
  expect((await sagemaker.send(new ListTagsCommand({ ResourceArn }))).Tags).toEqual([{ Key: 'team', Value: 'fraud' }]);
  await sagemaker.send(new DeleteEndpointConfigCommand({ EndpointConfigName: 'both' }));
  await sagemaker.send(new DeleteModelCommand({ ModelName: 'm2' }));
  await expect(both()).rejects.toEqual(saying(/^Could not find model/));
});

shows('a name has letters, digits and inner hyphens, 63 at most', async () => {
  for (const EndpointConfigName of ['a'.repeat(64), '-a', 'a_b', 'a-']) {
    await expect(both({ EndpointConfigName })).rejects.toEqual(saying(/failed to satisfy constraint/));
  }
  await both({ EndpointConfigName: `a--${'b'.repeat(60)}` });
});

shows('what is not there is told in words alone', async () => {
  const nothing = saying(/^Could not find /);
  await expect(describeIt()).rejects.toEqual(nothing);
  await expect(update('one')).rejects.toEqual(nothing);
  await expect(sagemaker.send(new DeleteEndpointCommand({ EndpointName }))).rejects.toEqual(nothing);
  await expect(sagemaker.send(new DeleteEndpointConfigCommand({ EndpointConfigName: 'three' }))).rejects.toEqual(
    nothing,
  );
  await expect(sagemaker.send(new DescribeModelCommand({ ModelName: 'm9' }))).rejects.toEqual(nothing);
  await expect(create('three')).rejects.toEqual(nothing);
});

shows('configurations are listed by a part of their names and their time, on pages', async () => {
  const list = async (rest: object) => {
    const page = await sagemaker.send(new ListEndpointConfigsCommand(rest));
    return [page.EndpointConfigs!.map(({ EndpointConfigName: name }) => name), page.NextToken];
  };
  expect(await list({ NameContains: 'o', MaxResults: 2 })).toEqual([['broken', 'two'], '2']);
  expect(await list({ NameContains: 'o', MaxResults: 2, NextToken: '2' })).toEqual([['one'], undefined]);
  pass(60);
  await both();
  expect(await list({ CreationTimeAfter: new Date(services.clock.now() - 1000) })).toEqual([['both'], undefined]);
});

shows('an endpoint takes minutes until it is in service', async () => {
  await sagemaker.send(new CreateEndpointCommand({ EndpointName, EndpointConfigName: 'one' }));
  expect(await describeIt()).toMatchObject({ EndpointStatus: 'Creating', EndpointConfigName: 'one' });
  await expect(sagemaker.send(new CreateEndpointCommand({ EndpointName, EndpointConfigName: 'one' }))).rejects.toEqual(
    saying(/^Cannot create already existing endpoint/),
  );
  await expect(sagemaker.send(new DeleteEndpointCommand({ EndpointName }))).rejects.toEqual(IN_PROGRESS);
  pass(480);
  expect(await describeIt()).toMatchObject({
    EndpointStatus: 'InService',
    ProductionVariants: [{ VariantName: 'AllTraffic', CurrentInstanceCount: 4, CurrentWeight: 1 }],
  });
});

shows('an endpoint that could not be made has failed, and can be deleted only', async () => {
  await create('broken');
  expect(await describeIt()).toMatchObject({
    EndpointStatus: 'Failed',
    FailureReason: expect.stringContaining('ping health check: out of memory') as string,
  });
  await expect(update('one')).rejects.toEqual(saying(/failed endpoint/));
  await sagemaker.send(new DeleteEndpointCommand({ EndpointName }));
  pass(30);
  await expect(describeIt()).rejects.toEqual(saying(/^Could not find endpoint/));
});

shows('an update goes to a new fleet, and the old one answers until it is there', async () => {
  await create();
  await update('two');
  expect(await describeIt()).toMatchObject({
    EndpointStatus: 'Updating',
    EndpointConfigName: 'one',
    PendingDeploymentSummary: { EndpointConfigName: 'two' },
  });
  expect(services.sagemaker.call(EndpointName, '{}').answer).toBe('good');
  pass(600);
  expect(await describeIt()).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'two' });
  expect(services.sagemaker.call(EndpointName, '{}').answer).toBe('bad');
});

shows('an update that fails leaves the old configuration in service, with the reason, until one succeeds', async () => {
  await create();
  await update('broken');
  pass(600);
  expect(await describeIt()).toMatchObject({
    EndpointStatus: 'InService',
    EndpointConfigName: 'one',
    FailureReason: expect.stringContaining('out of memory') as string,
    LastModifiedTime: new Date(services.clock.now()),
  });
  await update('two');
  pass(600);
  expect((await describeIt()).FailureReason).toBeUndefined();
});

shows('while anything changes all other changes are refused', async () => {
  await create();
  await both();
  const refused = async (): Promise<void> => {
    await expect(update('one')).rejects.toEqual(IN_PROGRESS);
    await expect(change({ VariantName: 'AllTraffic' })).rejects.toEqual(IN_PROGRESS);
    await expect(sagemaker.send(new DeleteEndpointCommand({ EndpointName }))).rejects.toEqual(IN_PROGRESS);
  };
  await update('both');
  await refused();
  pass(600);
  await change({ VariantName: 'B', DesiredWeight: 1 } as never);
  await refused();
  pass(20);
  await sagemaker.send(new DeleteEndpointCommand({ EndpointName }));
  await refused();
});

shows('variants keep their instances and weights where that is asked for, but for what is excluded', async () => {
  const after = async (rest: object): Promise<unknown> => {
    await update('two', rest);
    pass(600);
    const [{ CurrentInstanceCount, CurrentWeight }] = (await describeIt()).ProductionVariants!;
    await update('one');
    pass(600);
    await change({ VariantName: 'AllTraffic', DesiredWeight: 7, DesiredInstanceCount: 9 } as never);
    pass(300);
    return [CurrentInstanceCount, CurrentWeight];
  };
  await create();
  await after({});
  expect(await after({})).toEqual([4, 1]);
  expect(await after({ RetainAllVariantProperties: true })).toEqual([9, 7]);
  expect(
    await after({
      RetainAllVariantProperties: true,
      ExcludeRetainedVariantProperties: [{ VariantPropertyType: 'DesiredInstanceCount' }],
    }),
  ).toEqual([4, 7]);
});

shows('a variant that joins has what its configuration says', async () => {
  await create();
  await both();
  await update('both', { RetainAllVariantProperties: true });
  pass(600);
  expect((await describeIt()).ProductionVariants).toEqual([
    expect.objectContaining({ VariantName: 'AllTraffic', CurrentInstanceCount: 4, CurrentWeight: 1 }),
    expect.objectContaining({ VariantName: 'B', CurrentInstanceCount: 2, CurrentWeight: 0 }),
  ]);
});

shows('weights of several variants change at once, capacity of one', async () => {
  await create();
  await both();
  await update('both');
  pass(600);
  const asked = (weight: number, instances?: number) =>
    ['AllTraffic', 'B'].map((VariantName) => ({
      VariantName,
      DesiredWeight: weight,
      DesiredInstanceCount: instances,
    }));
  await expect(change(...asked(1, 3))).rejects.toEqual(saying(/one variant/));
  await expect(change({ VariantName: 'C' })).rejects.toEqual(saying(/^Could not find variant/));
  await change(...asked(0.3));
  expect((await describeIt()).ProductionVariants).toEqual([
    expect.objectContaining({ CurrentWeight: 1, DesiredWeight: Math.fround(0.3) }),
    expect.objectContaining({ CurrentWeight: 0, DesiredWeight: Math.fround(0.3) }),
  ]);
  pass(20);
  expect(services.sagemaker.find(EndpointName)!.shares).toEqual({ AllTraffic: 0.5, B: 0.5 });
});

shows('instances that are not to be had are rolled back', async () => {
  services.sagemaker.catalogue.make('scarce', { name: 'm4', ...GOOD, limit: 5 });
  await create('scarce');
  await change({ VariantName: 'AllTraffic', DesiredInstanceCount: 6 } as never);
  pass(300);
  expect((await describeIt()).EndpointStatus).toBe('RollingBack');
  await expect(update('one')).rejects.toEqual(IN_PROGRESS);
  pass(120);
  expect(await describeIt()).toMatchObject({
    EndpointStatus: 'InService',
    ProductionVariants: [{ CurrentInstanceCount: 4, DesiredInstanceCount: 4 }],
  });
});

shows('maintenance comes by itself, and refuses changes', async () => {
  await create();
  services.sagemaker.maintain(EndpointName, 900);
  expect((await describeIt()).EndpointStatus).toBe('SystemUpdating');
  await expect(change({ VariantName: 'AllTraffic' })).rejects.toEqual(IN_PROGRESS);
  pass(900);
  expect((await describeIt()).EndpointStatus).toBe('InService');
});

shows('a scaled variant is neither removed nor given another instance type', async () => {
  await create();
  await register('AllTraffic');
  const { catalogue } = services.sagemaker;
  catalogue.make('large', 'm1', { variant: { InstanceType: 'ml.c5.4xlarge' } });
  catalogue.make('other', 'm1', { variant: { VariantName: 'B' } });
  for (const config of ['large', 'other']) {
    await expect(update(config)).rejects.toEqual(saying(/deregister it before/));
  }
  await update('two');
});

shows('only a variant that is there can be scaled, and not during an update', async () => {
  await create();
  await expect(register('B')).rejects.toEqual(saying(/nothing to scale/));
  await register('AllTraffic');
  await scaling.send(
    new PutScalingPolicyCommand({
      ...scaled('AllTraffic'),
      PolicyName: 'p',
      PolicyType: 'TargetTrackingScaling',
    }),
  );
  await update('two');
  expect(services.scaling.act('endpoint/chat/variant/AllTraffic', 6)).toMatch(/^Cannot update in-progress/);
  pass(600);
  expect(services.scaling.act('endpoint/chat/variant/AllTraffic', 6)).toBeUndefined();
  pass(300);
  expect((await describeIt()).ProductionVariants![0].CurrentInstanceCount).toBe(6);
});

shows('deleting an endpoint ends its scaling', async () => {
  await create();
  await register('AllTraffic');
  await sagemaker.send(new DeleteEndpointCommand({ EndpointName }));
  expect(services.scaling.targets.size).toBe(0);
});

shows('a configuration in use is deleted all the same, and an update to it fails', async () => {
  await create();
  await sagemaker.send(new DeleteEndpointConfigCommand({ EndpointConfigName: 'one' }));
  await sagemaker.send(new DeleteModelCommand({ ModelName: 'm1' }));
  expect(services.sagemaker.broken).toEqual([
    'one is deleted, and chat uses it',
    'model m1 is deleted, and chat serves it',
  ]);
  await update('two');
  await sagemaker.send(new DeleteEndpointConfigCommand({ EndpointConfigName: 'two' }));
  pass(600);
  expect(await describeIt()).toMatchObject({
    EndpointConfigName: 'one',
    FailureReason: expect.stringMatching(/^Could not find endpoint configuration/) as string,
  });
});

shows('traffic is split by the weights, in proportion to their sum', async () => {
  await create();
  await both();
  await update('both');
  pass(600);
  await change(
    { VariantName: 'AllTraffic', DesiredWeight: 30 } as never,
    { VariantName: 'B', DesiredWeight: 10 } as never,
  );
  pass(20);
  const calls = Array.from({ length: 2000 }, () => services.sagemaker.call(EndpointName, '{}').variant);
  const share = calls.filter((variant) => variant === 'B').length / calls.length;
  expect(share).toBeGreaterThan(0.22);
  expect(share).toBeLessThan(0.28);
});

shows('a request may ask for a variant, with or without weight', async () => {
  const runtime = new SageMakerRuntimeClient({ maxAttempts: 1 });
  const invoke = (TargetVariant?: string) =>
    runtime.send(new InvokeEndpointCommand({ EndpointName, TargetVariant, Body: Buffer.from('{}') }));
  await expect(invoke()).rejects.toEqual(expect.objectContaining({ name: 'ValidationError' }));
  await create();
  await both();
  await update('both');
  pass(600);
  const { Body, InvokedProductionVariant } = await invoke('AllTraffic');
  expect([Buffer.from(Body).toString(), InvokedProductionVariant]).toEqual(['good', 'AllTraffic']);
  await expect(invoke('B')).rejects.toEqual(
    expect.objectContaining({ name: 'ModelError', message: expect.stringContaining('(500)') as string }),
  );
  await expect(invoke('C')).rejects.toEqual(expect.objectContaining({ name: 'ValidationError' }));
});

shows('metrics are of the endpoint and the variant, with time in microseconds', async () => {
  await create('two');
  services.sagemaker.call(EndpointName, '{}');
  pass(300);
  const { MetricDataResults } = await new CloudWatchClient({ maxAttempts: 1 }).send(
    new GetMetricDataCommand({
      StartTime: new Date(0),
      EndTime: new Date(services.clock.now()),
      MetricDataQueries: ['Invocations', 'Invocation5XXErrors', 'Invocation4XXErrors', 'ModelLatency'].map(
        (MetricName, place) => ({
          Id: `m${place}`,
          MetricStat: {
            Metric: {
              Namespace: 'AWS/SageMaker',
              MetricName,
              Dimensions: [
                { Name: 'EndpointName', Value: EndpointName },
                { Name: 'VariantName', Value: 'AllTraffic' },
              ],
            },
            Period: 60,
            Stat: 'Sum',
          },
        }),
      ),
    }),
  );
  expect(MetricDataResults!.map(({ Values }) => Values)).toEqual([[1], [1], [0], [5000]]);
});

test('each behaviour of the table is shown', () => {
  expect([...shown].sort()).toEqual(Object.keys(SAGEMAKER_BEHAVIOURS).sort());
});
