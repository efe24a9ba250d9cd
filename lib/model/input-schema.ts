import type { ServedField, ServedInput } from '../../lambda/predict/contract';
import { type Fault } from '../checks/bounds/fault';
import { refuse } from '../private/errors';
import { compileValidator, type CompiledValidator } from './compile-validator';
import { dereference, type JsonSchema } from '../private/json-schema';

/**
 * What one instance of a model's input looks like: the source of request validation at the gateway and in the handler,
 * of the API's documentation, and of the order in which fields become the model's features.
 */
export class InputSchema {
  /**
   * A JSON Schema (draft-07, or 2020-12 when `$schema` says so) of **one instance**:
   * - an object whose `properties` are numbers, integers, booleans, strings, or arrays of numbers of a fixed length
   *   (`minItems` = `maxItems`); their order is the order of the features;
   * - or an array of numbers of a fixed length.
   *
   * What is left open is closed: fields that are not named are refused, and a field without a `default` is required.
   *
   * @param schema the schema as an object, as `JSON.parse` gives it
   */
  public static fromJsonSchema(schema: unknown): InputSchema {
    if (typeof schema !== 'object' || schema === null) {
      refuse('the input schema', [
        {
          id: 'schema-type',
          message: `it describes no type: it is ${JSON.stringify(schema)}`,
          fix: 'give a JSON Schema as an object',
        },
      ]);
    }
    const closed = close(dereference(schema as JsonSchema));
    const faults: Fault[] = [];
    const input = layout(closed, faults);
    refuse('the input schema', faults);
    return new InputSchema(closed, input);
  }

  /** The JSON Schema of one instance, references resolved, with nothing left open. */
  public readonly jsonSchema: unknown;

  private readonly input: ServedInput;
  private compiled?: CompiledValidator;

  private constructor(jsonSchema: JsonSchema, input: ServedInput) {
    this.jsonSchema = jsonSchema;
    this.input = input;
  }

  /** Names of the fields in the order of the model's features. */
  public get fieldNames(): string[] {
    return this.input.fields.map((field) => field.name);
  }

  /**
   * The validator of one instance, compiled when it is first asked for.
   *
   * @internal
   */
  public get _validator(): CompiledValidator {
    try {
      this.compiled ??= compileValidator(this.jsonSchema);
    } catch (cause) {
      refuse('the input schema', [
        {
          id: 'schema-invalid',
          message: cause instanceof Error ? cause.message : String(cause),
          fix: 'mend the schema',
          see: 'https://json-schema.org/specification',
        },
      ]);
    }
    return this.compiled!;
  }

  /**
   * The layout that the handler turns into tensors.
   *
   * @internal
   */
  public get _layout(): ServedInput {
    return this.input;
  }
}

const SCALARS: readonly string[] = ['number', 'integer', 'boolean', 'string'];

const FIX =
  'describe each field as a number, integer, boolean, string, or an array of numbers whose minItems and maxItems are equal';

/** Refuses fields that nobody named, and makes every field without a default required. */
function close(schema: JsonSchema): JsonSchema {
  if (schema.type !== 'object' || schema.properties === undefined) {
    return schema;
  }
  const required = Object.keys(schema.properties).filter((name) => schema.properties![name].default === undefined);
  return {
    ...schema,
    required: schema.required ?? required,
    additionalProperties: schema.additionalProperties ?? false,
  };
}

function layout(schema: JsonSchema, faults: Fault[]): ServedInput {
  if (schema.type === 'object' && schema.properties !== undefined && Object.keys(schema.properties).length > 0) {
    const names = Object.keys(schema.properties);
    if (names.some((name) => /^(0|[1-9]\d*)$/.test(name))) {
      faults.push({
        id: 'schema-field-order',
        message: 'a field has a whole number as its name, and JavaScript does not keep the order of such fields',
        fix: "give the field a name that is not a number, such as 'f0'",
      });
    }
    if (names.includes('instances')) {
      faults.push({
        id: 'schema-field-instances',
        message: "a field is called 'instances', which is how a batch is told from one instance",
        fix: 'give the field another name',
      });
    }
    const fields = names.map((name) => field(name, schema.properties![name], faults));
    names
      .filter((name) => !schema.required?.includes(name) && schema.properties![name].default === undefined)
      .forEach((name) =>
        faults.push({
          id: 'schema-optional-field',
          message: `field '${name}' may be absent and has no default, so there would be a feature without a value`,
          fix: `add '${name}' to 'required', or give it a 'default'`,
        }),
      );
    return { kind: 'record', fields };
  }
  if (schema.type === 'array') {
    return { kind: 'vector', fields: [field('instance', schema, faults)] };
  }
  faults.push({
    id: 'schema-type',
    message: `the schema describes ${schema.type === undefined ? 'no type' : `a value of type '${String(schema.type)}'`}, an instance is an object with properties or an array of numbers`,
    fix: "set 'type' to 'object' with at least one property, or to 'array'",
  });
  return { kind: 'record', fields: [] };
}

function field(name: string, schema: JsonSchema, faults: Fault[]): ServedField {
  const type = schema.type ?? typeOfValues(schema);
  if (typeof type === 'string' && SCALARS.includes(type)) {
    return { name, type: type as ServedField['type'] };
  }
  const items = schema.items as JsonSchema | undefined;
  const fixedLength = schema.minItems !== undefined && schema.minItems === schema.maxItems && schema.minItems > 0;
  if (type === 'array' && (items?.type === 'number' || items?.type === 'integer') && fixedLength) {
    return { name, type: items.type, length: schema.minItems };
  }
  faults.push({
    id: 'schema-field-type',
    message: `field '${name}' is ${type === undefined ? 'of no type' : `of type '${String(type)}'`}${type === 'array' ? ' without a fixed length of numbers' : ''}, which cannot become a tensor`,
    fix: FIX,
  });
  return { name, type: 'number' };
}

/** `enum` and `const` imply a type when all their values agree. */
function typeOfValues(schema: JsonSchema): string | undefined {
  const values = schema.enum ?? (schema.const === undefined ? [] : [schema.const]);
  const types = new Set(values.map((value) => typeof value));
  return types.size === 1 ? [...types][0] : undefined;
}
