import type { Time } from '../time';

/** Calls a second: of a fresh environment, and what is left when an endpoint refuses nearly all. */
const FIRST_RATE = 10;
const LEAST_RATE = 0.5;

/** After a refusal the rate stays for so long, in milliseconds, and for so many answers, before a higher one is tried. */
const HOLD = 2_000;
/** After a rise that went well. */
const SHORT_HOLD = 250;
const ANSWERS = 3;

/** The first rise after a refusal, when the limit may be near, and those after it. */
const FIRST_RISE = 1.25;
const RISE = 2;

/** A refusal lowers the rate to the share of calls that got an answer at it, within these bounds. */
const LOWEST_SHARE = 0.3;
const HIGHEST_SHARE = 0.8;
const LATELY = 1_000;

/**
 * How fast an endpoint is called: as fast as it takes calls. It outlives the invocation, so that the next one need not find that out again.
 *
 * A refused call (429, or a service that is not available) lowers the rate, once for all calls that were under way by then. Answers
 * raise it again, step by step: after a refusal a little, then twice as fast each time. With what it takes, every second of
 * overload is paid by at least two seconds within the limit, so that few calls are refused; and from the least rate to hundreds of calls
 * a second it takes less than 20 seconds.
 */
export class Pace {
  private rate = FIRST_RATE;
  private nextAt = 0;
  private changedAt = -Infinity;
  private hold = 0;
  private rise = RISE;
  private answersSince = 0;
  /** Calls that ended lately: when, and whether with an answer. */
  private ended: { readonly at: number; readonly answered: boolean }[] = [];

  public constructor(private readonly time: Time) {}

  /** Calls a second, at most. */
  public get callsPerSecond(): number {
    return this.rate;
  }

  /** Waits for the turn of a call; false where the turn would come too late. */
  public async turn(remaining: () => number): Promise<boolean> {
    for (;;) {
      const wait = this.nextAt - this.time.now();
      if (Math.max(0, wait) >= remaining()) {
        return false;
      }
      if (wait <= 0) {
        // A pause is no credit: after it calls go out one by one as well.
        this.nextAt = this.time.now() + 1_000 / this.rate;
        return true;
      }
      await this.time.sleep(wait);
    }
  }

  /** The endpoint took a call. */
  public answered(): void {
    const now = this.time.now();
    this.ended.push({ at: now, answered: true });
    this.forget(now);
    this.answersSince++;
    if (now - this.changedAt >= this.hold && this.answersSince >= ANSWERS) {
      this.change(this.rate * this.rise, SHORT_HOLD, RISE, now);
    }
  }

  /** The endpoint had too many calls; this one began at that time. */
  public refused(begunAt: number): void {
    const now = this.time.now();
    this.ended.push({ at: now, answered: false });
    this.forget(now);
    if (begunAt < this.changedAt && this.rise === FIRST_RISE) {
      // It went out before the rate was lowered: that was paid for.
      return;
    }
    // Of what ended since the rate was changed, with one more answer than there were: the first call alone says little.
    const since = this.ended.filter(({ at }) => at >= this.changedAt);
    const answers = since.filter(({ answered }) => answered).length;
    const share = Math.min(HIGHEST_SHARE, Math.max(LOWEST_SHARE, (answers + 1) / (since.length + 1)));
    // The rate may be far above what was asked of the endpoint: what counts is how many calls there were. But few calls say little.
    const lately = (this.ended.length * 1_000) / LATELY;
    const asked = Math.min(this.rate, Math.max(lately, FIRST_RATE / 4));
    this.change(Math.max(LEAST_RATE, asked * share), HOLD, FIRST_RISE, now);
    this.nextAt = now + 1_000 / this.rate;
  }

  private change(rate: number, hold: number, rise: number, now: number): void {
    this.rate = rate;
    this.hold = hold;
    this.rise = rise;
    this.changedAt = now;
    this.answersSince = 0;
  }

  private forget(now: number): void {
    while (this.ended.length > 0 && this.ended[0].at <= now - LATELY) {
      this.ended.shift();
    }
  }
}
