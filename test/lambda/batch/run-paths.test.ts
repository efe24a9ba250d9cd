import fc from 'fast-check';
import {
  outcomeKey,
  outcomesPrefix,
  partitionKey,
  resultKey,
  runPlace,
  runsPrefix,
} from '../../../lambda/batch/run-paths';

const run = runPlace({ bucket: 'lake', prefix: 'scores/' }, '20260301T020000123Z-nightly');

test('everything of a run lies below its id', () => {
  expect(run).toEqual({
    bucket: 'lake',
    prefix: 'scores/runs/20260301T020000123Z-nightly/',
    id: '20260301T020000123Z-nightly',
  });
  expect(run.prefix.startsWith(runsPrefix({ bucket: 'lake', prefix: 'scores/' }))).toBe(true);
  expect(partitionKey(run, 7)).toBe(`${run.prefix}partitions/00007.json`);
  expect(outcomeKey(run, 39_999)).toBe(`${outcomesPrefix(run)}39999.json`);
});

test('a result is named as its object, as long as S3 takes the name', () => {
  expect(resultKey(run, 3, 'in/a b.csv')).toBe(`${run.prefix}results/00003/in/a b.csv.out`);
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 1024 }), (key) => {
      fc.pre(Buffer.byteLength(key) <= 1024);
      const result = resultKey(run, 0, key);
      expect(Buffer.byteLength(result)).toBeLessThanOrEqual(1024);
      expect(result.endsWith(`/${key}.out`) || /\/results\/00000\/[0-9a-f]{64}\.out$/.test(result)).toBe(true);
    }),
  );
});

test('two long keys have two results', () => {
  const long = 'x'.repeat(1000);
  expect(resultKey(run, 0, `${long}1`)).not.toBe(resultKey(run, 0, `${long}2`));
  expect(resultKey(run, 0, `${long}1`)).toBe(resultKey(run, 0, `${long}1`));
});
