import { Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import { parse } from 'csv-parse';
import type { RecordFormat } from '../batch/contract';
import type { ServedInput } from '../predict/contract';
import { parseJson } from '../predict/decode-json';
import { rowReader } from '../predict/decode-csv';
import { RequestError } from '../predict/errors';

/** The instances of an object, one record after another; they are not validated yet. Throws a RequestError where one cannot be read. */
export function readInstances(
  body: AsyncIterable<Uint8Array>,
  format: RecordFormat,
  input: ServedInput,
): AsyncIterable<unknown> {
  return format === 'json-lines' ? readJsonLines(body) : readCsv(body, format === 'csv-with-header', input);
}

async function* readJsonLines(body: AsyncIterable<Uint8Array>): AsyncIterable<unknown> {
  let record = 0;
  for await (const line of createInterface({ input: Readable.from(utf8(body)), crlfDelay: Infinity })) {
    record++;
    if (line.trim() === '') {
      continue;
    }
    try {
      yield parseJson(line);
    } catch {
      throw new RequestError('MALFORMED_BODY', `line ${record} is not valid JSON`);
    }
  }
}

async function* readCsv(body: AsyncIterable<Uint8Array>, header: boolean, input: ServedInput): AsyncIterable<unknown> {
  const text = Readable.from(utf8(body));
  const rows = parse({ bom: true, skip_empty_lines: true, relax_column_count: true });
  // A body that breaks off ends the rows with the same error.
  text.once('error', (error) => rows.destroy(error)).pipe(rows);
  let read = header ? undefined : rowReader(input);
  let row = 0;
  try {
    for await (const cells of rows as AsyncIterable<string[]>) {
      if (read === undefined) {
        read = rowReader(input, cells);
      } else {
        yield read(cells, row++);
      }
    }
  } catch (error) {
    if (error instanceof Error && (error as NodeJS.ErrnoException).code?.startsWith('CSV_') === true) {
      throw new RequestError('MALFORMED_BODY', `it is not valid CSV (RFC 4180) after row ${row}`);
    }
    throw error;
  } finally {
    text.destroy();
  }
}

/** The bytes as text. Throws a RequestError where they are none. */
async function* utf8(body: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (chunk?: Uint8Array): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      throw new RequestError('MALFORMED_BODY', 'it is not valid UTF-8');
    }
  };
  for await (const chunk of body) {
    yield decode(chunk);
  }
  yield decode();
}
