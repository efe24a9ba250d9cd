import { Duration, Size, Token } from 'aws-cdk-lib';
import { type Fault, outOfRange, type Range } from '../checks/bounds/fault';

/**
 * Judges a value that may be absent, or may be known only at deployment: neither can be judged at synthesis, so both
 * pass. Every check of a prop goes through here, which keeps tokens out of the rules.
 */
export function judge<T>(value: T | undefined, rule: (value: T) => readonly Fault[]): readonly Fault[] {
  return value === undefined || isToken(value) ? [] : rule(value);
}

/** Checks a whole number; absent values and tokens pass. */
export function integer(id: string, subject: string, value: number | undefined, range: Range): readonly Fault[] {
  return judge(value, (known) => outOfRange(id, subject, known, range));
}

/** Checks a number that may have a fraction; absent values and tokens pass. */
export function fraction(id: string, subject: string, value: number | undefined, range: Range): readonly Fault[] {
  return judge(value, (known) => outOfRange(id, subject, known, range, true));
}

/** Checks a duration in whole seconds; absent values and tokens pass. */
export function seconds(id: string, subject: string, value: Duration | undefined, range: Range): readonly Fault[] {
  return judge(value, (known) =>
    outOfRange(id, subject, known.toSeconds({ integral: false }), { ...range, unit: 'seconds' }),
  );
}

/** Checks a duration in whole minutes; absent values and tokens pass. */
export function minutes(id: string, subject: string, value: Duration | undefined, range: Range): readonly Fault[] {
  return judge(value, (known) =>
    outOfRange(id, subject, known.toMinutes({ integral: false }), { ...range, unit: 'minutes' }),
  );
}

/** Checks a size in whole mebibytes, which AWS Lambda calls MB; absent values and tokens pass. */
export function mebibytes(id: string, subject: string, value: Size | undefined, range: Range): readonly Fault[] {
  return judge(value, (known) => outOfRange(id, subject, inMebibytes(known), { ...range, unit: 'MiB' }));
}

/** Checks a size in whole gibibytes; absent values and tokens pass. */
export function gibibytes(id: string, subject: string, value: Size | undefined, range: Range): readonly Fault[] {
  return judge(value, (known) => outOfRange(id, subject, known.toBytes() / 1024 ** 3, { ...range, unit: 'GiB' }));
}

/** A size in MiB with its fraction, if any. */
export function inMebibytes(size: Size): number {
  return size.toBytes() / (1024 * 1024);
}

/** For what has to be computed at synthesis: one fault where the value is known only at deployment. */
export function mustBeKnown(
  id: string,
  subject: string,
  value: number | Duration | Size | undefined,
  why: string,
): Fault[] {
  if (!isToken(value)) {
    return [];
  }
  return [
    {
      id,
      message: `'${subject}' is known only at deployment, and ${why}`,
      fix: `give '${subject}' as a plain value`,
    },
  ];
}

function isToken(value: unknown): boolean {
  if (value instanceof Duration || value instanceof Size) {
    return value.isUnresolved();
  }
  return Token.isUnresolved(value);
}
