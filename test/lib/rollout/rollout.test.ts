import { Duration, Lazy } from 'aws-cdk-lib';
import { Rollout } from '../../../lib';
import { sharesOf, withoutBake } from '../../../lib/rollout/traffic-shift';

const minutes = (count: number) => Duration.minutes(count);

test('all at once', () => {
  const rollout = Rollout.allAtOnce();
  expect(rollout).toMatchObject({
    description: 'all at once',
    _shift: { kind: 'allAtOnce', intervalMinutes: 0 },
  });
  expect(Rollout.allAtOnce({ bake: minutes(7) })).toMatchObject({
    description: 'all at once, watched for 7 minutes',
    _shift: { bakeMinutes: 7 },
  });
});

test('canary', () => {
  expect(Rollout.canary({ percent: 5, bake: minutes(10) })).toMatchObject({
    description: 'canary 5 % for 10 minutes',
    _shift: { kind: 'canary', step: { percent: 5 }, intervalMinutes: 10 },
  });
});

test('a canary may leave open how long it is watched: each pattern says whether that is enough', () => {
  expect(Rollout.canary({ percent: 5 })).toMatchObject({
    description: 'canary 5 %',
    _shift: { kind: 'canary', step: { percent: 5 }, intervalMinutes: 0 },
  });
});

test('where traffic shifts, a canary must say how long it is watched', () => {
  const ids = (rollout: Rollout) => withoutBake(rollout._shift).map(({ id }) => id);
  expect(ids(Rollout.canary({ percent: 5 }))).toEqual(['rollout-no-bake']);
  expect(ids(Rollout.canary({ percent: 5, finalBake: minutes(5) }))).toEqual(['rollout-no-bake']);
  expect(ids(Rollout.canary({ percent: 5, bake: minutes(1) }))).toEqual([]);
  expect(ids(Rollout.canary({ percent: 5, bake: Duration.minutes(Lazy.number({ produce: () => 5 })) }))).toEqual([]);
  expect(ids(Rollout.allAtOnce())).toEqual([]);
});

test('linear', () => {
  expect(Rollout.linear({ percent: 40, every: minutes(3) })).toMatchObject({
    description: 'linear 40 % every 3 minutes',
    _shift: { kind: 'linear', step: { percent: 40 }, intervalMinutes: 3 },
  });
});

test('rolling', () => {
  expect(Rollout.rolling({ percent: 25, every: minutes(3) })).toMatchObject({
    description: 'rolling 25 % every 3 minutes',
    _shift: { kind: 'rolling', step: { percent: 25 }, intervalMinutes: 3 },
  });
});

test('a step may be a number of instances', () => {
  expect(Rollout.canary({ instances: 1, bake: minutes(10) })).toMatchObject({
    description: 'canary 1 instance for 10 minutes',
    _shift: { step: { instances: 1 } },
  });
  expect(Rollout.linear({ instances: 2, every: minutes(3) })).toMatchObject({
    description: 'linear 2 instances every 3 minutes',
    _shift: { step: { instances: 2 } },
  });
  expect(Rollout.rolling({ instances: 1000, every: minutes(3) })).toMatchObject({
    description: 'rolling 1000 instances every 3 minutes',
    _shift: { step: { instances: 1000 } },
  });
});

test('the watch after the full shift is kept, also one of no time', () => {
  expect(Rollout.canary({ percent: 5, bake: minutes(1), finalBake: minutes(0) })._shift.bakeMinutes).toBe(0);
  expect(Rollout.linear({ percent: 5, every: minutes(1), finalBake: minutes(60) })._shift.bakeMinutes).toBe(60);
});

test.each([minutes(61), Duration.days(1), Duration.seconds(90)].map((wait) => [wait.toString(), wait] as const))(
  'a watch of %s after the full shift is refused',
  (_, finalBake) => {
    expect(() => Rollout.canary({ percent: 5, bake: minutes(1), finalBake })).toThrow(
      /'finalBake'.*rollout-final-bake/,
    );
    expect(() => Rollout.linear({ percent: 5, every: minutes(1), finalBake })).toThrow(/rollout-final-bake/);
  },
);

test.each(['canary', 'linear', 'rolling'] as const)('a %s step has one size, in one unit', (kind) => {
  const make = (options: { percent?: number; instances?: number }) => () =>
    kind === 'canary'
      ? Rollout.canary({ ...options, bake: minutes(1) })
      : Rollout[kind]({ ...options, every: minutes(1) });
  expect(make({})).toThrow(/neither 'percent' nor 'instances' is given: say by one of them.*rollout-step/);
  expect(make({ percent: 5, instances: 1 })).toThrow(/both 'percent' and 'instances' are given.*rollout-step/);
  expect(make({ instances: 0 })).toThrow(/'instances' is 0.*rollout-instances/);
  expect(make({ instances: 1001 })).toThrow(/rollout-instances/);
  expect(make({ instances: 1.5 })).toThrow(/rollout-instances/);
  expect(make({ instances: 1 })).not.toThrow();
});

