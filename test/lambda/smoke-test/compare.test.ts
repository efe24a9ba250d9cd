import { compare, findEmpty } from '../../../lambda/smoke-test/compare';

test.each([
  [1, 1.05, 0.1],
  [1, 1, 0],
  [{ a: 1 }, { a: 1, b: 2 }, 0],
  [[1, [2]], [1.01, [1.99]], 0.02],
  ['x', 'x', 0],
  [true, true, 0],
  [null, null, 0],
  [{}, { a: 1 }, 0],
])('%j is met by %j within %p', (expected, got, tolerance) => {
  expect(compare(expected, got, tolerance)).toEqual([]);
});

test.each([
  [1, 1.11, 0.1, '$', 1, 1.11],
  [1, '1', 10, '$', 1, '1'],
  [1, null, 10, '$', 1, null],
  [1, NaN, 10, '$', 1, NaN],
  [{ a: { b: [1, 2] } }, { a: { b: [1, 3] } }, 0.5, '$.a.b[1]', 2, 3],
  [{ a: 1 }, {}, 1, '$.a', 1, undefined],
  [{ toString: 1 }, {}, 1, '$.toString', 1, undefined],
  [[1, 2], [1], 0, '$', [1, 2], [1]],
  [[1], { 0: 1 }, 0, '$', [1], { 0: 1 }],
  [{ a: 1 }, [1], 0, '$', { a: 1 }, [1]],
  ['x', 'y', 0, '$', 'x', 'y'],
  [true, 1, 1, '$', true, 1],
])('%j is not met by %j within %p, at %s', (expected, got, tolerance, path, wanted, found) => {
  expect(compare(expected, got, tolerance)).toEqual([{ path, expected: wanted, got: found }]);
});

test('every difference is told', () => {
  expect(compare({ a: 1, b: [1, 2] }, { a: 2, b: [1, 4] }, 0).map(({ path }) => path)).toEqual(['$.a', '$.b[1]']);
});

test.each([0, -1.5, 'x', '', false, [1, [2]], { a: 0, b: ['x'] }])('%j holds values', (got) => {
  expect(findEmpty(got)).toEqual([]);
});

test.each([
  [null, '$'],
  [undefined, '$'],
  [[], '$'],
  [{}, '$'],
  [[1, null], '$[1]'],
  [{ a: [[], 1] }, '$.a[0]'],
  [Infinity, '$'],
])('%j is empty at %s', (got, path) => {
  expect(findEmpty(got)).toEqual([expect.objectContaining({ path, expected: 'a finite value' })]);
});
