/** Times the judge as it is deployed: compiled, in a process of its own. Its argument: how many times as bad the new version is. */
import type { MinuteCounts } from '../../../lambda/rollout-judge/contract';
import { judgeSettings } from '../../../lambda/rollout-judge/judge-settings';
import { RolloutJudge } from '../../../lambda/rollout-judge/rollout-judge';
import { Random } from '../../../bin/simulate/random';
import { isHigher } from '../../../bin/simulate/rules/mann-whitney';

const MINUTES = 60;
/** Errors, two thresholds of latency, invalid predictions and two more: shares of requests. */
const RATES = [0.01, 0.05, 0.01, 0.002, 0.02, 0.1];
const SHARES = [0.05, 0.2, 0.5];
const STEPS = [5, 20, 50, 100].map((percent) => ({ percent, bakeMinutes: MINUTES / SHARES.length }));
const SETTINGS = judgeSettings({ steps: STEPS, metrics: RATES.map((_, place) => ({ name: `metric-${place}` })) });

/** Batches of so many; the fastest batch counts, as others are at work on the machine. */
const BATCH = 10;
const BATCHES = 400;
/** Minutes that come after the hour. */
const NEXT = 10;

/** Microseconds, on the same minutes. */
export interface Timed {
  readonly replay: number;
  readonly replayWithEvidence: number;
  readonly minute: number;
  readonly evidence: number;
  readonly mannWhitney: number;
}

function measure(minutes: readonly MinuteCounts[]): Timed {
  const replay = (): RolloutJudge => {
    const judge = new RolloutJudge(SETTINGS);
    minutes.forEach((minute) => judge.take(minute));
    return judge;
  };
  const whole = fastest(() => replay());
  const all = fastest(() => replay().judgement());
  const judge = replay();
  const state = judge.snapshot();
  const next = minutes.slice(-NEXT).map((counts, at) => ({ ...counts, minute: MINUTES + at }));
  let one = Infinity;
  for (let time = 0; time < BATCHES * BATCH; time++) {
    const resumed = new RolloutJudge(SETTINGS, state);
    one = Math.min(one, once(() => next.forEach((counts) => resumed.take(counts))) / NEXT);
  }
  const rates = RATES.map((_, place) => ({
    candidate: minutes.map(({ candidate }) => candidate.bad[place]! / candidate.requests),
    baseline: minutes.map(({ baseline }) => baseline.bad[place]! / baseline.requests),
  }));
  return {
    replay: whole,
    replayWithEvidence: all,
    minute: one,
    evidence: fastest(() => judge.judgement()),
    mannWhitney: fastest(() => rates.map(({ candidate, baseline }) => isHigher(candidate, baseline)), 1),
  };
}

function fastest(work: () => unknown, batch = BATCH): number {
  let least = Infinity;
  for (let time = 0; time < BATCHES; time++) {
    least = Math.min(
      least,
      once(() => {
        for (let at = 0; at < batch; at++) {
          work();
        }
      }) / batch,
    );
  }
  return least;
}

function once(work: () => void): number {
  const from = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - from) / 1000;
}

function minutes(ratio: number): MinuteCounts[] {
  const random = new Random(1);
  return Array.from({ length: MINUTES }, (_, minute) => {
    const step = Math.floor((minute * SHARES.length) / MINUTES);
    const requests = random.poisson(600);
    const mine = random.binomial(requests, SHARES[step]);
    const arm = (count: number, times: number): MinuteCounts['candidate'] => ({
      requests: count,
      bad: RATES.map((rate) => random.binomial(count, rate * times)),
    });
    return { minute, step, candidate: arm(mine, ratio), baseline: arm(requests - mine, 1) };
  });
}

process.stdout.write(JSON.stringify(measure(minutes(Number(process.argv[2])))));
