import Ajv from 'ajv';
import * as fc from 'fast-check';
import { InputSchema } from '../../../lib';
import { gatewaySchema } from '../../../lib/api/gateway-schema';
import type { JsonSchema } from '../../../lib/private/json-schema';

/** The reading of draft-04: a bound is exclusive by a flag beside it. Ajv reads draft-07, where it is a number of its own. */
function readDraft4(schema: unknown): unknown {
  if (Array.isArray(schema)) {
    return schema.map(readDraft4);
  }
  if (typeof schema !== 'object' || schema === null) {
    return schema;
  }
  const {
    minimum,
    maximum,
    exclusiveMinimum,
    exclusiveMaximum,
    $schema: _,
    ...rest
  } = schema as Record<string, unknown>;
  const bounds = {
    ...(minimum === undefined ? {} : { [exclusiveMinimum === true ? 'exclusiveMinimum' : 'minimum']: minimum }),
    ...(maximum === undefined ? {} : { [exclusiveMaximum === true ? 'exclusiveMaximum' : 'maximum']: maximum }),
  };
  return { ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, readDraft4(value)])), ...bounds };
}

const ajv = new Ajv({ strict: false, validateFormats: false });

function gateway(json: object): (body: unknown) => boolean {
  return ajv.compile(
    readDraft4(gatewaySchema(InputSchema.fromJsonSchema(json).jsonSchema as JsonSchema).schema) as object,
  ) as (body: unknown) => boolean;
}

const record = (properties: object, rest: object = {}): JsonSchema => ({
  type: 'object',
  properties: properties as JsonSchema['properties'],
  ...rest,
});

test('one instance or a batch, each field typed and bounded in both', () => {
  const accepts = gateway(record({ a: { type: 'number', minimum: 0 }, b: { type: 'integer', exclusiveMaximum: 10 } }));
  expect(accepts({ a: 0, b: 9 })).toBe(true);
  expect(
    accepts({
      instances: [
        { a: 0, b: 9 },
        { a: 1, b: 1 },
      ],
    }),
  ).toBe(true);
  expect(accepts({ a: -1, b: 9 })).toBe(false);
  expect(accepts({ a: 0, b: 10 })).toBe(false);
  expect(accepts({ a: 0, b: 9, c: 1 })).toBe(false);
  expect(accepts({ instances: [{ a: 0, b: 10 }] })).toBe(false);
  expect(accepts({ instances: [{ a: 0 }] })).toBe(false);
  expect(accepts({ instances: [] })).toBe(false);
  expect(accepts([1])).toBe(false);
  expect(accepts('text')).toBe(false);
});

test('a vector or a batch of them', () => {
  const accepts = gateway({ type: 'array', items: { type: 'number', minimum: 0 }, minItems: 2, maxItems: 2 });
  expect(accepts([1, 2])).toBe(true);
  expect(accepts({ instances: [[1, 2]] })).toBe(true);
  expect(accepts([1, 2, 3])).toBe(false);
  expect(accepts([1, -1])).toBe(false);
  expect(accepts({ instances: [[1]] })).toBe(false);
  expect(accepts({ other: 1 })).toBe(false);
});

test('the dialect is draft-04, with its way to say that a bound is exclusive', () => {
  const { schema } = gatewaySchema(
    record({ a: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 }, b: { const: 'x' } }),
  );
  expect(schema).toMatchObject({
    $schema: 'http://json-schema.org/draft-04/schema#',
    properties: {
      a: { type: 'number', minimum: 0, exclusiveMinimum: true, maximum: 1, exclusiveMaximum: true },
      b: { enum: ['x'] },
    },
  });
});

test('both an inclusive and an exclusive bound: the tighter one counts', () => {
  const accepts = gateway(
    record({
      a: { type: 'number', minimum: 5, exclusiveMinimum: 0 },
      b: { type: 'number', exclusiveMinimum: 0, minimum: 5 },
    }),
  );
  expect(accepts({ a: 5, b: 5 })).toBe(true);
  expect(accepts({ a: 3, b: 5 })).toBe(false);
});

test('a false, 0 or empty constant stays', () => {
  expect(gatewaySchema(record({ a: { const: 0 }, b: { const: false } })).schema.properties).toMatchObject({
    a: { enum: [0] },
    b: { enum: [false] },
  });
});

