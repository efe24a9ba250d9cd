import type { RolloutItem, TrailEntry } from '../../../lambda/rollout/contract';
import { fitting } from '../../../lambda/rollout-controller/fitting';
import type { Judgement } from '../../../lambda/rollout-judge/contract';
import { itemOf } from '../rollout-resource/items';

const judgement = { gate: 'x'.repeat(1_000) } as unknown as Judgement;
const bytes = (item: RolloutItem): number => Buffer.byteLength(JSON.stringify(item));

function full(looks: number, entries: number): RolloutItem {
  const entry: TrailEntry = {
    place: 0,
    time: 0,
    attempt: 1,
    what: 'verdict',
    phase: 'baking',
    step: 0,
    text: 'ü'.repeat(100),
  };
  return {
    ...itemOf('1'),
    looks: Array<Judgement>(looks).fill(judgement),
    trail: Array.from({ length: entries }, (_, place) => ({ ...entry, place, judgement })),
  };
}

test('what fits is as it was', () => {
  const item = full(10, 10);
  expect(fitting(item)).toBe(item);
});

test.each([
  [30, 5, 15_000],
  [3, 60, 40_000],
  [3, 120, 20_000],
])('%d looks and %d entries are made to fit, latest first, and nothing else of it is lost', (looks, entries, most) => {
  const item = full(looks, entries);
  expect(bytes(item)).toBeGreaterThan(most);
  const fitted = fitting(item, most);
  expect(bytes(fitted)).toBeLessThanOrEqual(most);
  expect({ ...fitted, looks: [], trail: [] }).toEqual({ ...item, looks: [], trail: [] });
  expect(fitted.trail.at(-1)!.place).toBe(entries - 1);
  expect(fitted.looks.length).toBeGreaterThan(0);
});
