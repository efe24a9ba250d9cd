import type { ResolvedResource } from '../template/resolved-template';
import { Composed, Reference, remembered, type Resolved, Unknown } from '../template/resolved-value';

const AWAITED = new WeakMap<ResolvedResource, readonly ResolvedResource[] | undefined>();

/**
 * Whether CloudFormation certainly may create a resource before another of its template: nothing in it, or in what it
 * waits for, refers to the other or names it in `DependsOn`.
 */
export function mayComeBefore(resource: ResolvedResource, other: ResolvedResource): boolean {
  const seen = new Set<ResolvedResource>([resource]);
  for (const each of seen) {
    const waitsFor = remembered(AWAITED, each, () => awaited(each));
    if (waitsFor === undefined) {
      return false;
    }
    waitsFor.forEach((next) => seen.add(next));
  }
  return !seen.has(other);
}

/** What a resource waits for; nothing where a function that is not followed may hide a reference. */
function awaited(resource: ResolvedResource): readonly ResolvedResource[] | undefined {
  const found: ResolvedResource[] = resource.dependsOn
    .map((id) => resource.template.resourceOf(id))
    .filter((each) => each !== undefined);
  let hidden = false;
  const visit = (value: Resolved): void => {
    if (value instanceof Reference) {
      found.push(value.resource);
    } else if (value instanceof Composed) {
      value.parts.forEach(visit);
    } else if (value instanceof Unknown) {
      hidden ||= !/^(parameter |AWS::)/.test(value.what);
    } else if (typeof value === 'object' && value !== null) {
      Object.values<Resolved>(value).forEach(visit);
    }
  };
  visit(resource.properties);
  return hidden ? undefined : found;
}
