import type { Deadline } from '../ports';
import { backoff, type Time } from '../time';
import { isTransient } from '../transient-error';

/** What is written. Of two with the same key, the later one is not written before the earlier one is. */
export interface Entry {
  readonly key: string;
  readonly bytes: number;
}

/**
 * Writes entries by one call, and answers for each whether it was written. An entry of which that cannot be said was not: it may be
 * written twice then, never not at all. Rejects where the whole call failed. Gives up after so many milliseconds.
 */
export type Put<E extends Entry> = (entries: readonly E[], milliseconds: number) => Promise<readonly boolean[]>;

export interface CallLimits {
  readonly entries: number;
  readonly bytes: number;
  /** Calls under way at a time. */
  readonly calls: number;
}

/** In milliseconds: after the first failure of an entry, and at most. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 2_000;

/** So long before the deadline it ends, in milliseconds, that what is written by then can still be said. */
const MARGIN = 100;

/**
 * An entry that failed so often is no chance: what comes after it, and was not tried yet, waits for it, so that less is written twice when the time runs out
 * before it gets through.
 */
const HOLDING_FAILURES = 3;

/**
 * Writes entries by calls of which each may fail in part, and answers how many from the first are written.
 *
 * A call has each key once, as the service need not take the entries of a call in their order, nor all of them:
 * so a key's next entry goes out when the one before is known to be written. Keys do not wait for each other.
 *
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
 */
export async function writeInOrder<E extends Entry>(
  entries: readonly E[],
  put: Put<E>,
  limits: CallLimits,
  deadline: Deadline,
  time: Time,
  random: () => number = Math.random,
): Promise<number> {
  const write = new OrderedWrite(entries, put, limits, deadline, time, random);
  return write.run();
}

class OrderedWrite<E extends Entry> {
  private readonly done: boolean[];
  private readonly failures: number[];
  /** When an entry that failed may be tried again. */
  private readonly readyAt: number[];
  /** Keys of entries that are on their way. */
  private readonly busy = new Set<string>();
  private readonly underWay = new Set<Promise<void>>();
  /** All before it are written. */
  private first = 0;
  /** Why the last call that failed as a whole did, and whether it may be made again. */
  private failed?: { readonly error: unknown; readonly forGood: boolean };

  public constructor(
    private readonly entries: readonly E[],
    private readonly put: Put<E>,
    private readonly limits: CallLimits,
    private readonly deadline: Deadline,
    private readonly time: Time,
    private readonly random: () => number,
  ) {
    this.done = new Array<boolean>(entries.length).fill(false);
    this.failures = new Array<number>(entries.length).fill(0);
    this.readyAt = new Array<number>(entries.length).fill(0);
  }

  public async run(): Promise<number> {
    while (this.failed?.forGood !== true && this.first < this.entries.length && this.left() > 0) {
      const { places, wait } = this.choose();
      if (places.length > 0) {
        this.begin(places);
      } else if (this.underWay.size > 0) {
        await Promise.race(this.underWay);
      } else {
        await this.time.sleep(Math.min(wait, this.left()));
      }
    }
    await Promise.all(this.underWay);
    if (this.failed !== undefined && this.first === 0) {
      throw this.failed.error;
    }
    return this.first;
  }

  private left(): number {
    return this.deadline.remaining() - MARGIN;
  }

  /** The places of the next call: the first entry of each key that neither waits nor is under way. */
  private choose(): { readonly places: number[]; readonly wait: number } {
    const places: number[] = [];
    let wait = Infinity;
    if (this.underWay.size >= this.limits.calls) {
      return { places, wait };
    }
    const now = this.time.now();
    const seen = new Set(this.busy);
    let bytes = 0;
    let holding = false;
    for (let place = this.first; place < this.entries.length && places.length < this.limits.entries; place++) {
      const entry = this.entries[place];
      if (this.done[place] || (holding && this.failures[place] === 0)) {
        continue;
      }
      holding ||= this.failures[place] >= HOLDING_FAILURES;
      if (seen.has(entry.key)) {
        continue;
      }
      seen.add(entry.key);
      if (this.readyAt[place] > now) {
        wait = Math.min(wait, this.readyAt[place] - now);
      } else if (places.length > 0 && bytes + entry.bytes > this.limits.bytes) {
        break;
      } else {
        places.push(place);
        bytes += entry.bytes;
      }
    }
    return { places, wait };
  }

  private begin(places: readonly number[]): void {
    const entries = places.map((place) => this.entries[place]);
    entries.forEach(({ key }) => this.busy.add(key));
    const call = this.put(entries, this.left()).then(
      (written) => this.settle(places, written),
      (error: unknown) => {
        this.failed = { error, forGood: this.failed?.forGood === true || !isTransient(error) };
        this.settle(places, []);
      },
    );
    const ended: Promise<void> = call.then(() => {
      entries.forEach(({ key }) => this.busy.delete(key));
      this.underWay.delete(ended);
    });
    this.underWay.add(ended);
  }

  private settle(places: readonly number[], written: readonly boolean[]): void {
    // One pause for all that failed alike in a call, so that they go out together again.
    const chance = this.random();
    const now = this.time.now();
    places.forEach((place, index) => {
      this.done[place] = written[index] ?? false;
      if (!this.done[place]) {
        this.failures[place]++;
        this.readyAt[place] = now + backoff(this.failures[place], FIRST_PAUSE, LONGEST_PAUSE, chance);
      }
    });
    while (this.done[this.first]) {
      this.first++;
    }
  }
}