test('what only the handler can check is listed, and not said to the gateway', () => {
  const { schema, leftToHandler } = gatewaySchema(
    InputSchema.fromJsonSchema(
      record({
        day: { type: 'string', format: 'date' },
        v: { type: 'array', items: { type: 'number' }, minItems: 1, maxItems: 1, contains: { minimum: 1 } },
      }),
    ).jsonSchema as JsonSchema,
  );
  expect(leftToHandler).toEqual([
    'format at instance.day',
    'contains at instance.v',
    'required at instance, when it is sent alone',
  ]);
  expect(JSON.stringify(schema)).not.toMatch(/format|contains/);
});

test('annotations are left out without a word', () => {
  const { schema, leftToHandler } = gatewaySchema({
    ...record({ a: { type: 'number', examples: [1], $comment: 'x', readOnly: true } }),
    $id: 'https://example.com/x',
    examples: [{ a: 1 }],
  });
  expect(leftToHandler).toEqual([]);
  expect(JSON.stringify(schema)).not.toMatch(/examples|comment|readOnly|example\.com/);
});

test.each([
  ['minProperties', { minProperties: 2 }],
  ['anyOf', { anyOf: [{ required: ['a'] }, { required: ['b'] }] }],
  ['oneOf', { oneOf: [{ properties: { a: { minimum: 5 } } }, { properties: { a: { maximum: 4 } } }] }],
  ['enum', { enum: [{ a: 1, b: 2 }] }],
  ['not', { not: { properties: { a: { minimum: 100 } } } }],
])('%s of the instance is not asked of the batch around it', (_, rest) => {
  const accepts = gateway(record({ a: { type: 'number' }, b: { type: 'number' } }, rest));
  expect(accepts({ a: 1, b: 2 })).toBe(true);
  expect(accepts({ instances: [{ a: 1, b: 2 }] })).toBe(true);
});

test('fields by pattern that the handler takes are not refused by the gateway', () => {
  const accepts = gateway(record({ a: { type: 'number' } }, { patternProperties: { '^x-': { type: 'string' } } }));
  expect(accepts({ a: 1, 'x-note': 'free' })).toBe(true);
});

// The gateway must never refuse what the handler takes: a caller could not mend it.
const number = fc
  .record({
    type: fc.constantFrom('number', 'integer'),
    low: fc.integer({ min: -50, max: 0 }),
    high: fc.integer({ min: 1, max: 50 }),
    open: fc.boolean(),
  })
  .map(({ type, low, high, open }) => ({
    type,
    [open ? 'exclusiveMinimum' : 'minimum']: low,
    [open ? 'exclusiveMaximum' : 'maximum']: high + 1,
  }));
const field = fc.oneof(
  number,
  fc.constant({ type: 'boolean' }),
  fc.constant({ type: 'string', maxLength: 3 }),
  fc.constant({ type: 'string', enum: ['x', 'y'] }),
  fc
    .tuple(number, fc.integer({ min: 1, max: 3 }))
    .map(([items, length]) => ({ type: 'array', items, minItems: length, maxItems: length })),
);
const schemas = fc
  .dictionary(fc.stringMatching(/^[a-h]$/), field, { minKeys: 1, maxKeys: 4 })
  .map((properties) => record(properties));
const values = fc.dictionary(
  fc.stringMatching(/^[a-h]$/),
  fc.oneof(
    fc.integer({ min: -60, max: 60 }),
    fc.double({ min: -60, max: 60, noNaN: true }),
    fc.boolean(),
    fc.constantFrom('x', 'yyy', 'long'),
    fc.array(fc.integer({ min: -60, max: 60 }), { maxLength: 3 }),
  ),
  { maxKeys: 5 },
);

test('it takes every instance that the schema admits, alone and in a batch, and of batches only those', () => {
  fc.assert(
    fc.property(schemas, values, (schema, value) => {
      const closed = InputSchema.fromJsonSchema(schema).jsonSchema as object;
      const valid = ajv.compile(closed)(value);
      const accepts = gateway(schema);
      if (valid) {
        expect(accepts(value)).toBe(true);
      }
      expect(accepts({ instances: [value] })).toBe(valid);
    }),
  );
});

test('a schema whose fields all have defaults asks for none: draft-04 refuses an empty list', () => {
  const { schema } = gatewaySchema(
    InputSchema.fromJsonSchema({ type: 'object', properties: { a: { type: 'number', default: 1 } } })
      .jsonSchema as JsonSchema,
  );
  expect(JSON.stringify(schema)).not.toContain('required');
});
