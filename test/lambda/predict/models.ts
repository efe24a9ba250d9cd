import type { ServedModelOptions } from '../served-model';
import { encodeModel, identityModel } from '../onnx-model';

const number = (bounds: object = {}): object => ({ type: 'number', ...bounds });

function closed(properties: Record<string, unknown>, required = Object.keys(properties)): unknown {
  return { type: 'object', properties, required, additionalProperties: false };
}

/** Two numbers in, the same two numbers out. */
export const PAIR: ServedModelOptions = {
  artifact: identityModel(2),
  schema: closed({ width: number({ minimum: 0, maximum: 100 }), height: number() }),
  input: {
    kind: 'record',
    fields: [
      { name: 'width', type: 'number' },
      { name: 'height', type: 'number' },
    ],
  },
};

/** A bare array of three numbers. */
export const VECTOR: ServedModelOptions = {
  artifact: identityModel(3),
  schema: { type: 'array', items: number({ maximum: 1e9 }), minItems: 3, maxItems: 3 },
  input: { kind: 'vector', fields: [{ name: 'instance', type: 'number', length: 3 }] },
};

/** One input for each field, each of another type; each comes back as an output. */
export const MIXED: ServedModelOptions = {
  artifact: encodeModel({
    inputs: [
      { name: 'age', type: 'int64', dims: ['N', 1] },
      { name: 'income', type: 'float32', dims: ['N'] },
      { name: 'vip', type: 'bool', dims: ['N', 1] },
      { name: 'city', type: 'string', dims: ['N', 1] },
      { name: 'history', type: 'float64', dims: ['N', 2] },
      { name: 'floor', type: 'int32', dims: ['N'] },
    ],
    outputs: [
      { name: 'age_out', type: 'int64', dims: ['N', 1] },
      { name: 'income_out', type: 'float32', dims: ['N'] },
      { name: 'vip_out', type: 'bool', dims: ['N', 1] },
      { name: 'city_out', type: 'string', dims: ['N', 1] },
      { name: 'history_out', type: 'float64', dims: ['N', 2] },
      { name: 'floor_out', type: 'int32', dims: ['N'] },
    ],
    nodes: ['age', 'income', 'vip', 'city', 'history', 'floor'].map((name) => ({
      op: 'Identity',
      inputs: [name],
      outputs: [`${name}_out`],
    })),
  }),
  schema: closed(
    {
      age: { type: 'integer' },
      income: number({ default: 1.5 }),
      vip: { type: 'boolean' },
      city: { type: 'string', maxLength: 20 },
      history: { type: 'array', items: number(), minItems: 2, maxItems: 2 },
      floor: { type: 'integer' },
    },
    ['age', 'vip', 'city', 'history', 'floor'],
  ),
  input: {
    kind: 'record',
    fields: [
      { name: 'age', type: 'integer' },
      { name: 'income', type: 'number' },
      { name: 'vip', type: 'boolean' },
      { name: 'city', type: 'string' },
      { name: 'history', type: 'number', length: 2 },
      { name: 'floor', type: 'integer' },
    ],
  },
};

export const MIXED_INSTANCE = { age: 41, income: 2.5, vip: true, city: 'Bern', history: [1, 2.25], floor: -3 };

function single(op: string, artifactInput: 'float32' | 'int64' = 'float32'): ServedModelOptions {
  const integer = artifactInput === 'int64';
  return {
    artifact: encodeModel({
      inputs: [{ name: 'x', type: artifactInput, dims: ['N', 1] }],
      outputs: [{ name: 'y', type: 'float32', dims: ['N', 1] }],
      nodes: [{ op, inputs: integer ? ['table', 'x'] : ['x'], outputs: ['y'] }],
      constants: integer ? [{ name: 'table', dims: [3], values: Float32Array.of(0.5, 1.5, 2.5) }] : [],
    }),
    schema: closed({ x: { type: integer ? 'integer' : 'number' } }),
    input: { kind: 'record', fields: [{ name: 'x', type: integer ? 'integer' : 'number' }] },
  };
}

/** Not a number below zero, minus infinity at zero. */
export const LOGARITHM: ServedModelOptions = single('Log');

/** Throws inside ONNX Runtime for an index over 2. */
export const LOOKUP: ServedModelOptions = single('Gather', 'int64');

/** Answers one row, however many instances there are. */
export const REDUCED: ServedModelOptions = {
  ...PAIR,
  artifact: encodeModel({
    inputs: [{ name: 'features', type: 'float32', dims: ['N', 2] }],
    outputs: [{ name: 'best', type: 'float32', dims: ['M', 2] }],
    nodes: [{ op: 'ReduceMax', inputs: ['features'], outputs: ['best'], attributes: { axes: [0], keepdims: 1 } }],
  }),
};

/** A record with a field that is called like the envelope. */
export const ENVELOPE_FIELD: ServedModelOptions = {
  artifact: identityModel(2),
  schema: closed({ instances: { type: 'array', items: number(), minItems: 2, maxItems: 2 } }),
  input: { kind: 'record', fields: [{ name: 'instances', type: 'number', length: 2 }] },
};

/** Four numbers in, a matrix of two by two out. */
export const MATRIX: ServedModelOptions = {
  artifact: encodeModel({
    inputs: [{ name: 'image', type: 'float32', dims: ['N', 2, 2] }],
    outputs: [{ name: 'copy', type: 'float32', dims: ['N', 2, 2] }],
    nodes: [{ op: 'Identity', inputs: ['image'], outputs: ['copy'] }],
  }),
  schema: { type: 'array', items: number(), minItems: 4, maxItems: 4 },
  input: { kind: 'vector', fields: [{ name: 'instance', type: 'number', length: 4 }] },
};
