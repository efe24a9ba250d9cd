import { type IConstruct } from 'constructs';
import type { Fault } from '../checks/bounds/fault';

/**
 * Refuses input: one error with every fault of one subject, so that a reader mends them all at once.
 *
 * @param subject the construct (its path is named), or the words for a value that belongs to no construct yet
 */
export function refuse(subject: IConstruct | string, faults: readonly Fault[]): void {
  if (faults.length === 0) {
    return;
  }
  const lines = faults.map((fault) => {
    const see = fault.see === undefined ? '' : ` (see ${fault.see})`;
    return `  - ${fault.message}: ${fault.fix}${see} [${fault.id}]`;
  });
  const name = typeof subject === 'string' ? subject : `construct '${subject.node.path}'`;
  throw new InferenceConfigurationError(`${name} cannot be used as configured:\n${lines.join('\n')}`);
}

/** Thrown at synthesis for input that the service would refuse, or would silently ignore. */
export class InferenceConfigurationError extends Error {
  readonly name = 'InferenceConfigurationError';
}
