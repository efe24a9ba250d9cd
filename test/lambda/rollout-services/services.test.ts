import {
  ApplicationAutoScalingClient,
  DeregisterScalableTargetCommand,
  DescribeScalableTargetsCommand,
  PutScalingPolicyCommand,
  PutScheduledActionCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  CreateAliasCommand,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  DeleteProvisionedConcurrencyConfigCommand,
  GetAliasCommand,
  GetProvisionedConcurrencyConfigCommand,
  InvokeCommand,
  LambdaClient,
  ListVersionsByFunctionCommand,
  PutProvisionedConcurrencyConfigCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda';
import { type Behaviour, BEHAVIOURS } from './behaviours';
import type { SimulatedVersion } from './lambda-service';
import { RolloutServices } from './rollout-services';

const FunctionName = 'fraud';
const Name = 'live';
const TARGET = {
  ServiceNamespace: 'lambda',
  ResourceId: 'function:fraud:1',
  ScalableDimension: 'lambda:function:ProvisionedConcurrency',
} as const;
const FAST: SimulatedVersion = { invoke: () => ({ milliseconds: 10, answer: 'fast' }) };
const SLOW: SimulatedVersion = { invoke: () => ({ milliseconds: 900, answer: 'slow' }) };

let services: RolloutServices;
let stop: () => void;
let lambda: LambdaClient;
let scaling: ApplicationAutoScalingClient;
let cloudwatch: CloudWatchClient;

beforeEach(async () => {
  services = new RolloutServices(FunctionName);
  stop = await services.loopback.start();
  lambda = new LambdaClient({ maxAttempts: 1 });
  scaling = new ApplicationAutoScalingClient({ maxAttempts: 1 });
  cloudwatch = new CloudWatchClient({ maxAttempts: 1 });
  services.lambda.publish(FAST);
  services.lambda.publish(SLOW);
});
afterEach(() => stop());

const shown = new Set<Behaviour>();
function shows(behaviour: Behaviour, body: () => Promise<void>): void {
  shown.add(behaviour);
  test(`${behaviour} (${BEHAVIOURS[behaviour]})`, body);
}

const create = (FunctionVersion = '1'): Promise<unknown> =>
  lambda.send(new CreateAliasCommand({ FunctionName, Name, FunctionVersion }));
const route = (weights: Record<string, number>, rest: object = {}): Promise<unknown> =>
  lambda.send(
    new UpdateAliasCommand({ FunctionName, Name, RoutingConfig: { AdditionalVersionWeights: weights }, ...rest }),
  );
const provision = (Qualifier: string, ProvisionedConcurrentExecutions = 4): Promise<{ Status?: string }> =>
  lambda.send(new PutProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier, ProvisionedConcurrentExecutions }));
const provisioned = (Qualifier: string): Promise<object> =>
  lambda.send(new GetProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier }));
const register = (rest: object = {}): Promise<unknown> =>
  scaling.send(new RegisterScalableTargetCommand({ ...TARGET, ...rest }));
const policy = (): Promise<unknown> =>
  scaling.send(
    new PutScalingPolicyCommand({ ...TARGET, PolicyName: 'utilization', PolicyType: 'TargetTrackingScaling' }),
  );
const named = (name: string): object => expect.objectContaining({ name }) as object;
const saying = (message: RegExp): object =>
  expect.objectContaining({ message: expect.stringMatching(message) as string }) as object;

/** Values of one metric by minute, since the beginning. */
async function values(MetricName: string, Dimensions: Record<string, string>, Stat = 'Sum', Namespace = 'AWS/Lambda') {
  const { MetricDataResults } = await cloudwatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(0),
      EndTime: new Date(services.clock.now()),
      ScanBy: 'TimestampAscending',
      MetricDataQueries: [
        {
          Id: 'm',
          MetricStat: {
            Metric: {
              Namespace,
              MetricName,
              Dimensions: Object.entries(Dimensions).map(([Name, Value]) => ({ Name, Value })),
            },
            Period: 60,
            Stat,
          },
        },
      ],
    }),
  );
  return MetricDataResults![0].Values;
}

