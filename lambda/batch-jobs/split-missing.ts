/** What the log says of objects that a job left without an answer. */
export interface Sorted {
  /** The container itself refused them: another job would end the same. */
  readonly refused: readonly number[];
  /** Jobs to come, each with fewer objects than before, so that in the end the bad ones are alone. */
  readonly groups: readonly (readonly number[])[];
}

/** A time-out, or too many requests, says nothing of the object. */
const REFUSED = /^ClientError: 4(?!08|29)\d\d/;

/**
 * Sorts the objects of a job that failed: what the container refused, what the log blames otherwise, and the rest. Where it blames
 * none, or all, they are halved. No request has records of two objects, so one that the log names failed by itself.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html
 */
export function splitMissing(missing: readonly number[], reasonOf: (object: number) => string | undefined): Sorted {
  const refused = missing.filter((object) => REFUSED.test(reasonOf(object) ?? ''));
  const left = missing.filter((object) => !refused.includes(object));
  const blamed = left.filter((object) => reasonOf(object) !== undefined);
  const others = left.filter((object) => reasonOf(object) === undefined);
  const parts = blamed.length > 0 && others.length > 0 ? [others, blamed] : refused.length > 0 ? [left] : halves(left);
  return { refused, groups: parts.filter((part) => part.length > 0) };
}

function halves(objects: readonly number[]): readonly (readonly number[])[] {
  const half = Math.ceil(objects.length / 2);
  return [objects.slice(0, half), objects.slice(half)];
}
