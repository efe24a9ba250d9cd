import type { Batch } from './batch';
import type { ServedInput } from './contract';
import { invalidInput, RequestError } from './errors';
import { fieldPath } from './field-path';

const ENVELOPE = 'instances';

export function parseJson(text: string): unknown {
  try {
    // RFC 8259 section 8.1: a parser may ignore a byte order mark.
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch {
    throw new RequestError('MALFORMED_BODY', 'the body is not valid JSON');
  }
}

/**
 * Finds the instances in a JSON body: `{"instances": [...]}`, or one bare instance.
 *
 * A model whose record has a field named `instances` itself: the body is then an envelope only when that is its one key and
 * holds a non-empty array of objects. A field is never an array of objects, so no body can be read both ways.
 */
export function findInstances(body: unknown, input: ServedInput): Batch {
  if (!isEnvelope(body, input)) {
    return { instances: [body], bare: true };
  }
  for (const key of Object.keys(body)) {
    if (key !== ENVELOPE) {
      throw invalidInput(fieldPath('', key), 'is not known beside "instances"');
    }
  }
  const instances = body[ENVELOPE];
  if (!Array.isArray(instances)) {
    throw invalidInput(ENVELOPE, 'must be an array');
  }
  if (instances.length === 0) {
    throw invalidInput(ENVELOPE, 'must have at least one instance');
  }
  return { instances, bare: false };
}

function isEnvelope(body: unknown, input: ServedInput): body is Record<string, unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body) || !Object.hasOwn(body, ENVELOPE)) {
    return false;
  }
  if (input.kind === 'vector' || !input.fields.some((field) => field.name === ENVELOPE)) {
    return true;
  }
  const value = (body as Record<string, unknown>)[ENVELOPE];
  return (
    Object.keys(body).length === 1 &&
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((member) => typeof member === 'object' && member !== null && !Array.isArray(member))
  );
}
