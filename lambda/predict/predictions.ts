import type { Tensor } from 'onnxruntime-node';
import { ModelError } from './errors';
import type { TensorInfo } from './onnx-session';

/**
 * Turns the session's outputs into one prediction per instance: with one output its row, with several an object by output
 * name. A row of one value is that value, a longer one an array. A number that is not finite is a fault of the whole run, unless
 * `notFinite` is given: then the rows that hold one are put there, each with what is wrong, and their predictions mean nothing.
 */
export function readPredictions(
  outputs: readonly TensorInfo[],
  results: Readonly<Record<string, Tensor>>,
  rows: number,
  notFinite?: Map<number, string>,
): unknown[] {
  const columns = outputs.map(({ name }) => readRows(name, results[name], rows, notFinite));
  if (outputs.length === 1) {
    return columns[0];
  }
  const names = outputs.map(({ name }) => name);
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(names.map((name, column) => [name, columns[column][row]])),
  );
}

function readRows(
  name: string,
  { dims, data, type }: Tensor,
  rows: number,
  notFinite: Map<number, string> | undefined,
): unknown[] {
  if (dims[0] !== rows) {
    throw new ModelError(`output ${name} has shape [${dims.join(', ')}] for ${rows} instances`);
  }
  const values = readValues(name, type, data, rows, notFinite);
  if (dims.length === 1 || (dims.length === 2 && dims[1] === 1)) {
    return values;
  }
  return nest(values, dims);
}

function nest(values: unknown[], dims: readonly number[]): unknown[] {
  if (dims.length === 1) {
    return values;
  }
  const [count, ...rest] = dims;
  const size = values.length / count;
  return Array.from({ length: count }, (_, index) => nest(values.slice(index * size, (index + 1) * size), rest));
}

function readValues(
  name: string,
  type: Tensor.Type,
  data: Tensor.DataType,
  rows: number,
  notFinite: Map<number, string> | undefined,
): unknown[] {
  switch (type) {
    case 'string':
      return Array.from(data as string[]);
    case 'bool':
      return Array.from(data as Uint8Array, (value) => value !== 0);
    case 'int64':
    case 'uint64':
      return Array.from(data as BigInt64Array | BigUint64Array, toJsonInteger);
    default:
      return finite(name, Array.from(data as Float32Array), rows, notFinite);
  }
}

/** An integer over 2^53 is written as a string: as a number, the caller would read another one. */
function toJsonInteger(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

function finite(name: string, values: number[], rows: number, notFinite: Map<number, string> | undefined): number[] {
  for (let index = 0; index < values.length; index++) {
    if (Number.isFinite(values[index])) {
      continue;
    }
    const fault = `output ${name} holds a value that is not a finite number`;
    if (notFinite === undefined) {
      throw new ModelError(fault);
    }
    notFinite.set(Math.floor((index * rows) / values.length), fault);
  }
  return values;
}
