import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createValidator, type ValidatorFactory } from '../../../lambda/predict/validator-modules';
import type { Validator } from '../../../lambda/predict/validate';
import { compileValidator } from '../../../lib/model/compile-validator';

const DRAFT_07 = 'http://json-schema.org/draft-07/schema#';
const DRAFT_2020 = 'https://json-schema.org/draft/2020-12/schema';

const folder = mkdtempSync(join(tmpdir(), 'validators-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;

/** Loads the generated module as the function does: from a folder without node_modules. */
function load(schema: unknown): Validator {
  const file = join(folder, `validate-${files++}.js`);
  writeFileSync(file, compileValidator(schema).source);
  return createValidator(require(file) as ValidatorFactory);
}

const object = (properties: object, rest: object = {}): object => ({ type: 'object', properties, ...rest });

test('the same schema gives the same text', () => {
  const schema = object({ a: { type: 'number', minimum: 0 }, b: { type: 'string', format: 'date', minLength: 2 } });
  expect(compileValidator(schema).source).toBe(compileValidator(structuredClone(schema)).source);
});

test('the text requires nothing but the modules that the handler carries', () => {
  const schema = object(
    {
      day: { type: 'string', format: 'date-time' },
      name: { type: 'string', maxLength: 3 },
      kind: { enum: [{ a: 1 }, 'x'] },
      tags: { type: 'array', items: { type: 'object' }, uniqueItems: true },
      uri: { type: 'string', format: 'uri' },
    },
    { required: ['day'] },
  );
  const ids = [...compileValidator(schema).source.matchAll(/require\("([^"]+)"\)/g)].map(([, id]) => id);
  expect(new Set(ids)).toEqual(
    new Set(['ajv-formats/dist/formats', 'ajv/dist/runtime/equal', 'ajv/dist/runtime/ucs2length']),
  );
  const validate = load(schema);
  expect(
    validate({ day: '2026-11-21T00:00:00Z', name: '👍👍👍', kind: { a: 1 }, tags: [{}, { b: 1 }], uri: 'a:b' }),
  ).toBe(true);
  expect(validate({ day: 'yesterday' })).toBe(false);
  expect(validate({ day: '2026-11-21T00:00:00Z', tags: [{}, {}] })).toBe(false);
});

test('a module that the handler does not carry is named', () => {
  expect(() => createValidator((require) => require('node:fs') as Validator)).toThrow(
    'the validator asks for node:fs, which this handler does not carry',
  );
  expect(() => createValidator((require) => require('constructor') as Validator)).toThrow('constructor');
});

test.each([NaN, Infinity, -Infinity])('%p is neither a number nor an integer', (value) => {
  expect(load({ type: 'number' })(value)).toBe(false);
  expect(load({ type: 'integer' })(value)).toBe(false);
  expect(load({ type: 'array', items: { type: 'number' } })([1, value])).toBe(false);
});

test('values are not coerced, defaults are filled in, and the first error is enough', () => {
  const validate = load(object({ a: { type: 'number' }, b: { type: 'number', default: 7 } }, { required: ['a'] }));
  const instance = { a: 1 };
  expect(validate(instance)).toBe(true);
  expect(instance).toEqual({ a: 1, b: 7 });
  expect(validate({ a: '1' })).toBe(false);
  expect(validate({ a: 'x', b: 'y' })).toBe(false);
  expect(validate.errors).toHaveLength(1);
});

test.each([undefined, DRAFT_07, 'http://json-schema.org/draft-07/schema', DRAFT_2020])(
  'takes the dialect %p',
  ($schema) => {
    const schema = object({ a: { type: 'number' } });
    expect(load($schema === undefined ? schema : { $schema, ...schema })({ a: 1 })).toBe(true);
  },
);

test('tells the dialects apart', () => {
  const tuple = { type: 'array', prefixItems: [{ type: 'number' }], minItems: 1, items: false };
  expect(load({ $schema: DRAFT_2020, ...tuple })([1])).toBe(true);
  expect(load({ $schema: DRAFT_2020, ...tuple })(['a'])).toBe(false);
  expect(() => compileValidator(tuple)).toThrow(
    'the input schema is not valid: strict mode: unknown keyword: "prefixItems"',
  );
});

test.each([
  [
    { $schema: 'http://json-schema.org/draft-04/schema#', type: 'number' },
    /dialect "http:\/\/json-schema.org\/draft-04\/schema#": use draft-07/,
  ],
  [object({ a: { type: 'number', minimun: 0 } }), /strict mode: unknown keyword: "minimun"/],
  [object({ a: { type: 'number', minimum: '0' } }), /properties\/a\/minimum must be number/],
  [object({ a: { type: 'strin' } }), /properties\/a\/type must be equal to one of the allowed values/],
  [object({ a: { type: 'string', format: 'moon-phase' } }), /unknown format "moon-phase"/],
  [object({ a: { type: 'number' } }, { required: ['b'] }), /required property "b" is not defined/],
  [object(JSON.parse('{"__proto__": {"type": "number"}}') as object), /'__proto__', but .*rename it/],
  [object({ toString: { type: 'string', default: 'x' } }), /'toString' with a default, but .*rename it/],
  [{ $async: true, type: 'number' }, /'\$async'.*leave it out/],
  [[], /must be a JSON Schema object, got an array/],
  [null, /got null/],
  ['number', /got number/],
])('refuses %j', (schema, message) => {
  expect(() => compileValidator(schema)).toThrow(message);
});

test('a field that every JavaScript object has by birth is still seen as missing', () => {
  const validate = load(
    object({ constructor: { type: 'number' }, valueOf: { type: 'number' } }, { required: ['constructor'] }),
  );
  expect(validate({})).toBe(false);
  expect(validate.errors?.[0].params).toEqual({ missingProperty: 'constructor' });
  expect(validate({ constructor: 1 })).toBe(true);
});
