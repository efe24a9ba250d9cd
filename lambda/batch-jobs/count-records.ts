import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { JobSettings } from '../batch/contract';
import { ObjectFault } from '../batch/object-faults';

const NEWLINE = 0x0a;
const BLANK = new Set([0x09, 0x0d, 0x20]);

/** Records of an object: its lines that are not blank, or the object itself. Throws an ObjectFault where it is not compressed as it should be. */
export async function countRecords(
  body: AsyncIterable<Uint8Array>,
  { lines, gzip }: Pick<JobSettings, 'lines' | 'gzip'>,
): Promise<number> {
  if (!lines) {
    await close(body);
    return 1;
  }
  let records = 0;
  let blank = true;
  for await (const chunk of gzip ? gunzipped(body) : body) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); start < chunk.length; end = chunk.indexOf(NEWLINE, start)) {
      const stop = end === -1 ? chunk.length : end;
      blank = blank && isBlank(chunk, start, stop);
      if (end !== -1) {
        records += blank ? 0 : 1;
        blank = true;
      }
      start = stop + 1;
    }
  }
  return records + (blank ? 0 : 1);
}

async function* gunzipped(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  // Not `pipe`: a body that breaks off must end this as well.
  const content = pipeline(body, createGunzip(), () => undefined) as unknown as AsyncIterable<Uint8Array>;
  try {
    yield* content;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw /^Z_(DATA|BUF)_ERROR$/.test(String(code)) ? new ObjectFault(`it is not valid gzip: ${message}`) : error;
  }
}

/** An answer of S3 that nobody reads would keep its connection, of which a client has some tens. */
async function close(body: AsyncIterable<Uint8Array>): Promise<void> {
  const chunks = body[Symbol.asyncIterator]();
  await chunks.next();
  await chunks.return?.();
}

function isBlank(chunk: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    if (!BLANK.has(chunk[index])) {
      return false;
    }
  }
  return true;
}
