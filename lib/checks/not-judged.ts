import type { SelectedRule } from './selection';
import type { AssemblyTemplate } from './template/resolved-assembly';
import { Composed, isObject, observingUnknown, type Resolved, Unknown } from './template/resolved-value';

/** A value that rules asked for and that only the deployment knows. */
export interface NotJudged {
  /** File of the template. */
  readonly file: string;
  /** Logical id. */
  readonly resource: string;
  /** Where it is, such as `ProductionVariants.0.InitialInstanceCount`. */
  readonly property: string;
  /** What it would come from, such as `parameter Count`. */
  readonly source: string;
  /** Ids of the rules that asked. */
  readonly rules: readonly string[];
}

/** What the rules could not judge, since only the deployment knows it. */
export function notJudged(
  templates: readonly AssemblyTemplate[],
  selected: readonly SelectedRule[],
): readonly NotJudged[] {
  const places = new Map<Unknown, Omit<NotJudged, 'rules'>>();
  for (const { file, resolved } of templates) {
    for (const { logicalId: resource, properties } of resolved.resources) {
      for (const [unknown, property] of unknownIn(properties)) {
        places.set(unknown, { file, resource, property, source: unknown.what });
      }
    }
  }
  const asked = new Map<Unknown, Set<string>>();
  for (const { rule } of selected) {
    for (const { resolved } of templates) {
      observingUnknown(
        (unknown) => asked.set(unknown, (asked.get(unknown) ?? new Set()).add(rule.id)),
        () => void [...rule.check(resolved)],
      );
    }
  }
  return [...places].flatMap(([unknown, place]) => {
    const rules = asked.get(unknown);
    return rules === undefined ? [] : [{ ...place, rules: [...rules] }];
  });
}

/** What is not known in a value, with the path to it. */
function unknownIn(value: Resolved, path: readonly string[] = []): readonly (readonly [Unknown, string])[] {
  if (value instanceof Unknown) {
    return [[value, path.join('.')]];
  }
  if (value instanceof Composed) {
    return value.parts.flatMap((part) => unknownIn(part, path));
  }
  return isObject(value) || Array.isArray(value)
    ? Object.entries(value).flatMap(([key, inner]) => unknownIn(inner as Resolved, [...path, key]))
    : [];
}
