/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-return -- templates are read as plain data */
import { InstanceType } from '../../lib';
import type { NamedMetric } from './published-metrics';
import { ofType, type PlainTemplate, references } from './synth';

/** What is wrong with a metric of an endpoint in this template: there must be that endpoint, with that variant. */
export function endpointFault(template: PlainTemplate, { name, dimensions }: NamedMetric): string | undefined {
  const found = configOf(template, dimensions.EndpointName);
  if (found === undefined) {
    return `no endpoint is named ${JSON.stringify(dimensions.EndpointName)}`;
  }
  const { endpoint, configId, config } = found;
  const variant = (config.ProductionVariants as any[]).find(({ VariantName: variantName }) =>
    endpoint === undefined
      ? namesOf(template, dimensions.EndpointName, variantName).includes(dimensions.VariantName)
      : variantName === dimensions.VariantName,
  );
  if (variant === undefined) {
    return `the endpoint has no variant ${JSON.stringify(dimensions.VariantName)}`;
  }
  if (dimensions.EndpointConfigName !== undefined) {
    if (references(dimensions.EndpointConfigName).join() !== configId) {
      return 'the endpoint has another configuration';
    }
    if (endpoint?.DeploymentConfig === undefined) {
      return 'only an endpoint with deployment guardrails has metrics by configuration';
    }
  }
  const type: string | undefined = variant.InstanceType;
  if (name === 'ModelSetupTime' && type !== undefined) {
    return 'only serverless variants publish it';
  }
  if (type === undefined && /^(ConcurrentRequests|InvocationsPerInstance|CPU|GPU|Disk)/.test(name)) {
    return 'a serverless variant has no instances';
  }
  if (name.startsWith('GPU') && InstanceType.of(type!).spec?.gpuMemory === undefined) {
    return `${type} has no GPU`;
  }
  return undefined;
}

/** The most that an alarm on an endpoint's metrics can see; undefined for other alarms. */
export function endpointBound(
  template: PlainTemplate,
  metrics: readonly NamedMetric[],
  expression: string,
): number | undefined {
  const [metric] = metrics.filter(({ namespace }) => /sagemaker/i.test(namespace));
  if (metric === undefined || /failures, 0\) \/ requests/.test(expression)) {
    return undefined;
  }
  const { EndpointName: endpointName, VariantName: variantName } = metric.dimensions;
  if (/requests \/ perInstance/.test(expression)) {
    const staged = stagedTarget(template, endpointName);
    if (staged !== undefined) {
      return Number(staged.scaling?.max ?? -1);
    }
    const target = ofType(template, 'AWS::ApplicationAutoScaling::ScalableTarget').find(
      ([, { Properties: properties = {} }]) =>
        JSON.stringify(properties.ResourceId) ===
        JSON.stringify(`endpoint/${String(endpointName)}/variant/${String(variantName)}`),
    );
    return target === undefined ? -1 : Number(target[1].Properties!.MaxCapacity);
  }
  if (metrics.some(({ name }) => /Latency$/.test(name))) {
    return 60e6; // SageMaker gives a request up after a minute, and counts in microseconds.
  }
  const variant = (configOf(template, endpointName)?.config.ProductionVariants as any[] | undefined)?.find(
    ({ VariantName: name }) =>
      name === variantName || namesOf(template, endpointName, name as string).includes(variantName),
  );
  const spec = InstanceType.of(variant?.InstanceType ?? 'ml.none.none').spec;
  switch (metric.name) {
    case 'CPUUtilization':
      return 100 * (spec?.vcpus ?? 0);
    case 'GPUUtilization':
    case 'GPUMemoryUtilization':
      return 100 * (spec?.acceleratorCount ?? 0);
    case 'MemoryUtilization':
    case 'DiskUtilization':
      return 100;
    default:
      return undefined;
  }
}

function configOf(template: PlainTemplate, endpointName: unknown) {
  const [, { Properties: endpoint = undefined } = {}] =
    ofType(template, 'AWS::SageMaker::Endpoint').find(
      ([, { Properties: properties = {} }]) => JSON.stringify(properties.EndpointName) === JSON.stringify(endpointName),
    ) ?? [];
  if (endpoint === undefined) {
    const [, rollout] = rolloutOf(template, endpointName) ?? [];
    const [stagedId] = references(rollout?.Properties!.version);
    return rollout && { endpoint, configId: stagedId, config: template.Resources[stagedId].Properties! };
  }
  const [configId] = references(endpoint.EndpointConfigName);
  return { endpoint, configId, config: template.Resources[configId].Properties! };
}

/** The custom resource whose controller makes the endpoint. */
function rolloutOf(template: PlainTemplate, endpointName: unknown) {
  return ofType(template, 'Custom::StagedRollout').find(([, { Properties }]) => Properties!.target === endpointName);
}

/** What its controller is told. */
function stagedTarget(template: PlainTemplate, endpointName: unknown): any {
  const [, rollout] = rolloutOf(template, endpointName) ?? [];
  const [controller] = references(rollout?.Properties!.controllerName);
  return rollout && JSON.parse(template.Resources[controller].Properties!.Environment.Variables.ROLLOUT_TARGET);
}

/** The names under which a variant may serve: in stages, two take turns. */
function namesOf(template: PlainTemplate, endpointName: unknown, variantName: string): unknown[] {
  return stagedTarget(template, endpointName)?.variantNames ?? [variantName];
}
