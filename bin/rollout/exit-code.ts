import type { Outcome, RolloutItem } from '../../lambda/rollout/contract';
import { statusOf } from '../../lambda/rollout-controller/status';
import { awaitedApproval } from '../../lambda/rollout-controller/awaited-approval';

export const EXIT = { fine: 0, error: 1, back: 2, waiting: 3 } as const;

const BACK: readonly (Outcome | undefined)[] = ['rolled-back', 'failed', 'gone'];

/** What a rollout has come to, for other programs. */
export function exitCodeOf(item: RolloutItem | undefined): number {
  if (item === undefined) {
    return EXIT.fine;
  }
  const { settled, pause, outcome } = statusOf(item);
  const { desired, rollout } = item;
  if (desired?.attempt !== rollout?.attempt) {
    // Another one is about to begin, whatever became of this one.
    return EXIT.fine;
  }
  if (BACK.includes(outcome) || (!settled && rollout?.phase === 'retreating' && outcome === undefined)) {
    return EXIT.back;
  }
  return !settled && (pause !== undefined || awaitedApproval(item) !== undefined) ? EXIT.waiting : EXIT.fine;
}
