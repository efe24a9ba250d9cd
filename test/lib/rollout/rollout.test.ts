import { Duration, Lazy } from 'aws-cdk-lib';
import { Rollout } from '../../../lib';
import { planOf } from '../../../lib/rollout/rollout';

const minutes = (count: number) => Duration.minutes(count);
const DETAILS = { before: [], watches: [], notes: [], timeToRollBack: minutes(3) };

test('all at once', () => {
  const rollout = Rollout.allAtOnce();
  expect(rollout).toMatchObject({
    description: 'all at once',
    _shift: { kind: 'allAtOnce', shares: [100], intervalMinutes: 0, bakeMinutes: 0 },
  });
  expect(Rollout.allAtOnce({ bake: minutes(7) })).toMatchObject({
    description: 'all at once, watched for 7 minutes',
    _shift: { bakeMinutes: 7 },
  });
});

test('canary', () => {
  expect(Rollout.canary({ percent: 5, bake: minutes(10) })).toMatchObject({
    description: 'canary 5 % for 10 minutes',
    _shift: { kind: 'canary', shares: [5, 100], intervalMinutes: 10, bakeMinutes: 0 },
  });
});

test('linear', () => {
  expect(Rollout.linear({ percent: 40, every: minutes(3) })).toMatchObject({
    description: 'linear 40 % every 3 minutes',
    _shift: { kind: 'linear', shares: [40, 80, 100], intervalMinutes: 3, bakeMinutes: 0 },
  });
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
  expect(Rollout.canary({ percent: token, bake: minutes(5) })._shift.shares[0]).toBe(token);
  expect(Rollout.canary({ percent: 5, bake: Duration.minutes(token) })._shift.intervalMinutes).toBe(token);
});

test('the words of a strategy never show the inside of a token', () => {
  const token = Lazy.number({ produce: () => 5 });
  expect(Rollout.canary({ percent: token, bake: Duration.minutes(token) }).description).not.toMatch(/e\+|Token|-1\./);
});

test.each([
  ['percent', { percent: Lazy.number({ produce: () => 5 }), every: minutes(1) }],
  ['every', { percent: 5, every: Duration.minutes(Lazy.number({ produce: () => 5 })) }],
])('steps cannot be planned from a %s that is known only at deployment, which is said', (prop, options) => {
  expect(() => Rollout.linear(options)).toThrow(new RegExp(`'${prop}'`));
});

test('the plan has each step with its time, and the whole', () => {
  const plan = planOf(Rollout.linear({ percent: 40, every: minutes(3) }), DETAILS);
  expect(plan.steps.map(({ percent, startsAfter }) => [percent, startsAfter.toMinutes()])).toEqual([
    [40, 0],
    [80, 3],
    [100, 6],
  ]);
  expect(plan.duration.toMinutes()).toBe(6);
  expect(plan).toMatchObject({ strategy: 'linear 40 % every 3 minutes', ...DETAILS });
});

test('a watch after the last step counts', () => {
  expect(planOf(Rollout.allAtOnce({ bake: minutes(9) }), DETAILS).duration.toMinutes()).toBe(9);
});
