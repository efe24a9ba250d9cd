import { randomUUID } from 'node:crypto';
import type { RolloutItem } from '../rollout/contract';
import type { Store } from '../rollout/ports';
import type { Wanted } from './desire';

/** A tick writes twice in a second at most, so that so many in a row that come in between are no chance any more. */
const TRIES = 20;

/**
 * Writes what somebody other than a tick wants, over whatever is there by then; a write whose answer was lost is seen to have happened.
 * Start the execution that it answers with afterwards.
 */
export async function changeItem(
  store: Store,
  change: (item: RolloutItem | undefined, writer: string) => Wanted,
): Promise<Wanted> {
  const writer = randomUUID();
  for (let tries = 0; tries < TRIES; tries++) {
    const wanted = change(await store.load(), writer);
    let failure: unknown;
    try {
      if ((await store.save(wanted.item)) === 'saved') {
        return wanted;
      }
    } catch (error) {
      failure = error;
    }
    if ((await store.load())?.writer === writer) {
      return wanted;
    }
    if (failure !== undefined) {
      throw failure as Error;
    }
  }
  throw new Error(`somebody else wrote ${TRIES} times before it: try again`);
}
