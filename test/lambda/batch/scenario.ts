import { awsError } from '../batch-score/memory-objects';
import { BatchWorld, type Moment } from './batch-world';

/** Objects of one record each, whose score is the second number. */
export const numbered = (count: number, score = (index: number) => 1 + index / count): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`${String(index).padStart(2, '0')}.csv`, `1,${score(index)}\n`]),
  );

export function worldOf(objects: Readonly<Record<string, string>>): BatchWorld {
  const world = new BatchWorld();
  world.put(objects);
  return world;
}

/** Every object is scored or kept. */
export const allScored = (world: BatchWorld, count: number): void => {
  expect(Object.keys(world.fates())).toHaveLength(count);
  expect(new Set(Object.values(world.fates()).filter((fate) => fate !== 'kept'))).toEqual(new Set(['scored']));
};

/** Trouble as often as given, wherever it fits. */
export function times(
  count: number,
  fits: (moment: Moment) => boolean,
  cause: (moment: Moment) => void,
): (moment: Moment) => void {
  let left = count;
  return (moment) => {
    if (left > 0 && fits(moment)) {
      left--;
      cause(moment);
    }
  };
}

export const fails = (name: string) => (): never => {
  throw awsError(name);
};
export const dies = ({ life }: Moment): void => life.end();
export const before =
  (what: string, of?: string) =>
  (moment: Moment): boolean =>
    moment.when === 'before' && moment.what === what && (of === undefined || moment.of.includes(of));

/** How often the function was called for this. */
export const calls = (world: BatchWorld, call: string): number => world.calls.filter((each) => each === call).length;
export const idOf = (minute: number): string => `20260301T02${String(minute).padStart(2, '0')}00000Z-night-${minute}`;
