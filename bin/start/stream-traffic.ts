import { type KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { setTimeout as pause } from 'node:timers/promises';

/** A record that the stream took. */
export interface Accepted {
  /** `<stream>:<shard>:<sequence number>:0`: what the consumer calls it. */
  readonly inferenceId: string;
  /** What the sender knows it by. */
  readonly index: number;
}

/** Records under which a key is used again: the order of each key can be seen then. */
const KEYS = 20;
const RECORDS_PER_REQUEST = 100;
/** Between two requests. */
const PAUSE_MS = 200;

/** Puts records into a stream, and knows which were taken. */
export class StreamTraffic {
  private readonly accepted: Accepted[] = [];
  private next = 0;

  public constructor(
    private readonly kinesis: KinesisClient,
    private readonly streamName: string,
  ) {}

  /** Everything that was taken so far, in the order in which it was sent. */
  public get taken(): readonly Accepted[] {
    return this.accepted;
  }

  /** Sends so many records more: the data of each by its index, which goes on for ever. */
  public async send(count: number, recordAt: (index: number) => string): Promise<void> {
    for (const end = this.next + count; this.next < end;) {
      const size = Math.min(RECORDS_PER_REQUEST, end - this.next);
      const indexes = Array.from({ length: size }, (_, place) => this.next + place);
      const { Records: results = [] } = await this.kinesis.send(
        new PutRecordsCommand({
          StreamName: this.streamName,
          Records: indexes.map((index) => ({
            PartitionKey: `patient-${index % KEYS}`,
            Data: Buffer.from(recordAt(index)),
          })),
        }),
      );
      results.forEach(({ ShardId: shard, SequenceNumber: number }, place) => {
        if (shard === undefined || number === undefined) {
          throw new Error(`the stream ${this.streamName} did not take a record`);
        }
        this.accepted.push({ inferenceId: `${this.streamName}:${shard}:${number}:0`, index: indexes[place] });
      });
      this.next += size;
    }
  }

  /** Sends a few records now and then, until the work is done. */
  public async during<T>(work: Promise<T>, count: number, recordAt: (index: number) => string): Promise<T> {
    let done = false;
    const ended = work.finally(() => (done = true));
    while (!done) {
      await this.send(count, recordAt);
      await Promise.race([pause(PAUSE_MS), ended.catch(() => undefined)]);
    }
    return ended;
  }
}
