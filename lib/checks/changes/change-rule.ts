import { type RuleDefinition } from '../rules/rule';
import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import { Composed, isObject, Reference, type Resolved, Unknown } from '../template/resolved-value';

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

/** A rule over each resource of some types that is deleted: gone from the new template, and not to be retained. */
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
          sameIn(after, resource) === undefined && !isRetained(resource) ? faultOf(resource, after) : undefined;
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

/** Whether CloudFormation leaves a resource alone that is gone from the template. */
function isRetained({ deletionPolicy }: ResolvedResource): boolean {
  return deletionPolicy === 'Retain' || deletionPolicy === 'RetainExceptOnCreate';
}

/** Whether two values differ for certain: what only the deployment knows may be the same. */
export function differs(before: Resolved, after: Resolved): boolean {
  const [one, other] = [before, after].map((value) => JSON.stringify(comparable(value)));
  return one !== other && !hasUnknown(before) && !hasUnknown(after);
}

/** A value as a reader would write it. */
export function shown(value: Resolved): string {
  return value === undefined ? 'absent' : JSON.stringify(comparable(value));
}

/** References are compared by the logical ids that they name. */
function comparable(value: Resolved): unknown {
  if (value instanceof Reference) {
    return `\${${[value.resource.logicalId, ...(value.attribute === undefined ? [] : [value.attribute])].join('.')}}`;
  }
  if (value instanceof Unknown) {
    return `\${${value.what}}`;
  }
  if (value instanceof Composed) {
    return value.parts.map(comparable).join('');
  }
  if (Array.isArray(value)) {
    return (value as readonly Resolved[]).map(comparable);
  }
  return isObject(value)
    ? Object.fromEntries(
        Object.keys(value)
          .sort()
          .map((key) => [key, comparable(value[key])]),
      )
    : value;
}

function hasUnknown(value: Resolved): boolean {
  return (
    value instanceof Unknown ||
    (value instanceof Composed && value.parts.some(hasUnknown)) ||
    (Array.isArray(value) && (value as readonly Resolved[]).some(hasUnknown)) ||
    (isObject(value) && Object.values(value).some(hasUnknown))
  );
}
