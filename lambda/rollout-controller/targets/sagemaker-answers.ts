import type { Progress } from '../../rollout/ports';

/** What says that the same call should come again. */
const BUSY = new Set([
  'ThrottlingException',
  'TooManyRequestsException',
  'ConflictException',
  'ResourceInUse',
  'ConcurrentUpdateException',
]);

/**
 * SageMaker has no errors of its own for what follows, only words.
 *
 * @see https://github.com/aws-controllers-k8s/sagemaker-controller/blob/main/generator.yaml
 */
const IN_PROGRESS = /cannot update in-progress endpoint/i;
const MISSING = /could not find/i;
const THERE = /already existing/i;

function says(error: unknown, words: RegExp): boolean {
  return error instanceof Error && error.name === 'ValidationException' && words.test(error.message);
}

/** Undefined for what is not there. */
export async function unlessMissing<T>(call: () => Promise<T>): Promise<T | undefined> {
  return unless(
    call,
    (error) =>
      says(error, MISSING) ||
      (error instanceof Error && ['ResourceNotFound', 'ObjectNotFoundException'].includes(error.name)),
  );
}

/** Undefined for what was made before, by a call whose answer was lost. */
export async function unlessThere<T>(call: () => Promise<T>): Promise<T | undefined> {
  return unless(call, (error) => says(error, THERE));
}

async function unless<T>(call: () => Promise<T>, expected: (error: unknown) => boolean): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (expected(error)) {
      return undefined;
    }
    throw error;
  }
}

/** A service that is busy is asked again later. */
export async function patiently(call: () => Promise<Progress>): Promise<Progress> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Error && (BUSY.has(error.name) || says(error, IN_PROGRESS))) {
      return 'wait';
    }
    throw error;
  }
}