shows('requests are what the API takes', async () => {
  await create();
  // Past the client, which sends no member that it does not know.
  const put = async (body: object): Promise<unknown> => {
    const url = `${process.env.AWS_ENDPOINT_URL}/2015-03-31/functions/${FunctionName}/aliases/${Name}`;
    return (await fetch(url, { method: 'PUT', body: JSON.stringify(body) })).json();
  };
  expect(await put({ RoutingConfig: { AdditionalVersionWeights: { 2: 'half' } } })).toEqual(
    saying(/AdditionalVersionWeights.2 is "half", not a number/),
  );
  expect(await put({ Weights: { 2: 0.5 } })).toEqual(saying(/Weights is not known/));
  expect(await put({ RoutingConfig: [] })).toEqual(saying(/not a structure/));
  await expect(scaling.send(new DeregisterScalableTargetCommand({} as never))).rejects.toThrow('ResourceId is missing');
  expect(services.lambda.shares(Name)).toEqual({ 1: 1 });
});

shows('an alias is made once', async () => {
  await create();
  await expect(create('2')).rejects.toEqual(named('ResourceConflictException'));
  await expect(create('9')).rejects.toEqual(named('ResourceConflictException'));
  const { FunctionVersion } = await lambda.send(new GetAliasCommand({ FunctionName, Name }));
  expect(FunctionVersion).toBe('1');
});

shows('an alias that is not there cannot be read or changed, and may be deleted', async () => {
  await expect(lambda.send(new GetAliasCommand({ FunctionName, Name }))).rejects.toEqual(
    named('ResourceNotFoundException'),
  );
  await expect(route({ 2: 0.5 })).rejects.toEqual(named('ResourceNotFoundException'));
  await expect(create('9')).rejects.toEqual(named('ResourceNotFoundException'));
  await lambda.send(new DeleteAliasCommand({ FunctionName, Name }));
});

shows('an update without routing keeps it, and one with none clears it', async () => {
  await create();
  await route({ 2: 0.05 });
  await lambda.send(new UpdateAliasCommand({ FunctionName, Name, Description: 'x' }));
  expect((await lambda.send(new GetAliasCommand({ FunctionName, Name }))).RoutingConfig).toEqual({
    AdditionalVersionWeights: { 2: 0.05 },
  });
  await route({});
  expect((await lambda.send(new GetAliasCommand({ FunctionName, Name }))).RoutingConfig).toBeUndefined();
});

shows('an alias has one more version at most', async () => {
  services.lambda.publish(FAST);
  await create();
  await expect(route({ 2: 0.1, 3: 0.1 })).rejects.toEqual(named('InvalidParameterValueException'));
});

shows('a weight is 0 to 1', async () => {
  await create();
  await route({ 2: 0 });
  await route({ 2: 1 });
  await expect(route({ 2: 1.01 })).rejects.toEqual(named('InvalidParameterValueException'));
  await expect(route({ 2: -0.01 })).rejects.toEqual(named('InvalidParameterValueException'));
});

shows('weights are refused with $LATEST', async () => {
  await create('$LATEST');
  await expect(route({ 2: 0.5 })).rejects.toEqual(named('InvalidParameterValueException'));
  await lambda.send(new UpdateAliasCommand({ FunctionName, Name, FunctionVersion: '1' }));
  await expect(route({ $LATEST: 0.5 })).rejects.toEqual(named('InvalidParameterValueException'));
});

shows('both versions of an alias have the same role and dead-letter queue', async () => {
  await create();
  services.lambda.publish({ ...FAST, role: 'another' });
  services.lambda.publish({ ...FAST, deadLetters: 'queue' });
  await expect(route({ 3: 0.5 })).rejects.toEqual(saying(/same execution role/));
  await expect(route({ 4: 0.5 })).rejects.toEqual(saying(/dead-letter/));
});

shows('an update with a revision that is not the latest is refused', async () => {
  await create();
  const { RevisionId } = await lambda.send(new GetAliasCommand({ FunctionName, Name }));
  await route({ 2: 0.5 }, { RevisionId });
  await expect(route({ 2: 1 }, { RevisionId })).rejects.toEqual(named('PreconditionFailedException'));
  expect(services.lambda.shares(Name)).toEqual({ 1: 0.5, 2: 0.5 });
});

shows('traffic is split at random by the weights', async () => {
  await create();
  await route({ 2: 0.2 });
  const calls = Array.from({ length: 2000 }, () => services.lambda.call(Name, {}).version);
  const share = calls.filter((version) => version === '2').length / calls.length;
  expect(share).toBeGreaterThan(0.17);
  expect(share).toBeLessThan(0.23);
});

