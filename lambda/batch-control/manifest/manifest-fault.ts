import { RunError } from '../../batch/run-error';

/** A manifest that cannot be read as one: the message says where and what, and what to do where that is known. */
export function manifestFault(what: string): RunError {
  return new RunError('badInput', `the manifest cannot be used: ${what}`);
}