test('what was told is kept', () => {
  expect(Rollout.canary({ percent: 5, bake: minutes(1), smokeTest: false }).options).toMatchObject({
    smokeTest: false,
  });
});

test.each([1, 99])('%p percent is accepted', (percent) => {
  expect(Rollout.canary({ percent, bake: minutes(1) }).description).toContain(`${percent} %`);
  expect(Rollout.linear({ percent, every: minutes(1) }).description).toContain(`${percent} %`);
});

test.each([0, 100, 50.5, -1, NaN])('%p percent is refused', (percent) => {
  expect(() => Rollout.canary({ percent, bake: minutes(1) })).toThrow(/rollout-percent/);
  expect(() => Rollout.linear({ percent, every: minutes(1) })).toThrow(/rollout-percent/);
});

test.each([minutes(1), minutes(2880), Duration.hours(48), Duration.seconds(120)])(
  'a wait of %p is accepted',
  (wait) => {
    expect(() => Rollout.canary({ percent: 50, bake: wait })).not.toThrow();
    expect(() => Rollout.linear({ percent: 50, every: wait })).not.toThrow();
    expect(() => Rollout.allAtOnce({ bake: wait })).not.toThrow();
  },
);

test.each([minutes(0), minutes(2881), Duration.seconds(90), Duration.days(3)])('a wait of %p is refused', (wait) => {
  expect(() => Rollout.canary({ percent: 50, bake: wait })).toThrow(/rollout-bake/);
  expect(() => Rollout.linear({ percent: 50, every: wait })).toThrow(/rollout-interval/);
  expect(() => Rollout.allAtOnce({ bake: wait })).toThrow(/rollout-bake/);
});

test('a linear shift that takes longer than CodeDeploy allows is refused, with a share that would do', () => {
  expect(() => Rollout.linear({ percent: 1, every: minutes(29) })).not.toThrow();
  expect(() => Rollout.linear({ percent: 1, every: minutes(30) })).toThrow(
    /takes 2970 minutes, allowed are 2880: shift at least 2 %.*codedeploy-shift-too-long/,
  );
});

test('all faults come at once', () => {
  expect(() => Rollout.canary({ percent: 0, bake: minutes(0) })).toThrow(/rollout-percent[^]*rollout-bake/);
});

test('a canary takes values that are known only at deployment', () => {
  const token = Lazy.number({ produce: () => 5 });
  expect(Rollout.canary({ percent: token, bake: minutes(5) })._shift.step).toEqual({ percent: token });
  expect(Rollout.canary({ percent: 5, bake: Duration.minutes(token) })._shift.intervalMinutes).toBe(token);
});

test('the words of a strategy never show the inside of a token', () => {
  const token = Lazy.number({ produce: () => 5 });
  expect(Rollout.canary({ percent: token, bake: Duration.minutes(token) }).description).not.toMatch(/e\+|Token|-1\./);
});

test.each([
  ['percent', { percent: Lazy.number({ produce: () => 5 }), every: minutes(1) }],
  ['instances', { instances: Lazy.number({ produce: () => 5 }), every: minutes(1) }],
  ['every', { percent: 5, every: Duration.minutes(Lazy.number({ produce: () => 5 })) }],
])('steps cannot be planned from %s that are known only at deployment, which is said', (prop, options) => {
  for (const plan of [() => Rollout.linear(options), () => Rollout.rolling(options)]) {
    expect(plan).toThrow(new RegExp(`'${prop}' is known only at deployment.*rollout-unknown-steps`));
  }
});

test.each([
  ['allAtOnce', 100, [100]],
  ['canary', 5, [5, 100]],
  ['linear', 40, [40, 80, 100]],
  ['linear', 50, [50, 100]],
  ['rolling', 30, [30, 60, 90, 100]],
] as const)('%s of %p percent has the new version at %j percent, step by step', (kind, percent, shares) => {
  expect(sharesOf(kind, percent)).toEqual(shares);
});

test('nothing is said of the watch after the full shift unless it is asked for: each pattern has its own', () => {
  for (const rollout of [
    Rollout.allAtOnce(),
    Rollout.canary({ percent: 5, bake: minutes(1) }),
    Rollout.linear({ percent: 5, every: minutes(1) }),
    Rollout.rolling({ percent: 5, every: minutes(1) }),
  ]) {
    expect(rollout._shift.bakeMinutes).toBeUndefined();
  }
});
