import type { Desired, Rollout } from '../rollout/contract';
import type { TargetState } from '../rollout/ports';
import type { Draft } from './draft';

const MINUTE = 60_000;

/** The rollout of what is desired now, when none goes on and that was not tried yet. */
export function begin(draft: Draft, target: TargetState | undefined): void {
  const { desired, rollout, kept } = draft.current;
  if (desired === undefined || draft.running || rollout?.attempt === desired.attempt) {
    return;
  }
  // What was kept because it was desired is either tried again now, or removed in the end.
  const litter = kept === undefined || kept === desired.version ? [] : [kept];
  draft.set({ kept: undefined, looks: [] });
  if (desired.version === undefined || target?.live === desired.version) {
    const same = desired.version !== undefined;
    const beside = target?.candidate === undefined ? [] : [target.candidate];
    draft.set({
      rollout: {
        ...fresh(draft, desired, desired.version ?? target?.live ?? 'none'),
        baseline: target?.live,
        phase: target === undefined ? 'cleaning' : 'retreating',
        litter: [...new Set([...litter, ...beside])],
        outcome: same ? 'unchanged' : 'removed',
        reason: same
          ? { code: 'same-version', text: `version ${desired.version} is live already` }
          : { code: 'deleted', text: 'the deployment is being deleted' },
      },
    });
    draft.tell('started', draft.rollout.reason!.text, { by: desired.by });
    return;
  }
  const first = target === undefined;
  const checkedFirst = desired.settings.asked === 'published';
  draft.set({
    rollout: {
      ...fresh(draft, desired, desired.version),
      baseline: target?.live,
      phase: checkedFirst ? 'checking' : first ? 'creating' : 'staging',
      step: checkedFirst || first ? -1 : 0,
      litter,
    },
  });
  const steps = desired.settings.judge.steps.map(({ percent }) => percent).join('-');
  draft.tell(
    'started',
    first
      ? `first deployment, of version ${desired.version}`
      : `version ${desired.version} by ${steps} %, against version ${target.live}`,
    { by: desired.by },
  );
}

function fresh(draft: Draft, { attempt, settings }: Desired, candidate: string): Rollout {
  return {
    attempt,
    candidate,
    settings,
    phase: 'checking',
    step: -1,
    startedAt: draft.now,
    phaseSince: draft.now,
    deadline: draft.now + settings.deadlineMinutes * MINUTE,
    deadlineOver: false,
    checked: false,
    hooksPassed: [],
    approved: [],
    shifts: [],
    litter: [],
    retreated: false,
  };
}
