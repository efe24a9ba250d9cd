import type { QuarantinedRecord, Reason, StreamPrediction } from '../stream/contract';

/** What the core of the consumer needs of the world: it depends on these, and they on nothing. */

/** How long something may take. */
export interface Deadline {
  /** Milliseconds that are left; none where it is 0 or less. */
  readonly remaining: () => number;
  /** Aborts when none are left: for calls that wait. */
  readonly signal: AbortSignal;
}

/** What is wrong with one record, for good: the next attempt would find the same. */
export interface Fault {
  readonly reason: Reason;
  /** In words, for whoever looks into the quarantine. */
  readonly cause: string;
}

/** What became of instances, from the first on. */
export interface Scores {
  /** By place of the instance; whatever stands where one is at fault. */
  readonly predictions: readonly unknown[];
  /** By place of the instance. */
  readonly faults: ReadonlyMap<number, Fault>;
  /** So many instances, from the first, are predicted or at fault; for the others nobody can tell yet. */
  readonly reached: number;
  /** Why not all were reached: the log's. */
  readonly stopped?: string;
  readonly modelMilliseconds: number;
  /** Requests that an endpoint refused because it had too many. */
  readonly throttles?: number;
}

/** Predicts. Never rejects for a single instance: that one is at fault, and the others are predicted. */
export interface Scorer {
  readonly model: StreamPrediction['model'];
  /** Stops by itself before the deadline, with what was reached. */
  score(instances: readonly unknown[], deadline: Deadline): Scores | Promise<Scores>;
}

/** A prediction, and its JSON: made once for all sinks. */
export interface EncodedPrediction {
  readonly prediction: StreamPrediction;
  readonly json: string;
}

/** Where predictions go. */
export interface Sink {
  /** For the log. */
  readonly name: string;
  /** Whether a prediction that comes twice is there once. Those that can tell are written first, so that the others get less twice. */
  readonly idempotent: boolean;
  /** A prediction whose JSON has more bytes would never be taken: its record goes to quarantine before anything is written. */
  readonly maxBytes: number;
  /**
   * Writes predictions in their order, and answers how many from the first are written: the place of the first that is not, or
   * their number. To reject is to say that none is.
   */
  write(predictions: readonly EncodedPrediction[], deadline: Deadline): Promise<number>;
}

/** Where records at fault go. Resolves when all are kept, rejects where that cannot be said. */
export interface Quarantine {
  write(records: readonly QuarantinedRecord[], deadline: Deadline): Promise<void>;
}
