import type { ErrorCode } from './contract';

/**
 * Marks a fault of the caller. Parts that are loaded on demand are bundles of their own, each with a copy of this class,
 * so `instanceof` would not know an error that comes from one of them.
 */
const CALLERS_FAULT = Symbol.for('cdk-inference-patterns.RequestError');

/** The caller is at fault. `name` is the code, so that a direct invocation that throws it reports the code as error type. */
export class RequestError extends Error {
  readonly [CALLERS_FAULT] = true;

  constructor(
    readonly code: Exclude<ErrorCode, 'MODEL_ERROR'>,
    message: string,
    /** The field at fault as a path into the request. */
    readonly field?: string,
  ) {
    super(message);
    this.name = code;
  }
}

/** Whether the caller is at fault, whichever bundle says so. */
export function isRequestError(error: unknown): error is RequestError {
  return error instanceof Error && CALLERS_FAULT in error;
}

/** The value at `path` is at fault; an empty path is the bare instance itself. The message reads on its own. */
export function invalidInput(path: string, problem: string): RequestError {
  return path === ''
    ? new RequestError('INVALID_INPUT', `the instance ${problem}`)
    : new RequestError('INVALID_INPUT', `${path} ${problem}`, path);
}

/** The model failed on valid input. The message may quote the runtime: it goes to the log, never to the caller. */
export class ModelError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MODEL_ERROR';
  }
}

/** The function cannot serve its model, and refuses to start. */
export class StartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartError';
  }
}
