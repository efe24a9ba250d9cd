import { Duration, Size, Token } from 'aws-cdk-lib';
import { type Fault, outOfRange, type Range } from '../checks/rules/fault';

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

/** A size in MiB with its fraction, if any. */
export function inMebibytes(size: Size): number {
  return size.toBytes() / (1024 * 1024);
}

function isToken(value: unknown): boolean {
  if (value instanceof Duration || value instanceof Size) {
    return value.isUnresolved();
  }
  return Token.isUnresolved(value);
}
