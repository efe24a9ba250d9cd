import { Random } from './random';
import type { Rule } from './rules/rule';
import type { Scenario } from './scenario';
import { Traffic } from './traffic';

/** How one rollout ended. */
export interface Played {
  readonly end: 'promoted' | 'rolled back' | 'paused';
  /** Minutes until then. */
  readonly minutes: number;
  /** Requests that the new version served, and errors that the baseline would not have had. */
  readonly requests: number;
  readonly excess: number;
}

export interface Outcomes {
  readonly rule: string;
  readonly runs: number;
  /** Shares of the runs. */
  readonly rolledBack: number;
  readonly promoted: number;
  readonly paused: number;
  /** Minutes to the verdict, in the middle of the runs that were rolled back; null without any. */
  readonly minutesToRollback: number | null;
  readonly minutesToPromote: number | null;
  /** Means over all runs. */
  readonly requestsExposed: number;
  readonly excessErrors: number;
}

/** No rule holds a step for so long. */
const MAX_MINUTES = 10_000;

export function playRollout(scenario: Scenario, rule: Rule, seed: number, run: number): Played {
  const traffic = new Traffic(scenario, new Random(seed, run));
  const judge = rule.start(scenario);
  const last = scenario.steps.length - 1;
  let step = 0;
  let requests = 0;
  let excess = 0;
  const play = (minute: number): ReturnType<Traffic['minute']> => {
    const counts = traffic.minute(minute, step);
    requests += counts.candidate.requests;
    excess += traffic.excess(counts);
    return counts;
  };
  for (let minute = 1; minute <= MAX_MINUTES; minute++) {
    const verdict = judge(play(minute));
    if (verdict === 'ROLLBACK') {
      for (let later = 1; later <= scenario.reactionMinutes; later++) {
        play(minute + later);
      }
      return { end: 'rolled back', minutes: minute, requests, excess };
    }
    if (verdict === 'INCONCLUSIVE') {
      return { end: 'paused', minutes: minute, requests, excess };
    }
    if (verdict === 'PROMOTE') {
      step += 1;
      if (step === last) {
        return { end: 'promoted', minutes: minute, requests, excess };
      }
    }
  }
  throw new Error(`${rule.name} came to no end in ${MAX_MINUTES} minutes`);
}

/** Plays so many rollouts by a seed; every rule meets the same traffic for as long as it decides the same. */
export function simulate(
  scenario: Scenario,
  rule: Rule,
  runs: number,
  seed: number,
  onRun: () => void = () => undefined,
): Outcomes {
  const played = Array.from({ length: runs }, (_, run) => {
    const one = playRollout(scenario, rule, seed, run);
    onRun();
    return one;
  });
  const share = (end: Played['end']): number => played.filter((one) => one.end === end).length / runs;
  const mean = (of: (one: Played) => number): number => played.reduce((sum, one) => sum + of(one), 0) / runs;
  const middle = (end: Played['end']): number | null => {
    const minutes = played.filter((one) => one.end === end).map((one) => one.minutes);
    return minutes.sort((a, b) => a - b)[Math.floor((minutes.length - 1) / 2)] ?? null;
  };
  return {
    rule: rule.name,
    runs,
    rolledBack: share('rolled back'),
    promoted: share('promoted'),
    paused: share('paused'),
    minutesToRollback: middle('rolled back'),
    minutesToPromote: middle('promoted'),
    requestsExposed: mean(({ requests }) => requests),
    excessErrors: mean(({ excess }) => excess),
  };
}
