import { RUN_ERRORS } from './contract';

/** Ends a run. Its name is the error of the execution; its message says what to do. */
export class RunError extends Error {
  public constructor(code: keyof typeof RUN_ERRORS, message: string) {
    super(message);
    this.name = RUN_ERRORS[code];
  }
}
