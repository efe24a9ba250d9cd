import { instancePath, type Batch } from './batch';
import { invalidInput, type RequestError } from './errors';
import { fieldPath, pointerPath } from './field-path';

/** One finding of the compiled validator. */
export interface ValidationIssue {
  readonly instancePath: string;
  readonly keyword: string;
  readonly message?: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** The function that the schema was compiled to. It fills in the schema's defaults in place. */
export interface Validator {
  (instance: unknown): boolean;
  errors?: readonly ValidationIssue[] | null;
}

/** Refuses the whole batch when one instance is at fault: half an answer would leave the caller to guess which half. */
export function validateBatch(batch: Batch, validator: Validator): void {
  for (let index = 0; index < batch.instances.length; index++) {
    if (!validator(batch.instances[index])) {
      throw refusal(validator.errors?.[0], instancePath(batch, index));
    }
  }
}

/** What a finding of the validator says of the instance at this path. */
export function refusal(issue: ValidationIssue | undefined, parent: string): RequestError {
  if (issue === undefined) {
    return invalidInput(parent, 'is not valid');
  }
  const path = pointerPath(parent, issue.instancePath);
  const { missingProperty, additionalProperty, unevaluatedProperty } = issue.params;
  const unknown = additionalProperty ?? unevaluatedProperty;
  if (typeof missingProperty === 'string') {
    return invalidInput(fieldPath(path, missingProperty), 'is missing');
  }
  if (typeof unknown === 'string') {
    return invalidInput(fieldPath(path, unknown), 'is not a field of this model');
  }
  return invalidInput(path, describe(issue));
}

function describe(issue: ValidationIssue): string {
  const { allowedValues, allowedValue } = issue.params;
  if (Array.isArray(allowedValues)) {
    return `must be one of ${JSON.stringify(allowedValues).slice(1, -1)}`;
  }
  if (allowedValue !== undefined) {
    return `must be ${JSON.stringify(allowedValue)}`;
  }
  return issue.message ?? `fails "${issue.keyword}"`;
}
