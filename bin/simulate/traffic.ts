import type { ArmCounts, MinuteCounts } from '../../lambda/rollout-judge/contract';
import type { Random } from './random';
import { ratesOf, type Scenario } from './scenario';

/** Plays the minutes of one rollout: what each arm would have counted. */
export class Traffic {
  private readonly candidate: readonly number[];
  private readonly baseline: readonly number[];

  constructor(
    private readonly scenario: Scenario,
    private readonly random: Random,
  ) {
    this.candidate = ratesOf(scenario, true);
    this.baseline = ratesOf(scenario, false);
  }

  /** The minute of this number, from 1, with the weights of a step. */
  minute(minute: number, step: number): MinuteCounts {
    const { scenario, random } = this;
    const requests = random.poisson(scenario.requestsPerMinute);
    const mine = random.binomial(requests, scenario.steps[step].percent / 100);
    return {
      minute,
      step,
      candidate: this.arm(minute, mine, this.candidate),
      baseline: this.arm(minute, requests - mine, this.baseline),
    };
  }

  /** Errors of a minute that the baseline would not have had, on average. */
  excess({ candidate }: MinuteCounts): number {
    return candidate.requests * (this.candidate[0] - this.baseline[0]);
  }

  private arm(minute: number, requests: number, [errors, ...slow]: readonly number[]): ArmCounts {
    const { scenario, random } = this;
    const { incident } = scenario;
    const down = incident !== undefined && minute >= incident.from && minute < incident.from + incident.minutes;
    const rate = Math.max(errors * random.burst(scenario.burstiness), down ? incident.rate : 0);
    const bad = [random.binomial(requests, Math.min(1, rate))];
    let left = requests;
    let above = 1;
    for (const part of slow) {
      left = random.binomial(left, part / above);
      above = part;
      bad.push(left);
    }
    return { requests, bad };
  }
}
