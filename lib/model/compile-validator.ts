import type { Ajv, Options } from 'ajv';

/** Dialects that ajv tells apart by the class that compiles them. */
const DIALECTS = {
  'http://json-schema.org/draft-07/schema': 'draft-07',
  'https://json-schema.org/draft-07/schema': 'draft-07',
  'https://json-schema.org/draft/2020-12/schema': '2020-12',
} as const;

type Dialect = (typeof DIALECTS)[keyof typeof DIALECTS];

/** What a schema is compiled to. */
export interface CompiledValidator {
  /** Source of a CommonJS module. */
  readonly source: string;
  /** What is wrong with an instance, or undefined. */
  faultOf(instance: unknown): string | undefined;
}

/**
 * Compiles a JSON Schema to the source of a CommonJS module, so that the function neither carries a schema compiler nor spends
 * its cold start on compiling. Same schema, same text.
 *
 * The module exports a function that takes a `require`, and gives the validator: the generated code asks for a few run-time
 * modules of ajv, which the handler carries in its bundle, wherever the module itself lies.
 *
 * The validator itself comes along, for instances that are known at synthesis.
 *
 * @param schema JSON Schema of one instance: draft-07, or 2020-12 when `$schema` says so
 * @throws when the schema is not valid, or holds something that a validator would silently ignore
 */
export function compileValidator(schema: unknown): CompiledValidator {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    throw new Error(
      `the input schema must be a JSON Schema object, got ${Array.isArray(schema) ? 'an array' : String(schema)}`,
    );
  }
  if ('$async' in schema) {
    throw new Error("the input schema uses '$async', whose validator answers with a promise: leave it out");
  }
  // Every JavaScript object has these by birth, so that only a careful look tells whether an instance has the field.
  const inherited = declaredProperties(schema).filter(([name]) => name in {});
  for (const [name, property] of inherited) {
    if (name === '__proto__' || (typeof property === 'object' && property !== null && 'default' in property)) {
      throw new Error(
        `the input schema names a field '${name}'${name === '__proto__' ? '' : ' with a default'}, ` +
          'but every JavaScript object has a property of that name, so the field would never count as missing: rename it',
      );
    }
  }
  const ajv = createAjv(dialectOf(schema), {
    strict: true,
    useDefaults: true,
    coerceTypes: false,
    allErrors: false,
    // It costs time, so only where it makes a difference.
    ownProperties: inherited.length > 0,
    code: { source: true, esm: false },
    logger: false,
  });
  try {
    const validate = ajv.compile(schema);
    const standalone = require('ajv/dist/standalone') as typeof import('ajv/dist/standalone');
    return {
      source: wrap(standalone.default(ajv, validate)),
      // Defaults are filled into the instance, so it works on a copy.
      faultOf: (instance) =>
        validate(structuredClone(instance)) ? undefined : ajv.errorsText(validate.errors, { dataVar: 'input' }),
    };
  } catch (cause) {
    throw new Error(`the input schema is not valid: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

function dialectOf(schema: object): Dialect {
  const { $schema } = schema as { readonly $schema?: unknown };
  if ($schema === undefined) {
    return 'draft-07';
  }
  const uri = (typeof $schema === 'string' ? $schema : JSON.stringify($schema)).replace(/#$/, '');
  if (!Object.hasOwn(DIALECTS, uri)) {
    throw new Error(
      `the input schema is written in the dialect ${JSON.stringify($schema)}: use draft-07 (http://json-schema.org/draft-07/schema#) ` +
        'or 2020-12 (https://json-schema.org/draft/2020-12/schema)',
    );
  }
  return DIALECTS[uri as keyof typeof DIALECTS];
}

/** Loaded here, so that importing the library stays cheap. */
function createAjv(dialect: Dialect, options: Options): Ajv {
  const { default: addFormats } = require('ajv-formats') as typeof import('ajv-formats');
  if (dialect === '2020-12') {
    const { Ajv2020 } = require('ajv/dist/2020') as typeof import('ajv/dist/2020');
    return addFormats(new Ajv2020(options));
  }
  const { Ajv } = require('ajv') as typeof import('ajv');
  return addFormats(new Ajv(options));
}

/** The properties that the schema declares, at any depth. */
function declaredProperties(schema: object): [string, unknown][] {
  return Object.entries(schema).flatMap(([key, value]: [string, unknown]) => {
    if (typeof value !== 'object' || value === null) {
      return [];
    }
    const own = key === 'properties' ? Object.entries(value) : [];
    return [...own, ...declaredProperties(value)];
  });
}

function wrap(code: string): string {
  return [
    "'use strict';",
    'module.exports = function (require) {',
    'const module = { exports: {} };',
    'const exports = module.exports;',
    code,
    'return module.exports;',
    '};',
    '',
  ].join('\n');
}
