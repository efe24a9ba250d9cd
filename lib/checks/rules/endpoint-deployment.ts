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
  /** Size of a step; absent where all traffic shifts at once. */
  readonly step?: { readonly unit: 'percent' | 'instances'; readonly value: number };
  /** Between two steps. */
  readonly waitSeconds: number;
  /** After the last step, with the old fleet still there. A rolling update has none. */
  readonly terminationWaitSeconds: number;
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
  /** Absent where it is known only at deployment. */
  readonly instanceType?: string;
}

/** A canary, or a batch of a rolling update, is at most half of the fleet; a linear step at least a tenth, too. */
const SHARE: { readonly [strategy in FleetUpdate['strategy']]: Range } = {
  allAtOnce: { min: 100, max: 100, unit: '%' },
  canary: { min: 1, max: 50, unit: '%', see: GUARDRAILS },
  linear: { min: 10, max: 50, unit: '%', see: TRAFFIC },
  rolling: { min: 5, max: 50, unit: '%', see: ROLLING },
};

/** Seconds that SageMaker waits between steps, and after the last. */
export const WAIT: Range = { min: 0, max: 3600, unit: 'seconds', see: BLUE_GREEN };

/** Seconds after which SageMaker gives an update up. */
export const EXECUTION_TIMEOUT: Range = { min: 600, max: 28_800, unit: 'seconds', see: BLUE_GREEN };

/** Alarms that one rollback configuration takes. */
export const ROLLBACK_ALARMS = 10;

/** Everything that SageMaker would refuse, or silently do otherwise, when it updates these fleets so. */
export function faultyFleetUpdate(update: FleetUpdate, fleets: readonly Fleet[]): Fault[] {
  const excluded = excludedFleets(update, fleets);
  return [
    ...excluded,
    ...(excluded.length > 0 ? [] : fleets.flatMap((fleet) => faultyStep(update, fleet))),
    ...outOfRange('endpoint-wait', 'wait between two steps', update.waitSeconds, WAIT),
    ...outOfRange('endpoint-final-bake', 'watch after the full shift', update.terminationWaitSeconds, WAIT),
    ...waitsBeyondTimeout(update),
    ...unwatchedAfterShift(update),
    ...tooManyRollbackAlarms(update.alarms),
  ];
}

/** What traffic shifting cannot do with these fleets; SageMaker would shift all at once without a word, or refuse. */
function excludedFleets({ strategy, alarms }: FleetUpdate, fleets: readonly Fleet[]): Fault[] {
  const faults: Fault[] = [];
  const gradual = strategy !== 'allAtOnce';
  for (const { variant, serverless, instanceType } of fleets) {
    if (gradual && serverless) {
      faults.push({
        id: 'endpoint-serverless-shift',
        message: `'rollout' is ${strategy}, and the variant '${variant}' is serverless and has no instances to shift by`,
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
      message: `'rollout' is rolling, and the endpoint has ${fleets.length} variants; SageMaker rolls only endpoints with one`,
      fix: 'use Rollout.canary, Rollout.linear or Rollout.allAtOnce',
      see: EXCLUSIONS,
    });
  }
  return faults;
}

/** A step is at least one instance, and at most half of them, also when the fleet is at its smallest. */
function faultyStep({ strategy, step }: FleetUpdate, { variant, instances }: Fleet): Fault[] {
  if (step === undefined) {
    return [];
  }
  const range = SHARE[strategy];
  if (step.unit === 'percent') {
    const faults = outOfRange(`endpoint-${strategy}-size`, 'percent', step.value, range);
    if (faults.length > 0 || instances === undefined || (step.value * instances) / 100 >= 1) {
      return faults;
    }
    return [
      {
        id: 'endpoint-step-below-instance',
        message: `'percent' is ${step.value} %, of the ${instancesOf(variant, instances)} that is less than one`,
        fix: remedy(strategy, instances, Math.ceil(100 / step.value)),
        see: range.see ?? GUARDRAILS,
      },
    ];
  }
  if (instances === undefined) {
    return [];
  }
  const share = (step.value * 100) / instances;
  if (share >= range.min && share <= range.max) {
    return [];
  }
  return [
    {
      id: `endpoint-${strategy}-size`,
      message: `'instances' is ${step.value}, of the ${instancesOf(variant, instances)} that is ${Math.round(share)} %, allowed is ${range.min} to ${range.max} %`,
      fix:
        share > range.max
          ? remedy(strategy, instances, step.value * 2)
          : `set 'instances' to ${Math.ceil((range.min * instances) / 100)} or more`,
      see: range.see ?? GUARDRAILS,
    },
  ];
}

function instancesOf(variant: string, instances: number): string {
  return `${instances === 1 ? 'single instance' : `${instances} instances`} that the variant '${variant}' has at least`;
}

function remedy(strategy: string, instances: number, enough: number): string {
  const smallest = Math.ceil(100 / instances);
  return instances === 1
    ? `use Rollout.allAtOnce({ bake }), which watches the new instance beside the old one, or set 'min' to ${Math.max(2, enough)} or more`
    : `set 'percent' to ${smallest} or more for this ${strategy} rollout, or 'min' to ${enough} or more`;
}

/** The waits alone must be over before SageMaker gives the update up. */
function waitsBeyondTimeout(update: FleetUpdate): Fault[] {
  const waits = waitsOf(update);
  if (!(waits >= update.timeoutSeconds)) {
    return [];
  }
  return [
    {
      id: 'endpoint-waits-beyond-timeout',
      message: `the waits of the rollout add up to ${Math.ceil(waits / 60)} minutes, and SageMaker gives an update up after ${Math.floor(update.timeoutSeconds / 60)}`,
      fix: 'take larger steps, or wait less between them',
      see: BLUE_GREEN,
    },
  ];
}

/** All waits of an update together, in seconds. */
export function waitsOf({ strategy, step, waitSeconds, terminationWaitSeconds }: FleetUpdate): number {
  if (strategy === 'allAtOnce' || step === undefined) {
    return terminationWaitSeconds;
  }
  const steps = strategy === 'canary' ? 1 : Math.ceil(100 / (step.unit === 'percent' ? step.value : 10));
  return steps * waitSeconds + terminationWaitSeconds;
}

/** With no wait after the full shift the old fleet is gone before an alarm can have seen the new one. */
function unwatchedAfterShift({ strategy, terminationWaitSeconds, alarms }: FleetUpdate): Fault[] {
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

function tooManyRollbackAlarms(count: number): Fault[] {
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
