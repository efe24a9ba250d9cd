import fc from 'fast-check';
import { RUN_ERRORS } from '../../../lambda/batch/contract';
import type { Chance, Nature } from '../batch-jobs/transform-world';
import { JobBatch, summaryOf } from './job-batch';
import { named } from './run-definition';

const good = (count: number): Record<string, Nature> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${index}.csv`, 'good']));

/** Something happens so often, the first times that it can. */
const happening = (what: Chance, times = 1): ((chance: Chance) => boolean) => {
  let left = times;
  return (chance) => chance === what && left-- > 0;
};

const scored = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${index}.csv`, 'scored']));

test('a quiet night: the first part is judged, the rest is scored, a job for each partition', async () => {
  const batch = new JobBatch(good(8));
  const execution = await batch.run(batch.definition({ judgedShare: 0.25 }));
  expect(execution.status).toBe('SUCCEEDED');
  expect(batch.fates()).toEqual(scored(8));
  expect(execution.entered.filter((state) => !/^(Begin|Advance)/.test(state))).toEqual([
    ...['Plan', 'Planned', 'AnythingToJudge', 'JobFirst', 'Judge', 'AnythingLeft', 'ScoreRest'],
    ...execution.entered.filter((state) => state === 'Job' || state === 'PartitionDone'),
    ...['Finish', 'AllFinished', 'Done'],
  ]);
  expect(batch.world.requests).toHaveLength(3);
  expect(summaryOf(execution).objects).toEqual({ scored: 8, quarantined: 0, kept: 0 });
  expect(summaryOf(execution).cost.seconds).toBeGreaterThan(3 * 300);
});

test('no object: a run that succeeds, and no job', async () => {
  const batch = new JobBatch({});
  expect(await batch.run()).toMatchObject({ status: 'SUCCEEDED', output: { objects: { scored: 0 } } });
  expect(batch.world.requests).toEqual([]);
});

test('objects that are empty cost no job', async () => {
  const batch = new JobBatch({ 'a.csv': 'empty', 'b.csv': 'empty' });
  expect((await batch.run()).status).toBe('SUCCEEDED');
  expect(batch.fates()).toEqual({ 'a.csv': 'it is empty', 'b.csv': 'it is empty' });
  expect(batch.world.requests).toEqual([]);
});

test.each<[Nature, RegExp]>([
  ['refused', /^the container refused it: ClientError: 400 no/],
  ['broken', /Bad HTTP status received from algorithm: 500 no$/],
  ['crashing', /Unable to get response from algorithm no$/],
  ['hanging', /^its job was not done in time$/],
  ['nan', /^record 1 of the answer is nan$/],
  ['changed', /^it was changed after the run had begun$/],
])('an object that is %s ends in quarantine with the reason, and all others are scored', async (nature, reason) => {
  const batch = new JobBatch({ ...good(7), 'x.csv': nature });
  expect((await batch.run()).status).toBe('SUCCEEDED');
  expect(batch.fates()).toEqual({ ...scored(7), 'x.csv': expect.stringMatching(reason) as string });
});

test('where none is tolerated, a bad object in the first part ends the run before the rest begins', async () => {
  const batch = new JobBatch({ '0.csv': 'refused' });
  const execution = await batch.run(batch.definition({ judgedShare: 1, toleratedFailure: 0 }));
  expect(execution).toMatchObject({ status: 'FAILED', error: { name: RUN_ERRORS.rejected } });
  expect(batch.current()).toBeUndefined();
  expect(execution.entered).not.toContain('ScoreRest');
});

test.each<[Chance, string]>([
  ['at quota', 'the account may not run more instances'],
  ['throttled', 'too many requests were made'],
])('%s: a job that may not begin, since %s, waits its turn under its name', async (chance) => {
  const batch = new JobBatch(good(4));
  batch.world.chance = happening(chance, 5);
  const execution = await batch.run();
  expect(execution.status).toBe('SUCCEEDED');
  expect(batch.fates()).toEqual(scored(4));
  expect(execution.entered.filter((state) => state === 'Wait')).toHaveLength(5);
  expect(new Set(batch.world.requests).size).toBe(2);
  expect(batch.world.requests).toHaveLength(7);
  expect(batch.atQuota).toBe(chance === 'at quota' ? 5 : 0);
});

test('a job that was begun though nobody heard of it is waited for, and not begun again', async () => {
  const batch = new JobBatch(good(4));
  batch.world.chance = happening('answer of CreateTransformJob lost');
  const execution = await batch.run();
  expect(execution.status).toBe('SUCCEEDED');
  expect(batch.fates()).toEqual(scored(4));
  expect(batch.world.jobs.size).toBe(2);
});

