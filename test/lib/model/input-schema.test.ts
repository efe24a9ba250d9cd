import { InputSchema } from '../../../lib';

const schema = (properties: object, rest: object = {}): InputSchema =>
  InputSchema.fromJsonSchema({ type: 'object', properties, ...rest });

test('fields keep their order, which is that of the features', () => {
  const input = schema({
    z: { type: 'number' },
    a: { type: 'integer' },
    m: { type: 'boolean' },
    t: { type: 'string' },
    v: { type: 'array', items: { type: 'number' }, minItems: 3, maxItems: 3 },
  });
  expect(input.fieldNames).toEqual(['z', 'a', 'm', 't', 'v']);
  expect(input._layout).toEqual({
    kind: 'record',
    fields: [
      { name: 'z', type: 'number' },
      { name: 'a', type: 'integer' },
      { name: 'm', type: 'boolean' },
      { name: 't', type: 'string' },
      { name: 'v', type: 'number', length: 3 },
    ],
  });
});

test('an array of numbers of a fixed length is one vector', () => {
  const input = InputSchema.fromJsonSchema({ type: 'array', items: { type: 'integer' }, minItems: 4, maxItems: 4 });
  expect(input._layout).toEqual({ kind: 'vector', fields: [{ name: 'instance', type: 'integer', length: 4 }] });
});

test('what is left open is closed: unknown fields are refused, and a field without a default is required', () => {
  expect(schema({ a: { type: 'number' }, b: { type: 'number', default: 0 } }).jsonSchema).toMatchObject({
    required: ['a'],
    additionalProperties: false,
  });
});

test('a default of 0, false or an empty text is a default', () => {
  expect(
    schema({
      a: { type: 'number', default: 0 },
      b: { type: 'boolean', default: false },
      c: { type: 'string', default: '' },
    }).jsonSchema,
  ).toMatchObject({ required: [] });
});

test('what is said stays as it is', () => {
  expect(schema({ a: { type: 'number' } }, { required: ['a'], additionalProperties: true }).jsonSchema).toMatchObject({
    required: ['a'],
    additionalProperties: true,
  });
});

test.each([
  [{ enum: ['a', 'b'] }, 'string'],
  [{ enum: [1, 2.5] }, 'number'],
  [{ const: true }, 'boolean'],
])('%j implies the type %s', (field, type) => {
  expect(schema({ x: field })._layout.fields).toEqual([{ name: 'x', type }]);
});

test('references are resolved', () => {
  expect(
    schema({ x: { $ref: '#/$defs/n' } }, { $defs: { n: { type: 'number', maximum: 3 } } }).jsonSchema,
  ).toMatchObject({ properties: { x: { maximum: 3 } } });
});

test.each([
  [{ type: 'number' }, /schema-type/],
  [{ type: 'object' }, /schema-type/],
  [{ type: 'object', properties: {} }, /schema-type/],
  [{}, /describes no type/],
  [true, /describes no type/],
  ['text', /describes no type/],
  [{ type: ['object', 'null'], properties: { a: { type: 'number' } } }, /schema-type/],
  [{ type: 'array', items: { type: 'number' } }, /schema-field-type/],
  [{ type: 'array', items: { type: 'string' }, minItems: 2, maxItems: 2 }, /schema-field-type/],
  [{ type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 3 }, /without a fixed length/],
  [{ type: 'array', items: { type: 'number' }, minItems: 0, maxItems: 0 }, /schema-field-type/],
  [{ type: 'object', properties: { a: { type: 'object' } } }, /field 'a' is of type 'object'/],
  [{ type: 'object', properties: { a: { type: 'null' } } }, /field 'a'/],
  [{ type: 'object', properties: { a: { type: ['number', 'null'] } } }, /field 'a'/],
  [{ type: 'object', properties: { a: {} } }, /field 'a' is of no type/],
  [{ type: 'object', properties: { a: { enum: [1, 'x'] } } }, /field 'a' is of no type/],
  [
    { type: 'object', properties: { a: { type: 'number' } }, required: [] },
    /schema-optional-field.*|may be absent and has no default/,
  ],
  [{ type: 'object', properties: { 0: { type: 'number' } } }, /schema-field-order/],
  [{ type: 'object', properties: { 42: { type: 'number' } } }, /schema-field-order/],
])('%j is refused', (json, message) => {
  expect(() => InputSchema.fromJsonSchema(json)).toThrow(message);
});

test.each(['f0', '01', '-1', '1.5'])('a field may be called %s', (name) => {
  expect(schema({ [name]: { type: 'number' } }).fieldNames).toEqual([name]);
});

test('all faults come at once', () => {
  expect(() =>
    schema(
      { 1: { type: 'number' }, a: { type: 'object' }, b: {}, c: { type: 'number' } },
      { required: ['1', 'a', 'b'] },
    ),
  ).toThrow(/schema-field-order[^]*field 'a'[^]*field 'b'[^]*schema-optional-field/);
});

test.each([null, undefined])('%p is refused in our own words', (json) => {
  expect(() => InputSchema.fromJsonSchema(json)).toThrow(/the input schema cannot be used as configured/);
});

test('a field called instances could not be told from a batch', () => {
  expect(() => schema({ instances: { type: 'number' } })).toThrow(/instances/);
});
