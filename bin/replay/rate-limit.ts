/** Time, for what waits; a wait ends early when the signal says so. */
export interface ReplayTime {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

const SECOND = 1000;

/**
 * Never more than so many records within any second, however they come. What was let through counts for a second: a bucket of tokens
 * would let twice as many through in the second after a pause.
 */
export class RateLimit {
  private readonly recent: { readonly at: number; readonly count: number }[] = [];

  public constructor(
    private readonly perSecond: number,
    private readonly time: ReplayTime,
  ) {}

  /** Resolves when so many more may go, at most as many as in a second; or when the signal says so, and then nothing counts. */
  public async take(count: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const now = this.time.now();
      while (this.recent.length > 0 && this.recent[0].at + SECOND <= now) {
        this.recent.shift();
      }
      const going = this.recent.reduce((sum, { count: each }) => sum + each, 0);
      if (signal.aborted) {
        return;
      }
      if (going + count <= this.perSecond || this.recent.length === 0) {
        this.recent.push({ at: now, count });
        return;
      }
      await this.time.sleep(this.recent[0].at + SECOND - now, signal);
    }
  }
}
