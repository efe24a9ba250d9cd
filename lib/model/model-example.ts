import { type Fault } from '../checks/bounds/fault';
import { fraction } from '../private/validation';
import type { InputSchema } from './input-schema';

/** A request whose answer is known: asked of every new version before it gets traffic. */
export interface ModelExample {
  /** One instance, as a caller would send it. */
  readonly input: unknown;

  /**
   * What the model must answer: a value, or an object of which the answer must contain every field.
   *
   * @default - any answer of the right shape with finite numbers passes
   */
  readonly expected?: unknown;

  /**
   * Largest difference allowed between a number expected and a number answered.
   *
   * @default 0.000001
   */
  readonly tolerance?: number;
}

/** Faults of examples, together with the input schema of their model, if it has one. */
export function faultyExamples(examples: readonly ModelExample[] = [], schema: InputSchema | undefined): Fault[] {
  return examples.flatMap((example, index) => faultyExample(example, `examples[${index}]`, schema));
}

/** An example that the model's own schema refuses would stop every rollout. */
function faultyExample({ input, tolerance }: ModelExample, subject: string, schema: InputSchema | undefined): Fault[] {
  const faults = [
    ...fraction('example-tolerance', `${subject}.tolerance`, tolerance, { min: 0, max: Number.MAX_VALUE }),
  ];
  const reason = schema?._validator.faultOf(input);
  if (reason !== undefined) {
    faults.push({
      id: 'example-input',
      message: `'${subject}.input' does not fit the input schema: ${reason}`,
      fix: 'mend the example or the schema',
    });
  }
  return faults;
}
