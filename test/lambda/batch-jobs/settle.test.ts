import { gzipSync } from 'node:zlib';
import type { InputObject } from '../../../lambda/batch/contract';
import { histogramOf } from '../../../lambda/batch/score-histogram';
import { settle } from '../../../lambda/batch-jobs/settle';
import { MemoryStore } from '../batch/memory-store';
import { SETTINGS } from '../batch-control/planned';
import { body } from '../batch-score/body';
import { awsError } from '../batch-score/memory-objects';

const object: InputObject = { key: 'in/a.csv', bytes: 8, etag: '"1"' };
const jobs = {
  name: 'churn',
  instances: 1,
  lines: true,
  gzip: false,
  answers: 'csv',
  capture: false,
  maxJobs: 5,
} as const;
const run = { bucket: 'lake', prefix: 'out/runs/1/', id: '1' };
const KEY = 'out/runs/1/results/00000/job/in/a.csv.out';

function settled(answer: string, read: () => Promise<AsyncIterable<Uint8Array>>, gzip = false) {
  const runs = new MemoryStore();
  runs.files.set(KEY, answer);
  return settle({ settings: SETTINGS, jobs: { ...jobs, gzip }, run }, object, KEY, { runs, objects: { read } });
}
const text = (content: string | Uint8Array) => () => Promise.resolve(body(content));

test('an object is scored where its answer is, with the records of both', async () => {
  expect(await settled('0.5\n0.25\n', text('1,2\n3,4\n5,6'))).toEqual({
    outcome: { ...object, status: 'scored', output: `s3://lake/${KEY}`, recordsIn: 3, recordsOut: 2 },
    scores: histogramOf([0.5, 0.25]),
  });
});

test.each([
  ['NoSuchKey', 'it is gone'],
  ['PreconditionFailed', 'it was changed after the run had begun'],
])('an object that cannot be read for %s is quarantined', async (name, reason) => {
  const { outcome } = await settled('0.5\n', () => Promise.reject(awsError(name)));
  expect(outcome).toEqual({ ...object, status: 'quarantined', reason });
});

test('an answer that is not what was asked for, and an object that is not compressed, are quarantined', async () => {
  expect((await settled('nan\n', text('1\n'))).outcome).toMatchObject({ reason: 'record 1 of the answer is nan' });
  expect((await settled('', text('1\n'))).outcome).toMatchObject({ reason: 'the answer is empty' });
  expect((await settled('1\n', text('1\n'), true)).outcome).toMatchObject({
    reason: expect.stringContaining('it is not valid gzip') as string,
  });
  expect((await settled('1\n', text(gzipSync('1\n')), true)).outcome).toMatchObject({ status: 'scored' });
});

test('a fault of S3 is none of the object', async () => {
  await expect(settled('1\n', () => Promise.reject(awsError('SlowDown')))).rejects.toThrow('SlowDown');
  const breaking = () => Promise.resolve(body('1\n', [], awsError('reset')));
  await expect(settled('1\n', breaking)).rejects.toThrow('reset');
});
