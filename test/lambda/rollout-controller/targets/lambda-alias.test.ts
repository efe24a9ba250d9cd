import { FAULTS } from '../../rollout-services/loopback-services';
import { every } from '../thorough';
import { ALIAS, AliasRollout, FIXED, GOOD, SCALED } from './alias-rollout';

const STEPS = [5, 20, 50, 100];
const AT_WORK = {
  DynamicScalingInSuspended: false,
  DynamicScalingOutSuspended: false,
  ScheduledScalingSuspended: false,
};
const HELD = { ...AT_WORK, DynamicScalingInSuspended: true, ScheduledScalingSuspended: true };

let rollout: AliasRollout;
afterEach(() => rollout.end());

/** What is there of both versions. */
function left(): object {
  const { lambda, scaling } = rollout.services;
  return {
    shares: lambda.shares(ALIAS),
    versions: [...lambda.versions.keys()],
    provisioned: lambda.provisioned.qualifiers,
    scaled: [...scaling.targets.keys()],
  };
}

test('an alias that is not there has no state; one without weights has its version', async () => {
  rollout = await AliasRollout.begun();
  expect(await rollout.target.read()).toEqual({ live: '1', percent: 0, settled: true });
  rollout.services.lambda.aliases.clear();
  expect(await rollout.target.read()).toBeUndefined();
});

test('weights come back as the percentages that they were set by', async () => {
  rollout = await AliasRollout.begun();
  for (const percent of [0.1, 1, 7, 29, 33.3, 57, 58, 99.9, 100]) {
    rollout.allowed = percent;
    await rollout.until(() => rollout.target.shift('2', percent));
    expect(await rollout.target.read()).toEqual({ live: '1', candidate: '2', percent, settled: true });
  }
});

test('with all traffic on the candidate the live version is the old one, until it is promoted', async () => {
  rollout = await AliasRollout.begun();
  await rollout.steps([100]);
  expect(rollout.services.lambda.shares(ALIAS)).toEqual({ 1: 0, 2: 1 });
  expect(await rollout.target.read()).toMatchObject({ live: '1', percent: 100 });
  await rollout.until(() => rollout.target.promote('2'));
  expect(await rollout.target.read()).toEqual({ live: '2', percent: 0, settled: true });
});

test('without provisioned environments a step is one request to read and one to change', async () => {
  rollout = await AliasRollout.begun();
  const before = rollout.calls;
  await rollout.target.shift('2', 5);
  expect(rollout.services.loopback.calls.slice(before).map(({ operation }) => operation)).toEqual([
    'GetAlias',
    'UpdateAlias',
  ]);
  expect(await rollout.target.stage('2', 20)).toBe('done');
  expect(rollout.services.loopback.changes.filter((name) => /Put|Register/.test(name))).toEqual([]);
});

test('what was done already changes nothing', async () => {
  rollout = await AliasRollout.begun(FIXED);
  await rollout.steps([5]);
  const before = rollout.services.loopback.changes.length;
  expect(await rollout.target.stage('2', 5)).toBe('done');
  expect(await rollout.target.shift('2', 5)).toBe('done');
  expect(rollout.services.loopback.changes.length).toBe(before);
});

test.each(['create', 'stage'] as const)(
  'what was provisioned for the alias before it was the controller’s is taken from it with the first %s',
  async (first) => {
    rollout = await AliasRollout.begun(FIXED);
    rollout.services.lambda.provisioned.put(ALIAS, 3);
    await rollout.until(() => (first === 'create' ? rollout.target.create('1') : rollout.target.stage('2', 5)));
    expect(rollout.services.lambda.provisioned.qualifiers).not.toContain(ALIAS);
    expect(rollout.services.lambda.provisioned.qualifiers).toContain('1');
  },
);

test('a retreat is a single request, which asks for no revision', async () => {
  rollout = await AliasRollout.begun(SCALED);
  await rollout.steps([5, 20]);
  const before = rollout.calls;
  expect(await rollout.target.retreat()).toBe('done');
  const calls = rollout.services.loopback.calls.slice(before);
  expect(calls).toHaveLength(1);
  expect(calls[0].input).toEqual({
    FunctionName: 'fraud',
    Name: ALIAS,
    RoutingConfig: { AdditionalVersionWeights: {} },
  });
  expect(rollout.services.lambda.shares(ALIAS)).toEqual({ 1: 1 });
  expect(await rollout.target.retreat()).toBe('done');
});

test('a retreat with nothing to go back to is done', async () => {
  rollout = await AliasRollout.begun();
  rollout.services.lambda.aliases.clear();
  expect(await rollout.target.retreat()).toBe('done');
});

