import fc from 'fast-check';
import { nextStep, type Step } from '../../../lambda/batch-arrival/next-step';

const MINUTE = 60_000;
const PATIENCE = { quiet: 5 * MINUTE, maxWait: 30 * MINUTE };
const at = (minutes: number) => minutes * MINUTE;

/** What becomes of arrivals at these minutes, at another. */
const step = (arrivals: number[], now: number, waiting?: { due: number; first: number }): Step =>
  nextStep(waiting && { due: at(waiting.due), first: at(waiting.first) }, arrivals.map(at), at(now), PATIENCE);

const inMinutes = (found: Step) =>
  found.kind === 'none' ? 'none' : [found.kind, found.waiting.due / MINUTE, found.waiting.first / MINUTE];

test('the first arrival lets a run wait for the quiet period', () => {
  expect(inMinutes(step([100], 100.2))).toEqual(['create', 105, 100]);
});

test('from the last of several on, and on a whole minute, as nothing finer is kept', () => {
  expect(inMinutes(step([100.3, 102.1, 101], 102.4))).toEqual(['create', 108, 100.3]);
});

test('a further arrival moves it', () => {
  expect(inMinutes(step([103], 103.2, { due: 105, first: 100 }))).toEqual(['move', 108, 100]);
});

test('one of the same minute does not', () => {
  expect(inMinutes(step([99.9], 100.4, { due: 105, first: 99.5 }))).toBe('none');
});

test('however many come, it starts after the longest time', () => {
  expect(inMinutes(step([128], 128.2, { due: 129, first: 100 }))).toEqual(['move', 130, 100]);
  expect(inMinutes(step([129], 129.2, { due: 130, first: 100 }))).toBe('none');
  expect(inMinutes(step([129.4], 129.49, { due: 130, first: 100 }))).toBe('none');
});

test('it is never moved to an earlier time, also when an old message comes late', () => {
  expect(inMinutes(step([10], 103.2, { due: 107, first: 100 }))).toEqual(['move', 107, 10]);
});

test('what waited too long itself is started soon, but not so soon that the time has passed when AWS hears of it', () => {
  expect(inMinutes(step([10, 99], 100.2))).toEqual(['create', 102, 10]);
});

describe('within half a minute of its time, a run is left alone: ', () => {
  const late = (arrival: number, now: number) => {
    const found = step([arrival], now, { due: 105, first: 100 });
    return found.kind === 'none' ? found.tooLate(at(arrival)) : found.kind;
  };

  test.each([
    ['31 seconds before, it is moved', 104.45, 104.48, 'move'],
    ['29 seconds before, it will see what was there', 104.5, 104.52, false],
    ['also what is told of only when it has begun', 104.8, 106, false],
    ['what came in its last seconds is told of once more, as clocks differ', 104.84, 104.9, true],
    ['what came when it may have begun, too', 105.1, 105.2, true],
    ['also long after, while it has not gone', 120, 120.1, true],
  ])('%s', (_, arrival, now, expected) => {
    expect(late(arrival, now)).toBe(expected);
  });
});

test('whatever comes, a run that is planned is in the future, after each arrival, and not later than it should', () => {
  const moment = fc.integer({ min: 0, max: 10_000_000 });
  fc.assert(
    fc.property(
      fc.array(moment, { minLength: 1, maxLength: 50 }),
      moment,
      fc.option(fc.record({ due: moment, first: moment }), { nil: undefined }),
      fc.record({
        quiet: fc.integer({ min: MINUTE, max: 60 * MINUTE }),
        more: fc.integer({ min: 0, max: 300 * MINUTE }),
      }),
      (arrivals, later, waiting, { quiet, more }) => {
        const now = Math.max(...arrivals) + later;
        const found = nextStep(waiting, arrivals, now, { quiet, maxWait: quiet + more });
        if (found.kind === 'none') {
          arrivals.filter((each) => !found.tooLate(each)).forEach((each) => expect(each).toBeLessThan(waiting!.due));
          return;
        }
        const { due, first } = found.waiting;
        expect(due === waiting?.due || due % MINUTE === 0).toBe(true);
        expect(due).toBeGreaterThanOrEqual(now + MINUTE / 2);
        expect(due).toBeGreaterThan(Math.max(...arrivals));
        expect(due).toBeGreaterThanOrEqual(waiting?.due ?? 0);
        const longest = Math.max(now + 2 * MINUTE, first + quiet + more + MINUTE, waiting?.due ?? 0);
        expect(due).toBeLessThanOrEqual(longest);
      },
    ),
    { numRuns: 2000 },
  );
});
