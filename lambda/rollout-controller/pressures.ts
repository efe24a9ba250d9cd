import type { Phase, Reason } from '../rollout/contract';
import type { TargetState } from '../rollout/ports';
import { type Draft, lastStep } from './draft';

/** Where something may be taken back: the baseline is live, and the candidate may have traffic. */
const RETREATS_FROM: readonly Phase[] = ['checking', 'staging', 'shifting', 'baking', 'promoting'];
/** Where the candidate does not have all traffic yet, and a newer version comes before it. */
const OPEN: readonly Phase[] = ['checking', 'staging', 'shifting', 'baking'];
/** Their calls may fail for a reason that no repeat mends, such as a quota. */
const GIVES_UP: readonly Phase[] = ['checking', 'staging', 'shifting'];

export interface Seen {
  /** `unknown` when it could not be read, undefined when there is none. */
  readonly target: TargetState | undefined | 'unknown';
  /** Undefined when they could not be asked. */
  readonly alarms: readonly string[] | undefined;
}

/** Whatever makes the rollout go back, wherever it is; or end, because there is nothing left to roll out. */
export function press(draft: Draft, { target, alarms }: Seen): void {
  if (!draft.running) {
    return;
  }
  adopt(draft);
  const { rollout } = draft;
  const { phase, baseline, candidate } = rollout;
  if (target !== 'unknown' && baseline !== undefined) {
    if (target === undefined && phase !== 'cleaning') {
      const litter = [...new Set([...rollout.litter, candidate])];
      const outcome = rollout.outcome === 'removed' ? 'removed' : 'gone';
      draft.enter('cleaning', { outcome, litter, reason: { code: 'changed-outside', text: 'it was deleted' } });
      return;
    }
    if (target !== undefined && RETREATS_FROM.includes(phase)) {
      if (target.live === candidate && target.settled && phase !== 'promoting') {
        draft.enter('cleaning', {
          outcome: 'promoted',
          litter: [...rollout.litter, baseline],
          reason: { code: 'changed-outside', text: `somebody else made version ${candidate} the live one` },
        });
        return;
      }
      if (target.live !== baseline && target.live !== candidate) {
        draft.retreat({
          code: 'changed-outside',
          text: `somebody else made version ${target.live} the live one, instead of ${baseline}`,
        });
        return;
      }
    }
  }
  if (phase === 'creating' && isGivenUp(draft, target)) {
    const { version } = draft.current.desired!;
    draft.retreat(
      version === undefined
        ? { code: 'deleted', text: 'the deployment is being deleted' }
        : { code: 'superseded', text: `version ${version} is desired now` },
    );
    return;
  }
  const reversible =
    phase === 'promoting'
      ? target !== 'unknown' && target?.live === baseline
      : // Of a first version that is live already, nothing can be taken back.
        RETREATS_FROM.includes(phase) && (baseline !== undefined || rollout.settings.asked === 'published');
  if (reversible) {
    const reason = reasonToRetreat(draft, alarms);
    if (reason !== undefined) {
      draft.retreat(reason);
      return;
    }
    meetDeadline(draft);
  }
}

/** The version that was desired before comes back before anything was done about the one in between. */
function adopt(draft: Draft): void {
  const { desired, rollout } = draft.current;
  const same = desired?.version !== undefined && desired.version === rollout?.candidate;
  if (same && desired.attempt !== rollout.attempt && OPEN.includes(rollout.phase)) {
    draft.change({ attempt: desired.attempt });
  }
}

/** A first version that is not wanted any more, and is not there yet, or never will be. */
function isGivenUp(draft: Draft, target: Seen['target']): boolean {
  const { desired } = draft.current;
  const { attempt, trouble, settings } = draft.rollout;
  return (
    desired !== undefined &&
    desired.attempt !== attempt &&
    (target === undefined || (trouble !== undefined && trouble.count >= settings.maxFailures))
  );
}

function reasonToRetreat(draft: Draft, alarms: readonly string[] | undefined): Reason | undefined {
  const { rollout } = draft;
  const { desired } = draft.current;
  const { judgement, trouble, settings, baseline } = rollout;
  if (desired !== undefined && desired.version === undefined) {
    return { code: 'deleted', text: 'the deployment is being deleted' };
  }
  if (desired !== undefined && desired.attempt !== rollout.attempt && OPEN.includes(rollout.phase)) {
    return { code: 'superseded', text: `version ${desired.version} is desired now` };
  }
  if (alarms !== undefined && alarms.length > 0 && baseline !== undefined) {
    return { code: 'alarm', text: `in ALARM: ${alarms.join(', ')}` };
  }
  if (judgement?.verdict === 'ROLLBACK') {
    return { code: 'judged', text: inWords(draft) };
  }
  if (
    judgement?.verdict === 'INCONCLUSIVE' &&
    judgement.action === 'rollback' &&
    judgement.step === rollout.step &&
    rollout.phase === 'baking'
  ) {
    return { code: 'inconclusive', text: `too little to say at ${judgement.percent} %: ${judgement.gate}` };
  }
  if (trouble !== undefined && trouble.count >= settings.maxFailures && GIVES_UP.includes(rollout.phase)) {
    return { code: 'failures', text: `${trouble.count} calls in a row failed, the last with: ${trouble.last}` };
  }
  return undefined;
}

/** The numbers of the metric that counts most. */
function inWords(draft: Draft): string {
  const { judgement } = draft.rollout;
  const { gate, percent, metrics } = judgement!;
  const guilty = metrics.filter(({ verdict }) => verdict === 'ROLLBACK');
  const told = (guilty.length > 0 ? guilty : metrics.filter(({ observeOnly }) => !observeOnly)).map(
    ({ name, candidate, baseline, ratioAtLeast }) =>
      `${name}: ${candidate.bad} of ${candidate.requests} against ${baseline.bad} of ${baseline.requests}` +
      (ratioAtLeast > 1 ? `, at least ${ratioAtLeast.toFixed(1)} times as bad` : ''),
  );
  return `${gate} at ${percent} %: ${told.join('; ')}`;
}

function meetDeadline(draft: Draft): void {
  const { rollout, now } = draft;
  const { phase, deadline, deadlineOver, pause, settings } = rollout;
  if (phase === 'promoting' || pause !== undefined || deadlineOver || now < deadline) {
    return;
  }
  const where = `after ${settings.deadlineMinutes} minutes it is at step ${rollout.step + 1} of ${lastStep(rollout) + 1}`;
  draft.change({ deadlineOver: true });
  if (settings.judge.onInconclusive === 'rollback') {
    draft.retreat({ code: 'deadline', text: where });
    return;
  }
  draft.change({ pause: { why: 'deadline', since: now, by: 'the deadline', reason: where } });
  draft.tell('paused', `the deadline is over: ${where}`);
}
