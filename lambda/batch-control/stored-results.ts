import { inFlight } from '../batch/in-flight';
import type { RunStore } from '../batch/run-store';
import type { ObjectTable } from './object-table';

/** Folders of results that are listed at a time. */
const LISTED_AT_A_TIME = 16;

const END = '.out';

/**
 * Which results of earlier runs are still in S3: a lifecycle rule may have deleted them. Of each object one result is looked for. They
 * are listed by folder, a thousand with a request, and remembered by number: there may be millions.
 */
export class StoredResults {
  private readonly folders = new Map<string, number>();
  /** By object: one more than the number of the folder in which a result is looked for. */
  private readonly folderOf: Uint32Array;
  private readonly there: Uint8Array;
  /** Results that are not named after their object, as its key is too long: object by key of the result. */
  private readonly renamed = new Map<string, number>();

  /** What the addresses of all results begin with. */
  private readonly start: string;

  public constructor(
    private readonly objects: ObjectTable,
    bucket: string,
  ) {
    this.start = `s3://${bucket}/`;
    this.folderOf = new Uint32Array(objects.length);
    this.there = new Uint8Array(objects.length);
  }

  /** Takes in which result of an object is looked for: the first one. */
  public expect(number: number, objectKey: string, output: string): void {
    const place = this.placeOf(objectKey, output);
    if (place === undefined || this.folderOf[number] !== 0) {
      return;
    }
    const index = this.folders.get(place.folder) ?? this.folders.size;
    this.folders.set(place.folder, index);
    this.folderOf[number] = index + 1;
    if (place.renamed !== undefined) {
      this.renamed.set(place.renamed, number);
    }
  }

  public async look(store: Pick<RunStore, 'listKeys'>): Promise<void> {
    const list = async ([folder, index]: [string, number]): Promise<void> => {
      for await (const key of store.listKeys(folder)) {
        const number = this.renamed.get(key) ?? this.objects.find(key.slice(folder.length, -END.length));
        if (
          number !== undefined &&
          this.folderOf[number] === index + 1 &&
          (this.renamed.has(key) || key.endsWith(END))
        ) {
          this.there[number] = 1;
        }
      }
    };
    for await (const _ of inFlight(this.folders, LISTED_AT_A_TIME, list)) {
      // Nothing is handed on.
    }
  }

  /** Whether the result of an object is there, of the first output that was expected. */
  public has(number: number, output: string): boolean {
    return this.there[number] === 1 && output.startsWith(this.start);
  }

  private placeOf(
    objectKey: string,
    output: string,
  ): { readonly folder: string; readonly renamed?: string } | undefined {
    if (!output.startsWith(this.start)) {
      return undefined;
    }
    const key = output.slice(this.start.length);
    const named = `${objectKey}${END}`;
    return key.endsWith(`/${named}`)
      ? { folder: key.slice(0, -named.length) }
      : { folder: key.slice(0, key.lastIndexOf('/') + 1), renamed: key };
  }
}
