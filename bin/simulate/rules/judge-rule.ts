import type { JudgeOptions } from '../../../lambda/rollout-judge/contract';
import { judgeSettings } from '../../../lambda/rollout-judge/judge-settings';
import { RolloutJudge } from '../../../lambda/rollout-judge/rollout-judge';
import { metricsOf } from '../scenario';
import { onTime, type Rule } from './rule';

/** The judge of staged rollouts itself. */
export function judgeRule(name: string, options: Partial<JudgeOptions> = {}): Rule {
  return {
    name,
    start(scenario) {
      const settings = judgeSettings({ steps: scenario.steps, metrics: metricsOf(scenario), ...options });
      const judge = new RolloutJudge(settings);
      return (counts) => judge.take(counts).verdict;
    },
  };
}

/** The judge as far as it goes back: steps last as long as their bake, whatever it says of going on. */
export function judgeOnTime(name: string, options: Partial<JudgeOptions> = {}): Rule {
  return onTime(name, (scenario) => {
    const judge = judgeRule(name, options).start(scenario);
    return (counts) => judge(counts) === 'ROLLBACK';
  });
}
