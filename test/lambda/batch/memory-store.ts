import type { InputObject, Place } from '../../../lambda/batch/contract';
import { body } from '../batch-score/body';
import type { RunStore } from '../../../lambda/batch/run-store';

/** An output's bucket in memory, and an input beside it. */
export class MemoryStore implements RunStore {
  public readonly files = new Map<string, string>();
  /** Results of scoring, which are kept elsewhere: here they are only listed. */
  public results: ReadonlyMap<string, string> = new Map();
  public readonly binaries = new Map<string, Buffer>();
  /** Keys that were looked up. */
  public readonly found: string[] = [];
  /** Prefixes that were listed. */
  public readonly listed: string[] = [];
  /** Most files that were written at a time. */
  public mostWrites = 0;
  private writes = 0;

  public constructor(public input: readonly InputObject[] = []) {}

  public async *listInput({ prefix }: Place, after = ''): AsyncIterable<InputObject> {
    await Promise.resolve();
    // S3 lists by the bytes of UTF-8; JavaScript compares UTF-16.
    const bytes = (text: string): string => Buffer.from(text).toString('latin1');
    const begin = bytes(after);
    const listed = this.input.map((object) => ({ object, order: bytes(object.key) }));
    yield* listed
      .filter(({ object, order }) => object.key.startsWith(prefix) && order > begin)
      .sort((one, other) => (one.order < other.order ? -1 : one.order > other.order ? 1 : 0))
      .map(({ object }) => object);
  }

  public async findInput(_: string, key: string): Promise<InputObject | undefined> {
    await Promise.resolve();
    this.found.push(key);
    return this.input.find((object) => object.key === key);
  }

  public async readBytes(key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    await Promise.resolve();
    const content = this.binaries.get(key) ?? this.files.get(key);
    return content === undefined ? undefined : body(content, [3, 1000]);
  }

  public async readJson<T>(key: string): Promise<T | undefined> {
    await Promise.resolve();
    const text = this.files.get(key);
    return text === undefined ? undefined : (JSON.parse(text) as T);
  }

  public async writeJson(key: string, value: unknown): Promise<void> {
    this.mostWrites = Math.max(this.mostWrites, ++this.writes);
    await new Promise(setImmediate);
    this.writes--;
    this.files.set(key, JSON.stringify(value));
  }

  public async updateJson<T>(key: string, change: (before: T | undefined) => T | undefined): Promise<void> {
    for (;;) {
      const text = this.files.get(key);
      const value = change(text === undefined ? undefined : (JSON.parse(text) as T));
      await new Promise(setImmediate);
      if (value === undefined || this.files.get(key) === text) {
        return value === undefined ? undefined : void this.files.set(key, JSON.stringify(value));
      }
    }
  }

  public async *readLines(key: string): AsyncIterable<string> {
    await Promise.resolve();
    yield* (this.files.get(key) ?? '').split('\n').filter((line) => line !== '');
  }

  public async writeLines(key: string, lines: Iterable<string> | AsyncIterable<string>): Promise<void> {
    let text = '';
    for await (const line of lines) {
      text += `${line}\n`;
    }
    this.files.set(key, text);
  }

  public async *listKeys(prefix: string): AsyncIterable<string> {
    await Promise.resolve();
    this.listed.push(prefix);
    yield* [...this.files.keys(), ...this.binaries.keys(), ...this.results.keys()]
      .filter((key) => key.startsWith(prefix))
      .sort();
  }
}
