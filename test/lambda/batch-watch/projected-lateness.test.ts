import fc from 'fast-check';
import { projectedLateness } from '../../../lambda/batch-watch/projected-lateness';

const HOUR = 3600;
const hours = (count: number) => count * HOUR * 1000;
const lateness = (elapsed: number, partitions?: { begun?: number; total: number; done: number; running: number }) =>
  projectedLateness(
    { begun: 0, partitions: partitions && { ...partitions, begun: hours(partitions.begun ?? 0) } },
    6 * HOUR,
    hours(elapsed),
  );

test('while the input is listed and the first part is judged, the time that has passed counts', () => {
  expect(lateness(1.5)).toBeCloseTo(0.25);
  expect(lateness(7)).toBeCloseTo(7 / 6);
});

test.each([
  ['nothing is done', { total: 1000, done: 0, running: 20 }],
  ['fewer are done than are at work', { total: 1000, done: 19, running: 20 }],
  ['nothing is at work yet', { total: 0, done: 0, running: 0 }],
])('%s: no projection from so little', (_, partitions) => {
  expect(lateness(1, partitions)).toBeCloseTo(1 / 6);
});

test('from then on, it is late when the rest would take longer than there is time', () => {
  expect(lateness(1, { total: 1000, done: 80, running: 20 })).toBeCloseTo(10 / 6);
  expect(lateness(1, { total: 500, done: 80, running: 20 })).toBeCloseTo(5 / 6);
});

test('what went before the partitions is not projected', () => {
  expect(lateness(2, { begun: 1, total: 500, done: 80, running: 20 })).toBeCloseTo(6 / 6);
});

test('when everything is done, the time that has passed counts', () => {
  expect(lateness(3, { begun: 1, total: 500, done: 500, running: 0 })).toBeCloseTo(0.5);
});

test('a run that is past its deadline is late whatever it still does', () => {
  expect(lateness(6.5, { total: 10, done: 9, running: 1 })).toBeGreaterThan(1);
});

/** Workers that take one partition after another, each of about the same length; what a look at a moment sees. */
const run = fc.record({
  workers: fc.integer({ min: 1, max: 40 }),
  partitions: fc.integer({ min: 1, max: 600 }),
  seconds: fc.integer({ min: 20, max: 600 }),
  before: fc.integer({ min: 0, max: 900 }),
});

interface Run {
  readonly workers: number;
  readonly partitions: number;
  readonly seconds: number;
  readonly before: number;
}

function seen({ workers, partitions, seconds, before }: Run, now: number) {
  const rounds = Math.floor((now - before) / seconds);
  const done = Math.min(partitions, rounds * workers);
  return now < before
    ? undefined
    : { begun: before * 1000, total: partitions, done, running: Math.min(workers, partitions - done) };
}

const length = ({ workers, partitions, seconds, before }: Run) => before + Math.ceil(partitions / workers) * seconds;

test('a run that will keep its deadline is never called late, whenever one looks', () => {
  fc.assert(
    fc.property(run, fc.double({ min: 0, max: 1, noNaN: true }), (made, when) => {
      const now = when * length(made);
      const progress = { begun: 0, partitions: seen(made, now) };
      expect(projectedLateness(progress, length(made), now * 1000)).toBeLessThanOrEqual(1 + 1e-9);
    }),
    { numRuns: 2000 },
  );
});

test('one that takes half as long again is called late well before its deadline, when there are many rounds', () => {
  fc.assert(
    fc.property(run, (made) => {
      fc.pre(made.partitions >= 10 * made.workers);
      const deadline = length({ ...made, before: 0 }) / 1.5;
      const now = deadline * 0.75;
      const progress = { begun: 0, partitions: seen({ ...made, before: 0 }, now) };
      expect(projectedLateness(progress, deadline, now * 1000)).toBeGreaterThan(1);
    }),
    { numRuns: 2000 },
  );
});
