import type { InputObject } from '../../../lambda/batch/contract';
import type { ObjectStore } from '../../../lambda/batch/object-store';
import { body } from './body';

/** An error as the SDK throws it. */
export function awsError(name: string, message = name): Error {
  return Object.assign(new Error(message), { name });
}

/** Objects of an input, and the results, in memory. A test puts its faults before each use. */
export class MemoryObjects implements ObjectStore {
  public readonly results = new Map<string, string>();
  /** How often each object was read. */
  public readonly reads = new Map<string, number>();
  public beforeRead: (object: InputObject, signal: AbortSignal) => Promise<void> | void = () => undefined;
  public beforeWrite: (key: string, signal: AbortSignal) => Promise<void> | void = () => undefined;

  public constructor(
    private readonly contents: ReadonlyMap<string, { readonly text: string; readonly etag: string }>,
  ) {}

  public async read(_: string, object: InputObject, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    this.reads.set(object.key, (this.reads.get(object.key) ?? 0) + 1);
    await this.beforeRead(object, signal);
    signal.throwIfAborted();
    const content = this.contents.get(object.key);
    if (content === undefined) {
      throw awsError('NoSuchKey');
    }
    if (content.etag !== object.etag) {
      throw awsError('PreconditionFailed');
    }
    return body(content.text, [5, 11]);
  }

  public async write(_: string, key: string, content: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void> {
    let text = '';
    for await (const piece of content) {
      text += piece.toString();
    }
    await this.beforeWrite(key, signal);
    signal.throwIfAborted();
    this.results.set(key, text);
  }
}
