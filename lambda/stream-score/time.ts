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
 * How long to wait after so many failures: up to twice as long each time, and at random, so that those that failed together do not
 * try again together.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoff(failures: number, first: number, longest: number, random: () => number): number {
  const most = Math.min(longest, first * 2 ** (failures - 1));
  return most / 2 + (random() * most) / 2;
}
