import type { Verb } from '../../../lambda/rollout/contract';
import { statusOf } from '../../../lambda/rollout-controller/status';
import { brokenLaws } from './laws';
import { RolloutWorld, type WorldOptions } from './rollout-world';
import type { Quality } from './service';
import { THOROUGH } from './thorough';

jest.setTimeout(60_000);

const AB: readonly (readonly [string, boolean])[] = [
  ['an alias', false],
  ['an endpoint', true],
];

/** Version B does so from its first request on; all others are good. */
const bad =
  (chances: readonly (number | null)[]) =>
  (version: string): Quality =>
  () =>
    version === 'B' ? chances : [0.01, 0.02];

function deployed(options: WorldOptions = {}): RolloutWorld {
  const world = new RolloutWorld(options);
  return world.minutes(1, () => world.deploy('B'));
}

function end(world: RolloutWorld): string {
  const { outcome, reason } = world.item.rollout!;
  return `${outcome}: ${reason?.code}`;
}

const told = (world: RolloutWorld, what: string): string[] =>
  world.item.trail.filter((entry) => entry.what === what).map(({ text }) => text);

describe.each(AB)('on %s', (_, slow) => {
  const rollout = (options: WorldOptions = {}): RolloutWorld => deployed({ ...options, slow });

  test('a good version goes through all steps and becomes the live one', async () => {
    const world = await rollout().run();
    expect(brokenLaws(world)).toEqual([]);
    expect(end(world)).toBe('promoted: baked');
    expect(world.service.shares.map(({ percent }) => percent)).toEqual([5, 20, 50, 100, 0]);
    expect(world.service.live).toBe('B');
    expect(world.looks.size).toBeGreaterThanOrEqual(20);
  });

  test('a version that throws goes back within minutes of data, and everybody is told the numbers', async () => {
    const world = await rollout({ quality: bad([0.6, 0.02]) }).run();
    expect(brokenLaws(world)).toEqual([]);
    expect(end(world)).toBe('rolled-back: judged');
    expect(Math.max(...world.service.shares.map(({ percent }) => percent))).toBe(5);
    expect(world.item.rollout!.reason!.text).toMatch(
      /^(fast-path|evidence) at 5 %: errors: \d+ of \d+ against \d+ of \d+/,
    );
    expect(world.verdicts[0] - world.service.shares[0].time).toBeLessThan(6 * 60_000);
    expect(world.events.some(({ what, judgement }) => what === 'retreating' && judgement?.verdict === 'ROLLBACK')).toBe(
      true,
    );
  });

  test('a version that is slow goes back', async () => {
    const world = await rollout({ quality: bad([0.01, 0.2]) }).run();
    expect(brokenLaws(world)).toEqual([]);
    expect(end(world)).toBe('rolled-back: judged');
    expect(world.item.rollout!.reason!.text).toContain('slow: ');
  });

  test('a version that begins to fail only in the final bake goes back', async () => {
    const quality =
      (version: string): Quality =>
      () =>
        version === 'B' && world.service.percent === 100 ? [0.9, 0.02] : [0.01, 0.02];
    const world: RolloutWorld = rollout({ quality });
    await world.run();
    expect(brokenLaws(world)).toEqual([]);
    expect(end(world)).toBe('rolled-back: judged');
    expect(Math.max(...world.service.shares.map(({ percent }) => percent))).toBe(100);
  });

  test('wrong answers to the examples: no request reaches it', async () => {
    const examples = (version: string) => ({ passed: version !== 'B', text: 'case 2: 0.7 instead of 0.4' });
    const world = await rollout({ examples }).run();
    expect(brokenLaws(world)).toEqual([]);
    expect(end(world)).toBe('rolled-back: check-failed');
    expect(world.item.rollout!.reason!.text).toContain('0.7 instead of 0.4');
    expect(world.service.shares).toEqual([]);
  });

  test('with thin traffic a step takes longer, and then asks', async () => {
    const world = rollout({ rate: () => 100 });
    await world.minutes(2000, () => world.ask('abort')).run();
    expect(brokenLaws(world)).toEqual([]);
    expect(told(world, 'paused')).toEqual([expect.stringContaining('too little to say at 5 %: samples')]);
    expect(end(world)).toBe('rolled-back: aborted');
  });

  test.each([
    ['pause', 'rolled-back: aborted'],
    ['rollback', 'rolled-back: inconclusive'],
    ['promote', 'promoted: baked'],
  ] as const)('without any traffic, onInconclusive %s leads to %s', async (onInconclusive, expected) => {
    const world = rollout({ rate: () => 0, judge: { onInconclusive } });
    await world.minutes(1000, () => world.ask('abort')).run();
    expect(brokenLaws(world)).toEqual([]);
    expect(end(world)).toBe(expected);
  });

  test('a metric without data never lets a step pass', async () => {
    const quality = (): Quality => () => [0.01, null];
    const world = rollout({ quality });
    await world.minutes(1000, () => world.ask('abort')).run();
    expect(brokenLaws(world)).toEqual([]);
    expect(world.service.shares.map(({ percent }) => percent)).toEqual([5, 0]);
  });

  test('a baseline that is bad as well holds the step, and in the end all goes back', async () => {
    const world = await rollout({ quality: () => () => [0.5, 0.02] }).run();
    expect(brokenLaws(world)).toEqual([]);
    expect(end(world)).toBe('rolled-back: judged');
    expect(world.item.rollout!.reason!.text).toContain('hold-over');
  });

  test('a newer version: the one under way goes back first, then the newer begins', async () => {
    const world = rollout();
    await world.minutes(14, () => world.deploy('C')).run();
    expect(brokenLaws(world)).toEqual([]);
    expect([...world.item.trail].filter(({ what }) => what === 'ended').map(({ text }) => text)).toEqual([
      'rolled-back: version C is desired now',
      'promoted: all steps passed',
    ]);
    expect(world.service.live).toBe('C');
    expect([...world.service.versions]).toEqual(['C']);
  });

  test('the stack rolls back in the middle: the old version is desired again, and the new one is removed', async () => {
    const world = rollout();
    await world.minutes(14, () => world.deploy('A')).run();
    expect(brokenLaws(world)).toEqual([]);
    expect(end(world)).toBe('unchanged: same-version');
    expect([...world.service.versions]).toEqual(['A']);
  });

  test.each([1.2, 1.6, 5, 9, 16, 24, 29])('aborted %d minutes in: back, whatever it was doing', async (minute) => {
    const world = rollout();
    await world.minutes(minute, () => world.ask('abort', 'looks odd')).run();
    expect(brokenLaws(world)).toEqual([]);
    expect(end(world)).toBe('rolled-back: aborted');
    expect(world.item.rollout!.reason!.text).toBe('aborted by Ada: looks odd');
    expect(world.item.kept).toBe('B');
  });

  test('a pause does not keep a version that turns bad', async () => {
    const quality =
      (version: string): Quality =>
      (minute) =>
        version === 'B' && minute > 300 ? [0.5, 0.02] : [0.01, 0.02];
    const world = rollout({ quality });
    await world.minutes(10, () => world.ask('pause')).run();
    expect(brokenLaws(world)).toEqual([]);
    expect(end(world)).toBe('rolled-back: judged');
  });

  test('promoted by hand: all traffic now, and the final bake is kept; a second time ends that', async () => {
    const world = rollout({ judge: { steps: [5, 50, 100].map((percent) => ({ percent, bakeMinutes: 60 })) } });
    world.minutes(10, () => world.ask('promote')).minutes(30, () => world.ask('promote'));
    await world.run();
    expect(brokenLaws(world)).toEqual([]);
    expect(end(world)).toBe('promoted: promoted-by-hand');
    expect(world.service.shares.map(({ percent }) => percent)).toEqual([5, 100, 0]);
    expect(world.time.now / 60_000).toBeLessThan(45);
  });

  test('a step with a gate waits for its approval, however well it goes', async () => {
    const world = rollout({ settings: { gates: [0, 2] } });
    const states: boolean[] = [];
    world
      .minutes(60, () => states.push(statusOf(world.item).waitingForApproval))
      .minutes(61, () => world.ask('approve'));
    world
      .minutes(200, () => states.push(statusOf(world.item).waitingForApproval))
      .minutes(201, () => world.ask('approve'));
    world.minutes(204, () => states.push(statusOf(world.item).waitingForApproval));
    await world.run();
    expect(brokenLaws(world)).toEqual([]);
    expect(end(world)).toBe('promoted: baked');
    expect(states).toEqual([true, true, false]);
    expect(told(world, 'waiting')).toEqual(["5 % wait for somebody's approval", "50 % wait for somebody's approval"]);
    expect(world.service.shares[0].time).toBeGreaterThan(61 * 60_000);
  });

  test.each([
    ['pause', 'promoted: baked'],
    ['rollback', 'rolled-back: deadline'],
  ] as const)('over its deadline, with onInconclusive %s', async (onInconclusive, expected) => {
    const world = rollout({ judge: { onInconclusive }, settings: { deadlineMinutes: 15 } });
    await world.minutes(500, () => world.ask('resume')).run();
    expect(brokenLaws(world)).toEqual([]);
    expect(end(world)).toBe(expected);
    expect(told(world, 'paused')).toHaveLength(onInconclusive === 'pause' ? 1 : 0);
  });

  test.each([1.5, 3, 12, 28])('an alarm of the team %d minutes in rolls back, also out of a pause', async (minute) => {
    const world = rollout();
    world.minutes(minute - 0.2, () => world.ask('pause')).minutes(minute, () => (world.alarms = ['checkout-broken']));
    await world.run();
    expect(brokenLaws(world)).toEqual([]);
    expect(end(world)).toBe('rolled-back: alarm');
    expect(world.item.rollout!.reason!.text).toBe('in ALARM: checkout-broken');
  });

  test.each([1.2, 3, 16, 29.2, 60])('the deployment is deleted %d minutes in', async (minute) => {
    const world = rollout();
    await world.minutes(minute, () => world.deploy(undefined)).run();
    expect(brokenLaws(world)).toEqual([]);
    expect(end(world)).toBe('removed: deleted');
    expect(world.service.read()).toBeUndefined();
    expect([...world.service.versions, ...world.service.capacity]).toEqual([]);
  });

  test('deleted, and wanted again before anything was removed: it stays', async () => {
    const world = rollout();
    world.minutes(60, () => world.deploy(undefined));
    // In the same moment as the tick that would remove it.
    world.minutes(60, () => world.deploy('B'));
    await world.run();
    expect(brokenLaws(world)).toEqual([]);
    expect(world.calls).not.toContain('remove');
    expect([end(world), world.service.live]).toEqual(['unchanged: same-version', 'B']);
  });

  test('deleted, and deployed again: that is a first deployment', async () => {
    const world = rollout();
    world.minutes(60, () => world.deploy(undefined)).minutes(120, () => world.deploy('C'));
    await world.run();
    expect(brokenLaws(world)).toEqual([]);
    expect([end(world), world.service.live]).toEqual(['promoted: first', 'C']);
  });

  describe('a stack that takes over what was there', () => {
    const created = { id: 'resource', created: true };
    const taken = (): RolloutWorld => {
      const world = new RolloutWorld({ slow });
      return world.minutes(1, () => world.deploy('B', world.settings, created));
    };

    test.each([1, 1.2, 14])('and goes back %d minutes in leaves it, with the version that it had', async (minute) => {
      const world = taken();
      await world.minutes(minute, () => world.deploy(undefined)).run();
      expect(brokenLaws(world)).toEqual([]);
      expect([end(world), world.service.live]).toEqual(['unchanged: handed-back', 'A']);
      expect([...world.service.versions]).toEqual(['A']);
      expect(world.item.owner).toBeUndefined();
    });

    test('and goes back after its version got all traffic leaves it with that', async () => {
      const world = taken();
      await world.minutes(120, () => world.deploy(undefined)).run();
      expect(brokenLaws(world)).toEqual([]);
      expect([end(world), world.service.live]).toEqual(['unchanged: handed-back', 'B']);
    });

    test('and is deleted after it was updated, or a day later, removes it', async () => {
      const updated = taken();
      updated.minutes(120, () => updated.deploy('B', updated.settings, { id: 'resource', created: false }));
      await updated.minutes(130, () => updated.deploy(undefined)).run();
      expect([end(updated), updated.service.live]).toEqual(['removed: deleted', undefined]);
      const later = taken();
      await later.minutes(24 * 60 + 2, () => later.deploy(undefined)).run();
      expect([end(later), later.service.live]).toEqual(['removed: deleted', undefined]);
    });

    test('what it made itself is removed when it goes back', async () => {
      const world = new RolloutWorld({ slow, empty: true });
      world.minutes(1, () => world.deploy('B', world.settings, created)).minutes(60, () => world.deploy(undefined));
      await world.run();
      expect(brokenLaws(world)).toEqual([]);
      expect([end(world), world.service.live]).toEqual(['removed: deleted', undefined]);
    });
  });

  test('a first version that can never be made is given up when it is deleted', async () => {
    const world = rollout({ empty: true, fault: (_call, what) => (what === 'create' ? 'throttle' : undefined) });
    await world.minutes(60, () => world.deploy(undefined)).run();
    expect(brokenLaws(world)).toEqual([]);
    expect(end(world)).toBe('removed: deleted');
    expect([...world.service.versions, ...world.service.capacity]).toEqual([]);
  });

  test('a first version that never gets ready is given up when it is deleted', async () => {
    const world = rollout({ empty: true, fault: (_call, what) => (what === 'create' ? 'wait' : undefined) });
    await world.minutes(60, () => world.deploy(undefined)).run();
    expect(brokenLaws(world)).toEqual([]);
    expect(end(world)).toBe('removed: deleted');
    expect([...world.service.versions, ...world.service.capacity]).toEqual([]);
  });

  test('a target that cannot be seen from the first is told of, and begins when it can', async () => {
    const world: RolloutWorld = rollout({
      fault: (_call, what) => (what === 'read' && world.time.now < 30 * 60_000 ? 'throttle' : undefined),
    });
    let last: string | undefined;
    await world.minutes(20, () => (last = statusOf(world.item).trouble)).run();
    expect(brokenLaws(world)).toEqual([]);
    expect(last).toBe('reading the target: ThrottlingException: Rate exceeded');
    expect(told(world, 'stuck')).toHaveLength(1);
    expect([end(world), world.item.blind]).toEqual(['promoted: baked', undefined]);
  });

  test('alarms that cannot be asked hold nothing up that they have no say in', async () => {
    const first = rollout({ empty: true, fault: (_call, what) => (what === 'firing' ? 'throttle' : undefined) });
    await first.minutes(60, () => first.deploy(undefined)).run();
    expect(brokenLaws(first)).toEqual([]);
    expect(end(first)).toBe('removed: deleted');
    // Once for each rollout that was to begin.
    expect(first.calls.filter((what) => what === 'firing')).toHaveLength(2);
  });

  test('a deletion that fails for long is told of, and goes on until it is done', async () => {
    const world: RolloutWorld = rollout({
      fault: (_call, what) => (what === 'remove' && world.time.now < 80 * 60_000 ? 'throttle' : undefined),
    });
    await world.minutes(60, () => world.deploy(undefined)).run();
    expect(brokenLaws(world)).toEqual([]);
    expect(end(world)).toBe('removed: deleted');
    expect(told(world, 'stuck')).toEqual([expect.stringContaining('remove: ThrottlingException')]);
  });

  test('somebody deletes the target in the middle: the rollout ends, and says so', async () => {
    const world = rollout();
    world.minutes(12.7, () =>
      world.service.byHand(() => {
        world.outside = true;
        world.service.live = undefined;
        world.service.candidate = undefined;
        world.service.percent = 0;
        world.service.capacity.clear();
      }),
    );
    await world.run();
    expect(end(world)).toBe('gone: changed-outside');
    expect(brokenLaws(world).filter((fault) => !fault.startsWith('back after'))).toEqual([]);
  });

  test('somebody takes its share away in the middle: it gets it again', async () => {
    const world = rollout();
    world.minutes(12.7, () =>
      world.service.byHand(() => {
        world.outside = true;
        world.service.percent = 0;
      }),
    );
    await world.run();
    expect(brokenLaws(world)).toEqual([]);
    expect(end(world)).toBe('promoted: baked');
  });

  test('somebody gives it more than its share in the middle: that is taken away', async () => {
    const world = rollout();
    world.minutes(12.2, () =>
      world.service.byHand(() => {
        world.outside = true;
        world.service.capacity.set('B', 100);
        world.service.percent = 80;
      }),
    );
    await world.run();
    expect(brokenLaws(world)).toEqual([]);
    expect(world.calls).toContain('shift');
    const { shares } = world.service;
    const over = shares.findIndex(({ percent }) => percent === 80);
    expect(shares[over + 1].percent).toBeLessThan(80);
    expect(shares[over + 1].time - shares[over].time).toBeLessThan(3 * 60_000);
  });

  test('the same version again starts nothing, and a retry does', async () => {
    const world = rollout({ quality: bad([0.6, 0.02]) });
    world.minutes(60, () => world.deploy('B'));
    let asked = 0;
    world.minutes(61, () => (asked = told(world, 'started').length));
    world.minutes(70, () => world.ask('retry'));
    await world.run();
    expect(brokenLaws(world)).toEqual([]);
    expect(asked).toBe(1);
    expect(told(world, 'started')).toHaveLength(2);
    expect(end(world)).toBe('rolled-back: judged');
  });

  test('a version that was rolled back is removed when another is desired', async () => {
    const world = rollout({ quality: bad([0.6, 0.02]) });
    await world.minutes(60, () => world.deploy('C')).run();
    expect(brokenLaws(world)).toEqual([]);
    expect(world.service.live).toBe('C');
    expect([...world.service.versions]).toEqual(['C']);
  });

  test('the first deployment goes live all at once', async () => {
    const world = await rollout({ empty: true }).run();
    expect(brokenLaws(world)).toEqual([]);
    expect(end(world)).toBe('promoted: first');
    expect(world.service.live).toBe('B');
  });

  test('a first version that answers wrongly is told of', async () => {
    const world = await rollout({ empty: true, examples: () => ({ passed: false, text: 'wrong' }) }).run();
    expect(brokenLaws(world)).toEqual([]);
    // A function is asked before it is live; of an endpoint there is nothing to ask before.
    expect(end(world)).toBe(slow ? 'failed: check-failed' : 'rolled-back: check-failed');
  });

  test.each(['before', 'step', 'after'] as const)(
    'a hook %s that refuses rolls back, one that passes is run once',
    async (moment) => {
      const hooks = { before: 'tell', step: 'load-test', after: 'sign-off' };
      const calls: string[] = [];
      const good = rollout({
        settings: { hooks },
        hook: (call) => {
          calls.push(call.id);
          return calls.filter((id) => id === call.id).length < 3 ? 'wait' : { passed: true, text: 'fine' };
        },
      });
      expect(brokenLaws(await good.run())).toEqual([]);
      expect(end(good)).toBe('promoted: baked');
      expect([...new Set(calls)]).toEqual(['1-before', '1-step-0', '1-step-1', '1-step-2', '1-step-3', '1-after']);
      expect(calls).toHaveLength(18);

      const world = rollout({ settings: { hooks }, hook: (call) => ({ passed: call.moment !== moment, text: 'no' }) });
      expect(brokenLaws(await world.run())).toEqual([]);
      expect(end(world)).toBe('rolled-back: hook-failed');
    },
  );

  test('verbs that cannot be granted are refused in words', async () => {
    const world = rollout();
    world
      .minutes(3, () => world.ask('approve'))
      .minutes(4, () => world.ask('resume'))
      .minutes(5, () => world.ask('retry'));
    for (const verb of ['pause', 'resume', 'approve', 'promote', 'abort', 'retry'] as const satisfies readonly Verb[]) {
      world.minutes(90, () => world.ask(verb));
    }
    await world.run();
    expect(brokenLaws(world)).toEqual([]);
    expect(told(world, 'refused')).toHaveLength(2);
    expect(world.refused).toHaveLength(7);
    expect(world.refused[1]).toBe("no rollout of 'live' goes on, so there is nothing to pause");
    expect(world.refused[6]).toBe("version B is what is desired of 'live' and live: deploy another one");
  });

  test('a call that always fails before the final bake rolls back, and people are told earlier', async () => {
    const world = await rollout({ fault: (_call, what) => (what === 'stage' ? 'throttle' : undefined) }).run();
    expect(brokenLaws(world)).toEqual([]);
    expect(end(world)).toBe('rolled-back: failures');
    expect(told(world, 'stuck')).toEqual([expect.stringContaining('ThrottlingException: Rate exceeded')]);
  });

  test.each(['minutes', 'firing', 'read'])('while %s fails nothing goes on, and it does afterwards', async (call) => {
    const world: RolloutWorld = rollout({
      fault: (_call, what) =>
        what === call && world.time.now > 6 * 60_000 && world.time.now < 200 * 60_000 ? 'throttle' : undefined,
    });
    await world.run();
    expect(brokenLaws(world)).toEqual([]);
    expect(end(world)).toBe('promoted: baked');
    expect(told(world, 'stuck').length).toBeGreaterThan(0);
    const during = world.service.shares.filter(({ time }) => time > 12 * 60_000 && time < 200 * 60_000);
    expect(during).toEqual([]);
  });

  test('it goes on and back although nobody can be told, and they are told later', async () => {
    const world: RolloutWorld = rollout({
      quality: bad([0.6, 0.02]),
      fault: (_call, what) =>
        ['tell', 'trail', 'look'].includes(what) && world.time.now < 40 * 60_000 ? 'throttle' : undefined,
    });
    await world.run();
    expect(brokenLaws(world)).toEqual([]);
    expect(end(world)).toBe('rolled-back: judged');
  });
});

// The loop is the same for both: among all tests one of them is enough.
test.each(THOROUGH ? AB : AB.slice(0, 1))(
  'on %s, paused for ten days it is judged each minute, its histories stay short, and then it goes on',
  async (_, slow) => {
    const world = deployed({ slow });
    const [from, to] = [10, 10 + 10 * 24 * 60];
    world.minutes(from, () => world.ask('pause')).minutes(to, () => world.ask('resume'));
    await world.run();
    expect(brokenLaws(world)).toEqual([]);
    expect(end(world)).toBe('promoted: baked');
    expect(world.looks.size).toBeGreaterThan(to - from);
    expect(world.machine.executions.size).toBeGreaterThan(20);
    expect(Math.max(...[...world.machine.executions.values()].map(({ events }) => events))).toBeLessThan(20_000);
  },
);
