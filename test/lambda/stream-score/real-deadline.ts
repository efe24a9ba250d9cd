import type { Deadline } from '../../../lambda/stream-score/ports';

/** A deadline so many milliseconds from now, by the clock. */
export function realDeadline(milliseconds: number): Deadline {
  const end = Date.now() + milliseconds;
  return { remaining: () => end - Date.now(), signal: AbortSignal.timeout(milliseconds) };
}
