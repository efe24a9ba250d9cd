import { Cron } from 'croner';

const LAST_OF_FIELD: Readonly<Record<string, string>> = { hours: '23', weekdays: '7' };
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/**
 * The last time before another that fits a cron expression of EventBridge Scheduler, as clocks show it; undefined where there is
 * none. croner is told nothing of the time zone: it would make up for a time that clocks leave out, and AWS does not.
 *
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
 */
export function lastFit(fields: string, before: number): number | undefined {
  return new Cron(pattern(fields), {
    timezone: 'UTC',
    mode: '7-part',
    // SUN is 1, and 0/15 is every fifteen from 0 on.
    alternativeWeekdays: true,
    sloppyRanges: true,
  })
    .previousRuns(1, new Date(before))[0]
    ?.getTime();
}

/** AWS has minutes first; croner has seconds, takes L of a week only with its day, and no range over the end of a day or week. */
function pattern(fields: string): string {
  const [minutes, hours, days, months, weekdays, years, ...more] = fields.trim().split(/\s+/);
  if (years === undefined || more.length > 0) {
    throw new Error(`'${fields}' is no cron expression: it has six fields`);
  }
  const ofWeek = weekdays
    .toUpperCase()
    .split(',')
    .map((item) => (item === 'L' ? '7' : item))
    .map((item) => item.replace(/[A-Z]{3}/g, (name) => String(WEEKDAYS.indexOf(name) + 1)))
    .map((item) => overTheEnd(item, '1', LAST_OF_FIELD.weekdays));
  const ofDay = hours.split(',').map((item) => overTheEnd(item, '0', LAST_OF_FIELD.hours));
  return ['0', minutes, ofDay.join(), days, months, ofWeek.join(), years].join(' ');
}

/** 22-2 is 22-23,0-2. */
function overTheEnd(item: string, first: string, last: string): string {
  const [, from, to] = /^(\d+)-(\d+)$/.exec(item) ?? [];
  return from !== undefined && Number(from) > Number(to) ? `${from}-${last},${first}-${to}` : item;
}
