import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import { at, has, listAt, type Resolved, textAt } from '../template/resolved-value';

export const ENDPOINT = 'AWS::SageMaker::Endpoint';

/** The endpoint that a value names, by reference or by its literal name. */
export function endpointNamed(value: Resolved, template: ResolvedTemplate): ResolvedResource | undefined {
  return (
    template.referred(value, ENDPOINT) ??
    template
      .everywhere(ENDPOINT)
      .find(({ properties }) => typeof value === 'string' && textAt(properties, 'EndpointName') === value)
  );
}

/** The configuration that an endpoint runs. */
export function endpointConfigOf(endpoint: ResolvedResource | undefined): ResolvedResource | undefined {
  return endpoint?.template.referred(at(endpoint.properties, 'EndpointConfigName'), 'AWS::SageMaker::EndpointConfig');
}

export const isAsync = (config: ResolvedResource): boolean => has(config.properties, 'AsyncInferenceConfig');

export const variantsOf = (config: ResolvedResource | undefined): readonly Resolved[] =>
  listAt(config?.properties, 'ProductionVariants');

/** The names of all variants, or undefined where one of them is not known. */
export function variantNames(config: ResolvedResource | undefined): readonly string[] | undefined {
  const names = variantsOf(config).map((variant) => textAt(variant, 'VariantName'));
  return names.length === 0 || names.some((name) => name === undefined) ? undefined : (names as string[]);
}
