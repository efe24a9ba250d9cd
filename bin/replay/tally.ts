import type { Invoked, Stopped } from './put-through';
import type { Notice, Replayable, Unreadable } from './replayable';

type Counts = Readonly<Record<string, number>>;

/** What a replay came to: what `--json` prints. */
export interface ReplaySummary {
  /** Records that are asked for: each of them is put through, too large, or left. */
  readonly read: number;
  readonly putThrough: number;
  readonly tooLarge: number;
  readonly left: number;
  /** Of those that are put through, as far as the consumer told. */
  readonly became: { readonly predicted: number; readonly quarantinedAgain: number; readonly notTold: number };
  /** By version of the function. */
  readonly putThroughBy: Counts;
  /** Lines or objects that hold no record, records that are not asked for, and those that came before. */
  readonly unreadable: number;
  readonly leftOut: number;
  readonly twice: number;
  /** Objects or shards; those that were written earlier or later are not opened. */
  readonly opened: number;
  readonly outside: number;
  /** What was read, by what is known of it. */
  readonly byShard: Counts;
  readonly byReason: Counts;
  readonly byModel: Counts;
  /** Why something is left, and where another replay goes on. */
  readonly stopped?: { readonly why: string; readonly at?: string };
  readonly goOn?: string;
}

/** How many of the things that cannot be used are named; all are counted. */
const NAMED = 20;

/** Keeps count of a replay; says what is out of the ordinary, line by line. */
export class Tally implements Notice {
  public read = 0;
  public putThrough = 0;
  public goOn: string | undefined;
  private readonly counts = { tooLarge: 0, unreadable: 0, leftOut: 0, twice: 0, opened: 0, outside: 0 };
  private readonly became = { predicted: 0, quarantinedAgain: 0, notTold: 0 };
  private readonly by = {
    putThroughBy: new Map<string, number>(),
    byShard: new Map<string, number>(),
    byReason: new Map<string, number>(),
    byModel: new Map<string, number>(),
  };

  public constructor(private readonly say: (line: string) => void) {}

  public add({ shard, reason, model }: Replayable): void {
    this.read++;
    increase(this.by.byShard, shard);
    increase(this.by.byReason, reason);
    increase(this.by.byModel, model);
  }

  public done(records: readonly Replayable[], { version, became }: Invoked & { kind: 'answered' }): void {
    this.putThrough += records.length;
    this.goOn = records[records.length - 1].goOn ?? this.goOn;
    increase(this.by.putThroughBy, version, records.length);
    this.became.predicted += became?.predicted ?? 0;
    this.became.quarantinedAgain += became?.quarantined ?? 0;
    this.became.notTold += became === undefined ? records.length : 0;
  }

  public tooLarge(record: Replayable): void {
    this.counts.tooLarge++;
    this.goOn = record.goOn ?? this.goOn;
    this.name(this.counts.tooLarge, `${record.id} is too large for an event, and is left where it is`);
  }

  public unreadable({ where, why }: Unreadable): void {
    this.counts.unreadable++;
    this.name(this.counts.unreadable, `${where} cannot be read: ${why}`);
  }

  public leftOut(): void {
    this.counts.leftOut++;
  }

  public twice(): void {
    this.counts.twice++;
  }

  public opened(): void {
    this.counts.opened++;
  }

  public outside(): void {
    this.counts.outside++;
  }

  public again(cause: string, milliseconds: number): void {
    this.say(`${cause}; again in ${(milliseconds / 1000).toFixed(1)} s`);
  }

  /** Of a replay that put things through, or of one that only looked. */
  public summary(dryRun: boolean, stopped?: Stopped | string): ReplaySummary {
    const { tooLarge, ...seen } = this.counts;
    return {
      read: this.read,
      putThrough: this.putThrough,
      tooLarge,
      left: dryRun ? 0 : this.read - this.putThrough - tooLarge,
      became: { ...this.became },
      ...seen,
      ...plain(this.by),
      ...(stopped === undefined ? {} : { stopped: reasonOf(stopped), goOn: this.goOn }),
    };
  }

  private name(count: number, line: string): void {
    if (count <= NAMED) {
      this.say(count < NAMED ? line : `${line}; the next ones are counted only`);
    }
  }
}

function reasonOf(stopped: Stopped | string): { readonly why: string; readonly at?: string } {
  if (typeof stopped === 'string') {
    return { why: stopped };
  }
  return stopped.interrupted ? { why: 'it was interrupted' } : { why: stopped.why, at: stopped.at.id };
}

function increase(counts: Map<string, number>, name: string | undefined, by = 1): void {
  if (name !== undefined) {
    counts.set(name, (counts.get(name) ?? 0) + by);
  }
}

function plain<Name extends string>(by: Readonly<Record<Name, ReadonlyMap<string, number>>>): Record<Name, Counts> {
  const entries = Object.entries<ReadonlyMap<string, number>>(by);
  return Object.fromEntries(entries.map(([name, counts]) => [name, Object.fromEntries(counts)])) as Record<
    Name,
    Counts
  >;
}
