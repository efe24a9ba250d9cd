import type { RolloutItem, TickAnswer } from '../rollout/contract';
import { isRunning } from './draft';
import type { Effect, Result } from './effect';
import { dueMinutes, secondsToMinute } from './tell-judge';

/** Alarms are heard once a minute, and more often while something is under way; operators at once, as they start an execution. */
const MOST_SECONDS = 60;
/** A service that is busy is asked again after so many seconds; sooner when traffic must go back. */
const BUSY_SECONDS = 15;
const BUSY_RETREAT_SECONDS = 3;
/** An end that nobody can be told of is told again for so long. */
const TELL_MILLISECONDS = 3_600_000;

/** When the next tick comes. */
export function pause(item: RolloutItem, now: number, effect?: Effect, result?: Result): TickAnswer {
  const { rollout, desired, inbox, told, archived, nextEntry, looks } = item;
  if (desired !== undefined && desired.attempt !== rollout?.attempt && !isRunning(item)) {
    // The next one begins at once, unless the target could not be read.
    return after(now - (rollout?.endedAt ?? 0) < BUSY_SECONDS * 1000 ? 1 : BUSY_SECONDS);
  }
  if (inbox.length > 0) {
    return after(1);
  }
  if (rollout === undefined || !isRunning(item)) {
    const silent = told >= nextEntry && archived >= nextEntry && looks.length === 0;
    return silent || now - (rollout?.endedAt ?? 0) > TELL_MILLISECONDS ? { done: true, wait: 1 } : after(BUSY_SECONDS);
  }
  if (effect !== undefined && result !== undefined) {
    const most = rollout.phase === 'retreating' ? BUSY_RETREAT_SECONDS : BUSY_SECONDS;
    if ('error' in result) {
      return after(Math.min(2 ** (rollout.trouble?.count ?? 1), rollout.phase === 'retreating' ? most : MOST_SECONDS));
    }
    return after(result.done ? 1 : most);
  }
  if (rollout.blind !== undefined || rollout.phase === 'retreating') {
    return after(rollout.phase === 'retreating' ? BUSY_RETREAT_SECONDS : BUSY_SECONDS);
  }
  const due = rollout.shifts.length > 0 ? dueMinutes(rollout, now) : undefined;
  if (due !== undefined) {
    return after(1);
  }
  return after(rollout.shifts.length > 0 ? Math.min(MOST_SECONDS, secondsToMinute(rollout, now)) : MOST_SECONDS);
}

function after(wait: number): TickAnswer {
  return { done: false, wait };
}
