/* eslint-disable @typescript-eslint/no-unsafe-assignment -- templates and documents are read as plain data */
import { latencyNeverReached, RATIO, SAMPLES } from '../../../../lib/checks/rules/alarm';

test('a ratio of 0 would fire without a fault, one of 1 could never be exceeded', () => {
  expect(RATIO.min).toBeGreaterThan(0);
  expect(RATIO.max).toBeLessThan(1);
  expect(SAMPLES.min).toBe(1);
});

test.each([
  [9_999, 10_000, 0],
  [10_000, 10_000, 1],
  [10_001, 10_000, 1],
])('a latency bound of %p ms under a time-out of %p ms has %p faults', (latency, timeout, faults) => {
  expect(latencyNeverReached(latency, timeout)).toHaveLength(faults);
});

test('the fault says both numbers and what to do', () => {
  expect(latencyNeverReached(10_000, 10_000)[0]).toMatchObject({
    id: 'alarm-latency-unreachable',
    message: expect.stringMatching(/10000 ms.*10000 ms.*never fire/),
    fix: expect.stringContaining("'timeout'"),
  });
});
