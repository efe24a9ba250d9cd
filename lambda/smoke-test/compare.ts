/** One place where an answer is not what was expected. */
export interface Difference {
  readonly path: string;
  readonly expected: unknown;
  readonly got: unknown;
}

/**
 * Compares an answer with what the model must answer: numbers within the tolerance, objects by the keys that are expected
 * (others may be there), arrays element by element, anything else exactly.
 */
export function compare(expected: unknown, got: unknown, tolerance: number, path = '$'): Difference[] {
  if (typeof expected === 'number') {
    // Not `>`: a difference from something that is no number is NaN, and must not pass.
    const within = typeof got === 'number' && Math.abs(expected - got) <= tolerance;
    return within ? [] : [{ path, expected, got }];
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(got) || got.length !== expected.length) {
      return [{ path, expected, got }];
    }
    return expected.flatMap((element, index) => compare(element, got[index], tolerance, `${path}[${index}]`));
  }
  if (isRecord(expected)) {
    if (!isRecord(got)) {
      return [{ path, expected, got }];
    }
    return Object.keys(expected).flatMap((key) =>
      compare(expected[key], Object.hasOwn(got, key) ? got[key] : undefined, tolerance, `${path}.${key}`),
    );
  }
  return Object.is(expected, got) ? [] : [{ path, expected, got }];
}

/** For a case without an expected answer: it must hold values, and JSON writes a number that is not finite as null. */
export function findEmpty(got: unknown, path = '$'): Difference[] {
  const hole = { path, expected: 'a finite value', got };
  if (Array.isArray(got)) {
    return got.length === 0 ? [hole] : got.flatMap((element, index) => findEmpty(element, `${path}[${index}]`));
  }
  if (isRecord(got)) {
    const keys = Object.keys(got);
    return keys.length === 0 ? [hole] : keys.flatMap((key) => findEmpty(got[key], `${path}.${key}`));
  }
  const empty = got === null || got === undefined || (typeof got === 'number' && !Number.isFinite(got));
  return empty ? [hole] : [];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
