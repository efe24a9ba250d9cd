import type { Rollout, RolloutItem } from '../rollout/contract';
import { gatedStep } from './draft';

/** Place of the step that begins as soon as somebody approves it: nothing else is in its way. */
export function awaitedApproval({ rollout }: RolloutItem): number | undefined {
  if (rollout === undefined || rollout.pause !== undefined) {
    return undefined;
  }
  const step = gatedStep(rollout);
  if (step === undefined) {
    return undefined;
  }
  const { phase, checked, settings, hooksPassed } = rollout;
  const before = phase === 'checking';
  const hook = before ? settings.hooks.before : settings.hooks.step;
  const hooked = hook === undefined || hooksPassed.includes(before ? 'before' : `step-${rollout.step}`);
  return hooked && (before ? checked : isPassed(rollout)) ? step : undefined;
}

function isPassed({ judgement, step, passed, promote }: Rollout): boolean {
  return (
    promote !== undefined ||
    passed === step ||
    (judgement?.step === step && (judgement.verdict === 'PROMOTE' || judgement.action === 'promote'))
  );
}
