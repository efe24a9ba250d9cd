import { lastFit } from './cron-times';
import { momentsOf, wallTime } from './wall-clock';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** A run that has not begun by then is missed. EventBridge Scheduler is at most a minute late, unless it has to try again. */
export const TOLERANCE = 10 * MINUTE;

/** A schedule that was made or changed within this time before it is due may be too late for that. */
const TAKES_EFFECT = MINUTE;

/** Step Functions forgets an execution after 90 days, or after 30 where somebody asked for that. */
export const LOOK_BACK = 28 * DAY;

/** A schedule as EventBridge Scheduler has it; moments are in milliseconds. */
export interface Schedule {
  /** `cron(...)`, `rate(...)` or `at(...)`. */
  readonly expression: string;
  readonly timeZone: string;
  readonly enabled: boolean;
  /** When it was made or changed last: by which times it went before, nobody knows. */
  readonly changed: number;
  readonly start?: number;
  readonly end?: number;
  /** How much later than its time it may start something. */
  readonly windowMinutes: number;
}

/**
 * From when on a run must have begun by now: the last time of the schedule that is long enough ago. Undefined where there is none,
 * as the schedule is too new or its last time too old.
 */
export function lastDue(schedule: Schedule, now: number): number | undefined {
  const [, kind, content] = /^(cron|rate|at)\((.+)\)$/.exec(schedule.expression.trim()) ?? [];
  const latest = now - TOLERANCE - schedule.windowMinutes * MINUTE;
  const { changed, start = 0, end = Infinity } = schedule;
  const due = dueOf(kind, content, schedule, Math.min(latest, end));
  return due !== undefined && due >= Math.max(changed + TAKES_EFFECT, start, now - LOOK_BACK) ? due : undefined;
}

function dueOf(
  kind: string | undefined,
  content: string,
  { expression, timeZone }: Schedule,
  latest: number,
): number | undefined {
  switch (kind) {
    case 'cron':
      return dueOfCron(content, timeZone, latest);
    case 'rate':
      // Nobody tells when the last one was. But within any such time, there must have been one.
      return latest - rateOf(content);
    case 'at':
      return heldBy(Date.parse(`${content}Z`), timeZone, latest);
    default:
      throw new Error(`'${expression}' is no schedule: it is cron(...), rate(...) or at(...)`);
  }
}

function dueOfCron(fields: string, timeZone: string, latest: number): number | undefined {
  let wall = lastFit(fields, wallTime(latest, timeZone) + 1);
  while (wall !== undefined && wall > latest - LOOK_BACK - DAY) {
    const due = heldBy(wall, timeZone, latest);
    if (due !== undefined) {
      return due;
    }
    wall = lastFit(fields, wall);
  }
  return undefined;
}

/**
 * The moment of a wall time, if it has passed. A time that clocks leave out is none, as AWS leaves it out, too. One that comes
 * twice is used once, and AWS does not say which: it is the first, and has passed when the second has.
 */
function heldBy(wall: number, timeZone: string, latest: number): number | undefined {
  const moments = momentsOf(wall, timeZone);
  return moments.length > 0 && moments.at(-1)! <= latest ? moments[0] : undefined;
}

const UNITS: Readonly<Record<string, number>> = { minute: MINUTE, hour: 60 * MINUTE, day: DAY };

function rateOf(content: string): number {
  const [value, unit] = content.trim().split(/\s+/);
  const length = Number(value) * UNITS[unit?.replace(/s$/, '')];
  if (!(length > 0)) {
    throw new Error(`'rate(${content})' is no rate: it is a number of minutes, hours or days`);
  }
  return length;
}
