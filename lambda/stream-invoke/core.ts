import {
  CONTENT_TYPES,
  type ErrorAnswer,
  type ErrorCode,
  ERROR_STATUS,
  MODEL_ERROR_MESSAGE,
} from '../predict/contract';
import { inferenceIdOf } from '../predict/answers';
import { isRequestError, RequestError } from '../predict/errors';
import { header, type HttpRequest } from '../predict/http-event';
import { OWN_SHAPE, REFUSALS, SIZE_WORDS } from './contract';

/** What the endpoint is asked. */
export interface StreamRequest {
  readonly body: Buffer;
  readonly inferenceId: string;
  /** The content types that the caller takes. */
  readonly accept?: string;
}

/** An answer that says why there is no stream. */
export interface Refusal {
  readonly status: number;
  /** JSON. */
  readonly body: string;
}

const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]*)/i;
const MAX_ACCEPT = 1024;

/** Reads the request. Its fields were validated by the gateway, but only those of the content type that it has a schema for. */
export function readRequest(http: HttpRequest, requestId: string): StreamRequest {
  const contentType = header(http, 'content-type') ?? CONTENT_TYPES.json;
  const charset = CHARSET.exec(contentType)?.[1].toLowerCase() ?? 'utf-8';
  if (contentType.split(';')[0].trim().toLowerCase() !== CONTENT_TYPES.json) {
    throw new RequestError('UNSUPPORTED_MEDIA_TYPE', `send ${CONTENT_TYPES.json}`);
  }
  if (!['utf-8', 'utf8', 'us-ascii'].includes(charset)) {
    throw new RequestError('UNSUPPORTED_MEDIA_TYPE', 'text must be encoded in UTF-8');
  }
  if (http.body === undefined || http.body.length === 0) {
    throw new RequestError('MALFORMED_BODY', 'the request has no body');
  }
  const accept = header(http, 'accept');
  return {
    body: Buffer.from(http.body, http.isBase64 ? 'base64' : 'utf8'),
    inferenceId: inferenceIdOf(header(http, 'x-inference-id'), requestId),
    // A longer one would be refused by SageMaker.
    ...(accept === undefined || accept.length > MAX_ACCEPT ? {} : { accept }),
  };
}

/** What the SDK throws; everything is absent on what comes from below it. */
interface ServiceError {
  readonly name?: string;
  readonly message?: string;
  readonly OriginalStatusCode?: number;
  readonly OriginalMessage?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/**
 * Why there is no stream, in the shape of every other error. What the container said of a bad request is handed on, in its own
 * words or wrapped; of its own failure nothing is.
 */
export function refusalOf(error: unknown, requestId: string): Refusal {
  if (isRequestError(error)) {
    return refusal(ERROR_STATUS[error.code], error.code, error.message, requestId);
  }
  const { name, message = '', OriginalStatusCode, OriginalMessage = '', $metadata } = error as ServiceError;
  const status = $metadata?.httpStatusCode;
  if (name === 'ModelError' && OriginalStatusCode !== undefined && Math.floor(OriginalStatusCode / 100) === 4) {
    return OriginalMessage.startsWith(OWN_SHAPE)
      ? { status: OriginalStatusCode, body: OriginalMessage }
      : refusal(OriginalStatusCode, 'INVALID_INPUT', OriginalMessage, requestId);
  }
  if (status === 413 || (name === 'ValidationError' && new RegExp(SIZE_WORDS, 'i').test(message))) {
    return refusal(413, 'TOO_LARGE', REFUSALS.tooLarge, requestId);
  }
  if (status === 429 || name === 'ThrottlingException') {
    return refusal(429, 'THROTTLED', REFUSALS.throttled, requestId);
  }
  return status === 503
    ? refusal(503, 'MODEL_ERROR', 'the endpoint is not available: try again', requestId)
    : refusal(500, 'MODEL_ERROR', MODEL_ERROR_MESSAGE, requestId);
}

function refusal(status: number, code: ErrorCode | 'THROTTLED', message: string, requestId: string): Refusal {
  return { status, body: JSON.stringify({ error: { code, message, requestId } }) };
}

/** Whether a reader of this content type understands an event that says what went wrong. */
export function takesErrorEvents(contentType: string): boolean {
  return /^text\/event-stream\s*(;|$)/i.test(contentType);
}

/**
 * The last event of a stream that could not be finished. The lines before it end an event of which only the beginning came.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function errorEvent(requestId: string): string {
  const answer: ErrorAnswer = {
    error: { code: 'MODEL_ERROR', message: 'the answer broke off before its end', requestId },
  };
  return `\n\nevent: error\ndata: ${JSON.stringify(answer)}\n\n`;
}

const MAX_REASON = 500;

/** What may be logged of a failure. The messages of the container are left out: they may quote the request. */
export function describeFault(error: unknown): Readonly<Record<string, unknown>> {
  const { name, message, $metadata, ...rest } = error as ServiceError & {
    readonly ErrorCode?: string;
    readonly LogStreamArn?: string;
    readonly $metadata?: { readonly requestId?: string };
  };
  const quotes = name === 'ModelError' || name === 'ModelStreamError';
  return {
    name,
    ...(quotes ? {} : { reason: String(message ?? error).slice(0, MAX_REASON) }),
    status: $metadata?.httpStatusCode,
    originalStatus: rest.OriginalStatusCode,
    errorCode: rest.ErrorCode,
    containerLog: rest.LogStreamArn,
    sageMakerRequestId: $metadata?.requestId,
  };
}