test('a shift that was under way when traffic went back does not undo it', async () => {
  rollout = await AliasRollout.begun();
  await rollout.steps([5]);
  let read = false;
  rollout.services.loopback.fault = (_, { operation }) => {
    if (operation === 'UpdateAlias' && !read) {
      read = true;
      // Between its reading and its change.
      rollout.services.lambda.operations.UpdateAlias({
        FunctionName: 'fraud',
        Name: ALIAS,
        RoutingConfig: { AdditionalVersionWeights: {} },
      });
    }
    return undefined;
  };
  expect(await rollout.target.shift('2', 20)).toBe('wait');
  expect(rollout.services.lambda.shares(ALIAS)).toEqual({ 1: 1 });
});

test('a change whose answer is lost, and which the client repeats, is seen to have happened', async () => {
  rollout = await AliasRollout.begun(undefined, { maxAttempts: 3 });
  rollout.allowed = 5;
  rollout.breakAt(1, 'lost');
  expect(await rollout.target.shift('2', 5)).toBe('wait');
  expect(rollout.services.loopback.calls.at(-1)).toMatchObject({
    refused: expect.stringMatching(/^PreconditionFailed/) as string,
  });
  expect(await rollout.target.shift('2', 5)).toBe('done');
});

test('throttled calls wait', async () => {
  rollout = await AliasRollout.begun(SCALED);
  rollout.services.loopback.fault = () => 'throttled';
  const { target } = rollout;
  expect(
    await Promise.all([
      target.create('1'),
      target.stage('2', 5),
      target.shift('2', 5),
      target.promote('2'),
      target.retreat(),
      target.clean('2', 'all'),
    ]),
  ).toEqual(['wait', 'wait', 'wait', 'wait', 'wait', 'wait']);
});

test('the first version has its environments before it has traffic, and is scaled after', async () => {
  rollout = await AliasRollout.begun(SCALED);
  const { changes } = rollout.services.loopback;
  expect(changes.indexOf('CreateAlias')).toBeLessThan(changes.indexOf('RegisterScalableTarget'));
  rollout.end();
  rollout = await AliasRollout.begun(FIXED);
  expect(rollout.services.loopback.changes).toEqual([
    'PutProvisionedConcurrencyConfig',
    'CreateAlias',
    'DeregisterScalableTarget',
  ]);
  expect(rollout.services.lambda.provisioned.ready('1')).toBe(10);
});

test('an alias that serves another version is not made again', async () => {
  rollout = await AliasRollout.begun();
  await expect(rollout.target.create('2')).rejects.toThrow('the alias fraud:live exists and serves version 1');
  await rollout.steps([5]);
  await expect(rollout.target.create('1')).rejects.toThrow('exists');
});

test('the candidate is given no traffic before its environments are ready, and each step adds to them', async () => {
  rollout = await AliasRollout.begun(FIXED);
  expect(await rollout.target.stage('2', 5)).toBe('wait');
  expect(await rollout.target.stage('2', 5)).toBe('wait');
  rollout.services.clock.pass(120);
  expect(await rollout.target.stage('2', 5)).toBe('done');
  expect(rollout.services.lambda.provisioned.ready('2')).toBe(3);
  await rollout.steps([5, 20]);
  expect(rollout.services.lambda.provisioned.ready('2')).toBe(7);
  await rollout.steps([50, 100]);
  expect(rollout.services.lambda.provisioned.ready('2')).toBe(10);
  expect(rollout.services.lambda.provisioned.ready('1')).toBe(10);
});

test('environments that do not start are told with their reason', async () => {
  rollout = await AliasRollout.begun(FIXED);
  rollout.services.lambda.versions.set('2', { ...GOOD, broken: 'FUNCTION_ERROR_INIT_FAILURE' });
  await rollout.target.stage('2', 5);
  rollout.services.clock.pass(120);
  await expect(rollout.target.stage('2', 5)).rejects.toThrow(
    'provisioned environments of version 2 of the function fraud do not start: FUNCTION_ERROR_INIT_FAILURE',
  );
});

test('while traffic is split both versions may get more environments, and lose none', async () => {
  rollout = await AliasRollout.begun(SCALED);
  await rollout.steps([50]);
  const { scaling, lambda, clock } = rollout.services;
  expect([...scaling.targets.values()].map(({ SuspendedState }) => SuspendedState)).toEqual([HELD, HELD]);
  expect(scaling.act('function:fraud:1', 2)).toBe('suspended');
  expect(scaling.act('function:fraud:2', 2)).toBe('suspended');
  expect(scaling.act('function:fraud:1', 18)).toBeUndefined();
  expect(scaling.act('function:fraud:2', 17)).toBeUndefined();
  clock.pass(120);
  await rollout.until(() => rollout.target.stage('2', 100));
  expect([lambda.provisioned.ready('1'), lambda.provisioned.ready('2')]).toEqual([18, 18]);
});

