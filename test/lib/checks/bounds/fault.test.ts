import { malformed, outOfRange } from '../../../../lib/checks/bounds/fault';

const RANGE = { min: 1, max: 10, unit: 'minutes', see: 'https://example.com' };

test.each([1, 5, 10])('%p is inside, bounds included', (value) => {
  expect(outOfRange('id', 'prop', value, RANGE)).toEqual([]);
});

test.each([0, 11, 1.5, NaN, Infinity, -Infinity])(
  '%p is outside, and the fault says value, range, unit, remedy and page',
  (value) => {
    expect(outOfRange('id', 'prop', value, RANGE)).toEqual([
      {
        id: 'id',
        message: `'prop' is ${value} minutes, allowed is a whole number from 1 to 10 minutes`,
        fix: "set 'prop' within that range",
        see: 'https://example.com',
      },
    ]);
  },
);

test('fractions pass where they are allowed, and the words change', () => {
  expect(outOfRange('id', 'prop', 1.5, RANGE, true)).toEqual([]);
  expect(outOfRange('id', 'prop', 0.99, { min: 1, max: 10 }, true)[0].message).toBe(
    "'prop' is 0.99, allowed is a number from 1 to 10",
  );
});

test('a malformed text is quoted, with the shape in words', () => {
  expect(malformed('id', 'name', 'ab', /^[a-z]+$/, 'letters')).toEqual([]);
  expect(malformed('id', 'name', 'a1', /^[a-z]+$/, 'letters', 'page')).toEqual([
    { id: 'id', message: "'name' is 'a1', which is not letters", fix: "give 'name' as letters", see: 'page' },
  ]);
});
