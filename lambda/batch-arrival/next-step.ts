/** EventBridge Scheduler starts something within the minute that it was told. */
const MINUTE = 60_000;

/** Nothing is planned for a moment that is nearer than that: it might have passed when AWS hears of it. */
const LEAD = MINUTE;

/** From then on before its time, a run is left alone: it may be under way. */
export const SETTLED = 30_000;

/** Clocks of services may differ by that. */
const SKEW = 10_000;

/** A run that waits for its time; moments are in milliseconds. */
export interface Waiting {
  readonly due: number;
  /** The first arrival that it is for. */
  readonly first: number;
}

export interface Patience {
  /** Time without a further arrival after which a run starts. */
  readonly quiet: number;
  /** Time after its first arrival after which it starts in any case. */
  readonly maxWait: number;
}

/**
 * `create` and `move` lead to a run that sees all of the arrivals. Where nothing is to be done, some may be too late for the run that
 * waits: it may have begun, and the schedule that started it has first to be gone. They come again.
 */
export type Step =
  | { readonly kind: 'create' | 'move'; readonly waiting: Waiting }
  | { readonly kind: 'none'; readonly tooLate: (arrival: number) => boolean };

/** What arrivals mean for the run that waits, if one does. A run is never moved to an earlier time. */
export function nextStep(
  waiting: Waiting | undefined,
  arrivals: readonly number[],
  now: number,
  { quiet, maxWait }: Patience,
): Step {
  const last = arrivals.reduce((latest, each) => Math.max(latest, each), -Infinity);
  const first = arrivals.reduce((earliest, each) => Math.min(earliest, each), waiting?.first ?? Infinity);
  const wanted = wholeMinute(Math.min(last + quiet, first + maxWait));
  const possible = Math.max(wanted, wholeMinute(Math.max(now + LEAD, last + SKEW)));
  if (waiting === undefined) {
    return { kind: 'create', waiting: { due: possible, first } };
  }
  if (waiting.due - now < SETTLED) {
    // A run that begins then lists what was there before.
    return { kind: 'none', tooLate: (arrival) => arrival >= waiting.due - SKEW };
  }
  if (wanted > waiting.due) {
    return { kind: 'move', waiting: { due: possible, first } };
  }
  return first < waiting.first
    ? { kind: 'move', waiting: { due: waiting.due, first } }
    : { kind: 'none', tooLate: () => false };
}

function wholeMinute(moment: number): number {
  return Math.ceil(moment / MINUTE) * MINUTE;
}
