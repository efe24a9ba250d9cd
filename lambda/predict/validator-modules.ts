import type { Validator } from './validate';

/**
 * The run-time modules that ajv's standalone code asks for, loaded only when a schema needs them. The generated validator has
 * no `require` of its own, so it works wherever the asset lies, and can load nothing else.
 */
const MODULES: Readonly<Record<string, () => unknown>> = {
  'ajv/dist/runtime/equal': () => require('ajv/dist/runtime/equal') as unknown,
  'ajv/dist/runtime/ucs2length': () => require('ajv/dist/runtime/ucs2length') as unknown,
  'ajv-formats/dist/formats': () => require('ajv-formats/dist/formats') as unknown,
};

/** What the generated file exports: it gets its `require` from the handler. */
export type ValidatorFactory = (require: (id: string) => unknown) => Validator;

export function createValidator(factory: ValidatorFactory): Validator {
  return factory((id) => {
    if (!Object.hasOwn(MODULES, id)) {
      throw new Error(`the validator asks for ${id}, which this handler does not carry`);
    }
    return MODULES[id]();
  });
}
