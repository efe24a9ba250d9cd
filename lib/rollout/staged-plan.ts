import { Duration } from 'aws-cdk-lib';
import type { Model } from '../model/model';
import type { RolloutPlan } from './rollout-plan';
import { canBeAsked, descriptionOf } from './smoke-test';
import type { StagedRolloutOptions } from './staged-options';
import { stagedPace } from './staged-pace';

/** From a verdict, or an alarm, to the call that gives all traffic back: the controller looks every minute, or sooner. */
const TIME_TO_ROLL_BACK = Duration.minutes(2);

/** What will happen when a new version is deployed. */
export function stagedPlan(
  options: StagedRolloutOptions,
  {
    model,
    metrics,
    notes,
  }: { readonly model: Model; readonly metrics: readonly string[]; readonly notes: readonly string[] },
): RolloutPlan {
  const { shares, bakes, longestBakes, lagMinutes, shortestMinutes } = stagedPace(options);
  const begins = (watched: readonly number[], place: number): Duration =>
    Duration.minutes(watched.slice(0, place).reduce((sum, minutes) => sum + minutes + lagMinutes, 0));
  const { hooks = {}, approvals = [], rollbackAlarms = [] } = options;
  return {
    strategy: `staged ${shares.join('-')} %`,
    before: [
      ...(options.smokeTest === false ? [] : canBeAsked(model) ? [descriptionOf(model)] : []),
      ...(hooks.before === undefined ? [] : [`your own hook ${hooks.before.node.path}`]),
    ],
    steps: shares.map((percent, place) => ({
      percent,
      startsAfter: begins(bakes, place),
      startsBy: begins(longestBakes, place),
    })),
    duration: Duration.minutes(shortestMinutes),
    timeToRollBack: TIME_TO_ROLL_BACK,
    watches: [
      ...metrics.map((name) => `${name}, compared with the old version`),
      ...rollbackAlarms.map((alarm) => alarm.node.path),
    ],
    notes: [
      'the first deployment is not compared with anything: there is nothing to shift from',
      `a step with too little to say is extended, and then ${IN_WORDS[options.onInconclusive ?? 'pause']}`,
      ...approvals.map((percent) => `${percent} % wait for somebody's approval`),
      ...(options.smokeTest !== false && !canBeAsked(model)
        ? [
            'no smoke test: the model has neither examples nor an input schema, so there is nothing to ask of a new version',
          ]
        : []),
      ...notes,
    ],
  };
}

const IN_WORDS = {
  pause: 'the rollout pauses until somebody decides',
  rollback: 'the rollout goes back',
  promote: 'the rollout goes on, unless anything looks worse than before',
};
