import type { Desired, Rollout } from '../rollout/contract';
import type { TargetState } from '../rollout/ports';
import type { Draft } from './draft';

const MINUTE = 60_000;
/** A stack that was to have a resource goes back within that. */
const STACK_GOES_BACK = 24 * 60 * MINUTE;

/** The rollout of what is desired now, when none goes on and that was not tried yet. */
export function begin(draft: Draft, target: TargetState | undefined): void {
  const { desired, rollout, kept } = draft.current;
  if (desired === undefined || draft.running || rollout?.attempt === desired.attempt) {
    return;
  }
  // What was kept because it was desired is either tried again now, or removed in the end.
  const litter = kept === undefined || kept === desired.version ? [] : [kept];
  draft.set({ kept: undefined, looks: [] });
  const handedBack = seeOwner(draft, desired, target);
  if (desired.version === undefined || target?.live === desired.version) {
    const same = desired.version !== undefined;
    const beside = target?.candidate === undefined ? [] : [target.candidate];
    draft.set({
      rollout: {
        ...fresh(draft, desired, desired.version ?? target?.live ?? 'none'),
        baseline: target?.live,
        phase: target === undefined ? 'cleaning' : 'retreating',
        litter: [...new Set([...litter, ...beside])],
        outcome: same || handedBack ? 'unchanged' : 'removed',
        reason: same
          ? { code: 'same-version', text: `version ${desired.version} is live already` }
          : handedBack
            ? {
                code: 'handed-back',
                text: 'it was there before the stack that took it over, which goes back: it is left',
              }
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

/**
 * Notes what was there before the custom resource was, and tells whether that is to be left: the resource was created for something that
 * somebody else had made, and goes before it was ever updated.
 */
function seeOwner(draft: Draft, { version, time }: Desired, target: TargetState | undefined): boolean {
  const { owner } = draft.current;
  if (owner?.createdAt === undefined) {
    return false;
  }
  const found = owner.found ?? target?.live;
  if (version !== undefined) {
    draft.set({ owner: found === undefined ? { id: owner.id } : { ...owner, found } });
    return false;
  }
  draft.set({ owner: undefined });
  return found !== undefined && target !== undefined && time - owner.createdAt < STACK_GOES_BACK;
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
