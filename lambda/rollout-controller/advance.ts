import type { HookMoment, Reason, Rollout } from '../rollout/contract';
import type { TargetState } from '../rollout/ports';
import { type Draft, isGated, lastStep, nextStep, shareOf } from './draft';
import type { Effect } from './effect';

/** Shares are compared as percentages; services round their weights. */
const ROUNDING = 0.5;

/**
 * What is to be done next, by what the target is like; undefined for nothing now. Goes from phase to phase where that needs nothing of
 * the world.
 */
export function advance(draft: Draft, target: TargetState | undefined, alarmsKnown: boolean): Effect | undefined {
  switch (draft.rollout.phase) {
    case 'checking':
      return ready(draft, target) ?? checking(draft, target, alarmsKnown);
    case 'creating':
      return creating(draft, target, alarmsKnown);
    case 'staging':
      return ready(draft, target) ?? stage(draft.rollout);
    case 'shifting':
      return shifting(draft, target);
    case 'baking':
      return excess(draft.rollout, target) ?? baking(draft, target, alarmsKnown);
    case 'promoting':
      return promoting(draft, target);
    case 'retreating':
      return retreating(draft, target);
    case 'cleaning':
      return cleaning(draft, target);
    case 'done':
      return undefined;
  }
}

/** Before the candidate is made ready: nobody else's version is beside the live one, and nothing has more than its share. */
function ready({ rollout, current }: Draft, target: TargetState | undefined): Effect | undefined {
  const over = excess(rollout, target);
  if (over !== undefined || target?.candidate === undefined || target.candidate === rollout.candidate) {
    return over;
  }
  return target.percent > 0 ? { kind: 'retreat' } : clean(target.candidate, current.desired?.version);
}

function excess(rollout: Rollout, target: TargetState | undefined): Effect | undefined {
  const share = shareOf(rollout);
  if (target === undefined || rollout.baseline === undefined || target.percent <= share + ROUNDING) {
    return undefined;
  }
  return share === 0 ? { kind: 'retreat' } : { kind: 'correct', version: rollout.candidate, percent: share };
}

function checking(draft: Draft, target: TargetState | undefined, alarmsKnown: boolean): Effect | undefined {
  const { rollout } = draft;
  const { checked, candidate, pause, settings, baseline } = rollout;
  if (pause !== undefined) {
    return undefined;
  }
  if (!checked) {
    return { kind: 'check', version: candidate };
  }
  const hook = hookOf(rollout, 'before');
  if (hook !== undefined) {
    return hook;
  }
  if (baseline === undefined) {
    draft.enter('creating');
    return creating(draft, target, alarmsKnown);
  }
  const first = rollout.promote === undefined ? 0 : lastStep(rollout);
  if (isGated(rollout, first)) {
    waitFor(draft, first);
    return undefined;
  }
  if (!alarmsKnown) {
    return undefined;
  }
  if (settings.asked === 'published' || first !== rollout.step) {
    draft.enter('staging', { step: first });
    return stage(draft.rollout);
  }
  draft.enter('shifting');
  return shift(draft.rollout);
}

function creating(draft: Draft, target: TargetState | undefined, alarmsKnown: boolean): Effect | undefined {
  const { rollout } = draft;
  if (target !== undefined && target.settled && target.live !== rollout.candidate) {
    // Somebody else made it meanwhile, with another version: that is what there is to go back to.
    draft.enter('checking', { baseline: target.live, step: -1 });
    return advance(draft, target, alarmsKnown);
  }
  if (target?.settled !== true || rollout.concluded !== true) {
    const { trouble, settings } = rollout;
    if (trouble !== undefined && trouble.count >= settings.maxFailures) {
      const text = `${trouble.count} calls in a row failed, the last with: ${trouble.last}`;
      const litter = [...rollout.litter, rollout.candidate];
      return end(draft, target, { outcome: 'failed', litter, reason: { code: 'failures', text } });
    }
    return { kind: 'create', version: rollout.candidate };
  }
  if (!rollout.checked) {
    draft.enter('checking');
    return checking(draft, target, alarmsKnown);
  }
  return end(draft, target, { outcome: 'promoted', reason: { code: 'first', text: 'first deployment, all at once' } });
}