test('what scaling has added to the candidate is not taken away by the same step again', async () => {
  rollout = await AliasRollout.begun(SCALED);
  await rollout.steps([5]);
  expect(rollout.services.lambda.provisioned.ready('2')).toBe(3);
  rollout.services.scaling.act('function:fraud:2', 9);
  rollout.services.clock.pass(120);
  await rollout.until(() => rollout.target.stage('2', 5));
  expect(rollout.services.lambda.provisioned.ready('2')).toBe(9);
});

test('after a promotion the new version is scaled as the old one was, and of that nothing is left', async () => {
  rollout = await AliasRollout.begun(SCALED);
  await rollout.steps(STEPS);
  await rollout.finish();
  expect(left()).toEqual({ shares: { 2: 1 }, versions: ['2'], provisioned: ['2'], scaled: ['function:fraud:2'] });
  const { MinCapacity, MaxCapacity, SuspendedState, policies, schedules } =
    rollout.services.scaling.targets.get('function:fraud:2')!;
  expect([MinCapacity, MaxCapacity, SuspendedState]).toEqual([4, 20, AT_WORK]);
  expect([...policies.values()]).toEqual([
    expect.objectContaining({
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 0.6,
        PredefinedMetricSpecification: { PredefinedMetricType: 'LambdaProvisionedConcurrencyUtilization' },
        ScaleInCooldown: 300,
      },
    }),
  ]);
  expect([...schedules.values()]).toEqual([
    expect.objectContaining({
      ScheduledActionName: 'night',
      Schedule: 'cron(0 22 * * ? *)',
      Timezone: 'Europe/Vienna',
      ScalableTargetAction: { MinCapacity: 0, MaxCapacity: 2 },
    }),
  ]);
});

test('after a retreat the old version is scaled again', async () => {
  rollout = await AliasRollout.begun(SCALED);
  await rollout.steps([5, 20]);
  await rollout.giveUp();
  expect(left()).toEqual({ shares: { 1: 1 }, versions: ['1'], provisioned: ['1'], scaled: ['function:fraud:1'] });
  const { MinCapacity, SuspendedState, schedules } = rollout.services.scaling.targets.get('function:fraud:1')!;
  expect([MinCapacity, SuspendedState, schedules.size]).toEqual([4, AT_WORK, 1]);
});

test('a number that the settings lower is lowered when the old version is gone, and not before', async () => {
  rollout = await AliasRollout.begun({ ...FIXED, min: 20, max: 20 });
  const { services } = rollout;
  rollout.configure(FIXED);
  await rollout.steps([100]);
  expect(services.lambda.provisioned.ready('2')).toBe(20);
  await rollout.finish();
  expect(services.lambda.provisioned.ready('2')).toBe(10);
});

test('settings without environments take them from both', async () => {
  rollout = await AliasRollout.begun(SCALED);
  rollout.configure(undefined);
  await rollout.target.create('1');
  expect(left()).toMatchObject({ provisioned: [], scaled: [] });
});

test('a version that may be tried again keeps itself, and nothing that is paid for', async () => {
  rollout = await AliasRollout.begun(FIXED);
  await rollout.steps([5]);
  await rollout.until(() => rollout.target.retreat());
  expect(await rollout.target.clean('2', 'capacity')).toBe('done');
  expect(left()).toEqual({ shares: { 1: 1 }, versions: ['1', '2'], provisioned: ['1'], scaled: [] });
});

test('neither the live version nor one with traffic is removed', async () => {
  rollout = await AliasRollout.begun();
  await rollout.steps([5]);
  await expect(rollout.target.clean('1', 'all')).rejects.toThrow(
    'version 1 serves the alias fraud:live, and is not removed',
  );
  await expect(rollout.target.clean('2', 'capacity')).rejects.toThrow(
    'version 2 serves the alias fraud:live with 5 % of its traffic',
  );
  await rollout.steps([100]);
  await expect(rollout.target.clean('1', 'all')).rejects.toThrow('serves');
  expect([...rollout.services.lambda.versions.keys()]).toEqual(['1', '2']);
});

test('a version with a weight of nothing is removed, and one that somebody else has an alias for is left', async () => {
  rollout = await AliasRollout.begun();
  await rollout.until(() => rollout.target.shift('2', 0));
  const { lambda } = rollout.services;
  lambda.operations.CreateAlias({ FunctionName: 'fraud', Name: 'theirs', FunctionVersion: '2' });
  expect(await rollout.target.clean('2', 'all')).toBe('done');
  expect([...lambda.versions.keys()]).toEqual(['1', '2']);
  lambda.operations.DeleteAlias({ FunctionName: 'fraud', Name: 'theirs' });
  expect(await rollout.target.clean('2', 'all')).toBe('done');
  expect([...lambda.versions.keys()]).toEqual(['1']);
});

