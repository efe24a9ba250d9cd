/* eslint-disable @typescript-eslint/no-unsafe-assignment -- templates and documents are read as plain data */
import { invocationTimeNeverReached, latencyNeverReached, RATIO, SAMPLES } from '../../../../lib/checks/bounds/alarm';

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

test.each([
  [1, 60_000, 0],
  [59_999, 60_000, 0],
  [60_000, 60_000, 1],
  [0, 60_000, 1],
])('a bound of %p ms on a time that ends after %p ms has %p faults', (bound, timeout, faults) => {
  expect(invocationTimeNeverReached('maxLatency', bound, timeout)).toHaveLength(faults);
});

test('a bound that is never reached is told from one that always is', () => {
  expect(invocationTimeNeverReached('maxLatency', 60_000, 60_000)[0].message).toMatch(
    /'alarms.maxLatency' is 60000 ms.*can never fire/,
  );
  expect(invocationTimeNeverReached('maxOverheadLatency', 0, 60_000)[0]).toMatchObject({
    message: expect.stringMatching(/'alarms.maxOverheadLatency' is 0 ms.*never be silent/),
    fix: "set 'alarms.maxOverheadLatency' between 1 and 59999 milliseconds",
  });
});
