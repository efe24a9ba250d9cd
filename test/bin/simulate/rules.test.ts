import { isHigher, shiftInterval } from '../../../bin/simulate/rules/mann-whitney';
import { fixedAlarm } from '../../../bin/simulate/rules/fixed-alarm';
import type { Scenario } from '../../../bin/simulate/scenario';
import { minuteOf } from '../../lambda/rollout-judge/counts';

const SCENARIO: Scenario = {
  requestsPerMinute: 600,
  steps: [5, 100].map((percent) => ({ percent, bakeMinutes: 4 })),
  errorRate: 0,
  newErrorRate: 0,
  burstiness: 0,
  reactionMinutes: 1,
};

test('the interval of Mann and Whitney is that which Kayenta publishes', () => {
  const { low, estimate, high } = shiftInterval([10, 20, 30, 40], [1, 2, 3, 4], 1.959963984540054);
  expect([low, estimate, high]).toEqual([6, 22.5, 39].map((value) => expect.closeTo(value, 6) as number));
});

test('rates that are all the same are not higher', () => {
  expect(isHigher([0, 0, 0], [0, 0, 0])).toBe(false);
});

test('the alarm needs two of three minutes, and lets go on when the bake is over', () => {
  const rule = fixedAlarm(0.01);
  const told = (...bad: number[]): string[] => {
    const judge = rule.start(SCENARIO);
    return bad.map((count, at) => judge(minuteOf(at, 0, [100, 100, count, 0])));
  };
  expect(told(2, 0, 2)).toEqual(['HOLD', 'HOLD', 'ROLLBACK']);
  expect(told(2, 0, 0, 2)).toEqual(['HOLD', 'HOLD', 'HOLD', 'PROMOTE']);
  expect(told(1, 1, 1, 1)).toEqual(['HOLD', 'HOLD', 'HOLD', 'PROMOTE']);
});
