import { type Fault, outOfRange, type Range } from './fault';

const GUARDRAILS = 'https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html';
const EXCLUSIONS = 'https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html';
const ROLLING = 'https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-rolling.html';
const TRAFFIC = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TrafficRoutingConfig.html';
const BLUE_GREEN = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_BlueGreenUpdatePolicy.html';
const ROLLBACK = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AutoRollbackConfig.html';

/** How an endpoint's new fleet takes over, in plain values. */
export interface FleetUpdate {
  readonly strategy: 'allAtOnce' | 'canary' | 'linear' | 'rolling';
  /** Size of a step; absent where all traffic shifts at once. Its value is absent where it is known only at deployment. */
  readonly step?: { readonly unit: 'percent' | 'instances'; readonly value?: number };
  /** Between two steps. */
  readonly waitSeconds: number;
  /** After the last step, with the old fleet still there. A rolling update has none. */
  readonly terminationWaitSeconds: number;
  /** What new instances need before the first step; absent where nobody can tell. */
  readonly startSeconds?: number;
  /** After this long the update is given up. */
  readonly timeoutSeconds: number;
  /** How many alarms are watched. */
  readonly alarms: number;
}

/** The instances behind one variant, in plain values. */
export interface Fleet {
  readonly variant: string;
  readonly serverless: boolean;
  /** Least number of instances; absent where it is known only at deployment. */
  readonly instances?: number;
  /** Most instances; absent where it is known only at deployment. */
  readonly maxInstances?: number;
  /** Absent where it is known only at deployment. */
  readonly instanceType?: string;
}

/** Largest step of every gradual shift, in percent of the fleet. */
export const MOST_AT_A_TIME = 50;

/** How much of the fleet is one step. */
const SHARE: { readonly [strategy in FleetUpdate['strategy']]: Range } = {
  allAtOnce: { min: 100, max: 100, unit: '%' },
  canary: { min: 1, max: MOST_AT_A_TIME, unit: '%', see: GUARDRAILS },
  linear: { min: 10, max: MOST_AT_A_TIME, unit: '%', see: TRAFFIC },
  rolling: { min: 5, max: MOST_AT_A_TIME, unit: '%', see: ROLLING },
};

/** Seconds that SageMaker waits between steps, and after the last. */
export const WAIT: Range = { min: 0, max: 3600, unit: 'seconds', see: BLUE_GREEN };

/** Seconds after which SageMaker gives an update up. */
export const EXECUTION_TIMEOUT: Range = { min: 600, max: 28_800, unit: 'seconds', see: BLUE_GREEN };

/** Alarms that one rollback configuration takes. */
export const ROLLBACK_ALARMS = 10;

/** What things are called where they are asked for: in the props of a construct, or in a template. */
export interface UpdateTerms {
  readonly rollout: string;
  readonly percent: string;
  readonly instances: string;
  readonly wait: string;
  readonly finalWait: string;
}

const PROPS = { rollout: 'rollout', percent: 'percent', instances: 'instances' };
const CALLED: { readonly [strategy in FleetUpdate['strategy']]: UpdateTerms } = {
  allAtOnce: { ...PROPS, wait: 'bake', finalWait: 'bake' },
  canary: { ...PROPS, wait: 'bake', finalWait: 'finalBake' },
  linear: { ...PROPS, wait: 'every', finalWait: 'finalBake' },
  rolling: { ...PROPS, wait: 'every', finalWait: 'every' },
};

/** Everything that SageMaker would refuse, or silently do otherwise, when it updates these fleets so. */
export function faultyFleetUpdate(update: FleetUpdate, fleets: readonly Fleet[]): Fault[] {
  const called = CALLED[update.strategy];
  const excluded = excludedFleets(update, fleets, called);
  return [
    ...excluded,
    ...(excluded.length > 0 ? [] : fleets.flatMap((fleet) => faultyStep(update, fleet, called))),
    ...faultyWait(called.wait, update.waitSeconds),
    ...faultyFinalWait(called.finalWait, update.terminationWaitSeconds),
    ...waitsBeyondTimeout(update, fleets),
    ...unwatchedAfterShift(update),
    ...tooManyRollbackAlarms(update.alarms),
  ];
}

/** Seconds between two steps. */
export function faultyWait(called: string, seconds: number): Fault[] {
  return outOfRange('endpoint-wait', called, seconds, WAIT);
}

