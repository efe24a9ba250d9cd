import type { InputObject, Place, RunPlace } from '../batch/contract';
import { listingKey } from '../batch/run-paths';
import type { RunStore } from '../batch/run-store';
import { ObjectTable } from './object-table';

export interface ListingSizes {
  /** Objects that are looked at between two looks at the clock. */
  readonly stretch: number;
  /** Objects after which a page is written; smaller inputs leave none. */
  readonly page: number;
}

/** What S3 gives with one request, and what it lists in some twenty seconds. */
const SIZES: ListingSizes = { stretch: 1000, page: 250_000 };

export interface ListingOptions {
  readonly place: Place;
  /** How often the execution was redriven: then the input is listed anew, as days may have passed. */
  readonly redrives: number;
  readonly wanted: (key: string) => boolean;
  /** False when what is listed is to be written down, as the time is running short. */
  readonly inTime: () => boolean;
}

export interface Listing {
  readonly objects: ObjectTable;
  /** False where the next invocation goes on. */
  readonly complete: boolean;
  /** Keys that somebody named, and that no object has. */
  readonly missing?: Iterable<string>;
}

/** The first line of a page: the last key that was looked at, after which the next page begins. */
interface PageHead {
  readonly until: string;
}

/**
 * The objects of an input, as far as the time allows. They are written down in pages of JSON Lines, and read again by the next
 * invocation, which goes on from there. A page is named by the key after which it begins: whoever writes it, and however long it is,
 * the next one follows without a gap.
 */
export async function listInput(
  store: RunStore,
  run: RunPlace,
  options: ListingOptions,
  sizes = SIZES,
): Promise<Listing> {
  const { place, redrives, wanted, inTime } = options;
  const objects = new ObjectTable();
  let begin = await readPages(store, run, redrives, objects);
  let first = objects.length;
  let looked = 0;
  for await (const object of store.listInput(place, begin)) {
    if (wanted(object.key)) {
      objects.add(object);
    }
    looked++;
    const late = looked % sizes.stretch === 0 && !inTime();
    if (late || looked >= sizes.page) {
      await writePage(store, listingKey(run, redrives, begin), { until: object.key }, objects, first);
      begin = object.key;
      first = objects.length;
      looked = 0;
    }
    if (late) {
      return { objects, complete: false };
    }
  }
  return { objects, complete: true };
}

/** Takes in the pages that are there, and gives the key after which the next one begins. */
async function readPages(
  store: RunStore,
  run: RunPlace,
  redrives: number,
  objects: ObjectTable,
): Promise<string | undefined> {
  let begin: string | undefined;
  for (;;) {
    let head: PageHead | undefined;
    for await (const line of store.readLines(listingKey(run, redrives, begin))) {
      if (head === undefined) {
        head = JSON.parse(line) as PageHead;
      } else {
        objects.add(JSON.parse(line) as InputObject);
      }
    }
    if (head === undefined) {
      return begin;
    }
    begin = head.until;
  }
}

async function writePage(
  store: RunStore,
  key: string,
  head: PageHead,
  objects: ObjectTable,
  first: number,
): Promise<void> {
  await store.writeLines(key, lines());

  function* lines(): Generator<string, void, undefined> {
    yield JSON.stringify(head);
    for (let number = first; number < objects.length; number++) {
      yield JSON.stringify(objects.get(number));
    }
  }
}
