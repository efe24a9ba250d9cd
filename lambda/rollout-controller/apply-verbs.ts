import type { Phase, VerbRequest } from '../rollout/contract';
import type { TargetState } from '../rollout/ports';
import { SEEN } from './desire';
import { type Draft, lastStep } from './draft';

/** Before the candidate becomes the live version. */
const OPEN: readonly Phase[] = ['checking', 'staging', 'shifting', 'baking'];

/** All that operators asked for since the last tick, in order. */
export function applyVerbs(draft: Draft, target: TargetState | undefined): void {
  const { inbox, desired, rollout } = draft.current;
  if (!draft.running && desired !== undefined && desired.attempt !== rollout?.attempt) {
    // The rollout that they are about could not begin yet.
    return;
  }
  for (const verb of inbox) {
    const refusal = draft.running ? apply(draft, verb, target) : 'no rollout goes on any more';
    const { by } = verb;
    const reason = verb.reason === '' ? '' : ` (${verb.reason})`;
    if (refusal === undefined) {
      draft.tell('verb', `${verb.verb}${reason}`, { by });
    } else {
      draft.tell('refused', `${verb.verb}${reason}: ${refusal}`, { by });
    }
  }
  if (inbox.length > 0) {
    draft.set({ inbox: [], seen: [...draft.current.seen, ...inbox.map(({ id }) => id)].slice(-SEEN) });
  }
}

function apply(draft: Draft, request: VerbRequest, target: TargetState | undefined): string | undefined {
  const { rollout } = draft;
  const open = OPEN.includes(rollout.phase);
  switch (request.verb) {
    case 'pause':
      if (!open) {
        return `it is ${rollout.phase}, which is not interrupted`;
      }
      // One that paused by itself is the operator's from now on, and its time goes on.
      draft.change({
        pause: { why: 'operator', since: rollout.pause?.since ?? draft.now, by: request.by, reason: request.reason },
      });
      return undefined;
    case 'resume':
      return rollout.pause === undefined ? 'it is not paused' : resume(draft);
    case 'approve':
      return open ? approve(draft) : `it is ${rollout.phase}, and no step is left to approve`;
    case 'promote':
      if (!open || rollout.baseline === undefined) {
        return `it is ${rollout.phase}, and no step is left to skip`;
      }
      resume(draft);
      draft.change({
        promote: rollout.phase === 'baking' && rollout.step === lastStep(rollout) ? 'to-end' : 'to-last',
      });
      return undefined;
    case 'abort': {
      const reversible = open || (rollout.phase === 'promoting' && target?.live === rollout.baseline);
      if (rollout.phase === 'retreating') {
        return 'it goes back already';
      }
      if (!reversible || (rollout.baseline === undefined && target !== undefined)) {
        return `it is ${rollout.phase}, and too late to go back: deploy the version that you want`;
      }
      draft.retreat({ code: 'aborted', text: `aborted by ${request.by}: ${request.reason}` });
      return undefined;
    }
    case 'retry':
      return 'it goes on: abort it first, then retry';
  }
}

/** Time in a pause does not count for the deadline, and what the judge could not say then is not asked again at once. */
function resume(draft: Draft): undefined {
  const { pause, deadline, step, settings } = draft.rollout;
  if (pause !== undefined) {
    const patience = settings.judge.steps[Math.max(0, step)].maxBakeMinutes;
    draft.change({
      pause: undefined,
      deadline: deadline + draft.now - pause.since,
      patienceUntil: draft.minute + patience,
    });
  }
  return undefined;
}

function approve(draft: Draft): string | undefined {
  const { rollout } = draft;
  const { step, settings, approved } = rollout;
  const next = rollout.shifts.length === 0 ? 0 : step + 1;
  const gate = settings.gates.includes(next) && !approved.includes(next);
  const undecided = rollout.pause?.why === 'inconclusive';
  if (!gate && !undecided) {
    return 'neither does a step wait for it, nor was it paused for having too little to say';
  }
  draft.change({ approved: [...approved, next] });
  if (undecided) {
    resume(draft);
    draft.change({ passed: step });
  }
  return undefined;
}
