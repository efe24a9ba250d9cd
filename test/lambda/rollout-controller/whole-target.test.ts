import { brokenLaws } from './laws';
import { RolloutWorld } from './rollout-world';

jest.setTimeout(60_000);

const END = (world: RolloutWorld): string => {
  const { outcome, reason } = world.item.rollout!;
  return `${outcome}: ${reason?.code}`;
};

test('a first version is made again until the service says that it is complete', async () => {
  let made = 0;
  const world = new RolloutWorld({
    empty: true,
    // There as soon as it is asked for, and twice not complete.
    fault: (_, what) => (what === 'create' && ++made > 1 && made <= 3 ? 'wait' : undefined),
  });
  await world.minutes(1, () => world.deploy('A')).run();
  expect(brokenLaws(world)).toEqual([]);
  expect(END(world)).toBe('promoted: first');
  expect(made).toBeGreaterThan(3);
});

test('what cannot be made ends as failed, and is removed with the deployment', async () => {
  const world = new RolloutWorld({ empty: true, fault: (_, what) => (what === 'create' ? 'throttle' : undefined) });
  await world.minutes(1, () => world.deploy('A')).run();
  expect(END(world)).toBe('failed: failures');
  expect(world.item.rollout!.reason!.text).toBe(
    '10 calls in a row failed, the last with: create: ThrottlingException: Rate exceeded',
  );
  world.deploy(undefined);
  await world.run();
  expect(END(world)).toBe('removed: deleted');
  expect(world.calls.filter((what) => what === 'remove')).toHaveLength(1);
});

test('the live version desired again gets what the settings say by now', async () => {
  const world = new RolloutWorld();
  await world.minutes(1, () => world.deploy('A')).run();
  expect(brokenLaws(world)).toEqual([]);
  expect(END(world)).toBe('unchanged: same-version');
  expect(world.calls.filter((what) => what === 'create')).toHaveLength(1);
});

test('a deletion is heard while the last rollout is cleaned up, also when nothing is left to remove', async () => {
  const world = new RolloutWorld({ fault: (_, what) => (what === 'create' ? 'wait' : undefined) });
  await world
    .minutes(1, () => world.deploy('A'))
    .minutes(5, () => world.deploy(undefined))
    .run();
  expect(world.refused).toEqual([]);
  expect(world.item.desired!.version).toBeUndefined();
});