/** Seconds after the last step. */
export function faultyFinalWait(called: string, seconds: number): Fault[] {
  return outOfRange('endpoint-final-bake', called, seconds, WAIT);
}

/** What traffic shifting cannot do with these fleets; SageMaker would shift all at once without a word, or refuse. */
export function excludedFleets(
  { strategy, alarms }: Pick<FleetUpdate, 'strategy' | 'alarms'>,
  fleets: readonly Fleet[],
  { rollout }: UpdateTerms,
): Fault[] {
  const faults: Fault[] = [];
  const gradual = strategy !== 'allAtOnce';
  for (const { variant, serverless, instanceType } of fleets) {
    if (gradual && serverless) {
      faults.push({
        id: 'endpoint-serverless-shift',
        message: `'${rollout}' is ${strategy}, and the variant '${variant}' is serverless and has no instances to shift by`,
        fix: 'use Rollout.allAtOnce(), or Capacity.instances(...)',
        see: EXCLUSIONS,
      });
    }
    if (instanceType?.startsWith('ml.inf1.') === true && (gradual || alarms > 0)) {
      faults.push({
        id: 'endpoint-inf1-shift',
        message: `the variant '${variant}' runs on ${instanceType}, for which SageMaker shifts all traffic at once, watches nothing and rolls nothing back, whatever is asked for`,
        fix: 'use a type of the family ml.inf2',
        see: EXCLUSIONS,
      });
    }
  }
  if (strategy === 'rolling' && fleets.length > 1) {
    faults.push({
      id: 'endpoint-rolling-variants',
      message: `'${rollout}' is rolling, and the endpoint has ${fleets.length} variants; SageMaker rolls only endpoints with one`,
      fix: 'use Rollout.canary, Rollout.linear or Rollout.allAtOnce',
      see: EXCLUSIONS,
    });
  }
  return faults;
}

/** A step is at least one instance, and at most half of them, also when the fleet is at its smallest. */
export function faultyStep(
  { strategy, step }: Pick<FleetUpdate, 'strategy' | 'step'>,
  fleet: Fleet,
  called: UpdateTerms,
): Fault[] {
  if (step?.value === undefined) {
    return [];
  }
  const { unit, value } = step;
  return unit === 'percent'
    ? faultyPercent(strategy, value, fleet, called.percent)
    : faultyCount(strategy, value, fleet, called.instances);
}

function faultyPercent(
  strategy: FleetUpdate['strategy'],
  percent: number,
  { variant, instances }: Fleet,
  called: string,
): Fault[] {
  const range = SHARE[strategy];
  const faults = outOfRange(`endpoint-${strategy}-size`, called, percent, range);
  if (faults.length > 0 || instances === undefined || (percent * instances) / 100 >= 1) {
    return faults;
  }
  const enough = Math.ceil(100 / percent);
  return [
    {
      id: 'endpoint-step-below-instance',
      message: `'${called}' is ${percent} %, and of the ${instancesOf(variant, instances, 'least')} that is less than one`,
      fix:
        instances === 1
          ? alone(enough)
          : `set '${called}' to ${Math.ceil(100 / instances)} or more for this ${strategy} rollout, or 'min' to ${enough} or more`,
      see: range.see,
    },
  ];
}

/** Counts are too many of the smallest fleet, or too few of the largest, which they are for as long as it is scaled out. */
function faultyCount(
  strategy: FleetUpdate['strategy'],
  count: number,
  { variant, instances, maxInstances = instances }: Fleet,
  called: string,
): Fault[] {
  const { max, see } = SHARE[strategy];
  // A canary has no least share, unless it is told as one.
  const min = strategy === 'canary' ? 0 : SHARE[strategy].min;
  const id = `endpoint-${strategy}-size`;
  const allowed = min === 0 ? `at most ${max} %` : `${min} to ${max} %`;
  const faults: Fault[] = [];
  if (instances !== undefined && count * 100 > max * instances) {
    faults.push({
      id,
      message: `'${called}' is ${count}, and of the ${instancesOf(variant, instances, 'least')} that is ${shareOf(count, instances)} %, allowed is ${allowed}`,
      fix:
        instances === 1
          ? alone(count * 2)
          : `set '${called}' to ${Math.floor((max * instances) / 100)} or less, or 'min' to ${count * 2} or more`,
      see,
    });
  }
  if (maxInstances !== undefined && count * 100 < min * maxInstances) {
    faults.push({
      id,
      message: `'${called}' is ${count}, and of the ${instancesOf(variant, maxInstances, 'most')} that is ${shareOf(count, maxInstances)} %, allowed is ${allowed}`,
      fix: `set '${called}' to ${Math.ceil((min * maxInstances) / 100)} or more, or say by 'percent' how much is replaced at a time`,
      see,
    });
  }
  return faults;
}

