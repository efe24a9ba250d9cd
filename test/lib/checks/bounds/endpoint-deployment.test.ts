import {
  faultyFleetUpdate,
  type Fleet,
  type FleetUpdate,
  waitsOf,
} from '../../../../lib/checks/bounds/endpoint-deployment';

const UPDATE: FleetUpdate = {
  strategy: 'allAtOnce',
  waitSeconds: 0,
  terminationWaitSeconds: 600,
  timeoutSeconds: 3600,
  alarms: 2,
};
const FLEET: Fleet = {
  variant: 'AllTraffic',
  serverless: false,
  instances: 4,
  maxInstances: 4,
  instanceType: 'ml.m5.large',
};

const percent = (strategy: FleetUpdate['strategy'], value: number, rest: Partial<FleetUpdate> = {}): FleetUpdate => ({
  ...UPDATE,
  strategy,
  step: { unit: 'percent', value },
  waitSeconds: 60,
  ...rest,
});
const count = (strategy: FleetUpdate['strategy'], value: number): FleetUpdate => ({
  ...percent(strategy, value),
  step: { unit: 'instances', value },
});
const of = (instances: number, maxInstances = instances): Fleet => ({ ...FLEET, instances, maxInstances });
const ids = (update: FleetUpdate, ...fleets: Fleet[]) => faultyFleetUpdate(update, fleets).map(({ id }) => id);
const words = (update: FleetUpdate, ...fleets: Fleet[]) =>
  faultyFleetUpdate(update, fleets)
    .map(({ message, fix }) => `${message}: ${fix}`)
    .join('\n');

// https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TrafficRoutingConfig.html
test.each([
  ['canary', 1, 100],
  ['canary', 25, 4],
  ['canary', 50, 2],
  ['linear', 10, 10],
  ['linear', 50, 2],
  ['rolling', 5, 20],
  ['rolling', 50, 2],
] as const)('a %s step of %p %% of %p instances is accepted', (strategy, step, instances) => {
  expect(ids(percent(strategy, step), of(instances))).toEqual([]);
});

test.each([
  ['canary', 51, 4, 'endpoint-canary-size'],
  ['canary', 0, 4, 'endpoint-canary-size'],
  ['linear', 9, 40, 'endpoint-linear-size'],
  ['linear', 51, 40, 'endpoint-linear-size'],
  ['rolling', 4, 40, 'endpoint-rolling-size'],
  ['rolling', 51, 40, 'endpoint-rolling-size'],
  ['canary', 24, 4, 'endpoint-step-below-instance'],
  ['linear', 10, 9, 'endpoint-step-below-instance'],
  ['rolling', 33, 3, 'endpoint-step-below-instance'],
  ['canary', 50, 1, 'endpoint-step-below-instance'],
] as const)('a %s step of %p %% of %p instances is refused: %s', (strategy, step, instances, id) => {
  expect(ids(percent(strategy, step), of(instances))).toEqual([id]);
});

test.each([
  ['canary', 1, 2, 2],
  ['canary', 2, 4, 400],
  ['linear', 1, 2, 10],
  ['rolling', 1, 2, 20],
] as const)('a %s step of %p of %p to %p instances is accepted', (strategy, step, min, max) => {
  expect(ids(count(strategy, step), of(min, max))).toEqual([]);
});

test.each([
  ['canary', 1, 1, 4, /single instance.*100 %.*use Rollout.allAtOnce.*'min' to 2 or more/],
  [
    'canary',
    3,
    5,
    5,
    /'instances' is 3, and of the 5 instances .* at least that is 60 %, allowed is at most 50 %: set 'instances' to 2 or less, or 'min' to 6/,
  ],
  [
    'linear',
    1,
    2,
    11,
    /'instances' is 1, and of the 11 instances .* at most that is 9.1 %, allowed is 10 to 50 %: set 'instances' to 2 or more/,
  ],
  ['rolling', 1, 2, 21, /of the 21 instances .* at most that is 4.8 %, allowed is 5 to 50 %/],
] as const)(
  'a %s step of %p of %p to %p instances is refused, with what would do',
  (strategy, step, min, max, message) => {
    expect(ids(count(strategy, step), of(min, max))).toEqual([`endpoint-${strategy}-size`]);
    expect(words(count(strategy, step), of(min, max))).toMatch(message);
  },
);

