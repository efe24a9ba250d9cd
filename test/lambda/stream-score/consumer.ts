import type { Predictor } from '../../../lambda/predict/core';
import type { QuarantinedRecord, StreamPrediction } from '../../../lambda/stream/contract';
import type { ConsumerParts, Time, Trouble } from '../../../lambda/stream-score/consume';
import { recordDecoder } from '../../../lambda/stream-score/decode-record';
import { encoder } from '../../../lambda/stream-score/encode';
import { modelScorer } from '../../../lambda/stream-score/model-scorer';
import type { Deadline, EncodedPrediction, Quarantine, Sink } from '../../../lambda/stream-score/ports';

/** Time that never runs out. */
export const ENDLESS: Deadline = { remaining: () => Infinity, signal: new AbortController().signal };
export const ALL_TIME: Time = { score: ENDLESS, write: ENDLESS };

/** A sink in memory, which takes as many of a write as it is told to. */
export class MemorySink implements Sink {
  public readonly name: string;
  public readonly written: StreamPrediction[] = [];
  public readonly calls: number[] = [];
  /** How many of the next writes it takes: undefined for all, an error to reject. */
  public readonly next: (number | Error | undefined)[] = [];

  public constructor(
    public readonly idempotent: boolean,
    public readonly maxBytes = 1024 * 1024,
  ) {
    this.name = idempotent ? 'memory-table' : 'memory-stream';
  }

  public write(predictions: readonly EncodedPrediction[]): Promise<number> {
    this.calls.push(predictions.length);
    const taken = this.next.shift() ?? predictions.length;
    if (taken instanceof Error) {
      return Promise.reject(taken);
    }
    for (const { json } of predictions.slice(0, taken)) {
      this.written.push(JSON.parse(json) as StreamPrediction);
    }
    return Promise.resolve(Math.min(taken, predictions.length));
  }

  public get numbers(): string[] {
    return this.written.map(({ sequenceNumber }) => sequenceNumber);
  }
}

export class MemoryQuarantine implements Quarantine {
  public readonly records: QuarantinedRecord[] = [];
  public readonly next: (Error | undefined)[] = [];

  public write(records: readonly QuarantinedRecord[]): Promise<void> {
    const error = this.next.shift();
    if (error !== undefined) {
      return Promise.reject(error);
    }
    this.records.push(...records);
    return Promise.resolve();
  }

  /** Sequence numbers and why. */
  public get reasons(): Record<string, string> {
    return Object.fromEntries(this.records.map(({ sequenceNumber, reason }) => [sequenceNumber, reason]));
  }
}

/** The parts of a consumer in memory. */
export interface MemoryParts extends ConsumerParts {
  readonly table: MemorySink;
  readonly stream: MemorySink;
  readonly quarantine: MemoryQuarantine;
  readonly troubles: Trouble[];
}

export function consumerOf(predictor: Predictor, more: Partial<ConsumerParts> = {}, tensorBatch = 4): MemoryParts {
  const table = new MemorySink(true);
  const stream = new MemorySink(false);
  const troubles: Trouble[] = [];
  const scorer = modelScorer(predictor, tensorBatch);
  return {
    maxRecordBytes: 1000,
    decode: recordDecoder('json', scorer.input),
    scorer,
    encode: encoder(scorer.model, false),
    sinks: [stream, table],
    log: (trouble) => troubles.push(trouble),
    ...more,
    table,
    stream,
    quarantine: new MemoryQuarantine(),
    troubles,
  };
}
