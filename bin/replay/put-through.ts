import { backoff } from '../../lambda/stream-score/time';
import { EVENT_BYTES, eventBytes, eventOf } from './batching';
import type { RateLimit, ReplayTime } from './rate-limit';
import type { Replayable } from './replayable';

/** What an invocation came to. */
export type Invoked =
  | {
      readonly kind: 'answered';
      /** Sequence numbers that are to come again. */
      readonly failures: readonly unknown[];
      readonly version?: string;
      /** What the consumer's line of metrics says became of those that are done. */
      readonly became?: { readonly predicted: number; readonly quarantined: number };
    }
  /** The function failed: fewer records at a time may do. */
  | { readonly kind: 'failed'; readonly cause: string }
  /** It was not called, or nobody knows: later may do. */
  | { readonly kind: 'refused'; readonly cause: string };

/** What a batch is put through with. */
export interface Consumer {
  /** Rejects where the next attempt would come to the same. */
  readonly invoke: (event: string) => Promise<Invoked>;
  readonly rate?: RateLimit;
  readonly time: ReplayTime;
  /** 0 to 1. */
  readonly chance: () => number;
  /** So many in a row that bring nothing further, and it is given up. */
  readonly attempts: number;
  readonly signal: AbortSignal;
  readonly told: {
    /** These are done. */
    done(records: readonly Replayable[], answered: Invoked & { kind: 'answered' }): void;
    tooLarge(record: Replayable): void;
    again(cause: string, milliseconds: number): void;
  };
}

/** How long to wait before what failed is tried again, in milliseconds. */
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;

/** Why a batch did not get through. */
export type Stopped =
  { readonly interrupted: true } | { readonly interrupted: false; readonly why: string; readonly at: Replayable };

/**
 * Puts a batch through, and resolves when nothing of it is left; or says why something is. What the consumer names comes again from
 * there on, after a wait. A function that fails gets half as many records, as an event source mapping would bisect them; that counts as
 * no attempt.
 */
export async function putThrough(batch: readonly Replayable[], consumer: Consumer): Promise<Stopped | undefined> {
  const { time, signal, told } = consumer;
  if (batch.length === 1 && eventBytes(batch[0]) > EVENT_BYTES) {
    told.tooLarge(batch[0]);
    return undefined;
  }
  let rest = batch;
  let size = batch.length;
  let attempts = 0;
  let failures = 0;
  while (rest.length > 0) {
    const part = rest.slice(0, size);
    await consumer.rate?.take(part.length, signal);
    if (signal.aborted) {
      return { interrupted: true };
    }
    const invoked = await consumer.invoke(eventOf(part));
    const { done, cause } = outcomeOf(part, invoked);
    if (invoked.kind === 'answered' && done > 0) {
      told.done(part.slice(0, done), invoked);
    }
    rest = rest.slice(done);
    if (done === part.length) {
      [size, attempts, failures] = [rest.length, 0, 0];
    } else if (invoked.kind === 'failed' && part.length > 1) {
      size = Math.ceil(part.length / 2);
    } else {
      failures++;
      attempts = done > 0 ? 0 : attempts + 1;
      if (attempts >= consumer.attempts) {
        return { interrupted: false, why: cause, at: rest[0] };
      }
      size = Math.min(size, rest.length);
      const wait = Math.round(backoff(failures, FIRST_WAIT, LONGEST_WAIT, consumer.chance()));
      told.again(cause, wait);
      await time.sleep(wait, signal);
    }
  }
  return undefined;
}

/** How many records, from the first, are done; and if not all, why. As AWS Lambda reads it: an answer that names another record says nothing. */
function outcomeOf(part: readonly Replayable[], invoked: Invoked): { readonly done: number; readonly cause: string } {
  if (invoked.kind !== 'answered') {
    return { done: 0, cause: invoked.cause };
  }
  const places = invoked.failures.map((id) => part.findIndex(({ sequenceNumber }) => sequenceNumber === id));
  if (places.includes(-1)) {
    return { done: 0, cause: 'the answer names a record that it did not get' };
  }
  return { done: Math.min(part.length, ...places), cause: 'the consumer asks for the rest again' };
}