shows('a call of an alias says which version answered', async () => {
  await create();
  await route({ 2: 1 });
  const { ExecutedVersion, Payload } = await lambda.send(
    new InvokeCommand({ FunctionName, Qualifier: Name, Payload: Buffer.from('{}') }),
  );
  expect([ExecutedVersion, Buffer.from(Payload!).toString()]).toEqual(['2', '"slow"']);
  const arn = 'arn:aws:lambda:eu-west-1:111122223333:function:fraud:1';
  expect((await lambda.send(new InvokeCommand({ FunctionName: arn }))).ExecutedVersion).toBe('1');
  services.lambda.publish({ invoke: () => ({ milliseconds: 1, error: 'no model' }) });
  const failed = await lambda.send(new InvokeCommand({ FunctionName, Qualifier: '3' }));
  expect([failed.FunctionError, Buffer.from(failed.Payload!).toString()]).toEqual([
    'Unhandled',
    '{"errorMessage":"no model"}',
  ]);
});

shows('versions are listed by 50 at most', async () => {
  Array.from({ length: 60 }, () => services.lambda.publish(FAST));
  const first = await lambda.send(new ListVersionsByFunctionCommand({ FunctionName, MaxItems: 100 }));
  expect(first.Versions).toHaveLength(50);
  const second = await lambda.send(new ListVersionsByFunctionCommand({ FunctionName, Marker: first.NextMarker }));
  expect(second.Versions!.map(({ Version }) => Version)).toContain('62');
  expect(second.NextMarker).toBeUndefined();
});

shows('a version that an alias uses, if only with a weight, cannot be deleted', async () => {
  await create();
  await route({ 2: 0 });
  for (const Qualifier of ['1', '2']) {
    await expect(lambda.send(new DeleteFunctionCommand({ FunctionName, Qualifier }))).rejects.toEqual(
      saying(/aliases reference it: \[live\]/),
    );
  }
  await route({});
  await lambda.send(new DeleteFunctionCommand({ FunctionName, Qualifier: '2' }));
  expect([...services.lambda.versions.keys()]).toEqual(['1']);
});

shows('deleting a version that is not there is no error, and deletes nothing', async () => {
  await lambda.send(new DeleteFunctionCommand({ FunctionName, Qualifier: '99' }));
  expect([...services.lambda.versions.keys()]).toEqual(['1', '2']);
});

shows('deleting a function without a version deletes it whole', async () => {
  await lambda.send(new DeleteFunctionCommand({ FunctionName }));
  await expect(lambda.send(new ListVersionsByFunctionCommand({ FunctionName }))).rejects.toEqual(
    named('ResourceNotFoundException'),
  );
});

shows('provisioned environments take time, and those before go on until then', async () => {
  await expect(provisioned('1')).rejects.toEqual(named('ProvisionedConcurrencyConfigNotFoundException'));
  expect((await provision('1', 2)).Status).toBe('IN_PROGRESS');
  services.clock.pass(120);
  await provision('1', 5);
  expect(await provisioned('1')).toMatchObject({
    Status: 'IN_PROGRESS',
    RequestedProvisionedConcurrentExecutions: 5,
    AvailableProvisionedConcurrentExecutions: 2,
  });
  services.clock.pass(120);
  expect(await provisioned('1')).toMatchObject({ Status: 'READY', AvailableProvisionedConcurrentExecutions: 5 });
  await lambda.send(new DeleteProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier: '1' }));
  await lambda.send(new DeleteProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier: '1' }));
  expect(services.lambda.provisioned.qualifiers).toEqual([]);
});

shows('environments that cannot start fail, and say why', async () => {
  services.lambda.publish({ ...FAST, broken: 'FUNCTION_ERROR_INIT_FAILURE' });
  await provision('3');
  services.clock.pass(120);
  expect(await provisioned('3')).toMatchObject({ Status: 'FAILED', StatusReason: 'FUNCTION_ERROR_INIT_FAILURE' });
});

shows('environments of $LATEST are refused', async () => {
  await expect(provision('$LATEST')).rejects.toEqual(named('InvalidParameterValueException'));
});

shows('environments of an alias are refused while it has weights', async () => {
  await create();
  await provision(Name);
  await route({ 2: 0.5 });
  await expect(provision(Name, 9)).rejects.toEqual(
    saying(/Alias with weights can not be used with Provisioned Concurrency/),
  );
});

shows('environments of a version are accepted while an alias splits its traffic', async () => {
  await create();
  await route({ 2: 0.5 });
  await provision('1');
  await provision('2');
  services.clock.pass(120);
  expect(['1', '2'].map((version) => services.lambda.provisioned.ready(version))).toEqual([4, 4]);
});

