import type { InputObject } from './contract';

/** Reads objects of the input, and writes what was made of them. */
export interface ObjectStore {
  /** The content; rejects with an error named `NoSuchKey`, `PreconditionFailed` and so on. Only the object with this ETag counts. */
  read(bucket: string, object: InputObject, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /** Writes an object, or nothing where the content ends with an error. */
  write(bucket: string, key: string, content: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void>;
}
