import type { Context } from 'aws-lambda';
import { errorAnswer, type Failure, failureOf, inferenceIdOf, predictionAnswer } from './answers';
import type { Batch } from './batch';
import { ERROR_STATUS, type PredictionAnswer, type ServedModel } from './contract';
import type { Predictor } from './core';
import type { CorsHeaders } from './cors';
import { findInstances } from './decode-json';
import { decodeRequest } from './decode-request';
import { isRequestError, RequestError } from './errors';
import { asHttpRequest, header, type HttpAnswer, type HttpRequest } from './http-event';
import type { RequestSummary } from './metrics';
import { summarize } from './summarize';

export interface HandlerParts {
  readonly predictor: () => Predictor | Promise<Predictor>;
  readonly report: (summary: RequestSummary) => void;
  /** The CORS headers of an answer to a caller from this origin; absent where no page of another site may read it. */
  readonly corsHeaders?: CorsHeaders;
  readonly logFault: (model: ServedModel, requestId: string, inferenceId: string, error: unknown) => void;
}

export type PredictHandler = (
  event: unknown,
  context: Pick<Context, 'awsRequestId'>,
) => Promise<PredictionAnswer | HttpAnswer>;

/** Lambda takes no larger answer: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_ANSWER_BYTES = 6 * 1024 * 1024;
/** Room for the status and the headers around the body. */
const ANSWER_OVERHEAD_BYTES = 1024;

const INFERENCE_ID_HEADER = 'x-inference-id';
const PREDICT_PATH = 'predict';
const HEALTH_PATH = 'health';

const HEADERS = {
  'content-type': 'application/json',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};

/** One request: who asked, and since when. */
interface Request {
  readonly predictor: Predictor;
  readonly requestId: string;
  readonly inferenceId: string;
  readonly started: number;
}

export function createHandler(parts: HandlerParts): PredictHandler {
  return async (event, context) => {
    const started = performance.now();
    const http = asHttpRequest(event);
    const ready = parts.predictor();
    // Not awaited when it is there: that would cost each request a turn of the microtask queue.
    const predictor = ready instanceof Promise ? await ready : ready;
    const requestId = http?.requestId ?? context.awsRequestId;
    const given = http === undefined ? undefined : header(http, INFERENCE_ID_HEADER);
    const request = { predictor, requestId, inferenceId: inferenceIdOf(given, requestId), started };
    if (http === undefined) {
      return invoke(parts, request, event);
    }
    const answered = answer(parts, request, http);
    return parts.corsHeaders === undefined
      ? answered
      : { ...answered, headers: { ...answered.headers, ...parts.corsHeaders(header(http, 'origin')) } };
  };
}

/**
 * A direct invocation has no status to answer with, so a failure is thrown: an asynchronous invocation then ends in the
 * function's failure destination, and nothing that was accepted is lost. The name of the error is its code.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
function invoke(parts: HandlerParts, request: Request, event: unknown): PredictionAnswer {
  try {
    return predict(parts, request, () => findInstances(event, request.predictor.model.input));
  } catch (error) {
    const { code, message } = recordFailure(parts, request, error, true);
    const thrown = new Error(message);
    thrown.name = code;
    throw thrown;
  }
}

function answer(parts: HandlerParts, request: Request, http: HttpRequest): HttpAnswer {
  const { model } = request.predictor;
  const page = http.path.slice(http.path.lastIndexOf('/') + 1);
  if (page === HEALTH_PATH) {
    return http.method === 'GET' || http.method === 'HEAD'
      ? respond(200, { status: 'ok', model: { name: model.name, version: model.version, sha256: model.sha256 } })
      : refuse(request, new RequestError('METHOD_NOT_ALLOWED', 'use GET'), { allow: 'GET, HEAD' });
  }
  if (!http.routed && page !== PREDICT_PATH && page !== '') {
    return refuse(
      request,
      new RequestError('NOT_FOUND', `there is no such path: use /${PREDICT_PATH} or /${HEALTH_PATH}`),
    );
  }
  if (http.method !== 'POST') {
    return refuse(request, new RequestError('METHOD_NOT_ALLOWED', 'use POST'), { allow: 'POST' });
  }
  try {
    const body = { contentType: header(http, 'content-type'), body: http.body, isBase64: http.isBase64 };
    return predict(parts, request, () => decodeRequest(body, model), toHttp);
  } catch (error) {
    return refuse(request, recordFailure(parts, request, error, false));
  }
}

function predict(parts: HandlerParts, request: Request, decode: () => Batch): PredictionAnswer;
function predict(
  parts: HandlerParts,
  request: Request,
  decode: () => Batch,
  render: (answer: PredictionAnswer) => HttpAnswer,
): HttpAnswer;
function predict(
  parts: HandlerParts,
  { predictor, inferenceId, started }: Request,
  decode: () => Batch,
  render: (answer: PredictionAnswer) => PredictionAnswer | HttpAnswer = (same) => same,
): PredictionAnswer | HttpAnswer {
  const { model, session } = predictor;
  const { predictions, modelMilliseconds } = predictor.predict(decode());
  const rendered = render(predictionAnswer(model, predictions, inferenceId));
  parts.report({
    latencyMilliseconds: performance.now() - started,
    modelMilliseconds,
    batchSize: predictions.length,
    scores: summarize(session.outputs, predictions),
  });
  return rendered;
}

function toHttp(prediction: PredictionAnswer): HttpAnswer {
  const rendered = respond(200, prediction);
  // The answer travels as a string in JSON, so each of its quotes is escaped. No character takes more than three bytes, so most
  // answers need not be measured.
  const limit = MAX_ANSWER_BYTES - ANSWER_OVERHEAD_BYTES;
  if (rendered.body.length * 3 > limit && Buffer.byteLength(JSON.stringify(rendered.body)) > limit) {
    throw new RequestError('TOO_LARGE', 'the answer would be larger than 6 MB: send fewer instances in one request');
  }
  return rendered;
}

function recordFailure(parts: HandlerParts, request: Request, error: unknown, thrown: boolean): Failure {
  const { predictor, requestId, inferenceId, started } = request;
  const failure = failureOf(error);
  if (!isRequestError(error)) {
    parts.logFault(predictor.model, requestId, inferenceId, error);
  }
  parts.report({
    latencyMilliseconds: performance.now() - started,
    failure: { code: failure.code, thrown },
  });
  return failure;
}

function refuse({ requestId }: Request, failure: Failure, headers?: Record<string, string>): HttpAnswer {
  return respond(ERROR_STATUS[failure.code], errorAnswer(failure, requestId), headers);
}

function respond(statusCode: number, body: unknown, headers?: Record<string, string>): HttpAnswer {
  return {
    statusCode,
    headers: headers === undefined ? HEADERS : { ...HEADERS, ...headers },
    body: JSON.stringify(body),
  };
}
