import Ajv from 'ajv';
import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import * as fc from 'fast-check';
import { sampleInstance } from '../../../lib/model/sample-instance';
import type { JsonSchema } from '../../../lib/private/json-schema';

const ajv = addFormats(new Ajv({ strict: true }));

function admits(schema: JsonSchema, value: unknown): boolean {
  return ajv.compile(schema)(value);
}

test.each([
  [{ type: 'number' }],
  [{ type: 'number', minimum: 0 }],
  [{ type: 'number', exclusiveMinimum: 0 }],
  [{ type: 'number', maximum: -5 }],
  [{ type: 'number', exclusiveMaximum: -5 }],
  [{ type: 'number', minimum: 3, maximum: 3 }],
  [{ type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1e-9 }],
  [{ type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 2 }],
  [{ type: 'integer', minimum: 0.5, maximum: 1.5 }],
  [{ type: 'integer', maximum: -0.5 }],
  [{ type: 'number', multipleOf: 0.25, minimum: 0.1 }],
  [{ type: 'integer', multipleOf: 7, minimum: 1, maximum: 8 }],
  [{ type: 'boolean' }],
  [{ type: 'string' }],
  [{ type: 'string', minLength: 5 }],
  [{ type: 'string', minLength: 0 }],
  [{ type: 'string', enum: ['x', 'y'] }],
  [{ type: 'string', const: 'x' }],
  [{ type: 'array', items: { type: 'number', minimum: 2 }, minItems: 3, maxItems: 3 }],
  [
    {
      type: 'object',
      properties: { a: { type: 'number', default: 9 }, b: { type: 'string', examples: ['e'] } },
      required: ['a', 'b'],
    },
  ],
] as [JsonSchema][])('%j admits its sample', (schema) => {
  expect([sampleInstance(schema), admits(schema, sampleInstance(schema))]).toEqual([expect.anything(), true]);
});

// What a schema of numbers can say about one: bounds of either kind on either side, a step, whole or not.
const bounded = fc
  .record({
    type: fc.constantFrom('number', 'integer'),
    low: fc.option(fc.integer({ min: -1000, max: 1000 }), { nil: undefined }),
    span: fc.integer({ min: 10, max: 1000 }),
    high: fc.boolean(),
    exclusiveLow: fc.boolean(),
    exclusiveHigh: fc.boolean(),
    multipleOf: fc.option(fc.constantFrom(1, 2, 3, 5), { nil: undefined }),
  })
  .map(({ type, low, span, high, exclusiveLow, exclusiveHigh, multipleOf }): JsonSchema => ({
    type,
    ...(low === undefined ? {} : { [exclusiveLow ? 'exclusiveMinimum' : 'minimum']: low }),
    ...(high ? { [exclusiveHigh ? 'exclusiveMaximum' : 'maximum']: (low ?? 0) + span } : {}),
    ...(multipleOf === undefined ? {} : { multipleOf }),
  }));

const field = fc.oneof(
  { weight: 5, arbitrary: bounded },
  fc.record({ type: fc.constant('string'), minLength: fc.integer({ min: 0, max: 9 }) }),
  fc.constant({ type: 'boolean' }),
  fc.record({ type: fc.constant('string'), enum: fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 3 }) }),
  fc
    .tuple(bounded, fc.integer({ min: 1, max: 5 }))
    .map(([items, length]) => ({ type: 'array', items, minItems: length, maxItems: length })),
);

const record = fc
  .dictionary(
    fc.stringMatching(/^[a-z]{1,6}$/).filter((name) => !(name in {})),
    field,
    { minKeys: 1, maxKeys: 6 },
  )
  .map((properties): JsonSchema => ({
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  }));

test('whatever bounds a schema sets, it admits its sample', () => {
  fc.assert(
    fc.property(record, (schema) => {
      expect(admits(schema, sampleInstance(schema))).toBe(true);
    }),
  );
});

test.each([
  [{ type: 'number', minimum: 0, exclusiveMinimum: 5, maximum: 8 }],
  [{ type: 'number', minimum: 0, maximum: 10, exclusiveMaximum: 2 }],
  [{ type: 'number', multipleOf: 0.01, minimum: 0.25, maximum: 0.35 }],
  [{ type: 'integer', multipleOf: 0.5, minimum: 1.2, maximum: 2 }],
  [{ type: 'string', maxLength: 0 }],
  [{ type: 'string', format: 'date' }],
  [{ type: 'string', format: 'date-time' }],
  [{ type: 'string', format: 'email' }],
  [{ type: 'string', format: 'uuid' }],
] as [JsonSchema][])('%j, which is harder, admits its sample', (schema) => {
  expect([sampleInstance(schema), admits(schema, sampleInstance(schema))]).toEqual([expect.anything(), true]);
});

test('examples, default, const and enum win, in this order', () => {
  const all = { type: 'number', examples: [1], default: 2, const: 3, enum: [4] };
  expect(sampleInstance(all)).toBe(1);
  expect(sampleInstance({ ...all, examples: [] })).toBe(2);
  expect(sampleInstance({ ...all, examples: undefined, default: undefined })).toBe(3);
  expect(sampleInstance({ type: 'number', enum: [4] })).toBe(4);
  expect(sampleInstance({ type: 'number', default: 0 })).toBe(0);
});

test('the sample of a 2020-12 schema is admitted too', () => {
  const schema: JsonSchema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: { a: { type: 'number', exclusiveMinimum: 0 } },
    required: ['a'],
  };
  expect(new Ajv2020().compile(schema)(sampleInstance(schema))).toBe(true);
});
