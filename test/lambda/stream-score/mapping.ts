import type { Accepted, StreamWorld } from './stream-world';

/** Between two attempts at a batch, in milliseconds: how long Lambda waits is not documented. */
const LONGEST_WAIT = 10_000;

/** How the mapping is set. */
export interface MappingSettings {
  readonly batchSize: number;
  readonly parallelization: number;
  readonly bisect: boolean;
  /** Attempts of a batch; Infinity until it gets through. */
  readonly maxAttempts: number;
}

/** Part of a stream. What it became of, by a split or a merge, is read to its end before it. */
export interface Shard {
  readonly parents: readonly string[];
  readonly records: readonly Accepted[];
}

/**
 * What Lambda does with the shards of a stream: batches in their order, those of a shard one after another or, by key, so many at a
 * time; retries, bisecting, partial batch responses, and a destination for what is given up.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
 */
export class Mapping {
  public readonly givenUp: Accepted[] = [];
  public invocations = 0;

  public constructor(
    private readonly world: StreamWorld,
    private readonly settings: MappingSettings,
  ) {}

  public async consume(shards: ReadonlyMap<string, Shard>): Promise<void> {
    const read = new Map<string, Promise<void>>();
    const done = (name: string): Promise<void> => {
      const { parents, records } = shards.get(name)!;
      const begun = read.get(name) ?? Promise.all(parents.map(done)).then(() => this.consumeShard(records));
      read.set(name, begun);
      return begun;
    };
    const all = Promise.all([...shards.keys()].map(done));
    await this.world.time.pass();
    await all;
  }

  private async consumeShard(records: readonly Accepted[]): Promise<void> {
    const { batchSize, parallelization } = this.settings;
    for (let start = 0; start < records.length; start += batchSize) {
      const lanes = new Map<number, Accepted[]>();
      for (const record of records.slice(start, start + batchSize)) {
        const lane = laneOf(record.key, parallelization);
        lanes.set(lane, [...(lanes.get(lane) ?? []), record]);
      }
      await Promise.all([...lanes.values()].map((batch) => this.deliver(batch)));
    }
  }

  private async deliver(batch: readonly Accepted[], attempt = 1): Promise<void> {
    const answered = await this.call(batch);
    if (answered === undefined) {
      if (this.world.chance('delivered twice')) {
        await this.deliver(batch);
      }
      return;
    }
    const { bisect, maxAttempts } = this.settings;
    if (attempt >= maxAttempts) {
      this.givenUp.push(...batch);
      return;
    }
    await this.world.time.sleep(Math.min(LONGEST_WAIT, 100 * 2 ** attempt));
    if (answered !== 'failed') {
      const from = batch.findIndex(({ sequenceNumber }) => sequenceNumber === answered);
      // An item that is not of the batch makes Lambda repeat all of it; the consumer never names one.
      expect(from).toBeGreaterThanOrEqual(0);
      await this.deliver(batch.slice(from), from > 0 ? 1 : attempt + 1);
    } else if (bisect && batch.length > 1) {
      const half = Math.ceil(batch.length / 2);
      await this.deliver(batch.slice(0, half), attempt + 1);
      await this.deliver(batch.slice(half), attempt + 1);
    } else {
      await this.deliver(batch, attempt + 1);
    }
  }

  private call(batch: readonly Accepted[]): Promise<string | undefined> {
    this.invocations++;
    return this.world.invoke(batch);
  }
}

function laneOf(key: string, lanes: number): number {
  return [...key].reduce((sum, character) => sum + character.charCodeAt(0), 0) % lanes;
}
