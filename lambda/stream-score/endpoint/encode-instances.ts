import type { ServedInput } from '../../predict/contract';
import type { EndpointSettings } from '../../stream/contract';

/** How instances become the body of a request: each by itself, so that its bytes are known, and then together. */
export interface InstanceEncoder {
  one(instance: unknown): string;
  join(instances: readonly string[]): string;
  /** Bytes of a body beside its instances, and of what stands between two. */
  readonly around: number;
  readonly between: number;
}

/** The body of each content type: `{"instances": [...]}`, a line of JSON for each, or a line of CSV. */
export function instanceEncoder(contentType: EndpointSettings['contentType'], input?: ServedInput): InstanceEncoder {
  switch (contentType) {
    case 'application/json':
      return {
        one: (instance) => JSON.stringify(instance),
        join: (instances) => `{"instances":[${instances.join(',')}]}`,
        around: '{"instances":[]}'.length,
        between: 1,
      };
    case 'application/jsonlines':
      return { one: (instance) => JSON.stringify(instance), join: lines, around: 1, between: 1 };
    case 'text/csv':
      return { one: (instance) => row(instance, input), join: lines, around: 1, between: 1 };
  }
}

function lines(instances: readonly string[]): string {
  return `${instances.join('\n')}\n`;
}

/** The values of an instance in the order of the model's features, or, where nobody knows it, in their own. */
function row(instance: unknown, input: ServedInput | undefined): string {
  if (typeof instance === 'string') {
    return instance;
  }
  const values =
    input?.kind === 'record'
      ? input.fields.flatMap(({ name, length }) => cells((instance as Record<string, unknown>)[name], length))
      : cells(Array.isArray(instance) ? instance : Object.values(instance as object).flat());
  return values.map(cell).join(',');
}

/** One that is left out is as many empty cells as it has values. */
function cells(value: unknown, length = 1): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : new Array<unknown>(value === undefined ? length : 1).fill(value);
}

/** RFC 4180. */
function cell(value: unknown): string {
  if (value === undefined || value === null) {
    return '';
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
