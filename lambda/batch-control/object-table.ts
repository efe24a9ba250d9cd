import type { InputObject } from '../batch/contract';
import { RunError } from '../batch/run-error';

/** What 1 GiB has room for: with all that planning takes, an object needs some 300 bytes. */
export const MOST_OBJECTS = 2_500_000;

const CHUNK_BYTES = 4 * 1024 * 1024;
const FIRST_ROOM = 1024;
const MULTIPLIER = 0x01000193;
const { imul } = Math;

/**
 * The objects of an input by number, in the order in which they were added, and by key. A million of them as JavaScript objects would
 * take half a gigabyte; as bytes and numbers they take about 120 MB.
 */
export class ObjectTable {
  /** Key and entity tag of each object, one after another. */
  private readonly chunks: Buffer[] = [Buffer.allocUnsafeSlow(CHUNK_BYTES)];
  private filled = 0;
  private chunk = new Uint32Array(FIRST_ROOM);
  private offset = new Uint32Array(FIRST_ROOM);
  private keyBytes = new Uint32Array(FIRST_ROOM);
  private etagBytes = new Uint32Array(FIRST_ROOM);
  private hash = new Uint32Array(FIRST_ROOM);
  private size = new Float64Array(FIRST_ROOM);
  /** Open addressing: one more than the number of an object, by the hash of its key; at most half full. */
  private slots = new Uint32Array(2 * FIRST_ROOM);
  private count = 0;

  public get length(): number {
    return this.count;
  }

  /** Adds an object; one whose key is there already is the same object, listed twice. */
  public add({ key, bytes, etag }: InputObject): void {
    const keyBytes = Buffer.from(key);
    const hash = hashOf(keyBytes);
    if (this.lookUp(keyBytes, hash) !== undefined) {
      return;
    }
    if (this.count === MOST_OBJECTS) {
      throw new RunError(
        'badInput',
        `there are more than the ${MOST_OBJECTS} objects of one run: start runs with a 'prefix' each, or divide the input between batches`,
      );
    }
    if (this.count === this.size.length) {
      this.grow();
    }
    const etagBytes = Buffer.from(etag);
    const needed = keyBytes.length + etagBytes.length;
    if (this.filled + needed > CHUNK_BYTES) {
      this.chunks.push(Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, needed)));
      this.filled = 0;
    }
    const number = this.count++;
    const chunk = this.chunks[this.chunks.length - 1];
    keyBytes.copy(chunk, this.filled);
    etagBytes.copy(chunk, this.filled + keyBytes.length);
    this.chunk[number] = this.chunks.length - 1;
    this.offset[number] = this.filled;
    this.keyBytes[number] = keyBytes.length;
    this.etagBytes[number] = etagBytes.length;
    this.hash[number] = hash;
    this.size[number] = bytes;
    this.filled += needed;
    this.occupy(number);
  }

  public get(number: number): InputObject {
    const chunk = this.chunks[this.chunk[number]];
    const start = this.offset[number];
    const keyEnd = start + this.keyBytes[number];
    return {
      key: chunk.toString('utf8', start, keyEnd),
      bytes: this.size[number],
      etag: chunk.toString('utf8', keyEnd, keyEnd + this.etagBytes[number]),
    };
  }

  public bytes(number: number): number {
    return this.size[number];
  }

  /** The number of the object with this key. */
  public find(key: string): number | undefined {
    const keyBytes = Buffer.from(key);
    return this.lookUp(keyBytes, hashOf(keyBytes));
  }

  private lookUp(key: Buffer, hash: number): number | undefined {
    const mask = this.slots.length - 1;
    for (let slot = hash & mask; this.slots[slot] !== 0; slot = (slot + 1) & mask) {
      const number = this.slots[slot] - 1;
      if (this.hash[number] === hash && this.hasKey(number, key)) {
        return number;
      }
    }
    return undefined;
  }

  private hasKey(number: number, key: Buffer): boolean {
    const start = this.offset[number];
    return key.compare(this.chunks[this.chunk[number]], start, start + this.keyBytes[number]) === 0;
  }

  private occupy(number: number): void {
    const mask = this.slots.length - 1;
    let slot = this.hash[number] & mask;
    while (this.slots[slot] !== 0) {
      slot = (slot + 1) & mask;
    }
    this.slots[slot] = number + 1;
  }

  private grow(): void {
    const room = 2 * this.count;
    this.chunk = moved(this.chunk, new Uint32Array(room));
    this.offset = moved(this.offset, new Uint32Array(room));
    this.keyBytes = moved(this.keyBytes, new Uint32Array(room));
    this.etagBytes = moved(this.etagBytes, new Uint32Array(room));
    this.hash = moved(this.hash, new Uint32Array(room));
    this.size = moved(this.size, new Float64Array(room));
    this.slots = new Uint32Array(2 * room);
    for (let number = 0; number < this.count; number++) {
      this.occupy(number);
    }
  }
}

/** FNV-1a, with its bits mixed once more, since only the lowest ones choose a slot. */
function hashOf(bytes: Buffer): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < bytes.length; index++) {
    hash = imul(hash ^ bytes[index], MULTIPLIER);
  }
  return (hash ^ (hash >>> 15)) >>> 0;
}

function moved<Numbers extends Uint32Array | Float64Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}
