/**
 * What a rule says when it is broken. Rules are pure: plain, resolved values in, faults out. Constructs throw by them,
 * and a policy check can run the very same functions over a finished template.
 */
export interface Fault {
  /** Stable identifier of the rule, such as `lambda-memory`. */
  readonly id: string;
  /** What is wrong, in the user's own terms, with the value that was found and what is allowed. */
  readonly message: string;
  /** What to do about it. */
  readonly fix: string;
  /** The page that documents the bound. */
  readonly see?: string;
}

/** An inclusive range of numbers, with the unit in which a reader thinks of it. */
export interface Range {
  readonly min: number;
  readonly max: number;
  readonly unit?: string;
  readonly see?: string;
}

/** One fault when `value` is outside `range`, is not a number, or (unless `fractions`) is not whole. */
export function outOfRange(id: string, subject: string, value: number, range: Range, fractions = false): Fault[] {
  const whole = fractions || Number.isInteger(value);
  if (Number.isFinite(value) && whole && value >= range.min && value <= range.max) {
    return [];
  }
  const unit = range.unit === undefined ? '' : ` ${range.unit}`;
  const kind = fractions ? 'a number' : 'a whole number';
  return [
    {
      id,
      message: `'${subject}' is ${value}${unit}, allowed is ${kind} from ${range.min} to ${range.max}${unit}`,
      fix: `set '${subject}' within that range`,
      see: range.see,
    },
  ];
}

/** One fault when `value` does not match `pattern`; `shape` says in words what it must look like. */
export function malformed(
  id: string,
  subject: string,
  value: string,
  pattern: RegExp,
  shape: string,
  see?: string,
): Fault[] {
  if (pattern.test(value)) {
    return [];
  }
  return [
    { id, message: `'${subject}' is '${value}', which is not ${shape}`, fix: `give '${subject}' as ${shape}`, see },
  ];
}
