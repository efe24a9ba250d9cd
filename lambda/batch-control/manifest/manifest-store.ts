import type { RunStore } from '../../batch/run-store';
import { manifestFault } from './manifest-fault';

/** The bucket that a manifest is in. */
export type ManifestStore = Pick<RunStore, 'listKeys' | 'readBytes'>;

/** Opens an object that must be there. */
export async function openManifest(store: ManifestStore, key: string): Promise<AsyncIterable<Uint8Array>> {
  const bytes = await store.readBytes(key).catch((error: unknown) => {
    // Without the permission to list, what is not there is forbidden.
    throw error instanceof Error && error.name === 'AccessDenied'
      ? manifestFault(
          `'${key}' is not there, or may not be read: the batch may read only the manifest that it was made with`,
        )
      : error;
  });
  if (bytes === undefined) {
    throw manifestFault(`'${key}' is not there`);
  }
  return bytes;
}

export async function* textOf(bytes: AsyncIterable<Uint8Array>, key: string): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (piece?: Uint8Array): string => {
    try {
      return decoder.decode(piece, { stream: piece !== undefined });
    } catch {
      throw manifestFault(`'${key}' is not UTF-8`);
    }
  };
  for await (const piece of bytes) {
    yield decode(piece);
  }
  yield decode();
}
