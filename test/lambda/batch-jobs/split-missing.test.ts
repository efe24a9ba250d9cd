import fc from 'fast-check';
import { splitMissing } from '../../../lambda/batch-jobs/split-missing';

const split = (missing: readonly number[], reasons: Readonly<Record<number, string>> = {}) =>
  splitMissing(missing, (object) => reasons[object]);

test('what the container refused is done with; the others are done again together', () => {
  expect(split([1, 2, 3], { 2: 'ClientError: 400 {"error": "no"}' })).toEqual({ refused: [2], groups: [[1, 3]] });
  expect(split([4], { 4: 'ClientError: 413' })).toEqual({ refused: [4], groups: [] });
});

test.each([
  'ClientError: 408',
  'ClientError: 429 {"error": "busy"}',
  'Bad HTTP status received from algorithm: 500',
  'Unable to get response from algorithm',
  'Failed to parse output from the algorithm as CSV',
  'something ClientError: 400',
])('%p is no refusal: the object is tried again, apart from those that nothing is said of', (reason) => {
  expect(split([1, 2, 3], { 2: reason })).toEqual({ refused: [], groups: [[1, 3], [2]] });
});

test('refused, blamed and unnamed ones go three ways', () => {
  expect(split([1, 2, 3], { 1: 'ClientError: 400', 2: 'Bad HTTP status received from algorithm: 503' })).toEqual({
    refused: [1],
    groups: [[3], [2]],
  });
});

test('where nothing tells them apart they are halved', () => {
  expect(split([1, 2, 3, 4, 5])).toEqual({
    refused: [],
    groups: [
      [1, 2, 3],
      [4, 5],
    ],
  });
  expect(split([1, 2], { 1: 'x', 2: 'x' })).toEqual({ refused: [], groups: [[1], [2]] });
  expect(split([7])).toEqual({ refused: [], groups: [[7]] });
});

test('each object goes one way, and every group is smaller than before', () => {
  const reason = fc.constantFrom(undefined, 'ClientError: 400', 'ClientError: 429', 'Unable to get response');
  fc.assert(
    fc.property(fc.array(reason, { minLength: 1, maxLength: 30 }), (reasons) => {
      const { refused, groups } = splitMissing([...reasons.keys()], (object) => reasons[object]);
      expect([...refused, ...groups.flat()].sort((one, other) => one - other)).toEqual([...reasons.keys()]);
      for (const group of groups) {
        expect(group.length).toBeGreaterThan(0);
        expect(group.length).toBeLessThan(Math.max(2, reasons.length));
      }
    }),
  );
});
