import {
  DescribeEndpointCommand,
  type DescribeEndpointCommandOutput,
  type EndpointStatus,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { type EndpointConfigurations, plainVariant, type Place, type Roles } from './endpoint-configurations';
import { unlessMissing } from './sagemaker-answers';

/** What one variant has now, and what it was asked to have. */
export interface VariantView {
  readonly weight: number;
  readonly current: number;
  readonly desired: number;
}

/** An endpoint as SageMaker has it now. */
export interface EndpointView {
  readonly status: EndpointStatus;
  readonly configName: string;
  readonly live: Place;
  /** Only when it is on the endpoint, with or without traffic. */
  readonly candidate?: Place;
  /** Share of the candidate. */
  readonly percent: number;
  readonly variants: ReadonlyMap<string, VariantView>;
  /** Why the last change, if it failed, did so. */
  readonly failureReason?: string;
  readonly changedAt: number;
}

/** In these it is on its way to another state, and SageMaker refuses changes. */
const MOVING = new Set<EndpointStatus>(['Creating', 'Updating', 'SystemUpdating', 'RollingBack', 'Deleting']);

export function isMoving({ status }: Pick<EndpointView, 'status'>): boolean {
  return MOVING.has(status);
}

/** It could not be made: nothing can be done with it but to delete it, and that may be under way. */
export function neverServed({ status, variants }: EndpointView): boolean {
  return (status === 'Failed' || status === 'Deleting') && [...variants.values()].every(({ current }) => current === 0);
}

/**
 * Which versions an endpoint has, and who is who. It is read from the configuration that it runs: that of a version is an endpoint with
 * this version alone, as CloudFormation makes it; one of the controller's says the rest.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html
 */
export async function viewOf(
  sagemaker: SageMakerClient,
  configurations: EndpointConfigurations,
  endpointName: string,
): Promise<EndpointView | undefined> {
  const endpoint = await unlessMissing(() =>
    sagemaker.send(new DescribeEndpointCommand({ EndpointName: endpointName })),
  );
  if (endpoint === undefined) {
    return undefined;
  }
  const configName = endpoint.EndpointConfigName ?? endpoint.PendingDeploymentSummary?.EndpointConfigName ?? '';
  const variants = new Map(
    (endpoint.ProductionVariants ?? []).map(
      ({ VariantName, CurrentWeight, CurrentInstanceCount, DesiredInstanceCount }) => [
        VariantName!,
        {
          weight: CurrentWeight ?? 0,
          current: CurrentInstanceCount ?? 0,
          desired: DesiredInstanceCount ?? CurrentInstanceCount ?? 0,
        },
      ],
    ),
  );
  const { live, candidate } = await rolesOn(endpoint, configName, configurations);
  const there = candidate !== undefined && variants.has(candidate.variant);
  return {
    status: endpoint.EndpointStatus!,
    configName,
    live,
    ...(there ? { candidate } : {}),
    percent: there ? percentOf(variants, live, candidate) : 0,
    variants,
    failureReason: endpoint.FailureReason === '' ? undefined : endpoint.FailureReason,
    changedAt: endpoint.LastModifiedTime?.getTime() ?? 0,
  };
}

async function rolesOn(
  endpoint: DescribeEndpointCommandOutput,
  configName: string,
  configurations: EndpointConfigurations,
): Promise<Roles> {
  const names = (endpoint.ProductionVariants ?? []).map(({ VariantName }) => VariantName!);
  const own = await configurations.rolesOf(configName);
  const roles = own ?? {
    live: { version: configName, variant: await variantAlone(names, configName, configurations) },
  };
  const known = [roles.live.variant, roles.candidate?.variant];
  const others = names.filter((name) => !known.includes(name));
  const shadows = (endpoint.ShadowProductionVariants ?? []).map(({ VariantName }) => VariantName!);
  // In the middle of an update those of both configurations may be there.
  if (endpoint.EndpointStatus === 'InService' && (others.length > 0 || shadows.length > 0)) {
    throw new Error(
      `the endpoint ${endpoint.EndpointName} has the ${shadows.length > 0 ? 'shadow ' : ''}variants ${[...others, ...shadows].join(', ')} beside those of its rollout, and is left as it is: update it to a configuration with one variant`,
    );
  }
  return roles;
}

/** Of an endpoint with a configuration that the controller did not make. */
async function variantAlone(
  names: readonly string[],
  configName: string,
  configurations: EndpointConfigurations,
): Promise<string> {
  const configuration = await configurations.describe(configName);
  if (configuration !== undefined) {
    return plainVariant(configuration).VariantName!;
  }
  // It was deleted, while it is in use or with the endpoint.
  return names[0] ?? '';
}

function percentOf(variants: EndpointView['variants'], live: Place, candidate: Place): number {
  const [rest, share] = [live, candidate].map(({ variant }) => variants.get(variant)?.weight ?? 0);
  // SageMaker keeps weights with seven digits.
  return share === 0 ? 0 : Math.round((share / (rest + share)) * 1e6) / 1e4;
}
