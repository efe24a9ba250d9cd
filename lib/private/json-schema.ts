import { type Fault } from '../checks/bounds/fault';
import { refuse } from './errors';

/** The part of JSON Schema that this library reads; other keywords are kept as they are. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: { readonly [name: string]: JsonSchema };
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema | readonly JsonSchema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly description?: string;
  readonly [keyword: string]: unknown;
}

/** Replaces references into the same document by what they refer to; refuses others and circles. */
export function dereference(root: JsonSchema): JsonSchema {
  const resolve = (node: unknown, trail: readonly string[]): unknown => {
    if (Array.isArray(node)) {
      return node.map((item) => resolve(item, trail));
    }
    if (typeof node !== 'object' || node === null) {
      return node;
    }
    const reference = (node as JsonSchema).$ref;
    if (typeof reference === 'string') {
      refuse('the input schema', unresolvable(reference, trail));
      const { $ref: _, ...siblings } = node as JsonSchema;
      return { ...(resolve(lookUp(root, reference), [...trail, reference]) as object), ...siblings };
    }
    return Object.fromEntries(
      Object.entries(node)
        .filter(([keyword]) => !(node === root && (keyword === '$defs' || keyword === 'definitions')))
        .map(([keyword, value]) => [keyword, resolve(value, trail)]),
    );
  };
  return resolve(root, []) as JsonSchema;
}

function unresolvable(reference: string, trail: readonly string[]): Fault[] {
  if (!reference.startsWith('#/')) {
    return [
      {
        id: 'schema-reference',
        message: `'$ref' is '${reference}', which lies outside the schema`,
        fix: "refer to '#/$defs/…' of the same schema",
      },
    ];
  }
  if (trail.includes(reference)) {
    return [
      {
        id: 'schema-circle',
        message: `'$ref' '${reference}' leads back to itself`,
        fix: 'describe an instance of fixed depth',
      },
    ];
  }
  return [];
}

function lookUp(root: JsonSchema, reference: string): unknown {
  let node: unknown = root;
  for (const part of reference.slice(2).split('/')) {
    const key = decodeURIComponent(part).replace(/~1/g, '/').replace(/~0/g, '~');
    node = (node as Record<string, unknown> | undefined)?.[key];
  }
  if (typeof node !== 'object' || node === null) {
    refuse('the input schema', [
      {
        id: 'schema-reference',
        message: `'$ref' is '${reference}', which is not in the schema`,
        fix: "define it below '$defs'",
      },
    ]);
  }
  return node;
}
