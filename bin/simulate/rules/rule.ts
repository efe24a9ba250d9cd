import type { MinuteCounts, Verdict } from '../../../lambda/rollout-judge/contract';
import type { Scenario } from '../scenario';

/** A way to decide on a rollout. */
export interface Rule {
  readonly name: string;
  /** For one rollout: is told each minute, and says what to do. */
  start(scenario: Scenario): (counts: MinuteCounts) => Verdict;
}

/** Makes a rule of one that only knows when to go back: it goes on when the bake is over. */
export function onTime(
  name: string,
  watch: (scenario: Scenario) => (counts: MinuteCounts, stepEnds: boolean) => boolean,
): Rule {
  return {
    name,
    start(scenario) {
      const isBad = watch(scenario);
      let step = -1;
      let minutes = 0;
      return (counts) => {
        minutes = counts.step === step ? minutes + 1 : 1;
        step = counts.step;
        const ends = minutes >= scenario.steps[step].bakeMinutes;
        if (isBad(counts, ends)) {
          return 'ROLLBACK';
        }
        return ends ? 'PROMOTE' : 'HOLD';
      };
    },
  };
}
