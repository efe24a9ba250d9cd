import type { InputObject, Place } from './contract';

/** What a run reads and writes. Keys are those of the output's bucket; only the input may lie elsewhere. */
export interface RunStore {
  /** Every object below a place in the order of keys; only those after a key where one is given. */
  listInput(place: Place, after?: string): AsyncIterable<InputObject>;
  /** What a listing says of one object; undefined where it is not there. */
  findInput(bucket: string, key: string): Promise<InputObject | undefined>;
  /** Undefined where there is no such object. */
  readBytes(key: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Undefined where there is no such object. */
  readJson<T>(key: string): Promise<T | undefined>;
  writeJson(key: string, value: unknown): Promise<void>;
  /**
   * Writes what becomes of a value, or nothing where that is undefined. Where somebody else wrote in between, it is asked again what
   * becomes of what is there now.
   */
  updateJson<T>(key: string, change: (before: T | undefined) => T | undefined): Promise<void>;
  /** The lines of an object without their ends; none where there is no such object. */
  readLines(key: string): AsyncIterable<string>;
  writeLines(key: string, lines: Iterable<string> | AsyncIterable<string>): Promise<void>;
  listKeys(prefix: string): AsyncIterable<string>;
}
