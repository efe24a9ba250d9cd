import type { ResolvedResource } from './resolved-template';

/** A reference to a resource: what `Ref` or `Fn::GetAtt` give is known only at deployment. */
export class Reference {
  /**
   * @param resource in the same template, or in another one of the app
   * @param attribute absent for `Ref`
   */
  constructor(
    public readonly resource: ResolvedResource,
    public readonly attribute?: string,
  ) {}
}

/** Text with references or unknown pieces in it, as `Fn::Join` and `Fn::Sub` make it. */
export class Composed {
  constructor(public readonly parts: readonly (string | Reference | Unknown)[]) {}
}

/** Something that only the deployment knows: a parameter, a pseudo parameter, an import from elsewhere. */
export class Unknown {
  constructor(public readonly what: string) {}
}

/** A value of a template with its intrinsic functions followed as far as they can be. */
export type Resolved =
  string | number | boolean | null | undefined | Reference | Composed | Unknown | readonly Resolved[] | ResolvedObject;

/** An object of a template. */
export interface ResolvedObject {
  readonly [member: string]: Resolved;
}

export function isObject(value: Resolved): value is ResolvedObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Reference || value instanceof Composed || value instanceof Unknown)
  );
}

let observer: ((unknown: Unknown) => void) | undefined;

/** Tells of each value that was asked for while something ran and is not known. */
export function observingUnknown(onUnknown: (unknown: Unknown) => void, run: () => void): void {
  observer = onUnknown;
  try {
    run();
  } finally {
    observer = undefined;
  }
}

/**
 * What was worked out of a key before, as many rules ask the same. While somebody listens to what is not known it is worked out anew: each
 * rule that asks is to be heard.
 */
export function remembered<Key extends object, Value>(known: WeakMap<Key, Value>, key: Key, work: () => Value): Value {
  const before = observer === undefined ? known.get(key) : undefined;
  if (before !== undefined) {
    return before;
  }
  const value = work();
  known.set(key, value);
  return value;
}

function observed(value: Resolved): Resolved {
  if (value instanceof Unknown) {
    observer?.(value);
  }
  return value;
}

/** The member at a path, or undefined where anything on the way is absent or not known. */
export function at(value: Resolved, ...path: readonly string[]): Resolved {
  return path.reduce<Resolved>((inner, member) => (isObject(inner) ? observed(inner[member]) : undefined), value);
}

/** A list, or nothing where it is absent or not known. */
export function listAt(value: Resolved, ...path: readonly string[]): readonly Resolved[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? (found as readonly Resolved[]) : [];
}

/** Text that is known in full. */
export function textAt(value: Resolved, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  if (found instanceof Composed) {
    found.parts.forEach(observed);
  }
  return typeof found === 'string' ? found : undefined;
}

/** A number that is known; CloudFormation takes one as text as well. */
export function numberAt(value: Resolved, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path);
  if (typeof found === 'number') {
    return found;
  }
  return typeof found === 'string' && found.trim() !== '' && Number.isFinite(Number(found)) ? Number(found) : undefined;
}

/** Whether something is there, known or not. */
export function has(value: Resolved, ...path: readonly string[]): boolean {
  const found = at(value, ...path);
  return found !== undefined && found !== null;
}

/** Whether something is certainly not there; what only the deployment knows may be. */
export function isMissing(value: Resolved, ...path: readonly string[]): boolean {
  let inner = value;
  for (const member of path) {
    if (inner === undefined || inner === null) {
      return true;
    }
    if (!isObject(inner)) {
      return false;
    }
    inner = inner[member];
  }
  return inner === undefined || inner === null;
}

/** The resource that a value comes from, whether whole or in part. */
export function referenceIn(value: Resolved): Reference | undefined {
  if (value instanceof Reference) {
    return value;
  }
  return value instanceof Composed
    ? value.parts.find((part): part is Reference => part instanceof Reference)
    : undefined;
}

/** An object as it was parsed, or nothing. */
export function plainObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

/** Adds to a set the resources that a value refers to, wherever in it. */
export function collectReferred(value: Resolved, found: Set<ResolvedResource>): void {
  if (value instanceof Reference) {
    found.add(value.resource);
  } else if (value instanceof Composed) {
    value.parts.forEach((part) => collectReferred(part, found));
  } else if (typeof value === 'object' && value !== null && !(value instanceof Unknown)) {
    Object.values(value as object).forEach((inner) => collectReferred(inner as Resolved, found));
  }
}

/** Whether a value refers to a resource, wherever in it. */
export function mentions(value: Resolved, resource: ResolvedResource): boolean {
  const found = new Set<ResolvedResource>();
  collectReferred(value, found);
  return found.has(resource);
}
