import type { Deadline } from '../../../lambda/stream-score/ports';
import type { Time } from '../../../lambda/stream-score/time';
import type { VirtualTime } from '../batch-arrival/virtual-time';

/** Virtual time as the parts of the consumer see it. */
export function timeOf(virtual: VirtualTime): Time {
  return { now: () => virtual.now, sleep: (milliseconds) => virtual.sleep(milliseconds) };
}

/** A deadline so many milliseconds from now; its signal says when it was, but wakes nobody. */
export function deadlineIn(virtual: VirtualTime, milliseconds: number): Deadline {
  const end = virtual.now + milliseconds;
  return { remaining: () => end - virtual.now, signal: new AbortController().signal };
}

/** Runs something until it ends, however long it takes in virtual time. */
export async function passing<Result>(virtual: VirtualTime, work: Promise<Result>): Promise<Result> {
  const settled = work.then(
    (value) => () => value,
    (error: unknown) => () => {
      throw error;
    },
  );
  await virtual.pass();
  return (await settled)();
}
