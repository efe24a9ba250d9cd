import { DEFAULTS, type JudgeOptions, type MetricOptions, type StepOptions } from '../../lambda/rollout-judge/contract';
import { chanceOfRollback, type Comparison, type Stretch } from './chance-of-rollback';

/** How surely a step must find what is sought to be said to find it. */
const SURE = 0.8;

/** A step is never baked for longer. */
const MOST_BAKE_MINUTES = 14_400;

/** A regression that a rollout is to find, and the traffic in which it is to find it. */
export interface Sought {
  /** As the rollout is judged; what is left out is by the judge's defaults. */
  readonly judge: JudgeOptions;
  /** Name of one of its metrics. */
  readonly metric: string;
  /** Of both versions together. */
  readonly requestsPerMinute: number;
  /** Share of the requests of the old version that are bad, 0 to 1; for a metric that decreases, that are good. */
  readonly baseRate: number;
  /** How many times as many bad ones the new version has, above 1; for a metric that decreases, how many times fewer good ones. */
  readonly ratio: number;
}

/** What the steps of a rollout can find of it, if requests come as declared and events one by one. */
export interface Detection {
  /** All steps but the last, which has no baseline to be compared with. */
  readonly steps: readonly StepDetection[];
  /** Place of the first step that finds it; undefined when none does. */
  readonly foundIn?: number;
  /** Minutes from the first step on until it is found, at the declared traffic; undefined when it is not. */
  readonly minutes?: number;
  /** Why it would never roll back, however sure it is. */
  readonly never?: 'not-critical' | 'toleratedRatio' | 'minRatio' | 'minDifference';
  /** Steps that would find it in their bake: the same ones with a longer bake first, then fewer that take less time. */
  readonly remedies: readonly Remedy[];
}

export interface StepDetection {
  readonly percent: number;
  /** Of the step: its bake, or longer until the new version has served the requests that it needs to be promoted. */
  readonly minutes: number;
  /** Those would not come in the longest bake of the step: the rollout ends here without a verdict, and asks or goes back. */
  readonly starved: boolean;
  /** Requests of the new version that were compared by the end of the step, those of the steps before among them. */
  readonly requests: number;
  /** So many of them would be needed, if this step went on until then; undefined when ten days of it do not suffice. */
  readonly needed?: number;
  /** Chance that it is rolled back by the end of the step. */
  readonly chance: number;
  readonly found: boolean;
}

export interface Remedy {
  readonly percents: readonly number[];
  /** Least bake, the same one for each step. */
  readonly bakeMinutes: number;
}

/** Says by which steps a rollout finds a regression. Pure arithmetic: nothing is played. */
export function detection(sought: Sought): Detection {
  const comparison = comparisonOf(sought);
  const never = reasonForNever(sought);
  if (never !== undefined) {
    const steps = lengthsOf(sought).map((step) => ({ ...step, chance: 0, found: false }));
    return { steps, never, remedies: [] };
  }
  const played = play(sought, comparison);
  const warmup = warmupOf(sought);
  let needed: number | undefined;
  let minutes = 0;
  let foundAfter: number | undefined;
  const steps = played.map((step, place) => {
    const before = place === 0 ? 0 : played[place - 1].requests;
    if (foundAfter === undefined) {
      const more = minutesUntilSure(stretchesOf(played.slice(0, place), warmup), step.percent, comparison);
      needed = more === undefined ? needed : before + (more * sought.requestsPerMinute * step.percent) / 100;
      foundAfter = step.found ? minutes + Math.min(step.minutes, warmup + more!) : undefined;
    }
    minutes += step.minutes;
    return { ...step, needed };
  });
  return foundAfter === undefined
    ? { steps, remedies: remediesFor(sought, comparison) }
    : { steps, foundIn: steps.findIndex(({ found }) => found), minutes: foundAfter, remedies: [] };
}

/** The steps one after the other. Whoever is asked may go on with a starved one; nobody may have to be. */
function play(sought: Sought, comparison: Comparison): readonly StepDetection[] {
  const lengths = lengthsOf(sought);
  const stretches = stretchesOf(lengths, warmupOf(sought));
  let chance = 0;
  let open = true;
  return lengths.map((step, place) => {
    if (open) {
      chance = Math.max(chance, chanceOfRollback(stretches.slice(0, place + 1), comparison));
    }
    open &&= !step.starved;
    return { ...step, chance, found: chance >= SURE };
  });
}

function stretchesOf(steps: readonly Pick<StepDetection, 'percent' | 'minutes'>[], warmup: number): readonly Stretch[] {
  return steps.map(({ percent, minutes }) => ({ percent, minutes: Math.max(0, minutes - warmup) }));
}

/** Minutes of comparison at this share, after those before, until it is found; undefined when it would not be in ten days. */
function minutesUntilSure(before: readonly Stretch[], percent: number, comparison: Comparison): number | undefined {
  return least(
    (minutes) => chanceOfRollback([...before, { percent, minutes }], comparison) >= SURE,
    0,
    MOST_BAKE_MINUTES,
  );
}