function stage({ candidate, step, settings }: Rollout): Effect {
  return { kind: 'stage', version: candidate, step, percent: settings.judge.steps[step].percent };
}

function shift({ candidate, step, settings }: Rollout): Effect {
  return { kind: 'shift', version: candidate, step, percent: settings.judge.steps[step].percent };
}

function shifting(draft: Draft, target: TargetState | undefined): Effect | undefined {
  const { rollout } = draft;
  const { percent } = rollout.settings.judge.steps[rollout.step];
  if (rollout.pause === undefined) {
    return shift(rollout);
  }
  // A call that was made before the pause may have had its effect since.
  return target !== undefined && Math.abs(target.percent - percent) <= ROUNDING ? shift(rollout) : undefined;
}

function baking(draft: Draft, target: TargetState | undefined, alarmsKnown: boolean): Effect | undefined {
  const { rollout } = draft;
  if (target?.settled !== true) {
    return undefined;
  }
  if (target.percent < shareOf(rollout) - ROUNDING) {
    draft.enter('staging');
    draft.tell(
      'waiting',
      `the candidate has ${target.percent} % instead of ${shareOf(rollout)} %: it is given its share again`,
    );
    return stage(draft.rollout);
  }
  if (rollout.pause !== undefined) {
    return undefined;
  }
  const hook = hookOf(rollout, 'step');
  if (hook !== undefined) {
    return hook;
  }
  const last = rollout.step === lastStep(rollout);
  if (!alarmsKnown || !(passes(draft) || (last ? rollout.promote === 'to-end' : rollout.promote !== undefined))) {
    return undefined;
  }
  if (last) {
    const after = hookOf(rollout, 'after');
    if (after !== undefined) {
      return after;
    }
    draft.enter('promoting');
    draft.tell('promoting', rollout.promote === 'to-end' ? 'the bake was ended by hand' : 'the final bake is over');
    return { kind: 'promote', version: rollout.candidate };
  }
  const next = nextStep(rollout);
  if (isGated(rollout, next)) {
    waitFor(draft, next);
    return undefined;
  }
  draft.enter('staging', { step: next });
  return stage(draft.rollout);
}

/** Whether this step may be left; pauses when there is too little to say. */
function passes(draft: Draft): boolean {
  const { judgement, step, passed, patienceUntil } = draft.rollout;
  if (passed === step) {
    return true;
  }
  if (judgement === undefined || judgement.step !== step) {
    return false;
  }
  const { verdict, action, gate, percent, minute } = judgement;
  if (verdict === 'INCONCLUSIVE' && action === 'pause' && minute > (patienceUntil ?? -1)) {
    const reason = `too little to say at ${percent} %: ${gate}`;
    draft.change({ pause: { why: 'inconclusive', since: draft.now, by: 'the judge', reason } });
    draft.tell('paused', reason, { judgement });
    return false;
  }
  return verdict === 'PROMOTE' || (verdict === 'INCONCLUSIVE' && action === 'promote');
}

function promoting(draft: Draft, target: TargetState | undefined): Effect | undefined {
  const { rollout } = draft;
  const { candidate, baseline, promote } = rollout;
  if (target?.live === candidate && target.settled) {
    const reason: Reason =
      promote === undefined
        ? { code: 'baked', text: 'all steps passed' }
        : { code: 'promoted-by-hand', text: 'steps were skipped by hand' };
    return end(draft, target, { outcome: 'promoted', litter: [...rollout.litter, baseline!], reason });
  }
  if (target?.live === baseline && target?.settled === true && target.percent < 100 - ROUNDING) {
    // Somebody else took traffic away: the live version is not changed to one that has not all of it.
    draft.enter('staging');
    return stage(draft.rollout);
  }
  return { kind: 'promote', version: candidate };
}

