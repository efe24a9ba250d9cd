import type { RolloutItem, RolloutStatus } from '../rollout/contract';
import { awaitedApproval } from './awaited-approval';
import { isRunning, shareOf } from './draft';

/** What the item says, for people and for the custom resource that waits. */
export function statusOf(item: RolloutItem): RolloutStatus {
  const { target, desired, rollout } = item;
  const pending = desired !== undefined && desired.attempt !== rollout?.attempt;
  if (rollout === undefined) {
    return {
      target,
      desired: desired?.version,
      settled: !pending,
      exposed: false,
      waitingForApproval: false,
      trouble: item.blind?.last,
    };
  }
  const { candidate, baseline, phase, step, pause, outcome, reason, judgement, trouble, blind } = rollout;
  return {
    target,
    desired: desired?.version,
    settled: !pending && !isRunning(item),
    exposed:
      ['creating', 'shifting', 'baking', 'promoting', 'retreating'].includes(phase) ||
      (isRunning(item) && shareOf(rollout) > 0 && phase !== 'cleaning'),
    candidate,
    baseline,
    phase,
    step,
    percent: outcome === 'promoted' ? 100 : phase === 'cleaning' || phase === 'done' ? 0 : shareOf(rollout),
    pause,
    waitingForApproval: awaitedApproval(item) !== undefined,
    outcome,
    reason,
    judgement,
    trouble: (isRunning(item) ? (trouble ?? blind) : item.blind)?.last,
  };
}
