import { Duration, Lazy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Rollout } from '../../../lib';
import {
  defaultRollout,
  deploymentConfig,
  deploymentPlan,
  faultyDeployment,
  fleetUpdate,
  type VariantFleet,
} from '../../../lib/rollout/endpoint-deployment';

const minutes = (count: number) => Duration.minutes(count);
const token = Lazy.number({ produce: () => 5 });
const FLEET: VariantFleet = {
  variant: 'AllTraffic',
  serverless: false,
  instances: 4,
  maxInstances: 8,
  instanceType: 'ml.m5.large',
  startup: minutes(13),
};
const UNKNOWN: VariantFleet = { variant: 'AllTraffic', serverless: false, startup: minutes(13) };
const SERVERLESS: VariantFleet = { variant: 'AllTraffic', serverless: true, maxInstances: 0, startup: minutes(13) };

const config = (rollout: Rollout, ...fleets: VariantFleet[]) =>
  deploymentConfig(rollout, fleets.length === 0 ? [FLEET] : fleets, ['alarm']);
const plan = (rollout: Rollout, ...fleets: VariantFleet[]) =>
  deploymentPlan(rollout, fleets.length === 0 ? [FLEET] : fleets, { watches: ['alarm'], notes: ['told'] });
const faults = (rollout: Rollout, ...fleets: VariantFleet[]) =>
  faultyDeployment(rollout, fleets.length === 0 ? [FLEET] : fleets, 2).map(({ id }) => id);

test('a canary that does not say how long the new instances are watched is refused', () => {
  expect(faults(Rollout.canary({ percent: 25 }))).toEqual(['rollout-no-bake']);
  expect(faults(Rollout.canary({ instances: 1 }))).toEqual(['rollout-no-bake']);
  expect(faults(Rollout.canary({ percent: 25, bake: minutes(1) }))).toEqual([]);
});

test('one instance goes first where each variant has two', () => {
  expect(defaultRollout([FLEET, { ...FLEET, instances: 2 }]).description).toBe('canary 1 instance for 10 minutes');
});

test.each([
  ['one instance', { ...FLEET, instances: 1 }],
  ['as many as are known at deployment', UNKNOWN],
  ['none', SERVERLESS],
])('where a variant has %s, all traffic shifts at once and is watched', (_, fleet) => {
  expect(defaultRollout([FLEET, fleet]).description).toBe('all at once, watched for 10 minutes');
  expect(faults(defaultRollout([fleet]), fleet)).toEqual([]);
});

test('all at once', () => {
  expect(config(Rollout.allAtOnce({ bake: minutes(5) }))).toEqual({
    autoRollbackConfiguration: { alarms: [{ alarmName: 'alarm' }] },
    blueGreenUpdatePolicy: {
      trafficRoutingConfiguration: { type: 'ALL_AT_ONCE', waitIntervalInSeconds: 0 },
      terminationWaitInSeconds: 300,
      maximumExecutionTimeoutInSeconds: (20 + 13 + 5) * 60,
    },
  });
});

test('canary, by share and by instances', () => {
  const { blueGreenUpdatePolicy } = config(
    Rollout.canary({ percent: 25, bake: minutes(7), finalBake: minutes(3) }),
  ) as {
    blueGreenUpdatePolicy: object;
  };
  expect(blueGreenUpdatePolicy).toEqual({
    trafficRoutingConfiguration: {
      type: 'CANARY',
      waitIntervalInSeconds: 420,
      canarySize: { type: 'CAPACITY_PERCENT', value: 25 },
    },
    terminationWaitInSeconds: 180,
    maximumExecutionTimeoutInSeconds: (20 + 13 + 7 + 3) * 60,
  });
  expect(config(Rollout.canary({ instances: 2, bake: minutes(7) }))).toMatchObject({
    blueGreenUpdatePolicy: {
      trafficRoutingConfiguration: { canarySize: { type: 'INSTANCE_COUNT', value: 2 } },
      terminationWaitInSeconds: 600,
    },
  });
});