shows('environments belong to a version or to an alias of it, not to both', async () => {
  await create();
  await provision('1');
  await expect(provision(Name)).rejects.toEqual(named('InvalidParameterValueException'));
  await lambda.send(new DeleteProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier: '1' }));
  await provision(Name);
  await expect(provision('1')).rejects.toEqual(named('InvalidParameterValueException'));
});

shows(
  'an alias with environments of its own keeps its traffic on the old version until those of the new one are ready, or for ever',
  async () => {
    await create();
    await provision(Name);
    await lambda.send(new UpdateAliasCommand({ FunctionName, Name, FunctionVersion: '2' }));
    expect(services.lambda.shares(Name)).toEqual({ 1: 1, 2: 0 });
    services.clock.pass(120);
    expect(services.lambda.shares(Name)).toEqual({ 2: 1 });
    services.lambda.publish({ ...FAST, broken: 'FUNCTION_ERROR_INIT_FAILURE' });
    await lambda.send(new UpdateAliasCommand({ FunctionName, Name, FunctionVersion: '3' }));
    services.clock.pass(3600);
    expect(services.lambda.shares(Name)).toEqual({ 2: 1, 3: 0 });
    await expect(route({ 2: 0.5 }, { FunctionVersion: '1' })).rejects.toEqual(saying(/Invalid alias configuration/));
  },
);

shows('a target is registered with both bounds, and changed by what is given', async () => {
  await expect(register({ MinCapacity: 1 })).rejects.toEqual(named('ValidationException'));
  await expect(register({ MinCapacity: 2, MaxCapacity: 1 })).rejects.toEqual(named('ValidationException'));
  await expect(register({ MinCapacity: 1, MaxCapacity: 2, ResourceId: 'function:fraud' })).rejects.toEqual(
    named('ValidationException'),
  );
  await register({ MinCapacity: 1, MaxCapacity: 8 });
  await register({ SuspendedState: { ScheduledScalingSuspended: true } });
  await register({ MinCapacity: 3 });
  const { ScalableTargets } = await scaling.send(
    new DescribeScalableTargetsCommand({ ServiceNamespace: 'lambda', ResourceIds: [TARGET.ResourceId] }),
  );
  expect(ScalableTargets).toEqual([
    expect.objectContaining({
      MinCapacity: 3,
      MaxCapacity: 8,
      SuspendedState: {
        DynamicScalingInSuspended: false,
        DynamicScalingOutSuspended: false,
        ScheduledScalingSuspended: true,
      },
    }),
  ]);
});

shows('a suspended target is not scaled that way', async () => {
  await provision('1', 4);
  services.clock.pass(120);
  await register({ MinCapacity: 1, MaxCapacity: 8, SuspendedState: { DynamicScalingInSuspended: true } });
  expect(services.scaling.act('function:fraud:1', 2)).toBe('no policy');
  await policy();
  expect(services.scaling.act('function:fraud:1', 2)).toBe('suspended');
  expect(services.scaling.act('function:fraud:1', 20)).toBeUndefined();
  services.clock.pass(120);
  expect(services.lambda.provisioned.ready('1')).toBe(8);
});

shows('a target that is not registered has no policies and schedules, and cannot be deregistered', async () => {
  const schedule = new PutScheduledActionCommand({
    ...TARGET,
    ScheduledActionName: 'night',
    Schedule: 'cron(0 0 * * ? *)',
  });
  await expect(policy()).rejects.toEqual(named('ObjectNotFoundException'));
  await expect(scaling.send(schedule)).rejects.toEqual(named('ObjectNotFoundException'));
  await expect(scaling.send(new DeregisterScalableTargetCommand(TARGET))).rejects.toEqual(
    named('ObjectNotFoundException'),
  );
});

shows('deregistering a target deletes its policies and schedules', async () => {
  await register({ MinCapacity: 1, MaxCapacity: 8 });
  await policy();
  await scaling.send(new DeregisterScalableTargetCommand(TARGET));
  await register({ MinCapacity: 1, MaxCapacity: 8 });
  expect(services.scaling.targets.get(TARGET.ResourceId)!.policies.size).toBe(0);
});

