import type { Trouble } from '../rollout/contract';
import { hookId } from './advance';
import { type Draft } from './draft';
import type { Effect, Result } from './effect';

/** From so many failures in a row on people are told. */
export const STUCK = 5;

/** What the outcome of an effect changes. */
export function settle(draft: Draft, effect: Effect, result: Result): void {
  if ('error' in result) {
    fail(draft, `${effect.kind}: ${result.error}`);
    return;
  }
  draft.change({ trouble: undefined });
  if (result.refused === true) {
    refuse(draft, effect, result.text);
    return;
  }
  if (!result.done) {
    return;
  }
  const { rollout } = draft;
  switch (effect.kind) {
    case 'check':
      draft.change({ checked: true });
      draft.tell('checked', result.text);
      break;
    case 'hook':
      draft.change({ hooksPassed: [...rollout.hooksPassed, hookId(effect.call.moment, effect.call.step)] });
      draft.tell('checked', `hook ${effect.call.name}: ${result.text}`);
      break;
    case 'stage':
      if (rollout.phase === 'staging') {
        draft.enter(rollout.checked ? 'shifting' : 'checking');
        draft.tell('staged', `ready for ${effect.percent} %`);
      }
      break;
    case 'shift':
      shifted(draft, effect.step, effect.percent);
      break;
    case 'retreat':
      if (rollout.phase === 'retreating') {
        draft.change({ retreated: true });
      }
      break;
    case 'clean':
      draft.change({ litter: rollout.litter.filter((version) => version !== effect.version) });
      if (effect.what === 'capacity') {
        draft.set({ kept: effect.version });
      }
      break;
    case 'create':
    case 'remove':
      draft.change({ concluded: true });
      break;
    case 'promote':
    case 'correct':
      // What came of it is read from the target.
      break;
  }
}

function shifted(draft: Draft, step: number, percent: number): void {
  const { shifts, promote, settings, judgement } = draft.rollout;
  const again = shifts.at(-1)?.step === step;
  const last = step === settings.judge.steps.length - 1;
  // The judge was told minutes of the step before up to here; what it said of them says nothing of this one.
  const minute = Math.max(draft.minute, (judgement?.minute ?? -1) + 1);
  draft.enter('baking', {
    shifts: again ? shifts : [...shifts, { step, minute }],
    promote: last && promote === 'to-last' ? undefined : promote,
  });
  draft.tell('shifted', `the candidate has ${percent} %`);
}

function refuse(draft: Draft, effect: Effect, text: string): void {
  const { baseline, settings } = draft.rollout;
  const reason =
    effect.kind === 'check'
      ? ({ code: 'check-failed', text } as const)
      : ({ code: 'hook-failed', text: `hook ${effect.kind === 'hook' ? effect.call.name : ''}: ${text}` } as const);
  if (baseline === undefined && settings.asked === 'staged') {
    // It is live: there is no other.
    draft.enter('cleaning', { outcome: 'failed', reason });
    draft.tell('checked', text);
    return;
  }
  draft.retreat(reason);
}

function fail(draft: Draft, error: string): void {
  draft.change({ trouble: troubled(draft, draft.rollout.trouble, error) });
}

/** Something could not be seen; the rollout goes on by what can. */
export function blind(draft: Draft, faults: readonly string[]): void {
  const before = draft.rollout.blind;
  if (faults.length > 0) {
    draft.change({ blind: troubled(draft, before, faults.join('; ')) });
  } else if (before !== undefined) {
    draft.change({ blind: undefined });
  }
}

export function troubled(draft: Draft, before: Trouble | undefined, last: string): Trouble {
  const count = (before?.count ?? 0) + 1;
  if (count === STUCK) {
    draft.tell('stuck', `${count} times in a row: ${last}`);
  }
  return { count, since: before?.since ?? draft.now, last };
}
