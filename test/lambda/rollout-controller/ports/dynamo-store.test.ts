import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { RolloutItem } from '../../../../lambda/rollout/contract';
import { changeItem } from '../../../../lambda/rollout-controller/change-item';
import { desire } from '../../../../lambda/rollout-controller/desire';
import { DynamoStore } from '../../../../lambda/rollout-controller/ports/dynamo-store';
import { itemOf, SETTINGS } from '../../rollout-resource/items';
import { LoopbackServices } from '../../rollout-services/loopback-services';
import { TableService } from '../../rollout-services/table-service';

let table: TableService;
let loopback: LoopbackServices;
let stop: () => void;
let store: DynamoStore;

beforeEach(async () => {
  table = new TableService('rollouts');
  loopback = new LoopbackServices([table]);
  stop = await loopback.start();
  store = new DynamoStore(new DynamoDBClient({ maxAttempts: 3 }), 'rollouts', 'fraud:live');
});
afterEach(() => stop());

const item = itemOf('1');
const next = (of: RolloutItem, writer = 'next'): RolloutItem => ({ ...of, revision: of.revision + 1, writer });

test('what was written is read, and of another target nothing', async () => {
  expect(await store.load()).toBeUndefined();
  expect(await store.save(item)).toBe('saved');
  expect(await store.load()).toEqual(JSON.parse(JSON.stringify(item)));
  expect(table.items.get('fraud:live')).toMatchObject({ revision: { N: '1' } });
  expect(await new DynamoStore(new DynamoDBClient({}), 'rollouts', 'other').load()).toBeUndefined();
});

test('a write is refused when there is another revision, or one at all, or none', async () => {
  expect(await store.save(next(item))).toBe('conflict');
  await store.save(item);
  expect(await store.save(item)).toBe('conflict');
  expect(await store.save(next(item))).toBe('saved');
  expect(await store.save(next(item))).toBe('conflict');
  expect(await store.save(next(next(item)))).toBe('saved');
});

test('other errors are errors', async () => {
  await expect(new DynamoStore(new DynamoDBClient({}), 'none', 'fraud:live').save(item)).rejects.toThrow(
    'Requested resource not found',
  );
});

test('a write that the client repeats, as its answer was lost, is a conflict by its writer, and seen to have happened', async () => {
  loopback.fault = (_, { operation }) =>
    operation === 'PutItem' && loopback.calls.filter((call) => call.operation === 'PutItem').length === 1
      ? 'lost'
      : undefined;
  const wanted = { version: '1', settings: SETTINGS, time: 1, by: 'deployment' };
  const { item: written } = await changeItem(store, (before, writer) => desire('fraud:live', before, wanted, writer));
  expect(loopback.calls.filter(({ operation }) => operation === 'PutItem')).toHaveLength(2);
  expect((await store.load())!.writer).toBe(written.writer);
  expect(written.revision).toBe(1);
});

test('two that write at the same time both have what they want', async () => {
  const wish = (version: string): Promise<unknown> =>
    changeItem(store, (before, writer) =>
      desire('fraud:live', before, { version, settings: SETTINGS, time: 1, by: 'deployment' }, writer),
    );
  await Promise.all(['1', '2', '3'].map(wish));
  const { desired, passedOver, revision } = (await store.load())!;
  expect([desired!.attempt, revision]).toEqual([3, 3]);
  expect([...passedOver, desired!.version].sort()).toEqual(['1', '2', '3']);
});
