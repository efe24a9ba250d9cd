import type { RolloutItem } from '../rollout/contract';
import type { ObservedMinute } from '../rollout/ports';
import { advance } from './advance';
import { applyVerbs } from './apply-verbs';
import { begin } from './begin';
import { Draft } from './draft';
import type { Effect } from './effect';
import { press, type Seen } from './pressures';
import { blind, troubled } from './settle';
import { tellJudge } from './tell-judge';

/** What a tick saw of the world. */
export interface Observation extends Seen {
  readonly now: number;
  /** Those that the judge was not told yet, as far as they could be read. */
  readonly minutes: readonly ObservedMinute[];
  /** What could not be seen, and why. */
  readonly faults: readonly string[];
}

export interface Decided {
  readonly item: RolloutItem;
  readonly effect?: Effect;
}

/** The item and what was seen give the next item, and what is to be done in the world. Pure. */
export function decide(item: RolloutItem, seen: Observation): Decided {
  const draft = new Draft(item, seen.now);
  const { target } = seen;
  const known = target === 'unknown' ? undefined : target;
  if (target !== 'unknown') {
    begin(draft, target);
  }
  applyVerbs(draft, known);
  see(draft, target, seen.faults);
  if (!draft.running) {
    return { item: draft.current };
  }
  const faults = [...seen.faults];
  try {
    tellJudge(draft, seen.minutes);
  } catch (error) {
    faults.push(`the judge: ${error instanceof Error ? error.message : String(error)}`);
  }
  press(draft, seen);
  blind(draft, faults);
  const effect = target === 'unknown' ? unseen(draft) : advance(draft, target, seen.alarms !== undefined);
  return { item: draft.current, effect };
}

/** Whether a rollout could begin at all. */
function see(draft: Draft, target: Seen['target'], faults: readonly string[]): void {
  const { desired, rollout, blind } = draft.current;
  const pending = !draft.running && desired !== undefined && desired.attempt !== rollout?.attempt;
  if (pending && target === 'unknown') {
    draft.set({ blind: troubled(draft, blind, faults.join('; ')) });
  } else if (blind !== undefined) {
    draft.set({ blind: undefined });
  }
}

/** To go back is safe without a look: whatever is live gets all traffic. */
function unseen({ rollout }: Draft): Effect | undefined {
  return rollout.phase === 'retreating' ? { kind: 'retreat' } : undefined;
}
