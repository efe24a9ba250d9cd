import type { ResolvedTemplate } from '../template/resolved-template';
import { at, has, listAt, numberAt, type Resolved, textAt } from '../template/resolved-value';

/** An endpoint with its deployment configuration and the variants behind it. */
export interface Deployment {
  readonly id: string;
  readonly config: Resolved;
  readonly blueGreen: Resolved;
  readonly routing: Resolved;
  readonly rolling: Resolved;
  readonly variants: readonly Resolved[];
  readonly alarms: readonly Resolved[];
}

export function deployments(template: ResolvedTemplate): Deployment[] {
  return template
    .ofType('AWS::SageMaker::Endpoint')
    .filter(({ properties }) => has(properties, 'DeploymentConfig'))
    .map(({ logicalId, properties }) => {
      const config = at(properties, 'DeploymentConfig');
      const endpointConfig = template.referred(at(properties, 'EndpointConfigName'), 'AWS::SageMaker::EndpointConfig');
      return {
        id: logicalId,
        config,
        blueGreen: at(config, 'BlueGreenUpdatePolicy'),
        routing: at(config, 'BlueGreenUpdatePolicy', 'TrafficRoutingConfiguration'),
        rolling: at(config, 'RollingUpdatePolicy'),
        variants: listAt(endpointConfig?.properties, 'ProductionVariants'),
        alarms: listAt(config, 'AutoRollbackConfiguration', 'Alarms'),
      };
    });
}

export const typeOf = ({ routing }: Deployment): string | undefined => textAt(routing, 'Type');
export const isServerless = (variant: Resolved): boolean => has(variant, 'ServerlessConfig');
export const nameOf = (variant: Resolved): string => textAt(variant, 'VariantName') ?? 'a variant';

/** The smallest fleet whose size is known. */
function smallest(variants: readonly Resolved[]): { readonly name: string; readonly instances: number } | undefined {
  return variants
    .map((variant) => ({ name: nameOf(variant), instances: numberAt(variant, 'InitialInstanceCount') }))
    .filter((fleet): fleet is { name: string; instances: number } => fleet.instances !== undefined)
    .sort((one, other) => one.instances - other.instances)[0];
}

/** A size that is a share, or a share that a number of instances comes to. */
export function shareOf(size: Resolved, variants: readonly Resolved[]): number | undefined {
  const value = numberAt(size, 'Value');
  if (value === undefined) {
    return undefined;
  }
  switch (textAt(size, 'Type')) {
    case 'CAPACITY_PERCENT':
      return value;
    case 'INSTANCE_COUNT': {
      const fleet = smallest(variants);
      return fleet === undefined ? undefined : (value * 100) / fleet.instances;
    }
    default:
      return undefined;
  }
}

export function outside(share: number | undefined, min: number, max: number, what: string): string | undefined {
  return share === undefined || (share >= min && share <= max)
    ? undefined
    : `${what} is ${Math.round(share)} % of the smallest fleet, allowed is ${min} to ${max} %`;
}

/** A share that is less than one instance of some fleet. */
export function belowInstance(size: Resolved, variants: readonly Resolved[], what: string): string | undefined {
  const fleet = smallest(variants);
  const value = numberAt(size, 'Value');
  if (fleet === undefined || value === undefined || textAt(size, 'Type') !== 'CAPACITY_PERCENT') {
    return undefined;
  }
  return (value * fleet.instances) / 100 >= 1
    ? undefined
    : `${what} is ${value} % of the ${fleet.instances} instances of ${fleet.name}, which is less than one`;
}

export const canarySize = ({ routing }: Deployment): Resolved => at(routing, 'CanarySize');
export const linearStep = ({ routing }: Deployment): Resolved => at(routing, 'LinearStepSize');
export const batchSize = ({ rolling }: Deployment): Resolved => at(rolling, 'MaximumBatchSize');

/** All waits of an update together. */
export function waits(deployment: Deployment): number | undefined {
  const wait = numberAt(deployment.routing, 'WaitIntervalInSeconds') ?? 0;
  const last = numberAt(deployment.blueGreen, 'TerminationWaitInSeconds') ?? 0;
  switch (typeOf(deployment)) {
    case 'ALL_AT_ONCE':
      return last;
    case 'CANARY':
      return wait + last;
    case 'LINEAR': {
      const share = shareOf(linearStep(deployment), deployment.variants);
      return share === undefined || share <= 0 ? undefined : Math.ceil(100 / share) * wait + last;
    }
    default:
      return undefined;
  }
}

export function timeout({ blueGreen, rolling }: Deployment): number | undefined {
  return (
    numberAt(blueGreen, 'MaximumExecutionTimeoutInSeconds') ?? numberAt(rolling, 'MaximumExecutionTimeoutInSeconds')
  );
}