test('a step below one instance is refused with what would do', () => {
  expect(words(percent('canary', 10), of(3))).toMatch(
    /'percent' is 10 %, and of the 3 instances that the variant 'AllTraffic' has at least that is less than one: set 'percent' to 34 or more for this canary rollout, or 'min' to 10 or more/,
  );
  expect(words(percent('canary', 10), of(1))).toMatch(/single instance.*Rollout.allAtOnce.*'min' to 10 or more/);
});

test('a step is judged on each fleet', () => {
  expect(ids(percent('canary', 25), of(4), { ...of(2), variant: 'b' })).toEqual(['endpoint-step-below-instance']);
  expect(words(percent('canary', 25), of(4), { ...of(2), variant: 'b' })).toContain("'b'");
});

test('what is known only at deployment is not judged', () => {
  const unknown: Fleet = { variant: 'v', serverless: false };
  expect(ids(percent('canary', 10), unknown)).toEqual([]);
  expect(ids(count('linear', 1), unknown)).toEqual([]);
  expect(ids({ ...percent('canary', 1), step: { unit: 'percent' } }, of(1))).toEqual([]);
  expect(ids({ ...percent('canary', 1), step: { unit: 'instances' } }, of(1))).toEqual([]);
});

// https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html
test.each(['canary', 'linear', 'rolling'] as const)('a serverless variant cannot be updated by %s', (strategy) => {
  expect(ids(percent(strategy, 50), { variant: 'v', serverless: true })).toEqual(['endpoint-serverless-shift']);
  expect(words(percent(strategy, 50), { variant: 'v', serverless: true })).toContain('Rollout.allAtOnce()');
});

test('a serverless variant can be updated all at once', () => {
  expect(ids(UPDATE, { variant: 'v', serverless: true })).toEqual([]);
});

test('Inf1 is refused as soon as anything but a plain shift is asked for, Inf2 is not', () => {
  const inf1 = { ...FLEET, instanceType: 'ml.inf1.xlarge' };
  expect(ids(percent('canary', 50), inf1)).toEqual(['endpoint-inf1-shift']);
  expect(ids(UPDATE, inf1)).toEqual(['endpoint-inf1-shift']);
  expect(ids({ ...UPDATE, alarms: 0 }, inf1)).toEqual([]);
  expect(ids(percent('canary', 50), { ...inf1, instanceType: 'ml.inf2.xlarge' })).toEqual([]);
});

test('a rolling update is for one variant, the others are for several', () => {
  expect(ids(percent('rolling', 50), FLEET, FLEET)).toEqual(['endpoint-rolling-variants']);
  expect(ids(percent('rolling', 50), FLEET)).toEqual([]);
  expect(ids(percent('canary', 50), FLEET, FLEET)).toEqual([]);
});

test.each([
  ['canary', 'bake', 'finalBake'],
  ['linear', 'every', 'finalBake'],
  ['rolling', 'every', 'every'],
  ['allAtOnce', 'bake', 'bake'],
] as const)('waits of %s are an hour at most, and are called what they were asked for as', (strategy, wait, final) => {
  const waits = (waitSeconds: number, terminationWaitSeconds: number): FleetUpdate =>
    strategy === 'allAtOnce'
      ? { ...UPDATE, waitSeconds, terminationWaitSeconds, timeoutSeconds: 28_800 }
      : percent(strategy, 50, { waitSeconds, terminationWaitSeconds, timeoutSeconds: 28_800 });
  const ofTwo = of(2);
  expect(ids(waits(3600, 3600), ofTwo)).toEqual([]);
  expect(faultyFleetUpdate(waits(3601, 600), [ofTwo])[0]).toMatchObject({
    id: 'endpoint-wait',
    message: expect.stringContaining(`'${wait}' is 3601 seconds`) as string,
  });
  expect(faultyFleetUpdate(waits(600, 3601), [ofTwo])[0]).toMatchObject({
    id: 'endpoint-final-bake',
    message: expect.stringContaining(`'${final}' is 3601 seconds`) as string,
  });
  expect(ids(waits(-1, 600), ofTwo)).toContain('endpoint-wait');
});

