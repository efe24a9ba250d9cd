import { parse } from 'csv-parse/sync';
import type { Batch } from './batch';
import type { ServedField, ServedInput } from './contract';
import { invalidInput, RequestError } from './errors';
import { assemble, valuePath, width } from './features';
import { elementPath, fieldPath } from './field-path';

/** One value of a row: of which field, and its path below the instance, which is also the name of its column. */
interface Column {
  readonly path: (parent: string) => string;
  readonly name: string;
  readonly field: ServedField;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/** Reads RFC 4180 text, one row per instance. At most `maxInstances + 1` rows are read: the caller refuses the rest. */
export function decodeCsv(text: string, header: boolean, input: ServedInput, maxInstances: number): Batch {
  const rows = parseRows(text, maxInstances + (header ? 2 : 1));
  const read = rowReader(input, header ? (rows.shift() ?? []) : undefined);
  if (rows.length === 0) {
    throw new RequestError('MALFORMED_BODY', 'the body has no rows');
  }
  return { instances: rows.map(read), bare: false };
}

/** Turns rows into instances; the header row, where there is one, names the columns. `row` counts from 0, for messages. */
export function rowReader(
  input: ServedInput,
  header?: readonly string[],
): (cells: readonly string[], row: number) => unknown {
  const columns = columnsOf(input);
  const order = header === undefined ? columns.map((_, index) => index) : headerOrder(header, columns);
  return (cells, row) => {
    if (cells.length !== order.length) {
      throw new RequestError('MALFORMED_BODY', `row ${row + 1} has ${cells.length} values instead of ${order.length}`);
    }
    const values = new Array<unknown>(columns.length).fill(undefined);
    cells.forEach((cell, position) => {
      const column = order[position];
      values[column] = parseCell(cell, columns[column], row);
    });
    return assemble(input, values);
  };
}

function parseRows(text: string, limit: number): string[][] {
  try {
    return parse(text, { bom: true, skip_empty_lines: true, relax_column_count: true, to: limit });
  } catch {
    throw new RequestError('MALFORMED_BODY', 'the body is not valid CSV (RFC 4180)');
  }
}

function columnsOf(input: ServedInput): Column[] {
  return input.fields.flatMap((field) =>
    Array.from({ length: width(field) }, (_, index) => ({
      path: (parent: string) => valuePath(input, field, parent, index),
      name: field.length === undefined ? field.name : elementPath(field.name, index),
      field,
    })),
  );
}

/** For each cell of a row, the index of its column. The header may name the columns in any order, and leave some out. */
function headerOrder(header: readonly string[], columns: readonly Column[]): number[] {
  const byName = new Map(columns.map((column, index) => [column.name, index]));
  const order: number[] = [];
  for (const cell of header) {
    const name = cell.trim();
    const index = byName.get(name);
    if (index === undefined) {
      throw invalidInput(fieldPath('', name), 'is in the header, but is not a field of this model');
    }
    if (order.includes(index)) {
      throw invalidInput(fieldPath('', name), 'is in the header twice');
    }
    order.push(index);
  }
  return order;
}

function parseCell(cell: string, column: Column, row: number): unknown {
  if (column.field.type === 'string') {
    return cell === '' ? undefined : cell;
  }
  const text = cell.trim();
  if (text === '') {
    return undefined;
  }
  const value = column.field.type === 'boolean' ? BOOLEANS.get(text.toLowerCase()) : parseNumber(text);
  if (value === undefined) {
    const wanted = column.field.type === 'boolean' ? 'true, false, 1 or 0' : 'a finite number';
    throw invalidInput(column.path(elementPath('instances', row)), `must be ${wanted} (row ${row + 1})`);
  }
  return value;
}

function parseNumber(text: string): number | undefined {
  const value = NUMBER.test(text) ? Number(text) : NaN;
  return Number.isFinite(value) ? value : undefined;
}
