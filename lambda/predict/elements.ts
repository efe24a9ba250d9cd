import type { Tensor } from 'onnxruntime-node';
import type { ServedField } from './contract';
import type { TensorType } from './onnx-session';

/** The storage of one tensor that is being filled. */
export type Elements = Tensor.DataType;

/** Writes values into a tensor of one element type. */
export interface ElementWriter {
  readonly create: (size: number) => Elements;
  /** Which declared field types it can carry without changing their meaning. */
  readonly carries: readonly ServedField['type'][];
  /** Answers what is wrong with the value, or undefined when it was written. */
  readonly write: (elements: Elements, index: number, value: unknown) => string | undefined;
}

const INTEGERS: readonly ServedField['type'][] = ['integer', 'boolean'];
const NUMBERS: readonly ServedField['type'][] = ['number', 'integer', 'boolean'];

type NumberArray =
  Float32Array | Float64Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;

function floating(create: (size: number) => Float32Array | Float64Array, bits: number): ElementWriter {
  return {
    create,
    carries: NUMBERS,
    write: (elements, index, value) => {
      const number = toNumber(value);
      if (number === undefined) {
        return notA('number', value);
      }
      (elements as NumberArray)[index] = number;
      // Read back: 1e39 is a finite number, but infinite as float32.
      if (!Number.isFinite((elements as NumberArray)[index])) {
        return Number.isFinite(number) ? `is too large for ${bits}-bit floating point` : 'must be a finite number';
      }
      return undefined;
    },
  };
}

function integral(create: (size: number) => NumberArray, min: number, max: number): ElementWriter {
  return {
    create,
    carries: INTEGERS,
    write: (elements, index, value) => {
      const number = toNumber(value);
      if (number === undefined || !Number.isInteger(number)) {
        return notA('integer', value);
      }
      if (number < min || number > max) {
        return `must be between ${min} and ${max}`;
      }
      (elements as NumberArray)[index] = number;
      return undefined;
    },
  };
}

function big(create: (size: number) => BigInt64Array | BigUint64Array, min: number): ElementWriter {
  return {
    create,
    carries: INTEGERS,
    write: (elements, index, value) => {
      const number = toNumber(value);
      if (number === undefined || !Number.isInteger(number)) {
        return notA('integer', value);
      }
      if (number < min) {
        return `must be at least ${min}`;
      }
      (elements as BigInt64Array | BigUint64Array)[index] = BigInt(number);
      return undefined;
    },
  };
}

/** How values are written, by the element type of the model's input. */
export const WRITERS: Readonly<Record<TensorType, ElementWriter>> = {
  float32: floating((size) => new Float32Array(size), 32),
  float64: floating((size) => new Float64Array(size), 64),
  int8: integral((size) => new Int8Array(size), -(2 ** 7), 2 ** 7 - 1),
  uint8: integral((size) => new Uint8Array(size), 0, 2 ** 8 - 1),
  int16: integral((size) => new Int16Array(size), -(2 ** 15), 2 ** 15 - 1),
  uint16: integral((size) => new Uint16Array(size), 0, 2 ** 16 - 1),
  int32: integral((size) => new Int32Array(size), -(2 ** 31), 2 ** 31 - 1),
  uint32: integral((size) => new Uint32Array(size), 0, 2 ** 32 - 1),
  int64: big((size) => new BigInt64Array(size), Number.MIN_SAFE_INTEGER),
  uint64: big((size) => new BigUint64Array(size), 0),
  bool: {
    create: (size) => new Uint8Array(size),
    carries: ['boolean'],
    write: (elements, index, value) => {
      if (typeof value !== 'boolean') {
        return notA('boolean', value);
      }
      (elements as Uint8Array)[index] = value ? 1 : 0;
      return undefined;
    },
  },
  string: {
    create: (size) => new Array<string>(size).fill(''),
    carries: ['string'],
    write: (elements, index, value) => {
      if (typeof value !== 'string') {
        return notA('string', value);
      }
      (elements as string[])[index] = value;
      return undefined;
    },
  },
};

function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') {
    return value;
  }
  return typeof value === 'boolean' ? Number(value) : undefined;
}

function notA(type: string, value: unknown): string {
  return value === undefined || value === null ? 'is missing' : `must be ${type}`;
}
