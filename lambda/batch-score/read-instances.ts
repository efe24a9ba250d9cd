import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import type { RecordFormat } from '../batch/contract';
import { splitLines } from '../batch/split-lines';
import type { ServedInput } from '../predict/contract';
import { rowReader } from '../predict/decode-csv';
import { parseJson } from '../predict/decode-json';
import { RequestError } from '../predict/errors';
import { namingRecords } from './record-fault';

/** A larger record would not be taken by an endpoint either, and one without an end would fill the memory. In characters. */
const LARGEST_RECORD = 6 * 1024 * 1024;

/** The instances of an object, one record after another; they are not validated yet. Throws a RequestError where one cannot be read. */
export function readInstances(
  body: AsyncIterable<Uint8Array>,
  format: RecordFormat,
  input: ServedInput,
): AsyncIterable<unknown> {
  return format === 'json-lines' ? readJsonLines(body) : readCsv(body, format === 'csv-with-header', input);
}

async function* readJsonLines(body: AsyncIterable<Uint8Array>): AsyncIterable<unknown> {
  let line = 0;
  const refuseLong = (begun: string): void => {
    if (begun.length > LARGEST_RECORD) {
      throw new RequestError('TOO_LARGE', `line ${line + 1} has more than ${LARGEST_RECORD} characters`);
    }
  };
  for await (const text of splitLines(utf8(body), refuseLong)) {
    line++;
    if (text.trim() === '') {
      continue;
    }
    try {
      yield parseJson(text);
    } catch {
      throw new RequestError('MALFORMED_BODY', `line ${line} is not valid JSON`);
    }
  }
}

async function* readCsv(body: AsyncIterable<Uint8Array>, header: boolean, input: ServedInput): AsyncIterable<unknown> {
  const text = Readable.from(utf8(body));
  const rows = parse({
    // Left to itself, the parser takes the first that it meets for the only one.
    record_delimiter: ['\r\n', '\n', '\r'],
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: LARGEST_RECORD,
  });
  // A body that breaks off ends the rows with the same error.
  text.once('error', (error) => rows.destroy(error)).pipe(rows);
  let read = header ? undefined : rowReader(input);
  let row = 0;
  try {
    for await (const cells of rows as AsyncIterable<string[]>) {
      if (read === undefined) {
        read = rowReader(input, cells);
      } else {
        const reader = read;
        yield namingRecords(0, () => reader(cells, row));
        row++;
      }
    }
  } catch (error) {
    throw namedCsvFault(error, header);
  } finally {
    text.destroy();
  }
}

function namedCsvFault(error: unknown, header: boolean): unknown {
  if (!(error instanceof CsvError)) {
    return error;
  }
  const row = Number(error.records) - Number(header);
  const place = row < 0 ? 'in its header' : `after row ${row}`;
  return error.code === 'CSV_MAX_RECORD_SIZE'
    ? new RequestError('TOO_LARGE', `a record ${place} has more than ${LARGEST_RECORD} characters: a quote may be open`)
    : new RequestError('MALFORMED_BODY', `it is not valid CSV (RFC 4180) ${place}`);
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
