import type { Decision, Gate, Judgement, JudgeSettings, MinuteCounts } from './contract';
import { checkMinute } from './check-minute';
import {
  emptyProgress,
  type JudgeState,
  type MetricState,
  type Progress,
  resumeProgress,
  stateOf,
} from './judge-state';
import { metricEvidence } from './metric-evidence';
import { LookEvidence, rollsBack } from './look-evidence';
import { compareMinute, countOf, decideMetric, type Doubt, isInconclusive, WARNING, watchMinute } from './metric-judge';
import { eventWeights, ratioGrid } from './ratio-grid';

/** What holds a step back, the most urgent first. */
const HOLDS: readonly Gate[] = [
  'baseline-bad',
  'second-look',
  'effect',
  'warning',
  'no-data',
  'samples',
  'bake',
  'none',
];

/**
 * Compares a new version with the old one, minute by minute, and says when to go on and when to go back. Pure: no clock, no chance, no
 * AWS. To replay a rollout is to tell its minutes to a new judge; it answers bit for bit what the one answered that saw them come.
 */
export class RolloutJudge {
  private readonly state: Progress;
  private readonly grid: readonly number[];
  /** Of metrics that increase, and of those that decrease, in the minute at hand. */
  private readonly weights: readonly [number[], number[]] = [[], []];
  private readonly evidence: LookEvidence;
  /** Part of alpha for each metric by itself, as the evidence that it takes. */
  private readonly enough: readonly number[];

  /** `state` is that of a judge of the same settings; it is copied. Throws for one of others. */
  constructor(
    private readonly settings: JudgeSettings,
    state?: JudgeState,
  ) {
    this.state = state === undefined ? emptyProgress(settings) : resumeProgress(settings, state);
    this.grid = ratioGrid(settings.toleratedRatio);
    this.evidence = new LookEvidence(settings, this.state.metrics);
    this.enough = this.evidence.parts.map((part) => -Math.log(settings.alpha * (part === 0 ? 1 : part)));
  }

  /** All that the judge knows, to be kept as JSON. */
  snapshot(): JudgeState {
    return stateOf(this.settings, this.state);
  }

  /** Takes one more closed minute. Minutes come once each, in order; those without requests as well. */
  take(counts: MinuteCounts): Decision {
    const { state, settings } = this;
    checkMinute(settings, state, counts);
    if (state.rolledBack !== null) {
      // What it rests on stays as it was: afterwards there is no traffic to compare.
      state.minute = counts.minute;
      return this.decide();
    }
    if (state.minute === null || counts.step !== state.step) {
      state.step = counts.step;
      state.stepMinutes = 0;
      state.bakedMinutes = 0;
      state.metrics.forEach((metric) => (metric.stepRequests = 0));
    }
    state.minute = counts.minute;
    state.stepMinutes += 1;
    if (state.stepMinutes > settings.warmupMinutes && this.addMinute(counts)) {
      this.evidence.changed();
      this.look();
    }
    const held = state.metrics.some(
      ({ watch }, place) => watch.bothBad && rollsBack(settings.metrics[place]) && !settings.allowUnhealthyBaseline,
    );
    state.heldMinutes = held ? state.heldMinutes + 1 : 0;
    state.bakedMinutes += held ? 0 : 1;
    state.rolledBack = this.rollback() ?? null;
    return this.decide();
  }

  /** What was last decided, with all that it rests on. */
  judgement(): Judgement {
    const { state, settings } = this;
    const { minute, step, bakedMinutes, heldMinutes, looks } = state;
    if (minute === null) {
      throw new Error('no minute was told to this judge, and there is nothing to judge by');
    }
    return {
      ...this.decide(),
      minute,
      step,
      percent: settings.steps[step].percent,
      bakedMinutes,
      heldMinutes,
      looks,
      logEvidence: this.evidence.together(),
      pValue: Math.exp(-state.mostLogEvidence),
      metrics: settings.metrics.map((metric, place) =>
        metricEvidence(
          state.metrics[place],
          metric,
          settings,
          settings.steps[step],
          this.evidence.tooSmall(place),
          this.decideOne(place),
        ),
      ),
    };
  }

