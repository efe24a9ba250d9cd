import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import { at, Composed, Reference } from '../template/resolved-value';
import { endpointConfigOf, endpointNamed } from './endpoints';

export const SCALABLE_TARGET = 'AWS::ApplicationAutoScaling::ScalableTarget';

/** The variant that a target scales: `endpoint/<name>/variant/<variant>`. */
export interface ScaledVariant {
  readonly endpoint?: ResolvedResource;
  readonly config?: ResolvedResource;
  readonly variant?: string;
}

export function scaledVariant({ properties }: ResolvedResource, template: ResolvedTemplate): ScaledVariant {
  const id = at(properties, 'ResourceId');
  const parts = id instanceof Composed ? id.parts : [id];
  const text = parts.map((part) => (typeof part === 'string' ? part : '*')).join('');
  const [, name, variant] = /^endpoint\/([^/]+)\/variant\/([^/*]+)$/.exec(text) ?? [];
  const reference = parts.find((part): part is Reference => part instanceof Reference);
  const endpoint = endpointNamed(reference ?? name, template);
  return { endpoint, config: endpointConfigOf(endpoint), variant };
}
