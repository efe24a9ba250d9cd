import type { ServedInput } from '../predict/contract';
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
  /** By place of the instance: the model that predicted it, where it may be another one than the scorer's. */
  readonly models?: ReadonlyMap<number, StreamPrediction['model']>;
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

/**
 * Predicts. Rejects only where nothing can be said of any instance: nothing is written then, and the invocation fails. One that is
 * at fault leaves the others as they are.
 */
export interface Scorer {
  readonly model: StreamPrediction['model'];
  /** How an instance is laid out. Where nobody says, a row of CSV is handed on as the text that it is. */
  readonly input?: ServedInput;
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

/**
 * Takes a record apart that the Kinesis Producer Library made of several. Undefined where it is one record as it is; throws where
 * it says that it holds several, and they cannot be read.
 */
export type Deaggregate = (bytes: Buffer) => readonly { readonly key: string; readonly bytes: Buffer }[] | undefined;
