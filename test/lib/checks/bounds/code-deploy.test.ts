import * as fc from 'fast-check';
import {
  ALARMS_PER_GROUP,
  LAMBDA_SHIFT_MINUTES,
  linearShares,
  linearShiftTooLong,
  tooManyAlarms,
  TRAFFIC_INCREMENT,
} from '../../../../lib/checks/bounds/code-deploy';

// https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html
test('the bounds are those of the quota page', () => {
  expect(TRAFFIC_INCREMENT).toMatchObject({ min: 1, max: 99 });
  expect(LAMBDA_SHIFT_MINUTES).toMatchObject({ min: 1, max: 2880 });
  expect(ALARMS_PER_GROUP).toBe(10);
});

test.each([
  [50, [50, 100]],
  [30, [30, 60, 90, 100]],
  [99, [99, 100]],
  [1, Array.from({ length: 100 }, (_, step) => step + 1)],
])('steps of %p %% give the shares %p', (percent, shares) => {
  expect(linearShares(percent)).toEqual(shares);
});

test('whatever the step: shares rise, end at 100, and never rise by more than the step', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 99 }), (percent) => {
      const shares = linearShares(percent);
      expect(shares.at(-1)).toBe(100);
      [0, ...shares].slice(0, -1).forEach((before, step) => {
        expect(shares[step]).toBeGreaterThan(before);
        expect(shares[step] - before).toBeLessThanOrEqual(percent);
      });
    }),
  );
});

test.each([
  [10, 320, 0],
  [10, 321, 1],
  [50, 2880, 0],
  [1, 29, 0],
  [1, 30, 1],
])('%p %% every %p minutes has %p faults', (percent, minutes, faults) => {
  expect(linearShiftTooLong(percent, minutes)).toHaveLength(faults);
});

test('the share that the fault proposes is the least that fits', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 2880 }), (percent, minutes) => {
      const [fault] = linearShiftTooLong(percent, minutes);
      fc.pre(fault !== undefined);
      const proposed = Number(/at least (\d+) %/.exec(fault.fix)![1]);
      expect(linearShiftTooLong(proposed, minutes)).toEqual([]);
      expect(linearShiftTooLong(proposed - 1, minutes)).toHaveLength(1);
    }),
  );
});

test.each([
  [0, 0],
  [10, 0],
  [11, 1],
])('%p alarms have %p faults', (count, faults) => {
  expect(tooManyAlarms(count)).toHaveLength(faults);
});