test('linear', () => {
  expect(config(Rollout.linear({ percent: 30, every: minutes(4) }))).toMatchObject({
    blueGreenUpdatePolicy: {
      trafficRoutingConfiguration: {
        type: 'LINEAR',
        waitIntervalInSeconds: 240,
        linearStepSize: { type: 'CAPACITY_PERCENT', value: 30 },
      },
      terminationWaitInSeconds: 600,
      maximumExecutionTimeoutInSeconds: (20 + 13 + 4 * 4 + 10) * 60,
    },
  });
});

test('rolling has batches, and no fleet to go back to', () => {
  expect(config(Rollout.rolling({ percent: 50, every: minutes(4) }))).toEqual({
    autoRollbackConfiguration: { alarms: [{ alarmName: 'alarm' }] },
    rollingUpdatePolicy: {
      maximumBatchSize: { type: 'CAPACITY_PERCENT', value: 50 },
      waitIntervalInSeconds: 240,
      maximumExecutionTimeoutInSeconds: (20 + 13 + 2 * 4) * 60,
    },
  });
  expect(config(Rollout.rolling({ instances: 1, every: minutes(0) }))).toMatchObject({
    rollingUpdatePolicy: {
      maximumBatchSize: { type: 'INSTANCE_COUNT', value: 1 },
      maximumExecutionTimeoutInSeconds: (20 + 13) * 60,
    },
  });
});

test('the time-out has room for the slowest variant to start', () => {
  const { timeoutSeconds } = fleetUpdate(
    Rollout.allAtOnce({ bake: minutes(1) }),
    [FLEET, { ...FLEET, startup: minutes(60) }],
    0,
  );
  expect(timeoutSeconds).toBe((20 + 60 + 1) * 60);
});

test('the time-out is in whole minutes, within what SageMaker allows', () => {
  const short = { ...FLEET, startup: Duration.seconds(61) };
  expect(fleetUpdate(Rollout.allAtOnce({ bake: minutes(1) }), [short], 0).timeoutSeconds).toBe(23 * 60);
  const long = fleetUpdate(Rollout.linear({ percent: 10, every: minutes(60) }), [{ ...FLEET, instances: 10 }], 0);
  expect(long.timeoutSeconds).toBe(28_800);
});

test('waits that leave no time for new instances to start are refused', () => {
  const eightHours = (every: number) => Rollout.linear({ percent: 25, every: minutes(every), finalBake: minutes(60) });
  const slow = { ...FLEET, startup: minutes(120) };
  expect(faults(eightHours(60), FLEET)).toEqual([]);
  expect(faults(eightHours(60), slow)).toEqual([]);
  const ten = { ...FLEET, instances: 10, maxInstances: 10 };
  const linear = (every: number) => Rollout.linear({ percent: 10, every: minutes(every), finalBake: minutes(7) });
  expect(faults(linear(44), ten)).toEqual([]);
  expect(faults(linear(45), ten)).toEqual(['endpoint-waits-beyond-timeout']);
});

test.each([
  ['a canary of more than half', Rollout.canary({ percent: 60, bake: minutes(1) }), 'endpoint-canary-size'],
  ['a linear step of less than a tenth', Rollout.linear({ percent: 5, every: minutes(1) }), 'endpoint-linear-size'],
  ['a batch of less than a twentieth', Rollout.rolling({ percent: 4, every: minutes(1) }), 'endpoint-rolling-size'],
  ['a canary of no whole instance', Rollout.canary({ percent: 20, bake: minutes(1) }), 'endpoint-step-below-instance'],
  ['a wait of over an hour', Rollout.canary({ percent: 50, bake: minutes(61) }), 'endpoint-wait'],
  ['a final watch of over an hour', Rollout.allAtOnce({ bake: minutes(61) }), 'endpoint-final-bake'],
  [
    'no final watch',
    Rollout.canary({ percent: 50, bake: minutes(1), finalBake: minutes(0) }),
    'endpoint-no-final-bake',
  ],
])('%s is refused', (_, rollout, id) => {
  expect(faults(rollout)).toEqual([id]);
});

