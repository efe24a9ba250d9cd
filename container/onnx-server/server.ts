import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { errorAnswer, type Failure, failureOf, inferenceIdOf } from '../../lambda/predict/answers';
import { ERROR_STATUS } from '../../lambda/predict/contract';
import { RequestError } from '../../lambda/predict/errors';
import type { ExecutionParameters } from './capacity';
import { INFERENCE_ID_HEADER, MAX_BODY_BYTES, PATHS } from './contract';
import type { Answer, Invocation } from './invocation';
import { readBody } from './read-body';

/** SageMaker reuses connections; one that we close while it sends would cost a request. Longer than its own time-out of 60 s. */
const KEEP_ALIVE_MILLISECONDS = 75_000;

export interface ServerParts {
  readonly answer: (invocation: Invocation) => Promise<Answer>;
  readonly executionParameters: ExecutionParameters;
  /** Whether the model is loaded. */
  readonly isReady: () => boolean;
  /** Whether the server was asked to stop: it then keeps no connection. */
  readonly isStopping: () => boolean;
}

/**
 * The HTTP side of SageMaker's container contract. The header `Accept` is read past on purpose: every answer is JSON and says so,
 * and SageMaker sends the caller's header on even where the caller has not chosen it.
 */
export function createInferenceServer(parts: ServerParts): Server {
  const routes: Readonly<Record<string, Route>> = {
    [PATHS.ping]: { method: 'GET', handle: (_request, response) => respond(response, parts.isReady() ? 200 : 503, '') },
    [PATHS.executionParameters]: {
      method: 'GET',
      handle: (_request, response) => respond(response, 200, JSON.stringify(parts.executionParameters)),
    },
    [PATHS.invocations]: { method: 'POST', handle: (request, response) => invoke(parts, request, response) },
  };
  return createServer({ keepAliveTimeout: KEEP_ALIVE_MILLISECONDS }, (request, response) => {
    if (parts.isStopping()) {
      response.setHeader('connection', 'close');
    }
    const path = (request.url ?? '/').split('?', 1)[0];
    if (!Object.hasOwn(routes, path)) {
      refuse(response, new RequestError('NOT_FOUND', `there is no such path: use ${Object.keys(routes).join(', ')}`));
      return;
    }
    const route = routes[path];
    if (request.method !== route.method) {
      response.setHeader('allow', route.method);
      refuse(response, new RequestError('METHOD_NOT_ALLOWED', `use ${route.method}`));
      return;
    }
    route.handle(request, response);
  });
}

interface Route {
  readonly method: 'GET' | 'POST';
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
}

function invoke(parts: ServerParts, request: IncomingMessage, response: ServerResponse): void {
  const requestId = randomUUID();
  const given = request.headers[INFERENCE_ID_HEADER];
  readBody(request, MAX_BODY_BYTES)
    .then((body) =>
      parts.answer({
        requestId,
        inferenceId: inferenceIdOf(typeof given === 'string' ? given : undefined, requestId),
        contentType: request.headers['content-type'],
        body,
      }),
    )
    .then(
      ({ status, body }) => {
        // Asked again: the answer may have been waited for.
        if (parts.isStopping()) {
          response.setHeader('connection', 'close');
        }
        respond(response, status, body);
      },
      (error: unknown) => refuse(response, failureOf(error), requestId),
    );
}

function refuse(response: ServerResponse, failure: Failure, requestId: string = randomUUID()): void {
  respond(response, ERROR_STATUS[failure.code], JSON.stringify(errorAnswer(failure, requestId)));
}

function respond(response: ServerResponse, status: number, body: string): void {
  const type = body === '' ? {} : { 'content-type': 'application/json' };
  response.writeHead(status, { ...type, 'content-length': Buffer.byteLength(body) }).end(body);
}
