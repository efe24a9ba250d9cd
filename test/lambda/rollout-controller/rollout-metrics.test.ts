import type { RolloutEvent, RolloutItem, TrailEntry } from '../../../lambda/rollout/contract';
import { figuresOf, figuresOfEnds, RolloutMetrics } from '../../../lambda/rollout-controller/rollout-metrics';
import { itemOf, rolling } from '../rollout-resource/items';

const MINUTE = 60_000;
const entry: TrailEntry = { place: 0, time: 0, attempt: 1, what: 'started', phase: 'checking', step: -1, text: '' };
const baking = (change: Partial<RolloutItem> = {}): RolloutItem => ({
  ...rolling(itemOf('2'), { phase: 'baking', step: 0, shifts: [{ step: 0, minute: 1 }], baseline: '1' }),
  ...change,
});
const ended = (place: number, change: Partial<RolloutEvent>): RolloutEvent => ({
  ...entry,
  place,
  what: 'ended',
  target: 'fraud:live',
  ...change,
});

test('what goes on is active, with its share; what is over is not', () => {
  expect(figuresOf(baking(), 0)).toEqual({ active: 1, percent: 5, pausedMinutes: 0, stuck: 0 });
  expect(figuresOf(itemOf('2'), 0)).toEqual({ active: 1, percent: 0, pausedMinutes: 0, stuck: 0 });
  const over = rolling(itemOf('2'), { phase: 'done', outcome: 'promoted' });
  expect(figuresOf(over, 0)).toEqual({ active: 0, percent: 0, pausedMinutes: 0, stuck: 0 });
});

test('a pause is told by how long it is', () => {
  const item = baking();
  const pause = { why: 'operator', since: MINUTE, by: 'Ada', reason: '' } as const;
  expect(figuresOf({ ...item, rollout: { ...item.rollout!, pause } }, 91 * MINUTE).pausedMinutes).toBe(90);
});

test('so is the time for which a step waits for an approval alone, and not the bake before', () => {
  const { rollout, ...item } = baking();
  const settings = { ...rollout!.settings, gates: [1] };
  const waiting = (judgement: unknown): RolloutItem => ({
    ...item,
    rollout: { ...rollout!, settings, judgement: judgement as never },
    trail: [{ ...entry, time: MINUTE, what: 'waiting', attempt: rollout!.attempt, phase: 'baking', step: 0 }],
    told: 1,
    archived: 1,
    nextEntry: 1,
  });
  expect(figuresOf(waiting({ step: 0, verdict: 'PROMOTE' }), 91 * MINUTE).pausedMinutes).toBe(90);
  expect(figuresOf(waiting({ step: 0, verdict: 'HOLD' }), 91 * MINUTE).pausedMinutes).toBe(0);
});

test.each<[string, (count: number) => RolloutItem]>([
  ['calls that fail', (count) => ({ ...baking(), rollout: { ...baking().rollout!, trouble: troubled(count) } })],
  ['what cannot be seen', (count) => ({ ...baking(), rollout: { ...baking().rollout!, blind: troubled(count) } })],
  ['a target that never could be', (count) => ({ ...itemOf('2'), blind: troubled(count) })],
])('%s five times in a row make it stuck', (_, item) => {
  expect([4, 5].map((count) => figuresOf(item(count), 0).stuck)).toEqual([0, 1]);
});

function troubled(count: number): { readonly count: number; readonly since: number; readonly last: string } {
  return { count, since: 0, last: 'no' };
}

test('news that nobody could be told for ten minutes make it stuck', () => {
  const untold = baking({ trail: [entry], nextEntry: 1 });
  expect([10, 11].map((minutes) => figuresOf(untold, minutes * MINUTE).stuck)).toEqual([0, 1]);
  expect(figuresOf({ ...untold, told: 1, archived: 1 }, 11 * MINUTE).stuck).toBe(0);
  expect(figuresOf({ ...untold, told: 1 }, 11 * MINUTE).stuck).toBe(1);
});

test('ends count, except those that somebody asked for', () => {
  expect(figuresOfEnds([ended(1, { outcome: 'promoted' })])).toEqual({ promoted: 1 });
  expect(figuresOfEnds([ended(1, { outcome: 'rolled-back', reason: 'judged' })])).toEqual({ rolledBack: 1 });
  expect(figuresOfEnds([ended(1, { outcome: 'failed', reason: 'check-failed' })])).toEqual({ rolledBack: 1 });
  for (const reason of ['aborted', 'superseded', 'deleted'] as const) {
    expect(figuresOfEnds([ended(1, { outcome: 'rolled-back', reason })])).toEqual({});
  }
  expect(
    figuresOfEnds([ended(1, { outcome: 'unchanged', reason: 'same-version' }), ended(2, { what: 'paused' })]),
  ).toEqual({});
});

test('one tick publishes once, of the item as it wrote it last, and an end once however often it is told', async () => {
  const written: string[] = [];
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  const counted = new Set<string>();
  try {
    for (let tick = 0; tick < 2; tick++) {
      const metrics = new RolloutMetrics(counted);
      const store = metrics.watchStore({
        load: () => Promise.resolve(itemOf('2')),
        save: (item) => Promise.resolve(item.revision === 9 ? 'conflict' : 'saved'),
      });
      const notifier = metrics.watchNotifier({ tell: () => Promise.reject(new Error('no')) });
      await store.load();
      await store.save(baking());
      await store.save({ ...itemOf('3'), revision: 9 });
      await expect(notifier.tell([ended(4, { outcome: 'rolled-back', reason: 'alarm' })])).rejects.toThrow('no');
      metrics.publish(0);
    }
    new RolloutMetrics(counted).publish(0);
  } finally {
    spy.mockRestore();
  }
  const [first, second] = written.map((text) => JSON.parse(text) as Record<string, unknown>);
  expect(written).toHaveLength(2);
  expect(first).toMatchObject({
    Target: 'fraud:live',
    RolloutActive: 1,
    RolloutPercent: 5,
    RolloutPausedMinutes: 0,
    RolloutStuck: 0,
    RolledBack: 1,
  });
  expect(first._aws).toMatchObject({
    CloudWatchMetrics: [{ Namespace: 'InferencePatterns', Dimensions: [['Target']] }],
  });
  expect(second).not.toHaveProperty('RolledBack');
});
