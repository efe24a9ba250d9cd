import type { JsonSchema } from '../private/json-schema';

/** A schema that API Gateway understands, and what of the original it cannot say. */
export interface GatewaySchema {
  readonly schema: JsonSchema;
  /** Rules that only the handler checks, as `keyword at path`. */
  readonly leftToHandler: string[];
}

/** Keywords that mean the same in draft-04. */
const KEPT: readonly string[] = [
  'type',
  'enum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'uniqueItems',
  'required',
  'minProperties',
  'maxProperties',
  'description',
  'title',
  'default',
];

const BOUNDS: readonly string[] = ['minimum', 'exclusiveMinimum', 'maximum', 'exclusiveMaximum'];

/** Keywords that validate nothing. */
const ANNOTATIONS: readonly string[] = [
  '$schema',
  '$id',
  '$comment',
  'examples',
  'readOnly',
  'writeOnly',
  'deprecated',
];

/** Keywords whose value is a list of schemas. */
const LISTS: readonly string[] = ['allOf', 'anyOf', 'oneOf'];

/**
 * The body of `POST /predict` in draft-04, the only dialect that API Gateway validates: one instance, or
 * `{"instances": [...]}`.
 *
 * A body may be either, and draft-04 can say so only by `anyOf`, whose failure the gateway reports without a reason.
 * So fields are typed and bounded for both shapes, and which of them must be present is checked for a batch only; the
 * handler checks it for a single instance and names the missing field.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html
 */
export function gatewaySchema(instance: JsonSchema): GatewaySchema {
  const leftToHandler: string[] = [];
  const one = toDraft4(instance, 'instance', leftToHandler);
  const batch = { type: 'array', minItems: 1, items: one };
  const root = { $schema: 'http://json-schema.org/draft-04/schema#', title: 'PredictRequest' };
  if (one.type !== 'object') {
    return {
      schema: {
        ...root,
        ...one,
        type: ['array', 'object'],
        properties: { instances: batch },
        additionalProperties: false,
      },
      leftToHandler,
    };
  }
  if (one.required !== undefined) {
    leftToHandler.push('required at instance, when it is sent alone');
  }
  // Asked of the instance as a whole, and a batch around it would fail: checked for the instances of a batch only.
  const whole = ['minProperties', 'maxProperties', 'enum', 'not', ...LISTS].filter((keyword) => keyword in one);
  leftToHandler.push(...whole.map((keyword) => `${keyword} at instance, when it is sent alone`));
  const alone: { [keyword: string]: unknown } = {
    type: one.type,
    properties: one.properties,
    additionalProperties: one.additionalProperties,
  };
  return { schema: { ...root, ...alone, properties: { ...one.properties, instances: batch } }, leftToHandler };
}

function toDraft4(schema: JsonSchema, path: string, leftToHandler: string[]): JsonSchema {
  const draft4: { [keyword: string]: unknown } = {};
  for (const [keyword, value] of Object.entries(schema)) {
    const at = `${path}.${keyword}`;
    if (keyword === 'required' && (value as unknown[]).length === 0) {
      continue; // Draft-04 allows no empty list.
    }
    if (KEPT.includes(keyword)) {
      draft4[keyword] = value;
    } else if (keyword === 'const') {
      draft4.enum = [value];
    } else if (BOUNDS.includes(keyword)) {
      continue;
    } else if (keyword === 'properties') {
      draft4.properties = Object.fromEntries(
        Object.entries(value as { [name: string]: JsonSchema }).map(([name, field]) => [
          name,
          toDraft4(field, `${path}.${name}`, leftToHandler),
        ]),
      );
    } else if ((keyword === 'items' || keyword === 'additionalProperties' || keyword === 'not') && isSchema(value)) {
      draft4[keyword] = toDraft4(value, at, leftToHandler);
    } else if (keyword === 'additionalProperties') {
      draft4[keyword] = value;
    } else if (LISTS.includes(keyword)) {
      draft4[keyword] = (value as JsonSchema[]).map((option, index) =>
        toDraft4(option, `${at}[${index}]`, leftToHandler),
      );
    } else if (!ANNOTATIONS.includes(keyword)) {
      leftToHandler.push(`${keyword} at ${path}`);
    }
  }
  if ('patternProperties' in schema) {
    // The gateway would refuse the fields that these patterns allow.
    delete draft4.additionalProperties;
  }
  return { ...draft4, ...bounds(schema) };
}

/** Exclusive bounds are numbers since draft-06; in draft-04 a flag beside the bound itself. Of two the tighter counts. */
function bounds({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: JsonSchema): JsonSchema {
  const above = exclusiveMinimum !== undefined && (minimum === undefined || exclusiveMinimum >= minimum);
  const below = exclusiveMaximum !== undefined && (maximum === undefined || exclusiveMaximum <= maximum);
  return {
    ...(above ? { minimum: exclusiveMinimum, exclusiveMinimum: true } : minimum === undefined ? {} : { minimum }),
    ...(below ? { maximum: exclusiveMaximum, exclusiveMaximum: true } : maximum === undefined ? {} : { maximum }),
  } as JsonSchema;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