test('a share that is known only at deployment is taken as it is', () => {
  const rollout = Rollout.canary({ percent: token, bake: minutes(5) });
  expect(faults(rollout)).toEqual([]);
  expect(faults(Rollout.canary({ instances: token, bake: minutes(5) }))).toEqual([]);
  expect(config(rollout)).toMatchObject({
    blueGreenUpdatePolicy: { trafficRoutingConfiguration: { canarySize: { value: token } } },
  });
  expect(plan(Rollout.canary({ instances: token, bake: minutes(5) })).steps.map(({ percent }) => percent)).toEqual([
    50, 100,
  ]);
});

test.each([
  ['bake', Rollout.canary({ percent: 50, bake: minutes(token) })],
  ['finalBake', Rollout.canary({ percent: 50, bake: minutes(1), finalBake: minutes(token) })],
  ['bake', Rollout.allAtOnce({ bake: minutes(token) })],
])('a %s that is known only at deployment is refused: all times are computed before', (prop, rollout) => {
  expect(faultyDeployment(rollout, [FLEET], 2)).toMatchObject([
    { id: 'endpoint-unknown-times', message: expect.stringContaining(`'${prop}'`) as string },
  ]);
});

test('a fleet whose size is known only at deployment is not judged', () => {
  expect(faults(Rollout.canary({ percent: 10, bake: minutes(1) }), UNKNOWN)).toEqual([]);
  expect(faults(Rollout.rolling({ instances: 3, every: minutes(1) }), UNKNOWN)).toEqual([]);
});

describe('hooks and alarms: ', () => {
  const stack = new Stack();
  const fn = lambda.Function.fromFunctionName(stack, 'Hook', 'hook');
  const metric = new cloudwatch.Metric({ namespace: 'Mine', metricName: 'Revenue' });
  const alarm = new cloudwatch.Alarm(stack, 'Alarm', { metric, threshold: 1, evaluationPeriods: 1 });
  const composite = new cloudwatch.CompositeAlarm(stack, 'Composite', { alarmRule: alarm });

  test.each([
    ['smokeTest', { smokeTest: true }],
    ['beforeTraffic', { beforeTraffic: fn }],
    ['afterTraffic', { afterTraffic: fn }],
  ])('%s is refused: SageMaker runs no function', (hook, options) => {
    expect(faultyDeployment(Rollout.allAtOnce({ bake: minutes(1), ...options }), [FLEET], 2)).toMatchObject([
      { id: 'endpoint-rollout-hook', message: expect.stringContaining(`'${hook}'`) as string },
    ]);
  });

  test('a smoke test that was declined is fine', () => {
    expect(faults(Rollout.allAtOnce({ smokeTest: false }))).toEqual([]);
  });

  test('a composite alarm is refused, an alarm is not', () => {
    expect(faults(Rollout.allAtOnce({ rollbackAlarms: [alarm] }))).toEqual([]);
    expect(faultyDeployment(Rollout.allAtOnce({ rollbackAlarms: [alarm, composite] }), [FLEET], 2)).toMatchObject([
      { id: 'endpoint-composite-alarm', message: expect.stringContaining("'Default/Composite'") as string },
    ]);
  });

  test('all faults come at once', () => {
    const rollout = Rollout.canary({ percent: 60, bake: minutes(61), smokeTest: true, rollbackAlarms: [composite] });
    expect(faults(rollout)).toEqual([
      'endpoint-canary-size',
      'endpoint-wait',
      'endpoint-rollout-hook',
      'endpoint-composite-alarm',
    ]);
  });
});

