import type { ServedField, ServedInput } from './contract';
import { elementPath, fieldPath } from './field-path';

/** Number of values of one field. */
export function width(field: ServedField): number {
  return field.length ?? 1;
}

/** Number of values of one instance. */
export function featureCount(input: ServedInput): number {
  return input.fields.reduce((sum, field) => sum + width(field), 0);
}

/** Path of one value: a vector has no field names, and a scalar field no index. */
export function valuePath(input: ServedInput, field: ServedField, parent: string, index: number): string {
  const path = input.kind === 'vector' ? parent : fieldPath(parent, field.name);
  return field.length === undefined ? path : elementPath(path, index);
}

/**
 * Puts the flat values of a row or a tensor back into the shape that a JSON caller sends, so that every instance passes the
 * same validator. `undefined` is a missing value: a field without any is left out, so that the schema's default applies.
 */
export function assemble(input: ServedInput, values: readonly unknown[]): unknown {
  if (input.kind === 'vector') {
    return values;
  }
  const record: Record<string, unknown> = {};
  let offset = 0;
  for (const field of input.fields) {
    if (field.length === undefined) {
      if (values[offset] !== undefined) {
        record[field.name] = values[offset];
      }
    } else {
      const elements = values.slice(offset, offset + field.length);
      if (elements.some((element) => element !== undefined)) {
        record[field.name] = elements;
      }
    }
    offset += width(field);
  }
  return record;
}
