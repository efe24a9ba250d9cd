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
      return sampleText(schema);
    default:
      return sampleNumber(schema);
  }
}

function tighter(choose: (a: number, b: number) => number, one?: number, other?: number): number | undefined {
  return one === undefined ? other : other === undefined ? one : choose(one, other);
}

const SAMPLES_BY_FORMAT: { readonly [format: string]: string } = {
  date: '2026-01-01',
  time: '12:00:00Z',
  'date-time': '2026-01-01T12:00:00Z',
  email: 'somebody@example.com',
  uuid: '00000000-0000-4000-8000-000000000000',
  uri: 'https://example.com/',
  ipv4: '192.0.2.1',
  hostname: 'example.com',
};

function sampleText({ format, minLength, maxLength }: JsonSchema): string {
  const known = typeof format === 'string' ? SAMPLES_BY_FORMAT[format] : undefined;
  return (
    known ?? 'a'.repeat(Math.min(Math.max(1, minLength ?? 1), typeof maxLength === 'number' ? maxLength : Infinity))
  );
}

function sampleNumber(schema: JsonSchema): number {
  const low = tighter(Math.max, schema.minimum, schema.exclusiveMinimum);
  const high = tighter(Math.min, schema.maximum, schema.exclusiveMaximum);
  const middle =
    low !== undefined && high !== undefined
      ? (low + high) / 2
      : low !== undefined
        ? low + 1
        : high !== undefined
          ? high - 1
          : 1;
  const step = stepOf(schema);
  if (step === undefined) {
    return middle;
  }
  // 3 * 0.1 is 0.30000000000000004, which is no multiple of 0.1 to a validator.
  const times = (count: number): number => Number((count * step).toPrecision(12));
  const rounded = times(Math.floor(middle / step));
  const tooLow =
    (schema.minimum !== undefined && rounded < schema.minimum) ||
    (schema.exclusiveMinimum !== undefined && rounded <= schema.exclusiveMinimum);
  return tooLow ? times(Math.floor(middle / step) + 1) : rounded;
}

function stepOf({ type, multipleOf }: JsonSchema): number | undefined {
  if (type !== 'integer' || multipleOf === undefined) {
    return multipleOf ?? (type === 'integer' ? 1 : undefined);
  }
  const count = Array.from({ length: 1000 }, (_, index) => index + 1).find((times) =>
    Number.isInteger(times * multipleOf),
  );
  return count === undefined ? multipleOf : count * multipleOf;
}

function itemSchema({ items }: JsonSchema, index: number): JsonSchema {
  return (Array.isArray(items) ? (items as JsonSchema[])[index] : (items as JsonSchema | undefined)) ?? {};
}
