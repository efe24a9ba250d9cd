import type { ServedInput } from '../predict/contract';
import { parseJson } from '../predict/decode-json';
import { isRequestError, RequestError } from '../predict/errors';
import { REASONS } from '../stream/contract';
import { nestsTooDeep } from './nesting';
import type { Fault } from './ports';

/** Makes an instance of the base64 of a record; it is not validated yet. Throws where there is none in it. */
export type RecordDecoder = (data: string) => unknown;

/** Fatal, as a byte that is none of UTF-8 would become another character; a byte order mark is left out. */
const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/** How records of this format are read: a record is one JSON document, or one row of CSV without a header. */
export function recordDecoder(format: 'json' | 'csv', input: ServedInput | undefined): RecordDecoder {
  if (format === 'json') {
    return (data) => decodeJson(textOf(data));
  }
  // A file of its own in the bundle: most functions never load the CSV parser.
  const { rowDecoder } = require('./decode-row') as typeof import('./decode-row');
  const decode = rowDecoder(input);
  return (data) => decode(textOf(data));
}

function decodeJson(text: string): unknown {
  const instance = parseJson(text);
  if (nestsTooDeep(text)) {
    throw new RequestError('MALFORMED_BODY', 'it nests too deep to be written again');
  }
  return instance;
}

/** The text of a record. Where all of it is ASCII, as most are, its bytes are its characters, and no buffer is made for them. */
function textOf(data: string): string {
  const bytes = atob(data);
  return Buffer.byteLength(bytes) === bytes.length ? bytes : UTF_8.decode(Buffer.from(data, 'base64'));
}

/** What was wrong with a record that could not be read. */
export function decodingFault(error: unknown): Fault {
  if (!isRequestError(error)) {
    return { reason: REASONS.undecodable, cause: 'it is not valid UTF-8' };
  }
  const reason = error.code === 'INVALID_INPUT' ? REASONS.invalid : REASONS.undecodable;
  return { reason, cause: error.message.replace('the body', 'it') };
}
