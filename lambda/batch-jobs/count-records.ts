import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { JobSettings } from '../batch/contract';

const NEWLINE = 0x0a;
const BLANK = new Set([0x09, 0x0d, 0x20]);

/** Records of an object: its lines that are not blank, or the object itself. */
export async function countRecords(
  body: AsyncIterable<Uint8Array>,
  { lines, gzip }: Pick<JobSettings, 'lines' | 'gzip'>,
): Promise<number> {
  if (!lines) {
    return 1;
  }
  const content: AsyncIterable<Uint8Array> = gzip ? Readable.from(body).pipe(createGunzip()) : body;
  let records = 0;
  let blank = true;
  for await (const chunk of content) {
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

function isBlank(chunk: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    if (!BLANK.has(chunk[index])) {
      return false;
    }
  }
  return true;
}
