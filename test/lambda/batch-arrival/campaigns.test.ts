import fc from 'fast-check';
import { arrive, type WaitingRun } from '../../../lambda/batch-arrival/core';
import type { Waiting } from '../../../lambda/batch-arrival/next-step';
import { VirtualTime } from './virtual-time';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const PATIENCE = { quiet: 5 * MINUTE, maxWait: 30 * MINUTE };
const VISIBILITY = 4 * MINUTE;

/** What goes wrong, and how long things take: asked for in turn. Without a seed, nothing goes wrong and nothing takes long. */
class Fate {
  public constructor(private seed: number | undefined) {}

  /** A number from 0 up to 1, each as likely as the other. */
  public next(): number {
    if (this.seed === undefined) {
      return 0;
    }
    this.seed = (this.seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.seed ^ (this.seed >>> 15), 1 | this.seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

interface Stored extends Waiting {
  /** Told apart by what was stored: a schedule that was moved is another. */
  readonly version: number;
}

/** EventBridge Scheduler with the worst that one may think of: what fired is removed later, whatever became of it in between. */
class Scheduler implements WaitingRun {
  public readonly runs = new Map<string, number>();
  private stored: Stored | undefined;
  private versions = 0;

  public constructor(
    private readonly time: VirtualTime,
    private readonly fate: Fate,
  ) {}

  public async read(): Promise<Waiting | undefined> {
    await this.call();
    return this.stored;
  }

  public async create(waiting: Waiting): Promise<boolean> {
    await this.call();
    if (this.stored !== undefined) {
      return false;
    }
    return this.store(waiting);
  }

  public async move(waiting: Waiting, within: number): Promise<boolean> {
    const begun = this.time.now;
    await this.call();
    if (this.time.now - begun > within) {
      throw new Error('given up');
    }
    if (this.stored === undefined || this.fate.next() > 0.95) {
      return false;
    }
    return this.store(waiting);
  }

  private async store(waiting: Waiting): Promise<boolean> {
    const version = ++this.versions;
    this.stored = { ...waiting, version };
    void this.fire(this.stored);
    await this.time.sleep(this.fate.next() * 2 * SECOND);
    if (this.fate.next() > 0.9) {
      throw new Error('the answer was lost');
    }
    return true;
  }

  private async call(): Promise<void> {
    await this.time.sleep(this.fate.next() * (this.fate.next() > 0.9 ? 120 : 2) * SECOND);
    if (this.fate.next() > 0.85) {
      throw new Error('throttled');
    }
  }

  private async fire(schedule: Stored): Promise<void> {
    await this.time.until(schedule.due);
    if (this.stored?.version !== schedule.version) {
      return;
    }
    await this.time.sleep(this.fate.next() * 59 * SECOND);
    // Under the name of its time, it begins once, however often it is told.
    const name = String(schedule.due);
    this.runs.set(name, this.runs.get(name) ?? this.time.now);
    await this.time.sleep(this.fate.next() * 5 * MINUTE);
    this.stored = undefined;
  }
}

/** A queue, and up to two invocations at a time that get what is in it. */
class Queue {
  private messages: number[] = [];
  private atWork = 0;

  public constructor(
    private readonly time: VirtualTime,
    private readonly fate: Fate,
    private readonly scheduler: Scheduler,
  ) {}

  public async send(arrival: number): Promise<void> {
    await this.time.until(arrival);
    this.put([arrival]);
    if (this.fate.next() > 0.97) {
      // Delivered once more, much later.
      await this.time.sleep(this.fate.next() * 60 * MINUTE);
      this.put([arrival]);
    }
  }

  private put(messages: readonly number[]): void {
    this.messages.push(...messages);
    void this.poll();
  }

  private async poll(): Promise<void> {
    await this.time.sleep(20 * SECOND * (1 - this.fate.next()));
    if (this.messages.length === 0 || this.atWork === 2) {
      return;
    }
    this.atWork++;
    const batch = this.messages;
    this.messages = [];
    void this.invoke(batch);
  }

  private async invoke(batch: readonly number[]): Promise<void> {
    let again: readonly number[] = batch;
    try {
      const tooLate = await arrive(this.scheduler, batch, PATIENCE, () => this.time.now);
      again = batch.filter(tooLate);
    } catch {
      // Everything comes again.
    }
    this.atWork--;
    if (this.messages.length > 0) {
      void this.poll();
    }
    if (again.length > 0) {
      await this.time.sleep(VISIBILITY);
      this.put(again);
    }
  }
}

async function campaign(arrivals: readonly number[], seed?: number): Promise<number[]> {
  const time = new VirtualTime();
  const fate = new Fate(seed);
  const scheduler = new Scheduler(time, fate);
  const queue = new Queue(time, fate, scheduler);
  arrivals.forEach((arrival) => void queue.send(arrival));
  await time.pass();
  return [...scheduler.runs.values()].sort((one, other) => one - other);
}

const moments = fc.array(fc.integer({ min: 0, max: 120 * MINUTE }), { minLength: 1, maxLength: 60 });
/** Some together, and some about when a run would begin. */
const groups = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 13 * MINUTE }), fc.integer({ min: 1, max: 6 })), {
    minLength: 1,
    maxLength: 10,
  })
  .map((gaps) => {
    let time = 0;
    return gaps.flatMap(([gap, count]) => {
      time += gap;
      return Array.from({ length: count }, (_, index) => time + index * 7 * SECOND);
    });
  });

test('after each arrival a run begins, whatever is throttled, lost, late, twice or at the same time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(groups, moments), fc.integer(), async (arrivals, seed) => {
      const runs = await campaign(arrivals, seed);
      expect(runs.length).toBeGreaterThan(0);
      expect(runs.at(-1)!).toBeGreaterThan(Math.max(...arrivals));
    }),
    { numRuns: 1500 },
  );
}, 120_000);

test('on a calm day there is one run per quiet period, when it is over, and none waits too long', async () => {
  await fc.assert(
    fc.asyncProperty(moments, async (unsorted) => {
      const arrivals = [...unsorted].sort((one, other) => one - other);
      const runs = await campaign(arrivals);
      // Each run has its arrivals: those since the one before, or that were not heard of before it began.
      let before = -Infinity;
      for (const run of runs) {
        const own = arrivals.filter((each) => each >= before - 30 * SECOND && each < run);
        expect(own.length).toBeGreaterThan(0);
        const quietAt = own.at(-1)! + PATIENCE.quiet;
        const longest = (own.find((each) => each >= before) ?? own[0]) + PATIENCE.maxWait;
        // Arrivals come in by batches of 20 seconds, and runs begin on whole minutes.
        const slack = 2 * MINUTE + 30 * SECOND;
        expect(run).toBeLessThanOrEqual(
          Math.max(Math.min(quietAt, longest) + slack, before + VISIBILITY + PATIENCE.quiet + slack),
        );
        before = run;
      }
      expect(before).toBeGreaterThan(arrivals.at(-1)!);
    }),
    { numRuns: 300 },
  );
}, 120_000);

test('files that come one after another make one run', async () => {
  const arrivals = Array.from({ length: 200 }, (_, index) => index * 5 * SECOND);
  expect(await campaign(arrivals)).toHaveLength(1);
});

test('files that never stop coming make a run each half hour', async () => {
  const arrivals = Array.from({ length: 240 }, (_, index) => index * 30 * SECOND);
  const runs = await campaign(arrivals);
  expect(runs.length).toBeGreaterThanOrEqual(4);
  expect(runs.length).toBeLessThanOrEqual(5);
});