function retreating(draft: Draft, target: TargetState | undefined): Effect | undefined {
  const { rollout } = draft;
  if (!rollout.retreated || target?.settled !== true || target.percent > 0) {
    return { kind: 'retreat' };
  }
  if (rollout.outcome !== undefined) {
    return end(draft, target, {});
  }
  // A promotion that was on its way went through before it could be held up.
  const promoted = target.live === rollout.candidate;
  return end(draft, target, {
    outcome: promoted ? 'promoted' : 'rolled-back',
    litter: [...rollout.litter, promoted ? rollout.baseline! : rollout.candidate],
  });
}

function end(draft: Draft, target: TargetState | undefined, change: Partial<Rollout>): Effect | undefined {
  draft.enter('cleaning', { ...change, pause: undefined });
  return cleaning(draft, target);
}

function cleaning(draft: Draft, target: TargetState | undefined): Effect | undefined {
  const { desired, passedOver } = draft.current;
  const unused = passedOver.filter((version) => version !== desired?.version);
  // What serves is never removed, whatever is written here.
  const litter = [...new Set([...draft.rollout.litter, ...unused])].filter((version) => version !== target?.live);
  draft.set({ passedOver: [] });
  draft.change({ litter });
  if (litter.length > 0) {
    return clean(litter[0], desired?.version);
  }
  if (draft.rollout.outcome === 'removed') {
    if (desired?.version === undefined) {
      // Also when it is gone: something of it may be left.
      if (target !== undefined || draft.rollout.concluded !== true) {
        return { kind: 'remove' };
      }
    } else if (target !== undefined) {
      draft.change({
        outcome: 'unchanged',
        reason: {
          code: 'superseded',
          text: `version ${desired.version} is desired again, before anything was removed`,
        },
      });
    }
  }
  const { reason: why, candidate, concluded, attempt } = draft.rollout;
  const current = desired?.attempt === attempt;
  if (why?.code === 'same-version' && concluded !== true && current && target?.live === candidate) {
    // It gets what the settings say by now, such as another number of instances.
    return { kind: 'create', version: candidate };
  }
  draft.enter('done', { endedAt: draft.now });
  const { outcome, reason } = draft.rollout;
  draft.tell('ended', `${outcome}: ${reason?.text}`, {
    outcome,
    reason: reason?.code,
    judgement: draft.rollout.judgement,
  });
  return undefined;
}

/** A version that is desired and was rolled back may be tried again. */
function clean(version: string, desired: string | undefined): Effect {
  return { kind: 'clean', version, what: version === desired ? 'capacity' : 'all' };
}

function hookOf(rollout: Rollout, moment: HookMoment): Effect | undefined {
  const { settings, hooksPassed, attempt, step, candidate, baseline } = rollout;
  const name = settings.hooks[moment];
  const id = hookId(moment, step);
  if (name === undefined || hooksPassed.includes(id)) {
    return undefined;
  }
  const share = moment === 'step' ? { percent: settings.judge.steps[step].percent } : {};
  return { kind: 'hook', call: { id: `${attempt}-${id}`, name, moment, step, ...share, candidate, baseline } };
}

/** Of the hooks of a rollout. */
export function hookId(moment: HookMoment, step: number): string {
  return moment === 'step' ? `step-${step}` : moment;
}

function waitFor(draft: Draft, step: number): void {
  const { trail } = draft.current;
  const { attempt, settings } = draft.rollout;
  const text = `${settings.judge.steps[step].percent} % wait for somebody's approval`;
  if (!trail.some((entry) => entry.attempt === attempt && entry.what === 'waiting' && entry.text === text)) {
    draft.tell('waiting', text);
  }
}