shows('metrics of a version are published while weights are on, for calls through the alias', async () => {
  await create();
  services.serveMinute(Name, 10);
  await route({ 2: 0.5 });
  services.serveMinute(Name, 20);
  await lambda.send(new InvokeCommand({ FunctionName, Qualifier: '1' }));
  services.clock.pass(300);
  const alias = { FunctionName, Resource: 'fraud:live' };
  const [all, one, other] = await Promise.all([
    values('Invocations', alias),
    values('Invocations', { ...alias, ExecutedVersion: '1' }),
    values('Invocations', { ...alias, ExecutedVersion: '2' }),
  ]);
  expect(all).toEqual([10, 20]);
  expect([one!.length, other!.length, one![0] + other![0]]).toEqual([1, 1, 20]);
  expect(await values('Invocations', { FunctionName })).toEqual([10, 20, 1]);
});

shows('a metric arrives a minute or two after its minute', async () => {
  await create();
  services.serveMinute(Name, 3);
  services.clock.pass(59);
  expect(await values('Invocations', { FunctionName })).toEqual([]);
  services.clock.pass(62);
  expect(await values('Invocations', { FunctionName })).toEqual([3]);
});

shows('a minute without calls has no values', async () => {
  await create();
  services.serveMinute(Name, 1);
  services.serveMinute(Name, 0);
  services.serveMinute(Name, 2);
  services.clock.pass(300);
  expect(await values('Errors', { FunctionName })).toEqual([0, 0]);
});

shows('a trimmed count is of what is above its lower bound, up to and with its upper one', async () => {
  await create();
  await route({ 2: 0.5 });
  services.serveMinute(Name, 40);
  services.clock.pass(300);
  const counted = async (statistic: string): Promise<number> =>
    (await values('Duration', { FunctionName }, statistic))![0];
  const [over, under] = [await counted('TC(10:)'), await counted('TC(:10)')];
  expect(over).toBeGreaterThan(0);
  expect(over + under).toBe(40);
  expect(await counted('TC(899:900)')).toBe(over);
  expect(await counted('TC(900:)')).toBe(0);
});

shows('values come on pages', async () => {
  await create();
  services.metrics.pageSize = 3;
  Array.from({ length: 5 }, (_, minute) => services.serveMinute(Name, minute + 1));
  services.clock.pass(300);
  const pages: object[] = [];
  let NextToken: string | undefined;
  do {
    const { MetricDataResults, ...rest } = await cloudwatch.send(
      new GetMetricDataCommand({
        StartTime: new Date(0),
        EndTime: new Date(services.clock.now()),
        NextToken,
        MetricDataQueries: ['one', 'two'].map((Id) => ({
          Id,
          MetricStat: {
            Metric: {
              Namespace: 'AWS/Lambda',
              MetricName: 'Invocations',
              Dimensions: [{ Name: 'FunctionName', Value: FunctionName }],
            },
            Period: 60,
            Stat: 'Sum',
          },
        })),
      }),
    );
    NextToken = rest.NextToken;
    pages.push(MetricDataResults!.map(({ Id, Values, StatusCode }) => [Id, Values, StatusCode]));
  } while (NextToken !== undefined);
  expect(pages).toEqual([
    [
      ['one', [5, 4, 3], 'PartialData'],
      ['two', [], 'PartialData'],
    ],
    [
      ['one', [2, 1], 'Complete'],
      ['two', [5], 'PartialData'],
    ],
    [
      ['one', [], 'Complete'],
      ['two', [4, 3, 2], 'PartialData'],
    ],
    [
      ['one', [], 'Complete'],
      ['two', [1], 'Complete'],
    ],
  ]);
});

shows('a request that is one too many is throttled', async () => {
  await create();
  services.loopback.fault = (index) => (index === 1 ? 'throttled' : undefined);
  await expect(route({ 2: 0.5 })).rejects.toEqual(named('TooManyRequestsException'));
  await route({ 2: 0.5 });
  services.loopback.fault = () => 'throttled';
  await expect(register({ MinCapacity: 1, MaxCapacity: 1 })).rejects.toEqual(named('ThrottlingException'));
  services.loopback.fault = () => 'failed';
  await expect(route({})).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
  expect(services.lambda.shares(Name)).toEqual({ 1: 0.5, 2: 0.5 });
});

shows('an answer may be lost after the effect', async () => {
  await create();
  services.loopback.fault = (index) => (index === 1 ? 'reset' : 'lost');
  await expect(route({ 2: 0.5 })).rejects.toThrow();
  expect(services.lambda.shares(Name)).toEqual({ 1: 1 });
  await expect(route({ 2: 0.5 })).rejects.toThrow();
  expect(services.lambda.shares(Name)).toEqual({ 1: 0.5, 2: 0.5 });
});

test('each behaviour of the table is shown', () => {
  expect([...shown].sort()).toEqual(Object.keys(BEHAVIOURS).sort());
});