/** A step goes on until its bake is over and the new version has served as many requests as it must. */
function lengthsOf(sought: Sought): readonly Omit<StepDetection, 'chance' | 'found' | 'needed'>[] {
  const warmup = warmupOf(sought);
  let requests = 0;
  return comparedSteps(sought).map(({ percent, bakeMinutes, maxBakeMinutes, minRequests }, place) => {
    const perMinute = (sought.requestsPerMinute * percent) / 100;
    const most = Math.max(bakeMinutes, maxBakeMinutes ?? DEFAULTS.maxBake * bakeMinutes);
    const required = minRequests ?? DEFAULTS.minRequests[Math.min(place, DEFAULTS.minRequests.length - 1)];
    const served = warmup + Math.ceil(required / perMinute);
    const minutes = Math.min(most, Math.max(bakeMinutes, served));
    requests += Math.max(0, minutes - warmup) * perMinute;
    return { percent, minutes, starved: served > most, requests };
  });
}

/** The same steps with a longer bake, and without the first ones as long as that takes less time. */
function remediesFor(sought: Sought, comparison: Comparison): readonly Remedy[] {
  const steps = comparedSteps(sought);
  const remedies: Remedy[] = [];
  let shortest = Infinity;
  for (let first = 0; first < steps.length; first++) {
    const kept = steps.slice(first);
    const baked = (bakeMinutes: number): Sought => ({
      ...sought,
      judge: {
        ...sought.judge,
        steps: [...kept, { percent: 100 }].map((step) => ({ ...step, ...lasting(step, bakeMinutes) })),
      },
    });
    const bakeMinutes = least(
      (minutes) => play(baked(minutes), comparison).some(({ found }) => found),
      Math.max(...kept.map(({ bakeMinutes }) => bakeMinutes)),
      MOST_BAKE_MINUTES,
    );
    if (bakeMinutes !== undefined && bakeMinutes * kept.length < shortest) {
      shortest = bakeMinutes * kept.length;
      remedies.push({ percents: [...kept.map(({ percent }) => percent), 100], bakeMinutes });
    }
  }
  return remedies;
}

/** A longest bake that was told grows with the bake. */
function lasting(step: Partial<StepOptions>, bakeMinutes: number): Pick<StepOptions, 'bakeMinutes' | 'maxBakeMinutes'> {
  const { maxBakeMinutes, bakeMinutes: before = bakeMinutes } = step;
  return {
    bakeMinutes,
    ...(maxBakeMinutes === undefined ? {} : { maxBakeMinutes: Math.round((maxBakeMinutes * bakeMinutes) / before) }),
  };
}

function reasonForNever(sought: Sought): Detection['never'] {
  const { judge, baseRate, ratio } = sought;
  const metric = metricOf(sought);
  const { critical, observeOnly, minRatio, minDifference, direction } = { ...DEFAULTS.metric, ...metric };
  if (!critical || observeOnly) {
    return 'not-critical';
  }
  if (ratio <= (judge.toleratedRatio ?? DEFAULTS.toleratedRatio)) {
    return 'toleratedRatio';
  }
  if (ratio <= minRatio) {
    return 'minRatio';
  }
  const difference = direction === 'increase' ? Math.min(1, baseRate * ratio) - baseRate : baseRate - baseRate / ratio;
  return difference <= minDifference ? 'minDifference' : undefined;
}

function comparisonOf(sought: Sought): Comparison {
  const { judge, baseRate, ratio, requestsPerMinute } = sought;
  const metric = metricOf(sought);
  const { direction, minBad, minRatio, minDifference, weight } = { ...DEFAULTS.metric, ...metric };
  const all = judge.metrics
    .filter(({ critical, observeOnly }) => (critical ?? DEFAULTS.metric.critical) && !(observeOnly ?? false))
    .reduce((sum, each) => sum + (each.weight ?? DEFAULTS.metric.weight), 0);
  const increases = direction === 'increase';
  return {
    requestsPerMinute,
    candidateIsSuspected: increases,
    suspectedRate: increases ? Math.min(1, baseRate * ratio) : baseRate,
    otherRate: increases ? baseRate : baseRate / ratio,
    // The others say nothing of it, and evidence is the average of all.
    alpha: ((judge.alpha ?? DEFAULTS.alpha) * weight) / Math.max(all, weight),
    toleratedRatio: judge.toleratedRatio ?? DEFAULTS.toleratedRatio,
    tempering: judge.tempering ?? DEFAULTS.tempering,
    looks: judge.looks ?? DEFAULTS.looks,
    minBad,
    minRatio,
    minDifference,
  };
}

function metricOf({ judge, metric }: Sought): MetricOptions {
  const found = judge.metrics.find(({ name }) => name === metric);
  if (found === undefined) {
    const names = judge.metrics.map(({ name }) => `'${name}'`).join(', ');
    throw new Error(`no metric of the rollout is '${metric}': there are ${names}`);
  }
  return found;
}

function comparedSteps({ judge }: Sought): readonly StepOptions[] {
  return judge.steps.filter(({ percent }) => percent < 100);
}

function warmupOf({ judge }: Sought): number {
  return judge.warmupMinutes ?? DEFAULTS.warmupMinutes;
}

/** The least whole number of `from` to `to` that does; undefined when none does. Those above one that does do as well. */
function least(does: (value: number) => boolean, from: number, to: number): number | undefined {
  if (!does(to)) {
    return undefined;
  }
  let low = from - 1;
  let high = to;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (does(middle)) {
      high = middle;
    } else {
      low = middle;
    }
  }
  return high;
}
