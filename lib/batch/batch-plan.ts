import { Duration } from 'aws-cdk-lib';
import type { Rollout } from '../rollout/rollout';
import type { RolloutPlan } from '../rollout/rollout-plan';

/** What of a run is judged before the rest, in percent of the objects; 0 for nothing. */
export function judgedPercent({ _shift: { step } }: Rollout): number {
  return step !== undefined && 'percent' in step ? step.percent : 0;
}

/** What happens in each run. */
export function batchPlan(rollout: Rollout): RolloutPlan {
  const percent = judgedPercent(rollout);
  const judged = percent > 0;
  return {
    strategy: judged ? `canary ${percent} % of the objects, judged` : rollout.description,
    before: ['the input is listed and packed into partitions'],
    steps: [...(judged ? [percent] : []), 100].map((share) => ({ percent: share, startsAfter: Duration.seconds(0) })),
    duration: Duration.seconds(0),
    timeToRollBack: Duration.seconds(0),
    watches: judged
      ? ['quarantined objects of the first part', 'scores of the first part beside those of the current run']
      : [],
    notes: [
      'every run is a rollout of its own: `current.json` moves when it is complete and accepted, and until then readers see the run before',
      'how long the first part takes depends on the input; its judgement takes seconds',
    ],
  };
}
