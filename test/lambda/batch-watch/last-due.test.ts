import { lastDue, type Schedule, TOLERANCE } from '../../../lambda/batch-watch/last-due';

const MINUTE = 60_000;
const at = (text: string) => Date.parse(`${text}:00Z`);

const schedule = (expression: string, more: Partial<Schedule> = {}): Schedule => ({
  expression,
  timeZone: 'UTC',
  enabled: true,
  changed: at('2020-01-01T00:00'),
  windowMinutes: 0,
  ...more,
});

const due = (now: string, expression: string, more?: Partial<Schedule>) => {
  const found = lastDue(schedule(expression, more), at(now));
  return found === undefined ? undefined : new Date(found).toISOString().slice(0, 16);
};

test('what was due less than the tolerance ago may still begin', () => {
  const nightly = schedule('cron(0 2 * * ? *)');
  const tonight = at('2026-07-02T02:00');
  expect(lastDue(nightly, tonight + TOLERANCE - 1)).toBe(at('2026-07-01T02:00'));
  expect(lastDue(nightly, tonight + TOLERANCE)).toBe(tonight);
});

test('a flexible window comes on top', () => {
  const nightly = schedule('cron(0 2 * * ? *)', { windowMinutes: 60 });
  const tonight = at('2026-07-02T02:00');
  expect(lastDue(nightly, tonight + TOLERANCE + 60 * MINUTE - 1)).toBe(at('2026-07-01T02:00'));
  expect(lastDue(nightly, tonight + TOLERANCE + 60 * MINUTE)).toBe(tonight);
});

describe('before it was made or changed, nothing was due: ', () => {
  test.each([
    ['a minute before', '2026-07-02T01:59', '2026-07-02T02:00'],
    ['less than a minute before', '2026-07-02T01:59:30', undefined],
    ['after', '2026-07-02T02:01', undefined],
  ])('%s', (_, changed, expected) => {
    const more = { changed: Date.parse(changed.length > 16 ? `${changed}Z` : `${changed}:00Z`) };
    expect(due('2026-07-02T12:00', 'cron(0 2 * * ? *)', more)).toBe(expected);
  });
});

test('nor before it starts, nor after it ends', () => {
  const expression = 'cron(0 2 * * ? *)';
  expect(due('2026-07-02T12:00', expression, { start: at('2026-07-02T02:00') })).toBe('2026-07-02T02:00');
  expect(due('2026-07-02T12:00', expression, { start: at('2026-07-02T02:01') })).toBeUndefined();
  expect(due('2026-07-02T12:00', expression, { end: at('2026-07-01T12:00') })).toBe('2026-07-01T02:00');
});

test('what was due four weeks ago is not asked for any more: the history of its run may be gone', () => {
  expect(due('2026-02-07T02:00', 'cron(0 2 10 1 ? *)')).toBe('2026-01-10T02:00');
  expect(due('2026-02-07T02:01', 'cron(0 2 10 1 ? *)')).toBeUndefined();
});

describe('clocks of the time zone: ', () => {
  test.each([
    ['in summer', 'Europe/Zurich', '2026-07-02T12:00', '2026-07-02T00:00'],
    ['in winter', 'Europe/Zurich', '2026-12-02T12:00', '2026-12-02T01:00'],
    ['where it is tomorrow already', 'Pacific/Auckland', '2026-07-02T15:00', '2026-07-02T14:00'],
    ['where it is still yesterday', 'America/Los_Angeles', '2026-07-02T08:00', '2026-07-01T09:00'],
  ])('%s', (_, timeZone, now, expected) => {
    expect(due(now, 'cron(0 2 * * ? *)', { timeZone })).toBe(expected);
  });

  test('a time that they leave out in spring is not due, as AWS skips it', () => {
    const newYork = { timeZone: 'America/New_York' };
    expect(due('2026-03-08T12:00', 'cron(30 2 * * ? *)', newYork)).toBe('2026-03-07T07:30');
    expect(due('2026-03-09T12:00', 'cron(30 2 * * ? *)', newYork)).toBe('2026-03-09T06:30');
  });

  test('a time that comes twice in autumn is due once: it may begin at either', () => {
    const newYork = { timeZone: 'America/New_York' };
    const first = '2026-11-01T05:30';
    expect(due('2026-11-01T05:45', 'cron(30 1 * * ? *)', newYork)).toBe('2026-10-31T05:30');
    expect(due('2026-11-01T06:39', 'cron(30 1 * * ? *)', newYork)).toBe('2026-10-31T05:30');
    expect(due('2026-11-01T06:40', 'cron(30 1 * * ? *)', newYork)).toBe(first);
    expect(due('2026-11-02T06:00', 'cron(30 1 * * ? *)', newYork)).toBe(first);
  });

  test('every quarter of an hour through the night on which they go back', () => {
    const newYork = { timeZone: 'America/New_York' };
    for (let now = at('2026-11-01T04:00'); now < at('2026-11-01T09:00'); now += MINUTE) {
      const found = lastDue(schedule('cron(0/15 * * * ? *)', newYork), now)!;
      // Never younger than the tolerance, and never older than the hour that comes twice and what lies between two.
      expect(now - found).toBeGreaterThanOrEqual(TOLERANCE);
      expect(now - found).toBeLessThan(TOLERANCE + 75 * MINUTE);
    }
  });
});

describe('a rate: ', () => {
  test.each([
    ['rate(1 minute)', '2026-07-02T11:49'],
    ['rate(15 minutes)', '2026-07-02T11:35'],
    ['rate(2 hours)', '2026-07-02T09:50'],
    ['rate(5 days)', '2026-06-27T11:50'],
  ])('within %s and the tolerance there must have been one', (expression, expected) => {
    expect(due('2026-07-02T12:00', expression)).toBe(expected);
  });

  test('not before it has gone on for so long', () => {
    expect(due('2026-07-02T12:00', 'rate(1 day)', { changed: at('2026-07-01T11:49') })).toBe('2026-07-01T11:50');
    expect(due('2026-07-02T12:00', 'rate(1 day)', { changed: at('2026-07-01T11:50') })).toBeUndefined();
  });

  test('when it has ended, the last time before that counts', () => {
    expect(due('2026-07-02T12:00', 'rate(1 day)', { end: at('2026-07-02T06:00') })).toBe('2026-07-01T06:00');
  });

  test('of more than four weeks is not watched', () => {
    expect(due('2026-07-02T12:00', 'rate(28 days)')).toBeUndefined();
    expect(due('2026-07-02T12:00', 'rate(27 days)')).toBe('2026-06-05T11:50');
  });
});

describe('a single time: ', () => {
  test.each([
    ['UTC', '2026-07-02T02:09', undefined],
    ['UTC', '2026-07-02T02:10', '2026-07-02T02:00'],
    ['Europe/Zurich', '2026-07-02T00:10', '2026-07-02T00:00'],
    ['UTC', '2026-08-02T00:00', undefined],
  ])('in %s, at %s', (timeZone, now, expected) => {
    expect(due(now, 'at(2026-07-02T02:00:00)', { timeZone })).toBe(expected);
  });
});

test.each(['cron(0 2 * * ?)', 'rate(0 minutes)', 'rate(5 weeks)', 'rate(five)', 'every(1 day)', '', 'cron()'])(
  'what is no schedule is said, and not taken for one without a time: %s',
  (expression) => {
    expect(() => lastDue(schedule(expression), at('2026-07-02T12:00'))).toThrow(/is no|Cron/);
  },
);
