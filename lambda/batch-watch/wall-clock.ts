const DAY = 24 * 3600 * 1000;

/** What clocks of a time zone show at a moment, as if it were UTC; both in milliseconds. */
export function wallTime(moment: number, timeZone: string): number {
  const parts = clockOf(timeZone).formatToParts(moment);
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((each) => each.type === type)!.value);
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

/** The moments at which clocks of a time zone show this, in order: two where clocks go back, none where they leave it out. */
export function momentsOf(wall: number, timeZone: string): number[] {
  // What the zone is ahead of UTC changes at most once within two days.
  const ahead = [wall - DAY, wall + DAY].map((near) => wallTime(near, timeZone) - near);
  return [...new Set(ahead.map((offset) => wall - offset))]
    .filter((moment) => wallTime(moment, timeZone) === wall)
    .sort((one, other) => one - other);
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** Making one takes longer than reading it a hundred times. */
function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone);
  if (known !== undefined) {
    return known;
  }
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  clocks.set(timeZone, clock);
  return clock;
}
