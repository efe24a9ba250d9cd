import type { JudgedMetric, JudgeSettings } from './contract';
import { isSuspicious, logEvidence } from './count-process';
import { isLarge, tooSmall } from './effect-gate';
import type { MetricState } from './judge-state';
import { likeliestRatio } from './likeliest-ratio';
import { overDispersion } from './over-dispersion';

/** A metric whose evidence counts for a rollback. */
export function rollsBack({ critical, observeOnly }: JudgedMetric): boolean {
  return critical && !observeOnly;
}

/**
 * Evidence of each metric, and of all critical ones together, as of the last look: natural logarithms. It is only worked out where a
 * bound that costs little does not do, and is the same number whenever that happens.
 */
export class LookEvidence {
  /** Part of each metric in what the critical ones say together; 0 for the others. */
  readonly parts: readonly number[];
  private readonly most: number[] = [];
  private readonly exact: number[] = [];
  private readonly ratios: number[] = [];

  constructor(
    private readonly settings: JudgeSettings,
    private readonly metrics: readonly MetricState[],
  ) {
    const sum = settings.metrics.filter(rollsBack).reduce((all, { weight }) => all + weight, 0);
    this.parts = settings.metrics.map((metric) => (rollsBack(metric) ? metric.weight / sum : 0));
    this.changed();
  }

  changed(): void {
    for (let place = 0; place < this.metrics.length; place++) {
      this.most[place] = NaN;
      this.exact[place] = NaN;
      this.ratios[place] = NaN;
    }
  }

  of(place: number): number {
    if (Number.isNaN(this.exact[place])) {
      const { process } = this.metrics[place];
      this.exact[place] = logEvidence(
        process,
        this.settings.tempering ? overDispersion(process, this.ratio(place)) : 1,
      );
    }
    return this.exact[place];
  }

  /** How many times as bad: the likeliest. */
  ratio(place: number): number {
    if (Number.isNaN(this.ratios[place])) {
      this.ratios[place] = likeliestRatio(this.metrics[place].process);
    }
    return this.ratios[place];
  }

  /** What of the effect is too small to roll back for. */
  tooSmall(place: number): ReturnType<typeof tooSmall> {
    return tooSmall(
      this.settings.metrics[place],
      this.metrics[place].process,
      this.ratio(place),
      this.suspectedRequests(place),
    );
  }

  isLarge(place: number): boolean {
    return isLarge(
      this.settings.metrics[place],
      this.metrics[place].process,
      this.ratio(place),
      this.suspectedRequests(place),
    );
  }

  /** Never below the evidence, and never below 0. */
  atMost(place: number): number {
    if (Number.isNaN(this.most[place])) {
      const { process } = this.metrics[place];
      // A mean of powers is at most that power of the mean, so that tempering lowers what is above 1 and lifts nothing over it.
      this.most[place] = isSuspicious(process) ? Math.max(0, logEvidence(process, 1)) : 0;
    }
    return this.most[place];
  }

  /** The average e-value of the critical metrics: one itself, however they depend on each other. */
  together(): number {
    return this.average((place) => this.of(place));
  }

  togetherAtMost(): number {
    return this.average((place) => this.atMost(place));
  }

  /** With some left out, which counts their evidence as 0: that is less than it is, so that the average remains valid. */
  togetherOf(counts: (place: number) => boolean): number {
    return this.average((place) => (counts(place) ? this.of(place) : -Infinity));
  }

  private suspectedRequests(place: number): number {
    const { candidateRequests, baselineRequests } = this.metrics[place];
    return this.settings.metrics[place].direction === 'increase' ? candidateRequests : baselineRequests;
  }

  private average(log: (place: number) => number): number {
    let most = -Infinity;
    for (let place = 0; place < this.parts.length; place++) {
      if (this.parts[place] > 0) {
        most = Math.max(most, log(place));
      }
    }
    if (most === -Infinity) {
      return most;
    }
    let sum = 0;
    for (let place = 0; place < this.parts.length; place++) {
      if (this.parts[place] > 0) {
        sum += this.parts[place] * Math.exp(log(place) - most);
      }
    }
    return most + Math.log(sum);
  }
}
