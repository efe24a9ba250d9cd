import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CsvError, parse } from 'csv-parse';
import type { InputObject } from '../../batch/contract';
import { manifestFault } from './manifest-fault';
import { type ManifestStore, openManifest } from './manifest-store';

/** `manifest.json` of an Amazon S3 Inventory, as far as it is needed. */
export interface Inventory {
  readonly files: readonly string[];
  readonly columns: readonly string[];
}

/** A row of an inventory; without size or entity tag where it has no such column. */
export type InventoryRow = Pick<InputObject, 'key'> & Partial<InputObject>;

/**
 * The key of the newest inventory below a prefix that is complete: S3 writes `manifest.checksum` with `manifest.json`, and both after
 * the lists.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
 */
export async function newestInventory(store: ManifestStore, prefix: string): Promise<string> {
  const files = new Set<string>();
  let newest: string | undefined;
  for await (const key of store.listKeys(prefix)) {
    const [, folder, file] =
      /^(\d{4}-\d\d-\d\dT\d\d-\d\dZ)\/manifest\.(json|checksum)$/.exec(key.slice(prefix.length)) ?? [];
    if (folder !== undefined) {
      files.add(folder + file);
      newest = files.has(`${folder}json`) && files.has(`${folder}checksum`) ? folder : newest;
    } else if (/^[a-z]/.test(key.slice(prefix.length))) {
      // The lists themselves, of which there are many, come after all dates.
      break;
    }
  }
  if (newest === undefined) {
    throw manifestFault(
      `there is no complete inventory below '${prefix}': the prefix is that of its reports, <destination prefix>/<bucket>/<name of the inventory>/, and the first one takes up to 48 hours`,
    );
  }
  return `${prefix}${newest}/manifest.json`;
}

/** Reads what an inventory is made of. */
export function inventoryOf(manifest: string, key: string, bucket: string): Inventory {
  let content: Partial<Record<'sourceBucket' | 'fileFormat' | 'fileSchema' | 'files', unknown>>;
  try {
    content = JSON.parse(manifest) as typeof content;
  } catch {
    throw manifestFault(`'${key}' is not valid JSON`);
  }
  const { sourceBucket, fileFormat, fileSchema, files } = content;
  if (typeof fileFormat !== 'string' || typeof fileSchema !== 'string' || !Array.isArray(files)) {
    throw manifestFault(
      `'${key}' is no manifest.json of an inventory, no array of keys as Amazon SageMaker has it, and no list with a key as a JSON text on each line`,
    );
  }
  if (fileFormat !== 'CSV') {
    throw manifestFault(`the inventory '${key}' is in ${fileFormat}: let S3 write it in CSV`);
  }
  if (sourceBucket !== bucket) {
    throw manifestFault(
      `the inventory '${key}' is of the bucket ${String(sourceBucket)}, and the input is in ${bucket}`,
    );
  }
  const keys = files.map((file: { readonly key?: unknown } | null) => file?.key);
  const columns = fileSchema.split(',').map((column) => column.trim());
  if (!columns.includes('Key') || !keys.every((each) => typeof each === 'string')) {
    throw manifestFault(`the inventory '${key}' names no column Key, or files without keys`);
  }
  return { files: keys, columns };
}

/** The objects of an inventory that are there: of each the latest version, and none that is deleted. */
export async function* inventoryRows(
  store: ManifestStore,
  { files, columns }: Inventory,
): AsyncGenerator<InventoryRow, void, undefined> {
  const read = rowReader(columns);
  for (const file of files) {
    let row = 0;
    try {
      for await (const cells of cellsOf(await openManifest(store, file))) {
        row++;
        const object = read(cells);
        if (object !== undefined) {
          yield object;
        }
      }
    } catch (error) {
      throw error instanceof Malformed || error instanceof CsvError || isGzipFault(error)
        ? manifestFault(`'${file}' of the inventory is at fault after row ${row}: ${error.message}`)
        : error;
    }
  }
}

class Malformed extends Error {}

/** https://nodejs.org/api/zlib.html#for-zlib-based-streams */
function isGzipFault(error: unknown): error is Error {
  return /^Z_\w+_ERROR$/.test(String((error as { readonly code?: unknown } | null)?.code));
}

async function* cellsOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string[], void, undefined> {
  const rows = parse({ relax_column_count: true, max_record_size: 64 * 1024 });
  // What fails, wherever, ends the rows with its error.
  pipeline(Readable.from(bytes), createGunzip(), rows, () => undefined);
  yield* rows as AsyncIterable<string[]>;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html */
function rowReader(columns: readonly string[]): (cells: readonly string[]) => InventoryRow | undefined {
  const at = (name: string): number | undefined => (columns.includes(name) ? columns.indexOf(name) : undefined);
  const [key, size, etag, latest, deleted] = ['Key', 'Size', 'ETag', 'IsLatest', 'IsDeleteMarker'].map(at);
  return (cells) => {
    if (cells.length !== columns.length) {
      throw new Malformed(`it has ${cells.length} columns, and the inventory ${columns.length}`);
    }
    if ((latest !== undefined && cells[latest] !== 'true') || (deleted !== undefined && cells[deleted] === 'true')) {
      return undefined;
    }
    return {
      key: decoded(cells[key!]),
      ...(size === undefined ? {} : { bytes: bytesOf(cells[size]) }),
      // As listings have it.
      ...(etag === undefined ? {} : { etag: `"${cells[etag]}"` }),
    };
  };
}

function bytesOf(cell: string): number {
  if (!/^\d+$/.test(cell)) {
    throw new Malformed(`the size is '${cell}'`);
  }
  return Number(cell);
}

/** Keys are URL-encoded, and a plus sign among them is a space: a real one is `%2B`. */
function decoded(cell: string): string {
  try {
    return decodeURIComponent(cell.replaceAll('+', ' '));
  } catch {
    throw new Malformed(`the key '${cell}' is not URL-encoded`);
  }
}
