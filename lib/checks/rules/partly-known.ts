import { Composed, type Resolved } from '../template/resolved-value';

/** Stands in text for what only the deployment knows. */
export const GAP = '…';

/** Text as far as it is known, with a gap for each reference and each unknown piece; nothing where all of it is unknown. */
export function partlyKnown(value: Resolved): string | undefined {
  if (typeof value === 'string') {
    return value;
  }
  return value instanceof Composed
    ? value.parts.map((part) => (typeof part === 'string' ? part : GAP)).join('')
    : undefined;
}

/** A value that may be given alone or as a list of some. */
export function asList(value: Resolved): readonly Resolved[] {
  if (value === undefined || value === null) {
    return [];
  }
  return Array.isArray(value) ? (value as readonly Resolved[]) : [value];
}
