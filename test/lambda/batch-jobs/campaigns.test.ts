import fc from 'fast-check';
import { PartitionLoop } from './partition-loop';
import { type Chance, type Nature, TransformWorld } from './transform-world';

jest.setTimeout(300_000);

const CAMPAIGNS = Number(process.env.CAMPAIGNS ?? 1500);

/** Reasons of which an object of this kind is quarantined; none for those that can be scored. */
const REASONS: Readonly<Record<Nature, RegExp | undefined>> = {
  good: undefined,
  busy: undefined,
  refused: /^(the container refused it: ClientError: 400 no|its job failed with ClientError: See job logs[^:]*)$/,
  broken: /^its job failed with AlgorithmError: See job logs[^:]*(: Bad HTTP status received from algorithm: 500 no)?$/,
  crashing: /^its job failed with AlgorithmError: See job logs[^:]*(: Unable to get response from algorithm no)?$/,
  hanging:
    /^its job (was not done in time|failed with AlgorithmError: See job logs[^:]*)(: Unable to get response from algorithm no)?$/,
  nan: /^record 1 of the answer is nan$/,
  changed: /^it was changed after the run had begun$/,
  empty: /^it is empty$/,
};
const LEFT = /^it is one of \d+ objects that \d+ jobs left without an answer, and a partition has no more/;

const natures = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Nature>('good') },
  { weight: 5, arbitrary: fc.constantFrom<Nature>('refused', 'broken', 'busy', 'crashing', 'nan', 'changed', 'empty') },
  { weight: 1, arbitrary: fc.constant<Nature>('hanging') },
);

const CHANCES: readonly Chance[] = [
  'throttled',
  'at quota',
  'model gone',
  'answer of CreateTransformJob lost',
  'no capacity',
  'internal error',
  'no ping',
  'stopped by somebody',
  'timed out and goes on',
  'logs missing',
  'logs late',
  'cause cut off',
  'odd error',
  'execution ends',
  'job goes on',
  'redriven as it was',
  'fault before',
  'fault after',
  'death before',
  'death after',
  'answer of Advance lost',
  'out of time',
];

const campaign = fc.record({
  objects: fc.array(natures, { minLength: 1, maxLength: 16 }),
  maxJobs: fc.constantFrom(1, 3, 8, 20, 100),
  /** What may happen, once in so many times; drawn by these numbers over and over. */
  chances: fc.subarray([...CHANCES]),
  rarity: fc.constantFrom(3, 7, 20, 100),
  draws: fc.array(fc.nat({ max: 1e6 }), { minLength: 20, maxLength: 60 }),
});

test('whatever happens, each object ends as what it is', async () => {
  const seen = { objects: 0, left: 0, scored: 0, redriven: 0, chances: new Set<Chance>() };
  await fc.assert(
    fc.asyncProperty(campaign, async ({ objects, maxJobs, chances, rarity, draws }) => {
      const world = new TransformWorld(
        Object.fromEntries(
          objects.map((nature, index) => [`in/${nature === 'good' ? '' : 'x: '}${index}.csv`, nature]),
        ),
      );
      const counts = new Map<Chance, number>();
      const count = (...of: Chance[]) => of.reduce((sum, each) => sum + (counts.get(each) ?? 0), 0);
      let [turn, calm] = [0, false];
      world.chance = (what) => {
        // A quota that is never free has no end.
        if (calm || turn > 3000 || !chances.includes(what)) {
          return false;
        }
        const draw = draws[turn % draws.length] + 7919 * Math.floor(turn / draws.length);
        turn++;
        if (draw % rarity !== 0) {
          return false;
        }
        counts.set(what, count(what) + 1);
        seen.chances.add(what);
        return true;
      };
      const loop = new PartitionLoop(world, maxJobs);
      const runs = await loop.finish(() => (calm = true));
      seen.redriven += runs > 1 ? 1 : 0;

      const { outcomes, complete, seconds, jobs } = loop.outcome!;
      expect(complete).toBe(true);
      expect(outcomes.map(({ key }) => key)).toEqual(world.objects.map(({ key }) => key));
      let left = 0;
      for (const outcome of outcomes) {
        const nature = world.natures[outcome.key];
        const expected = REASONS[nature];
        if (outcome.status === 'quarantined') {
          const spent = LEFT.test(outcome.reason);
          left += spent ? 1 : 0;
          expect([nature, outcome.reason, spent || expected?.test(outcome.reason)]).toEqual([
            nature,
            outcome.reason,
            true,
          ]);
        } else if (outcome.status === 'scored') {
          expect([nature, expected]).toEqual([nature, undefined]);
          expect(world.store.files.get(outcome.output.slice('s3://lake/'.length))).toBe('0.5\n');
          expect(outcome.output.endsWith(`/${outcome.key}.out`)).toBe(true);
          seen.scored++;
        }
      }
      seen.objects += outcomes.length;
      seen.left += left;

      // What a partition costs.
      const innocent = jobs!.interrupted;
      expect(jobs!.begun - innocent).toBeLessThanOrEqual(maxJobs);
      expect(left === 0 || jobs!.begun - innocent === maxJobs).toBe(true);
      expect(innocent).toBeLessThanOrEqual(
        count('no capacity', 'internal error', 'no ping', 'stopped by somebody', 'model gone', 'execution ends') +
          // Nobody knows any more who stopped it, where no invocation came to its end.
          (runs > 1 ? world.timeouts : 0),
      );
      expect(world.jobs.size).toBeLessThanOrEqual(jobs!.begun);
      expect(new Set(world.requests).size).toBeLessThanOrEqual(jobs!.begun);
      expect(seconds).toBeLessThanOrEqual(
        [...world.jobs.values()].reduce((sum, job) => sum + 2 * (job.ends - job.started), 0),
      );

      // A name is asked for again only where no job came of it, or nobody knew.
      expect(world.inUse.length).toBeLessThanOrEqual(count('answer of CreateTransformJob lost', 'redriven as it was'));
      const again = world.requests.length - new Set(world.requests).size;
      expect(again).toBeLessThanOrEqual(
        count('throttled', 'at quota', 'model gone', 'answer of CreateTransformJob lost', 'redriven as it was'),
      );
      expect(loop.atQuota).toBeLessThanOrEqual(
        count('at quota') +
          count('fault before', 'fault after', 'death before', 'death after', 'answer of Advance lost'),
      );

      // What was read is read again only where an invocation did not come to its end.
      const deaths = count('fault before', 'fault after', 'death before', 'death after');
      for (const [key, reads] of world.reads) {
        expect([key, reads <= 1 + deaths]).toEqual([key, true]);
      }

      // Once complete, it stays as it is.
      calm = true;
      const before = world.store.files.size;
      expect(await loop.run()).toBe(true);
      expect([world.store.files.size, loop.outcome!.outcomes]).toEqual([before, outcomes]);
    }),
    { numRuns: CAMPAIGNS },
  );
  expect(seen.chances.size).toBe(CHANCES.length);
  expect(seen.redriven).toBeGreaterThan(CAMPAIGNS / 10);
  expect(seen.scored).toBeGreaterThan(seen.objects / 3);
  expect(seen.left).toBeGreaterThan(CAMPAIGNS / 10);
});