describe('the plan ', () => {
  const times = (of: ReturnType<typeof plan>) =>
    of.steps.map(({ percent, startsAfter, startsBy }) => [percent, startsAfter.toMinutes(), startsBy!.toMinutes()]);

  test('has each step with its share, its earliest and its latest time', () => {
    expect(times(plan(Rollout.linear({ percent: 40, every: minutes(3), finalBake: minutes(5) })))).toEqual([
      [40, 0, 33],
      [80, 3, 36],
      [100, 6, 39],
    ]);
    expect(times(plan(Rollout.canary({ percent: 25, bake: minutes(7) })))).toEqual([
      [25, 0, 33],
      [100, 7, 40],
    ]);
    expect(times(plan(Rollout.allAtOnce()))).toEqual([[100, 0, 33]]);
  });

  test('has steps by count as shares of the smallest fleet, and says so', () => {
    const { steps, notes } = plan(Rollout.linear({ instances: 1, every: minutes(3) }));
    expect(steps.map(({ percent }) => percent)).toEqual([25, 50, 75, 100]);
    expect(notes.join()).toContain('the shares are those of the fewest instances');
    expect(
      plan(Rollout.linear({ instances: 1, every: minutes(3) }), { ...FLEET, maxInstances: 4 }).notes.join(),
    ).not.toContain('the shares');
  });

  test('has steps by count on a fleet of unknown size as the largest that are allowed, and says so', () => {
    const { steps, notes } = plan(Rollout.canary({ instances: 1, bake: minutes(3) }), UNKNOWN);
    expect(steps.map(({ percent }) => percent)).toEqual([50, 100]);
    expect(notes.join()).toContain('the fewest steps that are allowed');
  });

  test('lasts until the end of the last watch, with the most steps there may be', () => {
    expect(plan(Rollout.canary({ percent: 25, bake: minutes(7), finalBake: minutes(3) })).duration.toMinutes()).toBe(
      10,
    );
    expect(plan(Rollout.linear({ instances: 1, every: minutes(3), finalBake: minutes(5) })).duration.toMinutes()).toBe(
      8 * 3 + 5,
    );
  });

  test('counts the instances that are paid for twice: a second fleet, or one batch', () => {
    const extra = (rollout: Rollout, ...fleets: VariantFleet[]) => plan(rollout, ...fleets).steps[0].extraInstances;
    expect(extra(Rollout.canary({ percent: 25, bake: minutes(1) }))).toBe(8);
    expect(extra(Rollout.canary({ percent: 25, bake: minutes(1) }), FLEET, FLEET)).toBe(16);
    expect(extra(Rollout.rolling({ percent: 30, every: minutes(1) }))).toBe(3);
    expect(extra(Rollout.rolling({ instances: 2, every: minutes(1) }))).toBe(2);
    expect(extra(Rollout.allAtOnce(), SERVERLESS)).toBe(0);
    expect(extra(Rollout.allAtOnce(), UNKNOWN)).toBeUndefined();
    expect(extra(Rollout.rolling({ percent: 30, every: minutes(1) }), UNKNOWN)).toBeUndefined();
    expect(extra(Rollout.rolling({ instances: 2, every: minutes(1) }), UNKNOWN)).toBe(2);
  });

  test('rolls back in minutes while the old fleet is there; a rolling update has to start it again', () => {
    expect(plan(Rollout.canary({ percent: 25, bake: minutes(1) })).timeToRollBack.toMinutes()).toBe(5);
    expect(plan(Rollout.rolling({ percent: 25, every: minutes(1) })).timeToRollBack.toMinutes()).toBe(5 + 20 + 13);
  });

  test('says what is watched, and what is not', () => {
    const { watches, notes, before, strategy } = plan(Rollout.allAtOnce());
    expect(watches).toEqual(['alarm']);
    expect(before).toEqual(['the new instances pass their health checks']);
    expect(strategy).toBe('all at once');
    expect(notes).toEqual([
      expect.stringContaining('the first deployment is not watched'),
      expect.stringContaining('SageMaker runs nothing before the shift'),
      'told',
    ]);
    expect(plan(Rollout.allAtOnce(), SERVERLESS).notes.join()).toContain('do not rely on it for a serverless endpoint');
  });
});
