import type { Place } from '../batch/contract';
import type { RunStore } from '../batch/run-store';
import { ObjectTable } from './object-table';

/** Every object of an input. Keys that end with `/` are what consoles show as empty folders. */
export async function listInput(store: RunStore, place: Place, suffixes: readonly string[]): Promise<ObjectTable> {
  const objects = new ObjectTable();
  for await (const object of store.listInput(place, suffixes)) {
    if (!object.key.endsWith('/')) {
      objects.add(object);
    }
  }
  return objects;
}
