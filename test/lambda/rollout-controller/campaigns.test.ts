import fc from 'fast-check';
import type { Verb } from '../../../lambda/rollout/contract';
import { brokenLaws } from './laws';
import { type Fault, FAULTS, RolloutWorld, type WorldOptions } from './rollout-world';
import type { Quality } from './service';
import { every, THOROUGH } from './thorough';

jest.setTimeout(480_000);

const STRIDE = every(41);
const CAMPAIGNS = THOROUGH ? 2000 : 100;

/** Short, so that many can be played. */
const SHORT: WorldOptions = {
  judge: {
    steps: [10, 50, 100].map((percent) => ({ percent, bakeMinutes: 2, minRequests: 20 })),
    metrics: [{ name: 'errors' }],
  },
  settings: { gates: [1], hooks: { before: 'a', step: 'b', after: 'c' }, metricDelaySeconds: 60 },
  rate: () => 600,
};

const QUALITIES = {
  good: () => [0.01],
  throwing: () => [0.7],
  late: (minute) => [minute < 9 ? 0.01 : 0.6],
} as const satisfies Record<string, Quality>;
type Kind = keyof typeof QUALITIES;

const qualityOf =
  (kind: Kind) =>
  (version: string): Quality =>
    version === 'B' ? QUALITIES[kind] : QUALITIES.good;

/** In the end somebody looks after what waits for people. */
function attended(world: RolloutWorld): RolloutWorld {
  return world
    .minutes(8, () => world.ask('approve'))
    .minutes(50, () => world.ask('approve'))
    .minutes(60, () => world.ask('resume'))
    .minutes(90, () => world.ask('abort'));
}

function played(options: WorldOptions): Promise<RolloutWorld> {
  const world = new RolloutWorld(options);
  world.minutes(1, () => world.deploy('B'));
  return attended(world).run();
}

describe.each([
  ['an alias', false],
  ['an endpoint', true],
])('one fault at a call of a whole rollout of %s', (_, slow) => {
  test.each((['good', 'throwing', 'late'] as const).flatMap((kind) => FAULTS.map((fault) => [kind, fault] as const)))(
    'of a version that is %s: %s',
    async (kind, fault) => {
      const options = { ...SHORT, slow, quality: qualityOf(kind) };
      const without = await played(options);
      expect(brokenLaws(without)).toEqual([]);
      expect(without.calls.length).toBeGreaterThan(60);
      const broken: string[] = [];
      for (let place = 0; place < without.calls.length; place += STRIDE) {
        const world = await played({ ...options, fault: (call) => (call === place ? fault : undefined) });
        const prompt = fault === 'throttle' || fault === 'wait' || fault === 'late';
        const same = world.item.rollout!.outcome === without.item.rollout!.outcome;
        broken.push(
          ...[...brokenLaws(world, { prompt }), ...(same ? [] : [`ends ${world.item.rollout!.outcome}`])].map(
            (law) => `call ${place}, ${without.calls[place]}: ${law}`,
          ),
        );
      }
      expect(broken).toEqual([]);
    },
  );
});

describe.each([
  ['an alias', false],
  ['an endpoint', true],
])('an operator at any moment of a rollout of %s', (_, slow) => {
  test.each(['pause', 'promote', 'approve', 'abort', 'supersede', 'delete', 'alarm'] as const)('%s', async (what) => {
    const broken: string[] = [];
    for (const kind of ['good', 'throwing'] as const) {
      for (let seconds = 60; seconds < 25 * 60; seconds += 7 * STRIDE) {
        const world = new RolloutWorld({ ...SHORT, slow, quality: qualityOf(kind) });
        attended(world.minutes(1, () => world.deploy('B')));
        world.minutes(seconds / 60, () => act(world, what));
        await world.run();
        broken.push(...brokenLaws(world).map((law) => `${kind}, ${what} after ${seconds} s: ${law}`));
      }
    }
    expect(broken).toEqual([]);
  });
});

type Act = Verb | 'supersede' | 'delete' | 'alarm' | 'calm' | 'back';

function act(world: RolloutWorld, what: Act): void {
  switch (what) {
    case 'supersede':
      return world.deploy('C');
    case 'back':
      return world.deploy(world.item.desired?.version === undefined ? undefined : 'B');
    case 'delete':
      return world.deploy(undefined);
    case 'alarm':
      world.alarms = ['broken'];
      return;
    case 'calm':
      world.alarms = [];
      return;
    default:
      return world.ask(what);
  }
}

const campaign = fc.record({
  slow: fc.boolean(),
  kind: fc.constantFrom<Kind>('good', 'good', 'throwing', 'late'),
  seed: fc.nat(),
  /** Of so many calls one has a fault. */
  rarity: fc.constantFrom(4, 10, 30, 100),
  faults: fc.array(fc.tuple(fc.nat({ max: 1e6 }), fc.constantFrom<Fault>(...FAULTS)), { minLength: 10, maxLength: 50 }),
  /** Ticks that come again, so many seconds later. */
  again: fc.array(fc.option(fc.constantFrom(0, 0, 1, 3, 61, 300), { freq: 4, nil: undefined }), {
    minLength: 1,
    maxLength: 12,
  }),
  acts: fc.array(
    fc.tuple(
      fc.integer({ min: 60, max: 2400 }),
      fc.constantFrom<Act>(
        ...(['pause', 'resume', 'promote', 'approve', 'abort', 'retry', 'supersede', 'back', 'alarm', 'calm'] as const),
        'delete',
      ),
    ),
    { maxLength: 6 },
  ),
});

test('campaigns of many faults, ticks that come twice or late, and operators at any moment', async () => {
  const counted = { calls: 0, faults: 0, repeats: 0, outcomes: new Map<string, number>() };
  const seed = 20_261_122;
  await fc.assert(
    fc.asyncProperty(campaign, async ({ slow, kind, seed: traffic, rarity, faults, again, acts }) => {
      let drawn = 0;
      const world = new RolloutWorld({
        ...SHORT,
        slow,
        seed: traffic,
        quality: qualityOf(kind),
        fault: () => {
          const [number, fault] = faults[drawn++ % faults.length];
          // The world comes to rest in the end, as AWS does.
          if (drawn > 600 || (number + drawn) % rarity !== 0) {
            return undefined;
          }
          counted.faults += 1;
          return fault;
        },
        again: (tick) => {
          const seconds = tick > 200 ? undefined : again[tick % again.length];
          counted.repeats += seconds === undefined ? 0 : 1;
          return seconds;
        },
      });
      attended(world.minutes(1, () => world.deploy('B')));
      acts.forEach(([seconds, what]) => world.minutes(seconds / 60, () => act(world, what)));
      world.minutes(80, () => (world.alarms = []));
      await world.run();
      counted.calls += world.calls.length;
      const { outcome } = world.item.rollout!;
      counted.outcomes.set(String(outcome), (counted.outcomes.get(String(outcome)) ?? 0) + 1);
      expect(brokenLaws(world, { prompt: false })).toEqual([]);
    }),
    { numRuns: CAMPAIGNS, seed, endOnFailure: true },
  );
  const { calls, faults, repeats, outcomes } = counted;
  process.stdout.write(
    `seed ${seed}: ${calls} calls, ${faults} faults, ${repeats} ticks again, ${JSON.stringify([...outcomes])}\n`,
  );
  expect(faults).toBeGreaterThan(10 * CAMPAIGNS);
  expect(outcomes.size).toBeGreaterThanOrEqual(4);
});
