import { parse } from 'csv-parse/sync';
import type { ServedInput } from '../predict/contract';
import { rowReader } from '../predict/decode-csv';
import { isRequestError, RequestError } from '../predict/errors';

/** Reads a record that is one row of CSV (RFC 4180). Without a layout the row itself is the instance. */
export function rowDecoder(input: ServedInput | undefined): (text: string) => unknown {
  if (input === undefined) {
    return (text) => {
      cellsOf(text);
      return withoutEnd(text);
    };
  }
  const read = rowReader(input);
  return (text) => {
    try {
      return read(cellsOf(text), 0);
    } catch (error) {
      throw isRequestError(error) ? ofTheOnlyRow(error) : error;
    }
  };
}

function cellsOf(text: string): readonly string[] {
  const row = withoutEnd(text);
  if (row.includes('"')) {
    return quotedCells(row);
  }
  // What nearly every producer writes. Without quotes a comma always ends a cell, and a line end always the row.
  if (row === '') {
    throw new RequestError('MALFORMED_BODY', 'it has no row');
  }
  if (row.includes('\n') || row.includes('\r')) {
    throw new RequestError('MALFORMED_BODY', 'it has more than one row');
  }
  return row.split(',');
}

function quotedCells(row: string): readonly string[] {
  let rows: string[][];
  try {
    rows = parse(row, { record_delimiter: ['\r\n', '\n', '\r'], relax_column_count: true });
  } catch {
    throw new RequestError('MALFORMED_BODY', 'it is not valid CSV (RFC 4180)');
  }
  if (rows.length !== 1) {
    throw new RequestError('MALFORMED_BODY', 'it has more than one row');
  }
  return rows[0];
}

function withoutEnd(text: string): string {
  return text.endsWith('\n') || text.endsWith('\r') ? text.replace(/[\r\n]+$/, '') : text;
}

/** Messages of the reader name the row among others. */
function ofTheOnlyRow({ code, message }: RequestError): RequestError {
  return new RequestError(
    code,
    message
      .replace(/^instances\[0\]\.?/, '')
      .replace(/ \(row 1\)$/, '')
      .replace(/^row 1 has/, 'it has'),
  );
}