test.each<[string, readonly Chance[], number]>([
  ['and whose job was stopped with it begins another', [], 3],
  ['and whose job went on waits for it', ['job goes on'], 2],
])('a run that somebody stopped %s when it is redriven', async (_, also, jobs) => {
  const batch = new JobBatch(good(4));
  const ends = happening('execution ends');
  batch.world.chance = (chance) => also.includes(chance) || ends(chance);
  const execution = await batch.run();
  expect(execution.status).toBe('STOPPED');
  expect((await execution.redrive()).status).toBe('SUCCEEDED');
  expect(batch.fates()).toEqual(scored(4));
  expect(batch.world.jobs.size).toBe(jobs);
});

test('partitions whose jobs can never begin fail the run, which says why; redriven, it does just these', async () => {
  const batch = new JobBatch(good(6));
  batch.world.chance = happening('model gone');
  const execution = await batch.run(batch.definition({ maxConcurrency: 3 }));
  expect(execution).toMatchObject({ status: 'FAILED', error: { name: RUN_ERRORS.incomplete } });
  expect(execution.error!.message).toMatch(/1 of 3 partitions have no result.*Could not find model/);
  const before = batch.world.requests.length;
  expect((await execution.redrive()).status).toBe('SUCCEEDED');
  expect(batch.fates()).toEqual(scored(6));
  expect(batch.world.requests).toHaveLength(before + 1);
});

test('a container that never answers blames no object', async () => {
  const batch = new JobBatch(good(4));
  batch.world.chance = happening('no ping', 2);
  const execution = await batch.run();
  expect(execution.error!.message).toMatch(/failed to respond to ping/);
  expect((await execution.redrive()).status).toBe('SUCCEEDED');
  expect(batch.fates()).toEqual(scored(4));
});

test('a job that SageMaker interrupted is done again', async () => {
  const batch = new JobBatch(good(4));
  batch.world.chance = happening('no capacity', 3);
  expect((await batch.run()).status).toBe('SUCCEEDED');
  expect(batch.fates()).toEqual(scored(4));
});

test('a function that dies is called again, and nothing is done twice', async () => {
  const batch = new JobBatch(good(4));
  let left = 3;
  batch.trouble = (call) => {
    if (call.startsWith('advance') && left-- > 0) {
      throw named('Lambda.Unknown', 'it died');
    }
  };
  expect((await batch.run()).status).toBe('SUCCEEDED');
  expect(batch.world.jobs.size).toBe(2);
});

test('the next night keeps what was scored in the same way, and does what is new', async () => {
  const batch = new JobBatch(good(4));
  await batch.run();
  const second = await batch.run(batch.definition(), { incremental: true });
  expect(summaryOf(second).objects).toEqual({ scored: 0, quarantined: 0, kept: 4 });
  const other = await batch.run(batch.definition({ scoring: 'another filter' }), { incremental: true });
  expect(summaryOf(other).objects).toEqual({ scored: 4, quarantined: 0, kept: 0 });
});

const NATURES: readonly Nature[] = [
  'good',
  'good',
  'good',
  'good',
  'refused',
  'broken',
  'crashing',
  'nan',
  'changed',
  'empty',
];
const CHANCES: readonly Chance[] = [
  ...(['throttled', 'at quota', 'answer of CreateTransformJob lost', 'no capacity', 'internal error'] as const),
  ...([
    'no ping',
    'stopped by somebody',
    'logs missing',
    'logs late',
    'execution ends',
    'job goes on',
    'model gone',
  ] as const),
];

test('whatever happens, redriven often enough every run ends with one fate for each object, and good ones are scored', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...NATURES), { minLength: 1, maxLength: 14 }),
      fc.subarray([...CHANCES]),
      fc.array(fc.nat(9), { minLength: 20, maxLength: 60 }),
      fc.constantFrom(0, 0.3),
      async (natures, likely, dice, judgedShare) => {
        const batch = new JobBatch(
          Object.fromEntries(natures.map((nature, index): [string, Nature] => [`${index}.csv`, nature])),
        );
        let throws = 0;
        batch.world.chance = (chance) => likely.includes(chance) && (dice[throws++] ?? 9) < 3;
        const definition = batch.definition({ judgedShare }, 100);
        const execution = await batch.run(definition);
        for (let redrives = 0; execution.status !== 'SUCCEEDED'; redrives++) {
          expect(redrives).toBeLessThan(30);
          if (execution.error?.name === RUN_ERRORS.rejected) {
            return;
          }
          await execution.redrive();
        }
        const fates = batch.fates();
        expect(Object.keys(fates).sort()).toEqual(natures.map((_, index) => `${index}.csv`).sort());
        natures.forEach((nature, index) =>
          nature === 'good'
            ? expect(fates[`${index}.csv`]).toBe('scored')
            : expect(fates[`${index}.csv`]).not.toBe('scored'),
        );
        expect(new Set(batch.world.jobs.keys()).size).toBe(batch.world.jobs.size);
      },
    ),
    { numRuns: 300 },
  );
}, 120_000);
