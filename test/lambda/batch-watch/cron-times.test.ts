import fc from 'fast-check';
import { lastFit } from '../../../lambda/batch-watch/cron-times';

const MINUTE = 60_000;
const at = (text: string) => Date.parse(`${text}:00Z`);
const last = (fields: string, before: string) => {
  const found = lastFit(fields, at(before));
  return found === undefined ? undefined : new Date(found).toISOString().slice(0, 16);
};

/** From the guides of EventBridge and of its Scheduler. 1 July 2026 is a Wednesday. */
test.each([
  ['0 10 * * ? *', '2026-07-01T09:59', '2026-06-30T10:00'],
  ['15 12 * * ? *', '2026-07-01T13:00', '2026-07-01T12:15'],
  ['0 18 ? * MON-FRI *', '2026-07-05T23:00', '2026-07-03T18:00'],
  ['0 8 1 * ? *', '2026-07-01T07:00', '2026-06-01T08:00'],
  ['0/15 * * * ? *', '2026-07-01T10:14', '2026-07-01T10:00'],
  ['0/10 * ? * MON-FRI *', '2026-07-05T10:00', '2026-07-03T23:50'],
  ['0/5 8-17 ? * MON-FRI *', '2026-07-03T20:00', '2026-07-03T17:55'],
  ['0/30 22-2 ? * MON-FRI *', '2026-07-03T12:00', '2026-07-03T02:30'],
  ['0/30 22-2 ? * MON-FRI *', '2026-07-05T12:00', '2026-07-03T23:30'],
  ['0 9 ? * 2#1 *', '2026-07-20T00:00', '2026-07-06T09:00'],
  ['15 10 ? * 6L 2022-2023', '2026-07-01T00:00', '2023-12-29T10:15'],
  ['15 10 ? * 6L *', '2026-07-31T11:00', '2026-07-31T10:15'],
])('%s, last before %s, was %s', (fields, before, expected) => {
  expect(last(fields, before)).toBe(expected);
});

describe('what AWS writes otherwise than others: ', () => {
  test.each([
    ['SUN is 1', '0 2 ? * 1 *', '2026-06-28T02:00'],
    ['SAT is 7', '0 2 ? * 7 *', '2026-06-27T02:00'],
    ['days by name', '0 2 ? * sun *', '2026-06-28T02:00'],
    ['a list of days', '0 2 ? * SUN,3 *', '2026-06-30T02:00'],
    ['a range over the end of the week', '0 2 ? * SAT-MON *', '2026-06-29T02:00'],
    ['the last day of the month', '0 2 L * ? *', '2026-06-30T02:00'],
    ['the last day of the week', '0 2 ? * L *', '2026-06-27T02:00'],
    ['the last Thursday', '0 2 ? * 5L *', '2026-06-25T02:00'],
    ['the last Thursday, by name', '0 2 ? * THUL *', '2026-06-25T02:00'],
    ['the weekday nearest to a Saturday', '0 2 13W 6 ? *', '2026-06-12T02:00'],
    ['the weekday nearest to a Sunday', '0 2 14W 6 ? *', '2026-06-15T02:00'],
    ['the weekday nearest to the first, which is a Saturday', '0 2 1W 8 ? *', '2025-08-01T02:00'],
    ['the second Tuesday', '0 2 ? * 3#2 *', '2026-06-09T02:00'],
    ['the second Tuesday, by name', '0 2 ? * TUE#2 *', '2026-06-09T02:00'],
    ['a fifth Monday, which few months have', '0 2 ? * MON#5 *', '2026-06-29T02:00'],
    ['months by name', '0 2 1 JAN,APR ? *', '2026-04-01T02:00'],
    ['a step from a number on', '5/35 14 * * ? *', '2026-06-30T14:40'],
    ['every third month', '0 2 1 1/3 ? *', '2026-04-01T02:00'],
    ['a step within a range', '0-30/10 2 * * ? *', '2026-06-30T02:30'],
    ['years', '0 2 1 1 ? 2020,2024', '2024-01-01T02:00'],
    ['every other year', '0 2 1 1 ? 2021/2', '2025-01-01T02:00'],
    ['29 February', '0 2 29 2 ? *', '2024-02-29T02:00'],
    ['a year to come', '0 2 * * ? 2030', undefined],
    ['a day that no month has', '0 2 30 2 ? *', undefined],
  ])('%s', (_, fields, expected) => {
    expect(last(fields, '2026-07-01T00:00')).toBe(expected);
  });
});

test.each(['0 2 * * ?', '0 2 * * ? * *', '0 25 * * ? *', 'x 2 * * ? *', '0 2 ? * MON#9 *', ''])(
  'refuses what is none: %s',
  (fields) => {
    expect(() => lastFit(fields, at('2026-07-01T00:00'))).toThrow();
  },
);

/** A field as its values, and as it is written. */
const field = (min: number, max: number): fc.Arbitrary<{ text: string; values: ReadonlySet<number> }> => {
  const all = (from: number, to: number, step = 1) =>
    new Set(
      Array.from({ length: max - min + 1 }, (_, index) => min + index).filter(
        (n) => n >= from && n <= to && (n - from) % step === 0,
      ),
    );
  const number = fc.integer({ min, max });
  return fc.oneof(
    fc.constant({ text: '*', values: all(min, max) }),
    number.map((n) => ({ text: String(n), values: new Set([n]) })),
    fc
      .uniqueArray(number, { minLength: 2, maxLength: 4 })
      .map((list) => ({ text: list.join(), values: new Set(list) })),
    fc.tuple(number, number).map(([a, b]) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      return { text: `${from}-${to}`, values: all(from, to) };
    }),
    fc.tuple(number, fc.integer({ min: 1, max: max - min })).map(([from, step]) => ({
      text: `${from}/${step}`,
      values: all(from, max, step),
    })),
  );
};

test('it is the last minute before that fits, by looking at all of them', () => {
  fc.assert(
    fc.property(
      fc.tuple(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(1, 7), fc.boolean()),
      fc.integer({ min: at('2024-01-01T00:00') / MINUTE, max: at('2028-01-01T00:00') / MINUTE }),
      ([minutes, hours, days, months, weekdays, byWeek], moment) => {
        const text = [
          minutes.text,
          hours.text,
          byWeek ? '?' : days.text,
          months.text,
          byWeek ? weekdays.text : '?',
          '*',
        ];
        const before = moment * MINUTE;
        const found = lastFit(text.join(' '), before);
        const fits = (time: number) => {
          const date = new Date(time);
          return (
            minutes.values.has(date.getUTCMinutes()) &&
            hours.values.has(date.getUTCHours()) &&
            months.values.has(date.getUTCMonth() + 1) &&
            (byWeek ? weekdays.values.has(date.getUTCDay() + 1) : days.values.has(date.getUTCDate()))
          );
        };
        // No further than ten weeks: each minute is looked at.
        const least = Math.max(found ?? 0, before - 70 * 24 * 60 * MINUTE);
        let time = before - MINUTE;
        while (time > least && !fits(time)) {
          time -= MINUTE;
        }
        expect(time).toBe(least > (found ?? 0) ? least : found);
        if (found !== undefined) {
          expect(fits(found)).toBe(true);
        }
      },
    ),
    { numRuns: 150 },
  );
}, 60_000);
