import type { LoopInput, RolloutItem, RolloutProperties } from '../../../lambda/rollout/contract';
import type { Store } from '../../../lambda/rollout/ports';
import type { ResourceRequest } from '../../../lambda/rollout-resource/core';
import { handOver, type HandOver } from '../../../lambda/rollout-resource/hand-over';
import { CONTROLLER, itemOf, propertiesOf, rolling, SETTINGS } from './items';

/** A table with one item, and executions that are started. */
class World implements HandOver {
  item: RolloutItem | undefined;
  readonly started: LoopInput[] = [];
  readonly slept: number[] = [];
  /** What comes before each write. */
  before: () => void = () => undefined;
  /** Whether answers of writes are. */
  lost = false;
  /** What comes while it waits. */
  asleep: () => void = () => undefined;
  /** What comes of a start. */
  refusal: Error | undefined;
  time = 600_000;
  readonly store: Store = {
    load: () => Promise.resolve(this.item),
    save: async (item) => {
      await Promise.resolve();
      this.before();
      if ((this.item?.revision ?? 0) !== item.revision - 1) {
        return 'conflict';
      }
      this.item = item;
      if (this.lost) {
        throw new Error('socket hang up');
      }
      return 'saved';
    },
  };
  readonly start = (input: LoopInput): Promise<void> => {
    if (this.refusal !== undefined) {
      return Promise.reject(this.refusal);
    }
    this.started.push(input);
    return Promise.resolve();
  };
  readonly now = (): number => 0;
  readonly sleep = (milliseconds: number): Promise<void> => {
    this.slept.push(milliseconds);
    this.time -= milliseconds;
    this.asleep();
    return Promise.resolve();
  };
  readonly remaining = (): number => this.time;

  ask(
    type: ResourceRequest['type'],
    version: string,
    {
      since = 1,
      id = CONTROLLER,
      oldTarget,
      ...properties
    }: Partial<RolloutProperties> & {
      readonly since?: number;
      readonly id?: string;
      readonly oldTarget?: string;
    } = {},
  ): ReturnType<typeof handOver> {
    return handOver({ type, id, properties: propertiesOf(version, properties), since }, oldTarget, this);
  }
}

let world: World;
beforeEach(() => (world = new World()));

test('a version is written with the settings that the judge makes of what was told, and an execution started', async () => {
  expect(await world.ask('Create', '1')).toEqual({ nothing: false });
  expect(world.item!.desired).toMatchObject({ version: '1', attempt: 1, settings: SETTINGS, by: 'deployment' });
  expect(world.item!.owner).toEqual({ id: CONTROLLER, createdAt: 1 });
  expect(world.started).toEqual([{ name: '1', wake: 1, generation: 0, ticks: 0 }]);
});

test('the same event again starts the same execution, and changes nothing', async () => {
  await world.ask('Create', '1');
  const { desired, wake, owner } = world.item!;
  await world.ask('Create', '1', { since: 5000 });
  expect([world.item!.desired, world.item!.wake, world.item!.owner]).toEqual([desired, wake, owner]);
  expect(world.started[1]).toEqual(world.started[0]);
});

test('a newer version is a new attempt, and an execution of its own', async () => {
  await world.ask('Create', '1');
  await world.ask('Update', '2', { since: 2 });
  expect(world.item!.desired).toMatchObject({ version: '2', attempt: 2 });
  expect(world.item!.owner).toEqual({ id: CONTROLLER });
  expect(world.started.map(({ name }) => name)).toEqual(['1', '2']);
});

test('somebody else writes in between: the version is written over what is there by then', async () => {
  let writes = 0;
  world.before = () => {
    if (++writes <= 3) {
      world.item = {
        ...(world.item ?? itemOf('9')),
        revision: (world.item?.revision ?? 0) + 1,
        writer: `tick-${writes}`,
      };
    }
  };
  await world.ask('Create', '1');
  expect(writes).toBe(4);
  expect(world.item!.desired).toMatchObject({ version: '1', attempt: 2 });
});

test('a write whose answer is lost is seen to have happened', async () => {
  world.lost = true;
  await world.ask('Create', '1');
  expect([world.item!.revision, world.started.length]).toEqual([1, 1]);
});

test('a table that cannot be written is an error, and nothing is started', async () => {
  world.before = () => {
    throw new Error('denied');
  };
  await expect(world.ask('Create', '1')).rejects.toThrow('denied');
  expect(world.started).toEqual([]);
});

test('a version that is being removed is asked for again until it is gone', async () => {
  const removing = rolling(itemOf('2', itemOf('1')), { phase: 'cleaning', litter: ['1'], outcome: 'rolled-back' });
  world.item = removing;
  world.asleep = () => {
    if (world.slept.length === 3) {
      world.item = { ...removing, rollout: { ...removing.rollout!, phase: 'done', litter: [] } };
    }
  };
  await world.ask('Update', '1');
  expect(world.slept).toHaveLength(3);
  expect(world.item.desired!.version).toBe('1');
});