test.each([
  ['allAtOnce', undefined, 600],
  ['canary', { unit: 'percent', value: 25 }, 660],
  ['linear', { unit: 'percent', value: 30 }, 4 * 60 + 600],
  ['linear', { unit: 'instances', value: 2 }, 3 * 60 + 600],
  ['linear', { unit: 'instances' }, 10 * 60 + 600],
  ['rolling', { unit: 'percent', value: 30 }, 4 * 60 + 600],
  ['rolling', { unit: 'instances', value: 1 }, 6 * 60 + 600],
] as const)('the waits of %s by %j on 4 to 6 instances are %p seconds', (strategy, step, seconds) => {
  expect(waitsOf({ ...UPDATE, strategy, step, waitSeconds: 60 }, [of(4, 6)])).toBe(seconds);
});

test('steps by count on fleets of unknown size are as many as SageMaker allows', () => {
  const unknown: Fleet = { variant: 'v', serverless: false };
  expect(waitsOf({ ...count('linear', 1), terminationWaitSeconds: 0 }, [unknown])).toBe(10 * 60);
  expect(waitsOf({ ...count('rolling', 1), terminationWaitSeconds: 0 }, [unknown])).toBe(20 * 60);
});

test('the waits are shorter than the time-out', () => {
  const update = percent('canary', 50, { waitSeconds: 300, terminationWaitSeconds: 300 });
  expect(ids({ ...update, timeoutSeconds: 601 }, FLEET)).toEqual([]);
  expect(ids({ ...update, timeoutSeconds: 600 }, FLEET)).toEqual(['endpoint-waits-beyond-timeout']);
  expect(words({ ...update, timeoutSeconds: 600 }, FLEET)).toMatch(
    /add up to 10 minutes, and SageMaker gives an update up after 10/,
  );
});

test('so are the waits together with the time that new instances need, where that is known', () => {
  const update = percent('canary', 50, { waitSeconds: 300, terminationWaitSeconds: 300, startSeconds: 60 });
  expect(ids({ ...update, timeoutSeconds: 660 }, FLEET)).toEqual([]);
  expect(ids({ ...update, timeoutSeconds: 659 }, FLEET)).toEqual(['endpoint-waits-beyond-timeout']);
  expect(words({ ...update, timeoutSeconds: 659 }, FLEET)).toContain('after up to 1 until the new instances are ready');
});

test('the old fleet stays for a while after the full shift, wherever alarms are watched', () => {
  const gone = percent('canary', 50, { terminationWaitSeconds: 0 });
  expect(ids(gone, FLEET)).toEqual(['endpoint-no-final-bake']);
  expect(ids({ ...gone, terminationWaitSeconds: 1 }, FLEET)).toEqual([]);
  expect(ids({ ...gone, alarms: 0 }, FLEET)).toEqual([]);
  expect(ids(percent('rolling', 50, { terminationWaitSeconds: 0 }), FLEET)).toEqual([]);
});

test('ten alarms are watched, an eleventh is refused', () => {
  expect(ids({ ...UPDATE, alarms: 10 }, FLEET)).toEqual([]);
  expect(ids({ ...UPDATE, alarms: 11 }, FLEET)).toEqual(['endpoint-alarm-count']);
});

test('every fault names a page, and all come at once', () => {
  const faults = faultyFleetUpdate(
    percent('canary', 60, { waitSeconds: 4000, terminationWaitSeconds: 0, timeoutSeconds: 600, alarms: 11 }),
    [FLEET],
  );
  expect(faults.map(({ id }) => id)).toEqual([
    'endpoint-canary-size',
    'endpoint-wait',
    'endpoint-waits-beyond-timeout',
    'endpoint-no-final-bake',
    'endpoint-alarm-count',
  ]);
  faults.forEach(({ see }) => expect(see).toMatch(/^https:\/\/docs\.aws\.amazon\.com\/sagemaker\//));
});
