import fc from 'fast-check';
import { currentKey, manifestKey, runPlace } from '../../../lambda/batch/run-paths';
import type { CurrentRun } from '../../../lambda/batch/contract';
import { SETTINGS } from '../batch-control/planned';
import { awsError } from '../batch-score/memory-objects';
import { predictorOf } from '../batch-score/predictor';
import { PAIR } from '../predict/models';
import { removeAssets } from '../served-model';
import { BatchWorld, type Moment } from './batch-world';
import { type Definition, type Execution, Stopped } from './run-definition';

afterAll(removeAssets);

const pair = predictorOf(PAIR);

/** Texts of objects, and whether they can be scored. `killer` ends each invocation that reads it. */
const TEXTS = {
  good: '1,2\n3,4\n',
  other: '5,6\n',
  malformed: '1,"\n',
  refused: '1,2\n101,1\n',
  empty: '',
  killer: '7,8\n',
} as const;
type Kind = keyof typeof TEXTS;

const RESULTS: Partial<Record<Kind, string>> = { good: '[1,2]\n[3,4]\n', other: '[5,6]\n' };

const kinds = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Kind>('good') },
  { weight: 6, arbitrary: fc.constant<Kind>('other') },
  { weight: 2, arbitrary: fc.constantFrom<Kind>('malformed', 'refused', 'empty') },
  { weight: 1, arbitrary: fc.constant<Kind>('killer') },
);

const campaign = fc.record({
  objects: fc.array(kinds, { maxLength: 14 }),
  settings: fc.record({
    judgedShare: fc.constantFrom(0, 0.2, 1),
    maxConcurrency: fc.integer({ min: 1, max: 4 }),
    toleratedFailure: fc.constantFrom(0, 0.2, 1),
    incremental: fc.boolean(),
  }),
  /** How long reading takes, of 1000 that an invocation has. */
  pace: fc.constantFrom(0, 0, 200, 450, 999),
  faults: fc.record({
    /** Of so many moments one has a fault. */
    rarity: fc.constantFrom(4, 15, 60, 1000),
    /** Numbers from which moments draw, over and over. */
    draws: fc.array(fc.nat({ max: 1e6 }), { minLength: 20, maxLength: 60 }),
  }),
  /** What is done about an execution that has failed. */
  repairs: fc.array(fc.constantFrom('redrive' as const, 'resume' as const), { minLength: 6, maxLength: 6 }),
});

/** Faults that AWS has on its own. */
const FAULTS: readonly ((moment: Moment) => void)[] = [
  () => {
    throw awsError('InternalError');
  },
  () => {
    throw awsError('Lambda.TooManyRequestsException');
  },
  ({ life }) => life.end(),
  ({ clock }) => clock.pass(400),
];

const DELAY = 3;

/** Makes faults by numbers that are drawn in turn, and counts them. */
function troubled(
  world: BatchWorld,
  { pace, faults: { rarity, draws } }: { pace: number; faults: { rarity: number; draws: readonly number[] } },
) {
  const state = { on: true, faults: 0, deaths: 0, delays: 0 };
  let turn = 0;
  const killers = new Set([...world.contents].filter(([, { text }]) => text === TEXTS.killer).map(([key]) => key));
  world.trouble = (moment) => {
    const { what, when, of, life, clock } = moment;
    if (what === 'read' && when === 'before') {
      clock.pass(pace);
      if (killers.has(of)) {
        life.end();
      }
    }
    const draw = draws[turn % draws.length] + 7919 * Math.floor(turn / draws.length);
    turn++;
    if (!state.on || draw % rarity !== 0) {
      return;
    }
    if (what === 'score' && draw % 11 === 0) {
      throw new Stopped();
    }
    state.faults++;
    state.delays += draw % FAULTS.length === DELAY ? 1 : 0;
    FAULTS[draw % FAULTS.length](moment);
    state.deaths += life.dead ? 1 : 0;
  };
  return state;
}