test('one that is never gone is an error in time', async () => {
  world.item = rolling(itemOf('2', itemOf('1')), { phase: 'cleaning', litter: ['1'], outcome: 'rolled-back' });
  await expect(world.ask('Update', '1')).rejects.toThrow(
    "version 1 of 'fraud:live': it is being removed, and still is. deploy again; look at",
  );
  expect(world.time).toBeGreaterThanOrEqual(0);
});

test('a rollout is not moved to another target, and the way back from trying to is open', async () => {
  await world.ask('Create', '1');
  const before = world.item;
  // The table has nothing for the other one.
  world.item = undefined;
  await expect(world.ask('Update', '1', { target: 'fraud:other', oldTarget: 'fraud:live' })).rejects.toThrow(
    "version 1 of 'fraud:other': a rollout stays with what it serves, which was 'fraud:live'. give the deployment of 'fraud:other' a new construct id; look at",
  );
  expect(world.item).toBeUndefined();
  world.item = before;
  await world.ask('Update', '1', { oldTarget: 'fraud:other' });
  expect(world.item!.desired).toMatchObject({ version: '1', attempt: 1 });
});

test.each(['Create', 'Update'] as const)(
  '%s: a state machine that cannot be started is an error that names it',
  async (type) => {
    world.refusal = Object.assign(new Error('State Machine Does Not Exist'), { name: 'StateMachineDoesNotExist' });
    await expect(world.ask(type, '1')).rejects.toThrow(
      /^version 1 of 'fraud:live': the state machine arn:.*:rollout could not be started: StateMachineDoesNotExist: State Machine Does Not Exist\. deploy again; look at/,
    );
  },
);

test('what could not be begun for that can be deleted, and what was begun cannot be', async () => {
  world.refusal = new Error('not there');
  await expect(world.ask('Create', '1')).rejects.toThrow('not there');
  expect(await world.ask('Delete', '1')).toEqual({ nothing: true });
  world.item = rolling(itemOf('1'), { phase: 'done', outcome: 'promoted' });
  await expect(world.ask('Delete', '1')).rejects.toThrow("deletion of 'fraud:live': the state machine");
});

test('settings that no judge takes are an error, and nothing is written', async () => {
  const settings = JSON.stringify({ ...SETTINGS, judge: { steps: [], metrics: [] } });
  await expect(world.ask('Create', '1', { settings })).rejects.toThrow('steps has 0 entries');
  expect(world.item).toBeUndefined();
});

describe('a deletion', () => {
  test('asks for no version, once', async () => {
    world.item = rolling(itemOf('1'), { phase: 'done', outcome: 'promoted' });
    expect(await world.ask('Delete', '1')).toEqual({ nothing: false });
    const { desired } = world.item;
    expect(desired).toMatchObject({ attempt: 2 });
    expect(desired!.version).toBeUndefined();
    await world.ask('Delete', '1', { since: 900 });
    expect(world.item.desired).toEqual(desired);
    expect(world.started[1]).toEqual(world.started[0]);
  });

  test('of what was never handed over has nothing to do', async () => {
    expect(await world.ask('Delete', '1')).toEqual({ nothing: true });
    expect([world.item, world.started]).toEqual([undefined, []]);
  });

  test('of a resource that was replaced changes nothing', async () => {
    await world.ask('Create', '1');
    await world.ask('Update', '1', { controllerName: 'Stack-Other', since: 2 });
    const { item, started } = world;
    expect(await world.ask('Delete', '1', { id: CONTROLLER })).toEqual({ nothing: true });
    expect([world.item, world.started.length]).toEqual([item, started.length]);
    expect(await world.ask('Delete', '1', { id: 'Stack-Other', since: 3 })).toEqual({ nothing: false });
  });

  test('and a new resource of the same name is created anew', async () => {
    await world.ask('Create', '1');
    world.item = rolling(world.item!, { phase: 'done', outcome: 'promoted' });
    await world.ask('Delete', '1', { since: 2 });
    await world.ask('Create', '1', { since: 3 });
    expect(world.item.owner).toEqual({ id: CONTROLLER, createdAt: 3 });
  });
});

test('a resource that takes over from another notes what that one had', async () => {
  world.item = rolling(itemOf('1'), { phase: 'done', outcome: 'promoted' });
  await world.ask('Create', '2', { controllerName: 'Stack-Other' });
  expect(world.item.owner).toEqual({ id: 'Stack-Other', createdAt: 1, found: '1' });
});
