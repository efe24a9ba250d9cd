import type { ErrorAnswer, PredictionAnswer } from '../../../lambda/predict/contract';
import { createHandler, type PredictHandler } from '../../../lambda/predict/handler';
import type { HttpAnswer } from '../../../lambda/predict/http-event';
import type { RequestSummary } from '../../../lambda/predict/metrics';
import { start } from '../../../lambda/predict/start';
import { writeAsset, type ServedModelOptions } from '../served-model';

/** A handler over a real session, which remembers what it reported. */
export interface RecordedHandler {
  readonly handler: PredictHandler;
  readonly reports: RequestSummary[];
  readonly faults: unknown[];
  /** Sends an HTTP request through a function URL, and gives the status with the parsed body. */
  readonly post: (body: string | Buffer, headers?: Record<string, string>) => Promise<Answer>;
  readonly invoke: (payload: unknown) => Promise<PredictionAnswer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: PredictionAnswer & ErrorAnswer;
}

export const CONTEXT = { awsRequestId: 'aws-request' };

export function recordedHandler(options: ServedModelOptions): RecordedHandler {
  const { predictor } = start(writeAsset(options), {});
  const reports: RequestSummary[] = [];
  const faults: unknown[] = [];
  const handler = createHandler({
    predictor,
    report: (summary) => reports.push(summary),
    logFault: (_model, _requestId, _inferenceId, error) => faults.push(error),
  });
  const post: RecordedHandler['post'] = async (body, headers = {}) => {
    const isBase64Encoded = Buffer.isBuffer(body);
    const event = functionUrlEvent({
      headers,
      isBase64Encoded,
      body: isBase64Encoded ? body.toString('base64') : body,
    });
    return parse((await handler(event, CONTEXT)) as HttpAnswer);
  };
  const invoke = (payload: unknown): Promise<PredictionAnswer> =>
    handler(payload, CONTEXT) as Promise<PredictionAnswer>;
  return { handler, reports, faults, post, invoke };
}

export function parse({ statusCode, headers, body }: HttpAnswer): Answer {
  return { status: statusCode, headers, body: JSON.parse(body) as Answer['body'] };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html */
export function functionUrlEvent(overrides: Record<string, unknown> = {}, method = 'POST'): Record<string, unknown> {
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: '/predict',
    headers: {},
    requestContext: { stage: '$default', requestId: 'url-request', http: { method, path: '/predict' } },
    isBase64Encoded: false,
    ...overrides,
  };
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html */
export function restEvent(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    resource: '/v1/score',
    path: '/v1/score',
    httpMethod: 'POST',
    headers: {},
    requestContext: { stage: 'prod', requestId: 'rest-request' },
    body: null,
    isBase64Encoded: false,
    ...overrides,
  };
}