test('versions are removed when the alias is gone', async () => {
  rollout = await AliasRollout.begun(SCALED);
  rollout.services.lambda.aliases.clear();
  expect(await rollout.target.clean('1', 'all')).toBe('done');
  expect(rollout.services.lambda.versions.has('1')).toBe(false);
  expect(rollout.services.lambda.provisioned.qualifiers).toEqual([]);
  await expect(rollout.target.stage('2', 5)).rejects.toThrow('there is no alias fraud:live: somebody has deleted it');
});

test.each([
  ['no environments', undefined],
  ['a fixed number', FIXED],
  ['scaled ones', SCALED],
])('a deployment that is deleted leaves no alias, and nothing that is paid for: with %s', async (_, provisioned) => {
  rollout = await AliasRollout.begun(provisioned);
  await rollout.steps([5]);
  await rollout.giveUp();
  await rollout.remove();
  const { lambda, scaling } = rollout.services;
  expect([lambda.aliases.size, lambda.provisioned.qualifiers, scaling.targets.size]).toEqual([0, [], 0]);
  expect(await rollout.target.read()).toBeUndefined();
  const before = rollout.services.loopback.changes.length;
  expect(await rollout.target.remove()).toBe('done');
  expect(rollout.services.loopback.changes.length).toBe(before);
});

test.each(['', '0', '$LATEST', 'live', '2 '])('%j is no version, and nothing is done with it', async (version) => {
  rollout = await AliasRollout.begun();
  const before = rollout.calls;
  const { target } = rollout;
  for (const call of [
    target.create(version),
    target.stage(version, 5),
    target.shift(version, 5),
    target.promote(version),
    target.clean(version, 'all'),
  ]) {
    await expect(call).rejects.toThrow('is no number of a version of the function fraud');
  }
  expect(rollout.calls).toBe(before);
});

test('only a version with all traffic is promoted', async () => {
  rollout = await AliasRollout.begun();
  await rollout.steps([50]);
  await expect(rollout.target.promote('2')).rejects.toThrow(
    'version 2 does not have all traffic of the alias fraud:live: 50 % goes to 2, the rest to 1',
  );
  await rollout.steps([100]);
  await rollout.until(() => rollout.target.promote('2'));
  expect(await rollout.target.promote('2')).toBe('done');
  await expect(rollout.target.shift('2', 50)).rejects.toThrow('is the live one');
});

describe.each([
  ['without environments', undefined],
  ['with a fixed number of environments', FIXED],
  ['with scaled environments', SCALED],
])('one fault, at each request of a rollout %s', (_, provisioned) => {
  jest.setTimeout(120_000);

  test.each(FAULTS)('%s: ends on the new version alone, with each step kept and no side short', async (fault) => {
    await each(fault, async () => {
      await rollout.steps([5, 100]);
      await rollout.finish();
      expect(left()).toMatchObject({ shares: { 2: 1 }, versions: ['2'], provisioned: provisioned ? ['2'] : [] });
      expect(rollout.services.lambda.provisioned.ready('2')).toBeGreaterThanOrEqual(provisioned?.min ?? 0);
    });
  });

  test.each(FAULTS)('%s: a rollout that goes back leaves the old version alone, as it was', async (fault) => {
    await each(fault, async () => {
      await rollout.steps([5]);
      await rollout.giveUp();
      expect(left()).toMatchObject({ shares: { 1: 1 }, versions: ['1'], provisioned: provisioned ? ['1'] : [] });
    });
  });

  test.each(FAULTS)('%s: a deployment that is deleted is gone, whole', async (fault) => {
    rollout = await AliasRollout.begun(provisioned);
    for (let place = 0; place < 6; place++) {
      rollout.end();
      rollout = await AliasRollout.begun(provisioned);
      rollout.breakAt(place, fault);
      await rollout.remove();
      const { lambda, scaling } = rollout.services;
      expect([lambda.aliases.size, lambda.provisioned.qualifiers, scaling.targets.size]).toEqual([0, [], 0]);
    }
  });

  async function each(fault: (typeof FAULTS)[number], run: () => Promise<void>): Promise<void> {
    let requests = 1;
    for (let place = 0; place < requests; place += every(11)) {
      rollout = await AliasRollout.begun(provisioned);
      const before = rollout.calls;
      rollout.breakAt(place, fault);
      await run();
      requests = rollout.calls - before;
      const { targets } = rollout.services.scaling;
      expect([...targets.values()].map(({ SuspendedState }) => SuspendedState)).toEqual(
        provisioned === SCALED ? [AT_WORK] : [],
      );
      rollout.end();
    }
    // The last place is past all requests of an undisturbed run.
    expect(requests).toBeGreaterThan(8);
  }
});
