import fc from 'fast-check';
import { runId } from '../../../lambda/batch-control/run-id';
import { jobName } from '../../../lambda/batch-jobs/job-name';

/** https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html */
const LEGAL = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;
const LONGEST_PREFIX = 'a'.repeat(20);
const run = (id: string) => ({ bucket: 'lake', prefix: `out/runs/${id}/`, id });
const ID = runId({ StartTime: '2026-03-01T02:00:00.123Z', Name: 'nightly' });

test('a name begins with what the batch is called, and the time of the run', () => {
  expect(jobName('churn', run(ID), 7, 0)).toMatch(/^churn-20260301t020000-[0-9a-f]{12}-7-0$/);
});

test('the name of the last job of the last partition is as long as one may be, and not longer', () => {
  const name = jobName(LONGEST_PREFIX, run(ID), 99_999, 9999);
  expect(name).toMatch(LEGAL);
  expect(name.length).toBeLessThanOrEqual(63);
});

test('names are legal whatever the id of the run', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('_', '-', 'Ä', 'a', '0', 'Z', ':') })),
      fc.nat({ max: 99_999 }),
      fc.nat({ max: 9999 }),
      (id, partition, number) => {
        const name = jobName(LONGEST_PREFIX, run(id), partition, number);
        expect(name).toMatch(LEGAL);
        expect(name.length).toBeLessThanOrEqual(63);
      },
    ),
  );
});

test('no two jobs have one name: of other outputs, runs, partitions and numbers', () => {
  const other = { ...run(ID), prefix: 'elsewhere/' };
  const bucket = { ...run(ID), bucket: 'other' };
  const names = [
    jobName('a', run(ID), 1, 11),
    jobName('a', run(ID), 11, 1),
    jobName('a', other, 1, 11),
    jobName('a', bucket, 1, 11),
    jobName('a', run(`${ID}-2`), 1, 11),
    jobName('b', run(ID), 1, 11),
  ];
  expect(new Set(names).size).toBe(names.length);
  expect(jobName('a', run(ID), 1, 11)).toBe(names[0]);
});
