import { endpointConfigOf, ENDPOINT, variantNames, variantsOf } from '../rules/endpoints';
import { SCALABLE_TARGET, scaledVariant } from '../rules/scaled-variant';
import type { ResolvedResource } from '../template/resolved-template';
import { at, has, isObject, type Resolved, textAt } from '../template/resolved-value';
import { type ChangeRule, perChange, perDeletion } from './change-rule';
import { differs, shown } from './compared-values';

const EXCLUSIONS = 'https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html';
const SCALED = 'https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html';
const RESOURCE =
  'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sagemaker-endpoint.html';
const SERVERLESS = 'https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html';

const configsOf = (
  before: ResolvedResource,
  after: ResolvedResource,
): readonly [ResolvedResource | undefined, ResolvedResource | undefined] => [
  endpointConfigOf(before),
  endpointConfigOf(after),
];

/** Names of variants that are gone, where all names are known. */
function namesGone(before: ResolvedResource, after: ResolvedResource): readonly string[] {
  const [old, now] = configsOf(before, after).map(variantNames);
  return old === undefined || now === undefined ? [] : old.filter((name) => !now.includes(name));
}

/** The variants of an endpoint that were scaled before. */
function scaledBefore(endpoint: ResolvedResource): readonly string[] {
  return endpoint.template
    .everywhere(SCALABLE_TARGET)
    .map((target) => scaledVariant(target, endpoint.template))
    .flatMap(({ endpoint: scaled, variant }) => (scaled === endpoint && variant !== undefined ? [variant] : []));
}

const variantNamed = (config: ResolvedResource | undefined, name: string): Resolved =>
  variantsOf(config).find((variant) => textAt(variant, 'VariantName') === name);

/** What happens to endpoints. */
export const ENDPOINT_CHANGES: readonly ChangeRule[] = [
  perChange(
    [ENDPOINT],
    {
      id: 'change-variant-renamed',
      severity: 'error',
      title: 'A variant keeps its name while traffic is shifted step by step',
      fix: '1. keep the old VariantName in this deployment; 2. where the name must change, create a second endpoint with it; 3. move the callers; 4. delete the first endpoint',
      see: EXCLUSIONS,
    },
    (before, after) => {
      const gone = namesGone(before, after);
      const config = at(after.properties, 'DeploymentConfig');
      return gone.length > 0 && isObject(config)
        ? `the variant ${list(gone)} is gone, and SageMaker shifts traffic only between variants of the same name`
        : undefined;
    },
  ),
  perChange(
    [ENDPOINT],
    {
      id: 'change-scaled-variant-removed',
      severity: 'error',
      title: 'A variant that is scaled is not removed from its endpoint',
      fix: '1. deploy without the ScalableTarget of the variant and its policies; 2. deploy without the variant',
      see: SCALED,
    },
    (before, after) => {
      const scaled = scaledBefore(before);
      const gone = namesGone(before, after).filter((name) => scaled.includes(name));
      return gone.length > 0
        ? `the variant ${list(gone)} is gone, and it was a scalable target: SageMaker refuses the update`
        : undefined;
    },
  ),
  perChange(
    [ENDPOINT],
    {
      id: 'change-scaled-instance-type',
      severity: 'error',
      title: 'The instance type of a variant does not change while it is scaled',
      fix: '1. deploy without the ScalableTarget of the variant and its policies; 2. deploy the new InstanceType; 3. add the target and the policies again',
      see: SCALED,
    },
    (before, after) => {
      const [old, now] = configsOf(before, after);
      const changed = scaledBefore(before).find(
        (name) =>
          has(variantNamed(now, name), 'InstanceType') &&
          differs(at(variantNamed(old, name), 'InstanceType'), at(variantNamed(now, name), 'InstanceType')),
      );
      return changed === undefined
        ? undefined
        : `the instance type of '${changed}' changes from ${shown(at(variantNamed(old, changed), 'InstanceType'))} to ${shown(at(variantNamed(now, changed), 'InstanceType'))}, and it is a scalable target: SageMaker refuses the update`;
    },
  ),
  perChange(
    [ENDPOINT],
    {
      id: 'change-endpoint-to-serverless',
      severity: 'error',
      title: 'An endpoint on instances does not become serverless',
      fix: '1. create a second, serverless endpoint; 2. move the callers; 3. delete the first endpoint',
      see: SERVERLESS,
    },
    (before, after) => {
      const [old, now] = configsOf(before, after);
      const serverless = (variant: Resolved): boolean => has(variant, 'ServerlessConfig');
      return variantsOf(old).some((variant) => has(variant, 'InstanceType')) &&
        variantsOf(now).some(serverless) &&
        !variantsOf(old).some(serverless)
        ? 'the variants run on instances and would become serverless: SageMaker refuses the update'
        : undefined;
    },
  ),
  perChange(
    [ENDPOINT],
    {
      id: 'change-endpoint-replaced',
      severity: 'error',
      title: 'An endpoint is not replaced by one of another name',
      fix: '1. create a second endpoint with the new name; 2. move the callers, their permissions and alarms; 3. delete the first endpoint',
      see: RESOURCE,
    },
    (before, after) =>
      differs(at(before.properties, 'EndpointName'), at(after.properties, 'EndpointName'))
        ? `EndpointName changes from ${shown(at(before.properties, 'EndpointName'))} to ${shown(at(after.properties, 'EndpointName'))}: the endpoint is replaced, without a rollout, and callers of the old name fail`
        : undefined,
  ),
  perDeletion(
    [ENDPOINT],
    {
      id: 'change-endpoint-deleted',
      severity: 'error',
      title: 'An endpoint that serves is not deleted by accident',
      fix: '1. keep the logical id, or move the callers to another endpoint first; 2. see that Invocations is 0; 3. delete it',
      see: RESOURCE,
    },
    (before, after) => {
      const old = before.template.everywhere(ENDPOINT).map(({ logicalId }) => logicalId);
      const others = after.everywhere(ENDPOINT).filter(({ logicalId }) => !old.includes(logicalId));
      return others.length > 0
        ? `it is gone, and ${list(others.map(({ logicalId }) => logicalId))} is new: another endpoint, not this one with another version; callers of this one fail`
        : 'it is gone: its callers fail';
    },
  ),
];

function list(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}