/** The pointer points to nothing but runs with a whole manifest, at any time. */
function watchPointer(world: BatchWorld, objects: number): void {
  const update = world.store.updateJson.bind(world.store);
  world.store.updateJson = <T>(key: string, change: (before: T | undefined) => T | undefined) =>
    update<T>(key, (before) => {
      const after = change(before);
      if (key === currentKey(SETTINGS.output) && after !== undefined) {
        const { run } = after as unknown as CurrentRun;
        const manifest = world.store.files.get(manifestKey(runPlace(SETTINGS.output, run)));
        expect(manifest?.split('\n')).toHaveLength(objects + 1);
      }
      return after;
    });
}

/** Redrives or resumes until an execution succeeds. */
async function repaired(
  world: BatchWorld,
  definition: Definition,
  first: Execution,
  repairs: readonly ('redrive' | 'resume')[],
  calm: () => void,
): Promise<Execution> {
  let run = first;
  // Who has accepted what a run refused says so again with each run that goes on with it, as each tries the quarantined objects anew.
  let accepted = false;
  for (let repair = 0; run.status !== 'SUCCEEDED'; repair++) {
    // Killers of one partition are found two at a time.
    expect(repair).toBeLessThan(30);
    if (repair >= 3) {
      calm();
    }
    const refused: boolean = ['RejectedByJudge', 'TooManyFailures'].includes(run.error!.name);
    accepted ||= refused;
    const planned = run.entered.includes('AnythingToJudge');
    run =
      refused || (repairs[repair % repairs.length] === 'resume' && planned)
        ? await world.run(definition, { resume: run.runId, ...(accepted ? { judge: false, toleratedFailure: 1 } : {}) })
        : await run.redrive();
  }
  return run;
}

test('whatever happens, every object ends as one of scored, quarantined and kept; what failed can be completed', async () => {
  const seen = { succeeded: 0, repaired: 0, deaths: 0 };
  await fc.assert(
    fc.asyncProperty(campaign, async ({ objects, settings, repairs, ...faults }) => {
      const world = new BatchWorld();
      const nameOf = (kind: Kind, index: number): string => `${String(index).padStart(2, '0')}-${kind}.csv`;
      world.put(Object.fromEntries(objects.map((kind, index) => [nameOf(kind, index), TEXTS[kind]])));
      watchPointer(world, objects.length);
      const trouble = troubled(world, faults);
      const definition = world.deploy(pair, settings);
      const first = await world.run(definition);
      seen[first.status === 'SUCCEEDED' ? 'succeeded' : 'repaired']++;
      const run = await repaired(world, definition, first, repairs, () => (trouble.on = false));
      seen.deaths += trouble.deaths;

      const manifest = world.manifest(run.runId);
      expect(manifest.map(({ key }) => key).sort()).toEqual(
        objects.map((kind, index) => `in/${nameOf(kind, index)}`).sort(),
      );
      for (const outcome of manifest) {
        const kind = /-(\w+)\.csv/.exec(outcome.key)![1] as Kind;
        if (outcome.status === 'quarantined') {
          const { reason } = outcome;
          const known = reason.startsWith('the function did not')
            ? kind === 'killer' || trouble.faults >= 2
            : reason.startsWith('it was not done')
              ? trouble.delays > 0
              : !(kind in RESULTS) && kind !== 'killer';
          expect([kind, reason, known]).toEqual([kind, reason, true]);
        } else {
          expect(RESULTS[kind]).toBeDefined();
          expect(world.objects.results.get(outcome.output.slice('s3://lake/'.length))).toBe(RESULTS[kind]);
          expect(outcome.recordsOut).toBe(RESULTS[kind]!.split('\n').length - 1);
        }
      }
      expect(world.current()).toBe(objects.length === 0 ? undefined : run.runId);
      expect(run.output).toMatchObject({
        objects: {
          scored: manifest.filter(({ status }) => status === 'scored').length,
          quarantined: manifest.filter(({ status }) => status === 'quarantined').length,
          kept: manifest.filter(({ status }) => status === 'kept').length,
        },
      });
    }),
    { numRuns: Number(process.env.CAMPAIGNS ?? 1000) },
  );
  // Both kinds of campaigns were there.
  expect(seen.succeeded).toBeGreaterThan(100);
  expect(seen.repaired).toBeGreaterThan(100);
  expect(seen.deaths).toBeGreaterThan(100);
}, 300_000);