  /** Whether both arms were compared. */
  private addMinute({ candidate, baseline }: MinuteCounts): boolean {
    const { state, settings } = this;
    const all = candidate.requests + baseline.requests;
    const both = candidate.requests > 0 && baseline.requests > 0;
    // Once all traffic is the candidate's there is nothing left to compare with, and it is judged by itself.
    const alone = candidate.requests > 0 && baseline.requests === 0 && settings.steps[state.step].percent === 100;
    if (!both && !alone) {
      return false;
    }
    if (both) {
      eventWeights(this.grid, candidate.requests / all, this.weights[0]);
      if (settings.metrics.some(({ direction }) => direction === 'decrease')) {
        eventWeights(this.grid, baseline.requests / all, this.weights[1]);
      }
    }
    for (let place = 0; place < settings.metrics.length; place++) {
      const metric = settings.metrics[place];
      const own = state.metrics[place];
      const mine = countOf(metric, candidate, place);
      const others = countOf(metric, baseline, place);
      if (mine === null || (others === null && both)) {
        continue;
      }
      own.stepRequests += mine.requests;
      if (others !== null && both) {
        const increases = metric.direction === 'increase';
        const share = (increases ? candidate.requests : baseline.requests) / all;
        compareMinute(own, metric, settings.fastPath, share, this.weights[increases ? 0 : 1], mine, others);
      }
      watchMinute(own, metric, mine, others ?? { requests: 0, bad: 0 });
    }
    return both;
  }

  /** Counts the looks in a row at which it is surely, and by enough, worse. */
  private look(): void {
    const { state, settings, evidence } = this;
    for (let place = 0; place < settings.metrics.length; place++) {
      const metric = state.metrics[place];
      if (evidence.atMost(place) > metric.mostLogEvidence) {
        metric.mostLogEvidence = Math.max(metric.mostLogEvidence, evidence.of(place));
      }
      metric.looks = this.isSure(place) && evidence.isLarge(place) ? metric.looks + 1 : 0;
    }
    const atMost = evidence.togetherAtMost();
    if (atMost > state.mostLogEvidence) {
      state.mostLogEvidence = Math.max(state.mostLogEvidence, evidence.together());
    }
    const enough = -Math.log(settings.alpha);
    const sure = atMost >= enough && evidence.togetherOf((place) => evidence.isLarge(place)) >= enough;
    state.looks = sure ? state.looks + 1 : 0;
  }

  private isSure(place: number): boolean {
    return this.evidence.atMost(place) >= this.enough[place] && this.evidence.of(place) >= this.enough[place];
  }

  private rollback(): Gate | undefined {
    const { state, settings } = this;
    const critical = (which: (metric: MetricState) => boolean): boolean =>
      state.metrics.some((metric, place) => rollsBack(settings.metrics[place]) && which(metric));
    if (critical(({ fast }) => fast)) {
      return 'fast-path';
    }
    if (state.looks >= settings.looks) {
      return 'evidence';
    }
    if (critical(({ watch }) => watch.aloneBad >= 2)) {
      return 'ceiling';
    }
    return state.heldMinutes >= settings.maxHoldMinutes ? 'hold-over' : undefined;
  }

  private decide(): Decision {
    const { state, settings } = this;
    if (state.rolledBack !== null) {
      return { verdict: 'ROLLBACK', gate: state.rolledBack };
    }
    const step = settings.steps[state.step];
    const gate = this.overallGate();
    if (gate === 'none') {
      return { verdict: 'PROMOTE', gate };
    }
    if (!isInconclusive(gate, step, state.bakedMinutes)) {
      return { verdict: 'HOLD', gate };
    }
    const little = gate === 'no-data' || gate === 'samples';
    const action = settings.onInconclusive === 'promote' && !little ? 'pause' : settings.onInconclusive;
    return { verdict: 'INCONCLUSIVE', gate, action };
  }

  private overallGate(): Gate {
    const { state, settings, evidence } = this;
    const warning = -Math.log(settings.alpha / WARNING);
    let worst = HOLDS.length - 1;
    for (let place = 0; place < settings.metrics.length; place++) {
      if (!settings.metrics[place].observeOnly) {
        const { verdict, gate } = this.decideOne(place);
        // A metric that is not critical holds the step, and then asks.
        worst = Math.min(worst, HOLDS.indexOf(verdict === 'ROLLBACK' ? 'warning' : gate));
      }
    }
    if (state.looks > 0) {
      worst = Math.min(worst, HOLDS.indexOf('second-look'));
    } else if (evidence.togetherAtMost() >= warning && evidence.together() >= warning) {
      worst = Math.min(worst, HOLDS.indexOf('warning'));
    }
    return HOLDS[worst];
  }

  private decideOne(place: number): Decision {
    const { state, settings } = this;
    const step = settings.steps[state.step];
    return decideMetric(state.metrics[place], settings, step, state.bakedMinutes, this.doubt(place));
  }

  private doubt(place: number): Doubt | undefined {
    if (this.isSure(place)) {
      return this.evidence.isLarge(place) ? 'second-look' : 'effect';
    }
    const warning = this.enough[place] + Math.log(WARNING);
    return this.evidence.atMost(place) >= warning && this.evidence.of(place) >= warning ? 'warning' : undefined;
  }
}
