import { createHash } from 'node:crypto';
import {
  DEFAULTS,
  type JudgedMetric,
  type JudgedStep,
  type JudgeOptions,
  type JudgeSettings,
  type MetricOptions,
  type StepOptions,
} from './contract';

const MAX_STEPS = 20;
const MAX_METRICS = 50;

/** Fills in what was not told. Throws an error that names all that is at fault. */
export function judgeSettings({ steps, metrics, ...options }: JudgeOptions): JudgeSettings {
  const settings: JudgeSettings = {
    alpha: options.alpha ?? DEFAULTS.alpha,
    toleratedRatio: options.toleratedRatio ?? DEFAULTS.toleratedRatio,
    tempering: options.tempering ?? DEFAULTS.tempering,
    looks: options.looks ?? DEFAULTS.looks,
    warmupMinutes: options.warmupMinutes ?? DEFAULTS.warmupMinutes,
    // None is told: never.
    fastPath: 'fastPath' in options ? (options.fastPath ?? undefined) : DEFAULTS.fastPath,
    maxHoldMinutes: options.maxHoldMinutes ?? DEFAULTS.maxHoldMinutes,
    allowUnhealthyBaseline: options.allowUnhealthyBaseline ?? DEFAULTS.allowUnhealthyBaseline,
    onInconclusive: options.onInconclusive ?? DEFAULTS.onInconclusive,
    steps: steps.map(stepOf),
    metrics: metrics.map(metricOf),
  };
  const faults = [...faultsOf(settings), ...faultsOfSteps(settings.steps), ...faultsOfMetrics(settings.metrics)];
  if (faults.length > 0) {
    throw new Error(`a rollout cannot be judged by these settings: ${faults.join('; ')}`);
  }
  return settings;
}

