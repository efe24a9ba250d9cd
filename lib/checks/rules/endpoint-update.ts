import type { Fleet, FleetUpdate, UpdateTerms } from '../bounds/endpoint-deployment';
import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import { at, has, isMissing, isObject, listAt, numberAt, type Resolved, textAt } from '../template/resolved-value';
import { endpointConfigOf, variantsOf } from './endpoints';
import { scaledVariant, SCALABLE_TARGET } from './scaled-variant';

/** How a template says that an endpoint is updated. */
export interface EndpointUpdate {
  readonly config: Resolved;
  readonly blueGreen: Resolved;
  readonly rolling: Resolved;
  /** Absent where it is not known. */
  readonly strategy?: FleetUpdate['strategy'];
  /** As it is given: type and value. */
  readonly size: Resolved;
  readonly step?: FleetUpdate['step'];
  /** Absent where it is not known. */
  readonly wait?: number;
  readonly finalWait?: number;
  readonly timeout?: number;
  readonly alarms: readonly Resolved[];
  readonly fleets: readonly Fleet[];
  readonly called: UpdateTerms;
}

const STRATEGIES: Readonly<Record<string, FleetUpdate['strategy']>> = {
  ALL_AT_ONCE: 'allAtOnce',
  CANARY: 'canary',
  LINEAR: 'linear',
};
const SIZES: Readonly<Record<FleetUpdate['strategy'], string>> = {
  allAtOnce: 'CanarySize',
  canary: 'CanarySize',
  linear: 'LinearStepSize',
  rolling: 'MaximumBatchSize',
};

/** How an endpoint is updated, or nothing where it does not say so. */
export function endpointUpdate(endpoint: ResolvedResource, template: ResolvedTemplate): EndpointUpdate | undefined {
  const config = at(endpoint.properties, 'DeploymentConfig');
  if (!isObject(config)) {
    return undefined;
  }
  const blueGreen = at(config, 'BlueGreenUpdatePolicy');
  const rolling = at(config, 'RollingUpdatePolicy');
  const routing = at(blueGreen, 'TrafficRoutingConfiguration');
  const strategy = strategyOf(config);
  const holder = strategy === 'rolling' ? rolling : routing;
  const sizeName = SIZES[strategy ?? 'canary'];
  const size = at(holder, sizeName);
  return {
    config,
    blueGreen,
    rolling,
    strategy,
    size,
    step: strategy === 'allAtOnce' || !has(size) ? undefined : stepOf(size),
    wait: strategy === 'allAtOnce' ? 0 : numberOr(holder, 'WaitIntervalInSeconds', 0),
    finalWait: strategy === 'rolling' ? 0 : numberOr(blueGreen, 'TerminationWaitInSeconds', 0),
    timeout: numberAt(strategy === 'rolling' ? rolling : blueGreen, 'MaximumExecutionTimeoutInSeconds'),
    alarms: listAt(config, 'AutoRollbackConfiguration', 'Alarms'),
    fleets: fleetsOf(endpoint, template),
    called: {
      rollout: strategy === 'rolling' ? 'RollingUpdatePolicy' : 'TrafficRoutingConfiguration',
      percent: sizeName,
      instances: sizeName,
      wait: 'WaitIntervalInSeconds',
      finalWait: 'TerminationWaitInSeconds',
    },
  };
}

function strategyOf(config: Resolved): FleetUpdate['strategy'] | undefined {
  if (isObject(at(config, 'RollingUpdatePolicy'))) {
    return 'rolling';
  }
  // Without a policy SageMaker shifts blue/green, all at once.
  return isMissing(config, 'BlueGreenUpdatePolicy') && isMissing(config, 'RollingUpdatePolicy')
    ? 'allAtOnce'
    : STRATEGIES[textAt(config, 'BlueGreenUpdatePolicy', 'TrafficRoutingConfiguration', 'Type') ?? ''];
}

function stepOf(size: Resolved): FleetUpdate['step'] {
  switch (textAt(size, 'Type')) {
    case 'CAPACITY_PERCENT':
      return { unit: 'percent', value: numberAt(size, 'Value') };
    case 'INSTANCE_COUNT':
      return { unit: 'instances', value: numberAt(size, 'Value') };
    default:
      return undefined;
  }
}

function numberOr(value: Resolved, member: string, absent: number): number | undefined {
  return isMissing(value, member) ? absent : numberAt(value, member);
}

/** The instances behind each variant: from the least to the most where they are scaled, else as many as they start with. */
function fleetsOf(endpoint: ResolvedResource, template: ResolvedTemplate): readonly Fleet[] {
  const targets = template
    .everywhere(SCALABLE_TARGET)
    .map((target) => ({ target, scaled: scaledVariant(target, template) }))
    .filter(({ scaled }) => scaled.endpoint === endpoint);
  return variantsOf(endpointConfigOf(endpoint)).map((variant) => {
    const name = textAt(variant, 'VariantName');
    const bounds = targets.find(({ scaled }) => scaled.variant === name || scaled.variant === undefined)?.target;
    const start = numberAt(variant, 'InitialInstanceCount');
    return {
      variant: name ?? '(name not known)',
      serverless: has(variant, 'ServerlessConfig'),
      instances: bounds === undefined ? start : numberAt(bounds.properties, 'MinCapacity'),
      maxInstances: bounds === undefined ? start : numberAt(bounds.properties, 'MaxCapacity'),
      instanceType: textAt(variant, 'InstanceType'),
    };
  });
}

/** Whether all instances are known that a number of waits depends on. */
export function stepsAreKnown({ strategy, step, fleets }: EndpointUpdate): boolean {
  return (
    strategy === 'allAtOnce' ||
    strategy === 'canary' ||
    (step?.value !== undefined &&
      (step.unit === 'percent' || fleets.every(({ maxInstances }) => maxInstances !== undefined)))
  );
}
