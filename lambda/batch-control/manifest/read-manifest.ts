import type { ManifestPlace, Place, RunPlace } from '../../batch/contract';
import type { RunStore } from '../../batch/run-store';
import type { Listing, ListingOptions } from '../list-input';
import { ObjectTable } from '../object-table';
import { type Inventory, inventoryOf, inventoryRows, newestInventory } from './inventory';
import { arrayKeys, lineKeys } from './key-list';
import { lookUp } from './look-up';
import { manifestFault } from './manifest-fault';
import { type ManifestStore, openManifest, textOf } from './manifest-store';

/** Of the file that says what an inventory is made of: a line for each of its lists. */
const LONGEST_INVENTORY = 16 * 1024 * 1024;

/**
 * The objects that a manifest names. An inventory is a listing that S3 made: of it, what lies below the input's prefix. What is named
 * key by key must lie there.
 */
export async function readManifest(
  manifests: ManifestStore,
  manifest: ManifestPlace,
  input: Place,
  store: RunStore,
  run: RunPlace,
  options: ListingOptions,
): Promise<Listing> {
  const key = 'key' in manifest ? manifest.key : await newestInventory(manifests, manifest.prefix);
  const { first, text } = await peeked(textOf(await openManifest(manifests, key), key));
  switch (first) {
    case '{': {
      const inventory = inventoryOf(await whole(text, key), key, input.bucket);
      return ['Size', 'ETag'].every((column) => inventory.columns.includes(column))
        ? { objects: await objectsOf(manifests, inventory, options), complete: true }
        : lookUp(store, run, inventoryKeys(manifests, inventory), options);
    }
    case '[':
      return lookUp(store, run, arrayKeys(text, input), options);
    default:
      return lookUp(store, run, lineKeys(text, input), options);
  }
}

async function objectsOf(
  manifests: ManifestStore,
  inventory: Inventory,
  { place, wanted }: ListingOptions,
): Promise<ObjectTable> {
  const objects = new ObjectTable();
  for await (const { key, bytes, etag } of inventoryRows(manifests, inventory)) {
    if (key.startsWith(place.prefix) && wanted(key)) {
      objects.add({ key, bytes: bytes!, etag: etag! });
    }
  }
  return objects;
}

async function* inventoryKeys(manifests: ManifestStore, inventory: Inventory): AsyncGenerator<string, void, undefined> {
  for await (const { key } of inventoryRows(manifests, inventory)) {
    yield key;
  }
}

/** The first character that is no space, and the text with it. */
async function peeked(
  text: AsyncGenerator<string, void, undefined>,
): Promise<{ readonly first: string; readonly text: AsyncIterable<string> }> {
  let begun = '';
  for (;;) {
    const { value, done } = await text.next();
    begun += value ?? '';
    if (done === true || begun.trim() !== '') {
      break;
    }
  }
  async function* again(): AsyncGenerator<string, void, undefined> {
    yield begun;
    yield* text;
  }
  return { first: begun.trim().slice(0, 1), text: again() };
}

async function whole(text: AsyncIterable<string>, key: string): Promise<string> {
  let all = '';
  for await (const piece of text) {
    all += piece;
    if (all.length > LONGEST_INVENTORY) {
      throw manifestFault(`'${key}' has more than ${LONGEST_INVENTORY} characters`);
    }
  }
  return all;
}
