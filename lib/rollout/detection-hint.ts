import { DEFAULTS } from '../../lambda/rollout-judge/contract';
import type { Detection, Remedy, Sought } from './detectable';

/** What whoever plans a rollout should know of a regression that it would not find, in one sentence; undefined when it would. */
export function detectionHint(sought: Sought, detection: Detection): string | undefined {
  if (detection.foundIn !== undefined) {
    return undefined;
  }
  const { judge, metric, requestsPerMinute, baseRate } = sought;
  const regression = `'${metric}' that go from ${percent(baseRate)} to ${percent(worseRate(sought))}`;
  if (detection.never !== undefined) {
    return `the rollout never goes back for ${regression}, however long its steps are: ${reason(sought, detection.never)}`;
  }
  const compared = judge.steps.filter((step) => step.percent < 100);
  const plan = inSteps(
    judge.steps.map((step) => step.percent),
    compared.map(({ bakeMinutes }) => bakeMinutes),
  );
  // Whoever is left undecided at a step does not get to those after it.
  const stopped = detection.steps.find(({ starved }) => starved);
  const { requests, needed } = stopped ?? detection.steps[detection.steps.length - 1];
  const served =
    stopped === undefined
      ? `the new version serves ${count(requests)} requests beside the old one`
      : `it is left undecided at ${stopped.percent} %, after ${count(stopped.minutes)} minutes with ${count(requests)} requests of the new version`;
  return (
    `with ${count(requestsPerMinute)} requests a minute the rollout does not find ${regression}: by steps ${plan} ${served}, where ` +
    `${needed === undefined ? 'those of ten days would not suffice' : `${count(needed)} would be needed`}; ${remedy(detection.remedies)}`
  );
}

function remedy(remedies: readonly Remedy[]): string {
  if (remedies.length === 0) {
    return 'no bake of up to ten days would find them';
  }
  const [same, ...fewer] = remedies.map(({ percents, bakeMinutes }) => inSteps(percents, [bakeMinutes]));
  return fewer.length === 0 ? `${same} would find them` : `${same} would find them, or ${fewer[fewer.length - 1]}`;
}

function reason({ judge, baseRate, ratio, metric }: Sought, never: NonNullable<Detection['never']>): string {
  const { minRatio, minDifference } = { ...DEFAULTS.metric, ...judge.metrics.find(({ name }) => name === metric) };
  switch (never) {
    case 'not-critical':
      return 'the metric is not critical';
    case 'toleratedRatio':
      return `that is ${ratio} times as bad, and toleratedRatio is ${judge.toleratedRatio ?? DEFAULTS.toleratedRatio}`;
    case 'minRatio':
      return `that is ${ratio} times as bad, and minRatio is ${minRatio}`;
    case 'minDifference':
      return (
        `that is a difference of ${percent(Math.abs(worseRate({ judge, baseRate, ratio, metric }) - baseRate))}, ` +
        `and minDifference is ${percent(minDifference)}`
      );
  }
}

function worseRate({ judge, metric, baseRate, ratio }: Omit<Sought, 'requestsPerMinute'>): number {
  const decreases = judge.metrics.find(({ name }) => name === metric)?.direction === 'decrease';
  return decreases ? baseRate / ratio : Math.min(1, baseRate * ratio);
}

/** Such as `5-20-100 of 10 minutes`, or `of 10 and 20 minutes` where bakes differ. */
function inSteps(percents: readonly number[], bakes: readonly number[]): string {
  const minutes = bakes.every((bake) => bake === bakes[0])
    ? count(bakes[0])
    : `${bakes.slice(0, -1).map(count).join(', ')} and ${count(bakes[bakes.length - 1])}`;
  return `${percents.join('-')} of ${minutes} minutes`;
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}

function count(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 });
}
