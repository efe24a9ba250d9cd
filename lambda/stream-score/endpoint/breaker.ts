import type { Time } from '../time';

/** Failures in a row after which an endpoint is not called for a while. */
const FAILURES = 8;
/** How long, in milliseconds: the first time, and at most. */
const FIRST_PAUSE = 5_000;
const LONGEST_PAUSE = 60_000;
/** How often one that waits for the result of the trial looks. */
const LOOK = 100;

/**
 * Spares an endpoint that fails (5xx, no answer, time-out). It outlives the invocation.
 *
 * - closed: calls go out. After {@link FAILURES} failures in a row, without an answer between them, it opens.
 * - open: no calls, for 5 seconds, and twice as long each time that a trial fails, up to a minute.
 * - half-open: after that, one call at a time as a trial. Its answer closes the breaker, its failure opens it again.
 *
 * An invocation waits for the trial as long as its time allows, as one that gave up at once would use up the retries of its records.
 */
export class Breaker {
  private failures = 0;
  private opened = 0;
  private openUntil = 0;
  private trial = false;
  /** Of the last failure. */
  public reason = '';

  public constructor(private readonly time: Time) {}

  public get state(): 'closed' | 'open' | 'half-open' {
    return this.opened === 0 ? 'closed' : this.time.now() < this.openUntil ? 'open' : 'half-open';
  }

  /**
   * Waits until a call may go out; false where that would be too late. Whoever gets true says how the call ended. A trial goes out
   * only where there is time for it: one that is cut short says nothing of the endpoint, and would spare it again.
   */
  public async pass(remaining: () => number, timeForTrial: () => boolean): Promise<boolean> {
    while (this.state !== 'closed' && (this.state === 'open' || this.trial)) {
      const wait = this.state === 'open' ? this.openUntil - this.time.now() : LOOK;
      if (wait >= remaining()) {
        return false;
      }
      await this.time.sleep(wait);
    }
    if (this.opened > 0 && !timeForTrial()) {
      return false;
    }
    this.trial = this.opened > 0;
    return true;
  }

  /** The endpoint is there, also where it had too many calls, or the model refused what it got. */
  public answered(): void {
    this.failures = 0;
    this.opened = 0;
    this.trial = false;
  }

  public failed(reason: string): void {
    this.reason = reason;
    this.failures++;
    if (this.state !== 'open' && (this.trial || this.failures >= FAILURES)) {
      this.openUntil = this.time.now() + Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.opened);
      this.opened++;
      this.trial = false;
    }
  }

  /** A call that was let through did not go out. */
  public leave(): void {
    this.trial = false;
  }
}
