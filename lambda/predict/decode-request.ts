import type { Batch } from './batch';
import { CONTENT_TYPES, type ServedModel } from './contract';
import { findInstances, parseJson } from './decode-json';
import { decodeTensor } from './decode-tensor';
import { RequestError } from './errors';

/** Lambda takes no larger request: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_BODY_BYTES = 6 * 1024 * 1024;

/** The body of an HTTP request: a string as Lambda's event carries it, or the bytes themselves, whose size the server bounds. */
export interface RequestBody {
  readonly contentType: string | undefined;
  readonly body: string | Buffer | undefined;
  /** Whether a string stands for bytes. */
  readonly isBase64: boolean;
}

/** Reads the instances out of a body of any accepted content type. They are not validated yet. */
export function decodeRequest({ contentType, body, isBase64 }: RequestBody, model: ServedModel): Batch {
  const { type, parameters } = parseContentType(contentType ?? CONTENT_TYPES.json);
  if (body === undefined || body.length === 0) {
    throw new RequestError('MALFORMED_BODY', 'the request has no body');
  }
  switch (type) {
    case CONTENT_TYPES.json:
      return findInstances(parseJson(toText(body, isBase64, parameters)), model.input);
    case CONTENT_TYPES.csv: {
      const text = toText(body, isBase64, parameters);
      const header = parameters.get('header') === 'present';
      // A file of its own in the bundle: most functions never load the CSV parser.
      const { decodeCsv } = require('./decode-csv') as typeof import('./decode-csv');
      return decodeCsv(text, header, model.input, model.maxInstances);
    }
    case CONTENT_TYPES.tensor:
      return decodeTensor(toBytes(body, isBase64), model.input);
    default:
      throw new RequestError('UNSUPPORTED_MEDIA_TYPE', `send one of ${Object.values(CONTENT_TYPES).join(', ')}`);
  }
}

interface ContentType {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const PLAIN_JSON: ContentType = { type: CONTENT_TYPES.json, parameters: new Map() };

function parseContentType(header: string): ContentType {
  // What nearly every caller sends.
  if (header === CONTENT_TYPES.json) {
    return PLAIN_JSON;
  }
  const [type, ...rest] = header.split(';');
  const parameters = rest.map((part): [string, string] => {
    const [name, value] = part.split('=');
    return [
      name.trim().toLowerCase(),
      (value ?? '')
        .trim()
        .replace(/^"(.*)"$/, '$1')
        .toLowerCase(),
    ];
  });
  return { type: type.trim().toLowerCase(), parameters: new Map(parameters) };
}

function toText(body: string | Buffer, isBase64: boolean, parameters: ReadonlyMap<string, string>): string {
  const charset = parameters.get('charset') ?? 'utf-8';
  if (charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii') {
    throw new RequestError('UNSUPPORTED_MEDIA_TYPE', 'text must be encoded in UTF-8');
  }
  if (typeof body === 'string' && !isBase64) {
    // A character is one to three bytes in UTF-8, so most bodies need not be measured.
    if (body.length * 3 > MAX_BODY_BYTES) {
      checkSize(Buffer.byteLength(body));
    }
    return body;
  }
  const bytes = toBytes(body, isBase64);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new RequestError('MALFORMED_BODY', 'the body is not valid UTF-8');
  }
}

function toBytes(body: string | Buffer, isBase64: boolean): Buffer {
  if (typeof body !== 'string') {
    return body;
  }
  if (!isBase64) {
    throw new RequestError(
      'MALFORMED_BODY',
      'the bytes of the body were read as text on the way: the API must list this content type as binary',
    );
  }
  const bytes = Buffer.from(body, 'base64');
  checkSize(bytes.length);
  return bytes;
}

function checkSize(bytes: number): void {
  if (bytes > MAX_BODY_BYTES) {
    throw new RequestError('TOO_LARGE', `the body has ${bytes} bytes, at most ${MAX_BODY_BYTES} are allowed`);
  }
}
