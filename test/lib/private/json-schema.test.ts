import { dereference } from '../../../lib/private/json-schema';

test('references are replaced, and their definitions left out', () => {
  const schema = {
    $defs: { money: { type: 'number', minimum: 0 } },
    definitions: { count: { type: 'integer' } },
    type: 'object',
    properties: {
      a: { $ref: '#/$defs/money' },
      b: { $ref: '#/definitions/count', maximum: 3 },
      c: { type: 'array', items: { $ref: '#/$defs/money' } },
    },
  };
  expect(dereference(schema)).toEqual({
    type: 'object',
    properties: {
      a: { type: 'number', minimum: 0 },
      b: { type: 'integer', maximum: 3 },
      c: { type: 'array', items: { type: 'number', minimum: 0 } },
    },
  });
});

test('a reference may lead to another, and through escaped names', () => {
  const schema = {
    $defs: { 'a/b': { $ref: '#/$defs/c~d' }, 'c~d': { type: 'boolean' } },
    type: 'object',
    properties: { x: { $ref: '#/$defs/a~1b' } },
  };
  expect(dereference(schema)).toEqual({ type: 'object', properties: { x: { type: 'boolean' } } });
});

test('a field may be called definitions', () => {
  const schema = { type: 'object', properties: { definitions: { type: 'number' } } };
  expect(dereference(schema)).toEqual(schema);
});

test('the same definition may be used twice', () => {
  const schema = {
    $defs: { n: { type: 'number' } },
    type: 'object',
    properties: { a: { $ref: '#/$defs/n' }, b: { $ref: '#/$defs/n' } },
  };
  expect(dereference(schema)).toEqual({ type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } } });
});

test.each([
  ['https://example.com/schema.json', /schema-reference.*|outside the schema/],
  ['other.json#/a', /outside the schema/],
  ['#/$defs/nothing', /is not in the schema/],
  ['#/$defs/a', /leads back to itself/],
])('%s is refused', ($ref, message) => {
  const schema = {
    $defs: { a: { type: 'object', properties: { again: { $ref: '#/$defs/a' } } } },
    type: 'object',
    properties: { x: { $ref } },
  };
  expect(() => dereference(schema)).toThrow(message);
});

test('the input is left as it was', () => {
  const schema = { $defs: { n: { type: 'number' } }, type: 'object', properties: { a: { $ref: '#/$defs/n' } } };
  const copy = structuredClone(schema);
  dereference(schema);
  expect(schema).toEqual(copy);
});
