import { Composed, isObject, Reference, type Resolved, Unknown } from '../template/resolved-value';

/** Whether two values differ for certain: what only the deployment knows may be the same. */
export function differs(before: Resolved, after: Resolved): boolean {
  return (
    text(before) !== text(after) &&
    (isAbsent(before) || isAbsent(after)
      ? !(before instanceof Unknown || after instanceof Unknown)
      : isComparable(before, after))
  );
}

/** Whether two values are there and are the same for certain. */
export function isSame(before: Resolved, after: Resolved): boolean {
  return !isAbsent(before) && text(before) === text(after) && isComparable(before, after);
}

/** A value as a reader would write it. */
export function shown(value: Resolved): string {
  return isAbsent(value) ? 'absent' : JSON.stringify(written(value));
}

const isAbsent = (value: Resolved): boolean => value === undefined || value === null;

/** Numbers and booleans are the same as the text that looks like them: CloudFormation takes either. */
function text(value: Resolved): string | undefined {
  return JSON.stringify(written(value), (_, item: unknown) =>
    typeof item === 'number' || typeof item === 'boolean' ? String(item) : item,
  );
}

/**
 * Whether the text of two values tells if they are the same. A reference may turn out to be what is written out on the other
 * side; what is the same for a stack as long as it lives, such as its Region, is as good as known where both have it.
 */
function isComparable(before: Resolved, after: Resolved): boolean {
  const [old, now] = [before, after].map(openPieces);
  return old.length === now.length && old.every((piece, index) => piece === now[index] && piece !== undefined);
}

/** What is not written out in a value: `Ref` for a reference, the name of a pseudo parameter, undefined for the rest. */
function openPieces(value: Resolved): readonly (string | undefined)[] {
  if (value instanceof Reference) {
    return ['Ref'];
  }
  if (value instanceof Unknown) {
    return [value.what.startsWith('AWS::') ? value.what : undefined];
  }
  if (value instanceof Composed) {
    return value.parts.flatMap(openPieces);
  }
  return isObject(value) || Array.isArray(value)
    ? Object.keys(value)
        .sort()
        .flatMap((key) => openPieces((value as Readonly<Record<string, Resolved>>)[key]))
    : [];
}

/** References are compared by the logical ids that they name. */
function written(value: Resolved): unknown {
  if (value instanceof Reference) {
    return `\${${[value.resource.logicalId, ...(value.attribute === undefined ? [] : [value.attribute])].join('.')}}`;
  }
  if (value instanceof Unknown) {
    return `\${${value.what}}`;
  }
  if (value instanceof Composed) {
    return value.parts.map((part) => (typeof part === 'string' ? part : written(part))).join('');
  }
  if (Array.isArray(value)) {
    return (value as readonly Resolved[]).map(written);
  }
  return isObject(value)
    ? Object.fromEntries(
        Object.keys(value)
          .sort()
          .map((key) => [key, written(value[key])]),
      )
    : value;
}
