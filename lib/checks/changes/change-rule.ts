import { type RuleDefinition } from '../rules/rule';
import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import { namesake } from './physical-names';

/** A resource that changes between two templates. */
export interface Changed {
  /** As it is in the new template, or in the old one where it is gone. */
  readonly resource: ResolvedResource;
  /** What changes, with both values. */
  readonly message: string;
}

/** A change that is dangerous although each template alone is fine. `fix` is the safe order of steps. */
export interface ChangeRule extends RuleDefinition {
  check(before: ResolvedTemplate, after: ResolvedTemplate): Iterable<Changed>;
}

/** A rule over each resource of some types that is in both templates. */
export function perChange(
  types: readonly string[],
  definition: RuleDefinition,
  faultOf: (before: ResolvedResource, after: ResolvedResource) => string | undefined,
): ChangeRule {
  return {
    ...definition,
    *check(before, after): Iterable<Changed> {
      for (const old of before.ofType(...types)) {
        const resource = sameIn(after, old);
        const message = resource === undefined ? undefined : faultOf(old, resource);
        if (resource !== undefined && message !== undefined) {
          yield { resource, message };
        }
      }
    },
  };
}

/**
 * A rule over each resource of some types that is deleted: gone from the new template, and not to be retained. Where another
 * one takes its name, nothing is deleted: CloudFormation refuses that, and another rule says so.
 */
export function perDeletion(
  types: readonly string[],
  definition: RuleDefinition,
  faultOf: (before: ResolvedResource, after: ResolvedTemplate) => string | undefined,
): ChangeRule {
  return {
    ...definition,
    *check(before, after): Iterable<Changed> {
      for (const resource of before.ofType(...types)) {
        const message =
          sameIn(after, resource) === undefined && !isRetained(resource) && namesake(resource, after) === undefined
            ? faultOf(resource, after)
            : undefined;
        if (message !== undefined) {
          yield { resource, message };
        }
      }
    },
  };
}

/** The resource of the same logical id and type. */
export function sameIn(
  template: ResolvedTemplate,
  { logicalId, type }: ResolvedResource,
): ResolvedResource | undefined {
  const found = template.resourceOf(logicalId);
  return found?.type === type ? found : undefined;
}

/** Whether CloudFormation leaves a resource alone that is gone from the template, or only the deployment knows. */
export function isRetained({ deletionPolicy }: ResolvedResource): boolean {
  return ['Retain', 'RetainExceptOnCreate', 'unknown'].includes(deletionPolicy ?? '');
}