/** The same for the same settings alone, whatever the order of their keys. */
export function fingerprint(settings: JudgeSettings): string {
  const sorted = (_: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return createHash('sha256').update(JSON.stringify(settings, sorted)).digest('hex').slice(0, 16);
}

function stepOf(step: StepOptions, place: number): JudgedStep {
  const { minRequests } = DEFAULTS;
  return {
    percent: step.percent,
    bakeMinutes: step.bakeMinutes,
    maxBakeMinutes: step.maxBakeMinutes ?? DEFAULTS.maxBake * step.bakeMinutes,
    minRequests: step.minRequests ?? minRequests[Math.min(place, minRequests.length - 1)],
  };
}

function metricOf(metric: MetricOptions): JudgedMetric {
  const direction = metric.direction ?? DEFAULTS.metric.direction;
  const ceiling = 'ceiling' in metric ? metric.ceiling : direction === 'increase' ? DEFAULTS.metric.ceiling : undefined;
  return {
    name: metric.name,
    direction,
    critical: metric.critical ?? DEFAULTS.metric.critical,
    observeOnly: metric.observeOnly ?? DEFAULTS.metric.observeOnly,
    missingData: metric.missingData ?? DEFAULTS.metric.missingData,
    weight: metric.weight ?? DEFAULTS.metric.weight,
    minBad: metric.minBad ?? DEFAULTS.metric.minBad,
    minRatio: metric.minRatio ?? DEFAULTS.metric.minRatio,
    minDifference: metric.minDifference ?? DEFAULTS.metric.minDifference,
    ...(ceiling !== undefined && ceiling !== null && { ceiling }),
  };
}

function* faultsOf(settings: JudgeSettings): Generator<string> {
  // A warning is a tenth of the evidence for a rollback, which must still be some.
  yield* within('alpha', settings.alpha, 1e-9, 0.05);
  yield* within('toleratedRatio', settings.toleratedRatio, 1, 10);
  yield* whole('looks', settings.looks, 1, 10);
  yield* whole('warmupMinutes', settings.warmupMinutes, 0, 60);
  yield* whole('maxHoldMinutes', settings.maxHoldMinutes, 1, 1440);
  yield* oneOf('onInconclusive', settings.onInconclusive, ['pause', 'rollback', 'promote']);
  if (settings.fastPath !== undefined) {
    yield* within('fastPath.bad', settings.fastPath.bad, 1, Infinity);
    yield* within('fastPath.rate', settings.fastPath.rate, 0.01, 1);
    yield* within('fastPath.ratio', settings.fastPath.ratio, 1, Infinity);
  }
}

function* faultsOfSteps(steps: readonly JudgedStep[]): Generator<string> {
  const percents = steps.map(({ percent }) => percent).join(', ');
  if (steps.length < 1 || steps.length > MAX_STEPS) {
    yield `steps has ${steps.length} entries, and may have 1 to ${MAX_STEPS}`;
  } else if (!steps.every(({ percent }, place) => percent > (place === 0 ? 0 : steps[place - 1].percent))) {
    yield `steps is ${percents}, and each must be above the one before, and above 0`;
  } else if (steps[steps.length - 1].percent !== 100) {
    yield `steps is ${percents}, and the last must be 100`;
  }
  for (const [place, step] of steps.entries()) {
    yield* whole(`bakeMinutes of step ${place + 1}`, step.bakeMinutes, 1, 14_400);
    yield* whole(`maxBakeMinutes of step ${place + 1}`, step.maxBakeMinutes, step.bakeMinutes, 144_000);
    yield* whole(`minRequests of step ${place + 1}`, step.minRequests, 1, Infinity);
  }
}

function* faultsOfMetrics(metrics: readonly JudgedMetric[]): Generator<string> {
  if (metrics.length > MAX_METRICS) {
    yield `metrics has ${metrics.length} entries, and may have ${MAX_METRICS}`;
  }
  if (!metrics.some(({ critical, observeOnly }) => critical && !observeOnly)) {
    yield 'metrics has none that is critical and not only observed, so that nothing could be rolled back: add one, such as errors';
  }
  const names = metrics.map(({ name }) => name);
  for (const name of new Set(names.filter((each, place) => names.indexOf(each) !== place))) {
    yield `metrics has '${name}' twice`;
  }
  for (const metric of metrics) {
    const of = ` of metric '${metric.name}'`;
    yield* oneOf(`direction${of}`, metric.direction, ['increase', 'decrease']);
    yield* oneOf(`missingData${of}`, metric.missingData, ['missing', 'notBreaching', 'breaching']);
    yield* within(`weight${of}`, metric.weight, 1e-6, 1e6);
    yield* within(`minBad${of}`, metric.minBad, 0, Infinity);
    yield* within(`minRatio${of}`, metric.minRatio, 1, Infinity);
    yield* within(`minDifference${of}`, metric.minDifference, 0, 1);
    if (metric.ceiling !== undefined) {
      yield* within(`ceiling${of}`, metric.ceiling, 0.001, 1);
      if (metric.direction === 'decrease') {
        yield `ceiling${of} is ${metric.ceiling}, and its events are good: leave it out`;
      }
    }
    if (metric.missingData === 'breaching' && metric.direction === 'decrease') {
      yield `missingData${of} is breaching, and its events are good: use notBreaching for none of them`;
    }
  }
}

function* within(name: string, value: number, least: number, most: number): Generator<string> {
  // Written so that NaN is a fault too.
  if (!(value >= least && value <= most)) {
    yield `${name} is ${value}, and must be ${most === Infinity ? `at least ${least}` : `${least} to ${most}`}`;
  }
}

function* whole(name: string, value: number, least: number, most: number): Generator<string> {
  if (!Number.isSafeInteger(value)) {
    yield `${name} is ${value}, and must be a whole number`;
  } else {
    yield* within(name, value, least, most);
  }
}

function* oneOf(name: string, value: string, allowed: readonly string[]): Generator<string> {
  if (!allowed.includes(value)) {
    yield `${name} is '${value}', and must be one of ${allowed.join(', ')}`;
  }
}