function shareOf(count: number, instances: number): number {
  return Number(((count * 100) / instances).toFixed(1));
}

function instancesOf(variant: string, instances: number, bound: 'least' | 'most'): string {
  return `${instances === 1 ? 'single instance' : `${instances} instances`} that the variant '${variant}' has at ${bound}`;
}

function alone(enough: number): string {
  return `use Rollout.allAtOnce({ bake }), which watches the new instance beside the old one, or set 'min' to ${Math.max(2, enough)} or more`;
}

/** The new instances must be there and the waits over before SageMaker gives the update up. */
export function waitsBeyondTimeout(update: Omit<FleetUpdate, 'alarms'>, fleets: readonly Fleet[]): Fault[] {
  const { startSeconds, timeoutSeconds } = update;
  const waits = waitsOf(update, fleets);
  if (startSeconds === undefined ? waits < timeoutSeconds : waits + startSeconds <= timeoutSeconds) {
    return [];
  }
  const start =
    startSeconds === undefined ? '' : `, after up to ${Math.ceil(startSeconds / 60)} until the new instances are ready`;
  return [
    {
      id: 'endpoint-waits-beyond-timeout',
      message: `the waits of the rollout add up to ${Math.ceil(waits / 60)} minutes${start}, and SageMaker gives an update up after ${Math.floor(timeoutSeconds / 60)}`,
      fix: 'take larger steps, or wait less between them',
      see: BLUE_GREEN,
    },
  ];
}

/** All waits of an update together, in seconds, where it has the most steps. */
export function waitsOf(
  { strategy, step, waitSeconds, terminationWaitSeconds }: Omit<FleetUpdate, 'alarms'>,
  fleets: readonly Fleet[],
): number {
  if (strategy === 'allAtOnce' || step === undefined) {
    return terminationWaitSeconds;
  }
  return (strategy === 'canary' ? 1 : stepsOf(strategy, step, fleets)) * waitSeconds + terminationWaitSeconds;
}

function stepsOf(
  strategy: FleetUpdate['strategy'],
  { unit, value }: NonNullable<FleetUpdate['step']>,
  fleets: readonly Fleet[],
): number {
  const most = Math.ceil(100 / SHARE[strategy].min);
  if (value === undefined) {
    return most;
  }
  return unit === 'percent'
    ? Math.ceil(100 / value)
    : Math.min(
        most,
        Math.max(
          ...fleets.map(({ instances, maxInstances = instances }) => Math.ceil((maxInstances ?? Infinity) / value)),
        ),
      );
}

/** With no wait after the full shift the old fleet is gone before an alarm can have seen the new one. */
export function unwatchedAfterShift({
  strategy,
  terminationWaitSeconds,
  alarms,
}: Pick<FleetUpdate, 'strategy' | 'terminationWaitSeconds' | 'alarms'>): Fault[] {
  if (strategy === 'rolling' || alarms === 0 || terminationWaitSeconds > 0) {
    return [];
  }
  return [
    {
      id: 'endpoint-no-final-bake',
      message:
        'the watch after the full shift is 0, so the old instances are gone before an alarm can have seen the new ones with all traffic',
      fix: "set 'finalBake' ('bake' of Rollout.allAtOnce) to some minutes",
      see: BLUE_GREEN,
    },
  ];
}

export function tooManyRollbackAlarms(count: number): Fault[] {
  if (count <= ROLLBACK_ALARMS) {
    return [];
  }
  return [
    {
      id: 'endpoint-alarm-count',
      message: `the rollout watches ${count} alarms, allowed are ${ROLLBACK_ALARMS}`,
      fix: 'combine some of them in one metric-math alarm, or serve fewer variants',
      see: ROLLBACK,
    },
  ];
}
