import type { InputObject, Place, RunPlace } from '../../batch/contract';
import { inFlight } from '../../batch/in-flight';
import type { RunStore } from '../../batch/run-store';
import { listInput, type ListingOptions, type Listing } from '../list-input';
import { ObjectTable } from '../object-table';
import { manifestFault } from './manifest-fault';

/** Fewer keys are looked up one by one; for more, what they have in common is listed. */
const FEW = 10_000;
const AT_A_TIME = 32;

/** What is known of the keys takes memory beside what is found. */
const MOST_KEYS = 1_000_000;

/** The objects of keys, and the keys that no object has: {@link Listing} with what is missing. */
export async function lookUp(
  store: RunStore,
  run: RunPlace,
  keys: AsyncIterable<string>,
  options: ListingOptions,
): Promise<Listing> {
  const { place, wanted } = options;
  const named = new ObjectTable();
  for await (const key of keys) {
    if (wanted(key) && key.startsWith(place.prefix)) {
      named.add({ key, bytes: 0, etag: '' });
    }
    if (named.length > MOST_KEYS) {
      throw manifestFault(
        `it names more than ${MOST_KEYS} keys without size and entity tag: use an inventory with the columns Size and ETag`,
      );
    }
  }
  const listing =
    named.length <= FEW
      ? { objects: await findEach(store, place, named), complete: true }
      : await listInput(store, run, {
          ...options,
          place: { bucket: place.bucket, prefix: commonPrefix(named) },
          wanted: (key) => named.find(key) !== undefined,
        });
  return { ...listing, missing: missing(named, listing.objects) };
}

async function findEach(store: RunStore, { bucket }: Place, named: ObjectTable): Promise<ObjectTable> {
  const found = new ObjectTable();
  const find = (key: string): Promise<InputObject | undefined> => store.findInput(bucket, key);
  for await (const object of inFlight(keysOf(named), AT_A_TIME, find)) {
    if (object !== undefined) {
      found.add(object);
    }
  }
  return found;
}

function* missing(named: ObjectTable, found: ObjectTable): Generator<string, void, undefined> {
  for (const key of keysOf(named)) {
    if (found.find(key) === undefined) {
      yield key;
    }
  }
}

function* keysOf(table: ObjectTable): Generator<string, void, undefined> {
  for (let number = 0; number < table.length; number++) {
    yield table.get(number).key;
  }
}

function commonPrefix(named: ObjectTable): string {
  let common: string | undefined;
  for (const key of keysOf(named)) {
    common ??= key;
    while (!key.startsWith(common)) {
      common = common.slice(0, -1);
    }
  }
  return common ?? '';
}
