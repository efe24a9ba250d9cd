import type { JsonSchema } from '../private/json-schema';

/**
 * An instance that the schema admits, for a smoke test of a model without examples and for the API's documentation.
 * The schema's own `examples` and `default` values win; numbers are otherwise taken from inside their bounds.
 */
export function sampleInstance(schema: JsonSchema): unknown {
  if (schema.examples !== undefined && schema.examples.length > 0) {
    return schema.examples[0];
  }
  if (schema.default !== undefined) {
    return schema.default;
  }
  if (schema.const !== undefined) {
    return schema.const;
  }
  if (schema.enum !== undefined) {
    return schema.enum[0];
  }
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, field]) => [name, sampleInstance(field)]),
      );
    case 'array':
      return Array.from({ length: schema.minItems ?? 1 }, (_, index) => sampleInstance(itemSchema(schema, index)));
    case 'boolean':
      return false;
    case 'string':
      return 'a'.repeat(Math.max(1, schema.minLength ?? 1));
    default:
      return sampleNumber(schema);
  }
}

function sampleNumber(schema: JsonSchema): number {
  const low = schema.minimum ?? schema.exclusiveMinimum;
  const high = schema.maximum ?? schema.exclusiveMaximum;
  const middle =
    low !== undefined && high !== undefined
      ? (low + high) / 2
      : low !== undefined
        ? low + 1
        : high !== undefined
          ? high - 1
          : 1;
  const step = schema.multipleOf ?? (schema.type === 'integer' ? 1 : undefined);
  if (step === undefined) {
    return middle;
  }
  const rounded = Math.floor(middle / step) * step;
  const tooLow =
    (schema.minimum !== undefined && rounded < schema.minimum) ||
    (schema.exclusiveMinimum !== undefined && rounded <= schema.exclusiveMinimum);
  return tooLow ? rounded + step : rounded;
}

function itemSchema({ items }: JsonSchema, index: number): JsonSchema {
  return (Array.isArray(items) ? (items as JsonSchema[])[index] : (items as JsonSchema | undefined)) ?? {};
}
