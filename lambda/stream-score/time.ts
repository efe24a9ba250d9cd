/** Time, for what waits and tries again. */
export interface Time {
  /** Milliseconds since 1970. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

export const REAL_TIME: Time = {
  now: () => Date.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds))),
};

/**
 * How long to wait after so many failures in a row: twice as long each time, up to a limit, and by chance (0 to 1) between half of that
 * and all of it, so that those that failed together do not come back together.
 *
 * @see https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
 */
export function backoff(failures: number, first: number, most: number, chance: number): number {
  return Math.min(most, first * 2 ** (failures - 1)) * (0.5 + chance / 2);
}
