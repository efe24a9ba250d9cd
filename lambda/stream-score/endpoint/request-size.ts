/** Share of the time that a call has below which more records would fit as well. */
const EASY = 0.4;
const RISE = 1.25;

/**
 * How many records a request has. An endpoint that does not answer so many in the time that a call has, or refuses them when there is no
 * time left to find out which it is, would do the same the next time, and their shard would wait for ever: so the next requests have
 * half as many, and more again when answers come soon.
 */
export class RequestSize {
  private limit = Infinity;

  /** Of so many at most. */
  public of(most: number): number {
    return Math.max(1, Math.min(most, Math.floor(this.limit)));
  }

  public tooMany(records: number): void {
    this.limit = Math.min(this.limit, Math.max(1, records / 2));
  }

  public answered(records: number, took: number, allowed: number): void {
    // What a smaller request took says nothing of one that is as large as they may be.
    if (took < EASY * allowed && records >= Math.floor(this.limit)) {
      this.limit *= RISE;
    }
  }
}
