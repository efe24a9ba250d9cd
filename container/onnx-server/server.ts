import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorAnswer, type Failure, failureOf, inferenceIdOf } from '../../lambda/predict/answers';
import { ERROR_STATUS } from '../../lambda/predict/contract';
import { RequestError } from '../../lambda/predict/errors';
import type { ExecutionParameters } from './capacity';
import { INFERENCE_ID_HEADER, MAX_BODY_BYTES, PATHS } from './contract';
import type { Answer, Invocation } from './invocation';
import { readBody } from './read-body';

/** SageMaker reuses connections; one that we close while it sends would cost a request. Longer than its own time-out of 60 s. */
const KEEP_ALIVE_MILLISECONDS = 75_000;

/**
 * How long connections stay open once the server was asked to stop: a caller who is about to use one once more gets an answer, and
 * is told with it that the connection is closed.
 */
const LINGER_MILLISECONDS = 1_000;
const POLL_MILLISECONDS = 50;

export interface ServerParts {
  readonly answer: (invocation: Invocation) => Promise<Answer>;
  readonly executionParameters: ExecutionParameters;
}

/**
 * The HTTP side of SageMaker's container contract. The header `Accept` is read past on purpose unless it asks for JSON Lines: every
 * other answer is JSON and says so, and SageMaker sends the caller's header on even where the caller has not chosen it.
 */
export class InferenceServer {
  /** Whether the model is loaded. Until then pings fail, and invocations wait. */
  public ready = false;

  /** To listen with. */
  public readonly http: Server;

  private readonly routes: Readonly<Record<string, Route>>;
  private inFlight = 0;
  private stopping = false;

  constructor(private readonly parts: ServerParts) {
    this.routes = {
      [PATHS.ping]: { method: 'GET', handle: (_request, response) => this.respond(response, this.ready ? 200 : 503) },
      [PATHS.executionParameters]: {
        method: 'GET',
        handle: (_request, response) => this.respond(response, 200, JSON.stringify(parts.executionParameters)),
      },
      [PATHS.invocations]: { method: 'POST', handle: (request, response) => this.invoke(request, response) },
    };
    this.http = createServer({ keepAliveTimeout: KEEP_ALIVE_MILLISECONDS }, (request, response) => {
      this.inFlight++;
      response.on('close', () => this.inFlight--);
      this.route(request, response);
    });
  }

  /** Takes no more connections. Fulfilled when everything that was asked is answered. */
  public async stop(): Promise<void> {
    this.stopping = true;
    // Not that of the HTTP server, which would also cut the connections that are just about to be used.
    NetServer.prototype.close.call(this.http);
    await sleep(LINGER_MILLISECONDS);
    while (this.inFlight > 0) {
      await sleep(POLL_MILLISECONDS);
    }
  }

  private route(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '/').split('?', 1)[0];
    if (!Object.hasOwn(this.routes, path)) {
      const known = Object.keys(this.routes).join(', ');
      this.refuse(response, new RequestError('NOT_FOUND', `there is no such path: use ${known}`));
      return;
    }
    const route = this.routes[path];
    if (request.method !== route.method) {
      response.setHeader('allow', route.method);
      this.refuse(response, new RequestError('METHOD_NOT_ALLOWED', `use ${route.method}`));
      return;
    }
    route.handle(request, response);
  }

  private invoke(request: IncomingMessage, response: ServerResponse): void {
    const requestId = randomUUID();
    const given = request.headers[INFERENCE_ID_HEADER];
    readBody(request, MAX_BODY_BYTES)
      .then((body) =>
        this.parts.answer({
          requestId,
          inferenceId: inferenceIdOf(typeof given === 'string' ? given : undefined, requestId),
          contentType: request.headers['content-type'],
          accept: request.headers.accept,
          body,
        }),
      )
      .then(
        ({ status, body, contentType }) => this.respond(response, status, body, contentType),
        (error: unknown) => this.refuse(response, failureOf(error), requestId),
      );
  }

  private refuse(response: ServerResponse, failure: Failure, requestId: string = randomUUID()): void {
    this.respond(response, ERROR_STATUS[failure.code], JSON.stringify(errorAnswer(failure, requestId)));
  }

  private respond(response: ServerResponse, status: number, body?: string, contentType = 'application/json'): void {
    if (this.stopping) {
      response.setHeader('connection', 'close');
    }
    if (body !== undefined) {
      response.setHeader('content-type', contentType);
    }
    response.setHeader('content-length', Buffer.byteLength(body ?? ''));
    response.writeHead(status).end(body);
  }
}

interface Route {
  readonly method: 'GET' | 'POST';
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
}
