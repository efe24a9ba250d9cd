import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ENV } from '../../../lambda/stream-invoke/contract';
import type { StreamHandler } from '../../../lambda/stream-invoke/handler';
import { failure, piece, refuse, streamHead, StreamingEndpoint } from './streaming-endpoint';
import { awslambda, ResponseSink, until } from './streaming-runtime';

const endpoint = new StreamingEndpoint();
const before = { ...process.env };
const SECRET = 'the answer to everything';
const EVENTS = 'text/event-stream; charset=utf-8';
let handler: StreamHandler;
let lines: string[] = [];

beforeAll(async () => {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME: await endpoint.start(),
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'key',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_LAMBDA_FUNCTION_NAME: 'streams',
    [ENV.endpointName]: 'chat',
    [ENV.corsOrigins]: 'https://example.com',
  });
  Object.assign(globalThis, { awslambda });
  // Reads its environment when it is loaded.
  ({ handler } = require('../../../lambda/stream-invoke/index') as { handler: StreamHandler });
});

afterAll(async () => {
  process.env = before;
  await endpoint.stop();
});

beforeEach(() => {
  endpoint.requests.length = 0;
  endpoint.abandoned = 0;
  lines = [];
  const write = (line: unknown): boolean => lines.push(String(line)) > 0;
  jest.spyOn(process.stdout, 'write').mockImplementation(write);
  jest.spyOn(process.stderr, 'write').mockImplementation(write);
  jest.spyOn(console, 'error').mockImplementation(write);
});

afterEach(() => jest.restoreAllMocks());

/** What API Gateway sends for a request. */
function event(given: { headers?: Record<string, string>; body?: string | null; base64?: boolean } = {}): unknown {
  return {
    httpMethod: 'POST',
    resource: '/predict/stream',
    path: '/predict/stream',
    headers: { 'Content-Type': 'application/json', ...given.headers },
    body: given.body === undefined ? JSON.stringify({ prompt: SECRET }) : given.body,
    isBase64Encoded: given.base64 ?? false,
    requestContext: { requestId: 'request-1' },
  };
}

/** As the runtime does it: a handler that returns without having ended its answer has failed. */
async function call(request: unknown = event(), sink = new ResponseSink()): Promise<ResponseSink> {
  await handler(request, sink, { awsRequestId: 'invocation-1' });
  await until(() => sink.writableFinished || sink.destroyed, 'the answer has ended');
  return sink;
}

const answerWith =
  (contentType: string, ...pieces: Buffer[]) =>
  (response: ServerResponse): void => {
    streamHead(response, contentType);
    pieces.forEach((bytes) => response.write(bytes));
    response.end();
  };

/** The metrics of the requests so far. */
const metrics = (): Record<string, unknown>[] =>
  lines.filter((line) => line.includes('CloudWatchMetrics')).map((line) => JSON.parse(line) as Record<string, unknown>);
const logged = (): string[] => lines.filter((line) => line.includes('the endpoint failed'));

describe('a stream: ', () => {
  test('goes on under the content type of the container, all its pieces in order', async () => {
    const pieces = Array.from({ length: 200 }, (_, index) => `data: ${index}\n\n`);
    endpoint.respond = answerWith(EVENTS, ...pieces.map(piece));
    expect((await call()).answer).toEqual({
      statusCode: 200,
      headers: {
        'content-type': EVENTS,
        'x-inference-id': 'request-1',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        vary: 'origin',
      },
      body: pieces.join(''),
    });
  });

  test('asks the endpoint for what the caller asked, under the id of the request', async () => {
    endpoint.respond = answerWith('application/json', piece('{}'));
    await call(event({ headers: { Accept: 'application/jsonlines', 'X-Inference-Id': 'mine-1' } }));
    const [{ path, headers, body }] = endpoint.requests;
    expect(path).toBe('/endpoints/chat/invocations-response-stream');
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-amzn-sagemaker-accept': 'application/jsonlines',
      'x-amzn-sagemaker-inference-id': 'mine-1',
    });
    expect(JSON.parse(body)).toEqual({ prompt: SECRET });
  });

  test.each([
    ['a caller who gives no id', {}, 'request-1'],
    ['an id of his own', { 'x-inference-id': 'Mine_1.2-3' }, 'Mine_1.2-3'],
    ['an id that could not stand in a log', { 'x-inference-id': 'a b' }, 'request-1'],
  ])('%s', async (_, headers, id) => {
    endpoint.respond = answerWith(EVENTS, piece('data: 1\n\n'));
    const { answer } = await call(event({ headers }));
    expect(answer.headers['x-inference-id']).toBe(id);
    expect(endpoint.requests[0].headers['x-amzn-sagemaker-inference-id']).toBe(id);
  });

  test('can be read by pages of the origins that are allowed, and of no other', async () => {
    endpoint.respond = answerWith(EVENTS, piece('data: 1\n\n'));
    const allowed = await call(event({ headers: { origin: 'https://example.com' } }));
    const other = await call(event({ headers: { origin: 'https://example.org' } }));
    expect(allowed.answer.headers['access-control-allow-origin']).toBe('https://example.com');
    expect(other.answer.headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('has status and headers also when the model answers nothing', async () => {
    endpoint.respond = answerWith('text/plain');
    expect((await call()).answer).toMatchObject({
      statusCode: 200,
      headers: { 'content-type': 'text/plain' },
      body: '',
    });
  });

  test('passes bytes on as they are, cut within a character', async () => {
    const bytes = Buffer.from('data: ü€\n\n');
    endpoint.respond = answerWith(EVENTS, piece(bytes.subarray(0, 7)), piece(bytes.subarray(7)));
    expect((await call()).answer.body).toBe('data: ü€\n\n');
  });

  test('takes a body in base 64', async () => {
    endpoint.respond = answerWith(EVENTS, piece('data: 1\n\n'));
    await call(event({ body: Buffer.from('{"prompt":"ü"}').toString('base64'), base64: true }));
    expect(endpoint.requests[0].body).toBe('{"prompt":"ü"}');
  });

  test('sends each piece before the next has come', async () => {
    let go = (): void => undefined;
    endpoint.respond = (response) => {
      streamHead(response, EVENTS);
      response.write(piece('data: first\n\n'));
      go = () => response.end(piece('data: second\n\n'));
    };
    const sink = new ResponseSink();
    const done = call(event(), sink);
    await until(() => sink.bytes.includes('first'), 'the first piece is there');
    expect(sink.bytes.includes('second')).toBe(false);
    go();
    await done;
    expect(sink.answer.body).toBe('data: first\n\ndata: second\n\n');
  });

  test('is read no faster than the caller takes it', async () => {
    const PIECE = 64 * 1024;
    const PIECES = 1024;
    let sent = 0;
    endpoint.respond = async (response) => {
      streamHead(response, 'application/octet-stream');
      for (; sent < PIECES; sent += 1) {
        if (!response.write(piece(Buffer.alloc(PIECE, 97)))) {
          await new Promise((resolve) => response.once('drain', resolve));
        }
      }
      response.end();
    };
    const sink = new ResponseSink();
    sink.blocked = true;
    const done = call(event(), sink);
    await until(() => sent > 0, 'the model has begun');
    let before = -1;
    while (before !== sent) {
      before = sent;
      await sleep(200);
    }
    // What the sockets hold, and no more.
    expect(sent * PIECE).toBeLessThan(16 * 1024 * 1024);
    sink.release();
    await done;
    expect(sent).toBe(PIECES);
    expect(Buffer.byteLength(sink.answer.body)).toBe(PIECES * PIECE);
  });

  test('is counted, with the time to its first piece', async () => {
    endpoint.respond = async (response) => {
      streamHead(response, EVENTS);
      await sleep(60);
      response.write(piece('data: 1\n\n'));
      await sleep(300);
      response.end();
    };
    await call();
    expect(metrics()).toEqual([
      expect.objectContaining({
        FunctionName: 'streams',
        Requests: 1,
        HandledServerErrors: 0,
        FirstChunkLatency: expect.any(Number) as number,
      }),
    ]);
    const [{ FirstChunkLatency: latency, _aws: description }] = metrics();
    expect(latency).toBeGreaterThan(50);
    expect(latency).toBeLessThan(300);
    expect(description).toMatchObject({
      CloudWatchMetrics: [{ Namespace: 'InferencePatterns', Dimensions: [['FunctionName']] }],
    });
  });
});

describe('a request that cannot be answered: ', () => {
  test.each([
    ['CSV', { 'Content-Type': 'text/csv' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a tensor', { 'Content-Type': 'application/octet-stream' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'JSON of another kind, which the gateway has no schema for',
      { 'Content-Type': 'application/vnd.api+json' },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['another encoding', { 'Content-Type': 'application/json; charset="latin1"' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ])('%s is refused before anything is paid for', async (_, headers, statusCode, code) => {
    const sink = await call(event({ headers }));
    expect(sink.answer).toMatchObject({ statusCode, headers: { 'content-type': 'application/json' } });
    expect(sink.error).toEqual({ code, message: expect.any(String) as string, requestId: 'request-1' });
    expect(endpoint.requests).toEqual([]);
  });

  test.each(['', null])('so is a body that is %j', async (body) => {
    const sink = await call(event({ body }));
    expect(sink.answer.statusCode).toBe(400);
    expect(sink.error).toMatchObject({ code: 'MALFORMED_BODY' });
    expect(endpoint.requests).toEqual([]);
  });

  test.each(['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset="UTF-8"'])(
    '%s is JSON',
    async (type) => {
      endpoint.respond = answerWith(EVENTS, piece('data: 1\n\n'));
      expect((await call(event({ headers: { 'Content-Type': type } }))).answer.statusCode).toBe(200);
    },
  );

  const OWN = '{"error":{"code":"INVALID_INPUT","message":"age is missing","field":"age","requestId":"c-1"}}';

  test('in the words of the container where it has our shape', async () => {
    endpoint.respond = (response) =>
      refuse(response, 424, 'ModelError', { Message: 'x', OriginalStatusCode: 422, OriginalMessage: OWN });
    expect((await call()).answer).toMatchObject({ statusCode: 422, body: OWN });
  });

  test('in its own words wrapped where it has another', async () => {
    endpoint.respond = (response) =>
      refuse(response, 424, 'ModelError', { Message: 'x', OriginalStatusCode: 400, OriginalMessage: 'no "prompt"\n' });
    const sink = await call();
    expect(sink.answer.statusCode).toBe(400);
    expect(sink.error).toEqual({ code: 'INVALID_INPUT', message: 'no "prompt"\n', requestId: 'request-1' });
    expect(logged()).toEqual([]);
    expect(metrics()).toEqual([expect.objectContaining({ Requests: 1, HandledServerErrors: 0 })]);
  });

  test.each([500, 503, 0])('a failure of the container (%p) says nothing of it, and is asked once', async (status) => {
    endpoint.respond = (response) =>
      refuse(response, 424, 'ModelError', {
        Message: `Received server error (${status}): ${SECRET}`,
        OriginalStatusCode: status,
        OriginalMessage: SECRET,
        LogStreamArn: 'arn:log',
      });
    const sink = await call();
    expect(sink.answer.statusCode).toBe(500);
    expect(sink.error).toEqual({
      code: 'MODEL_ERROR',
      message: 'the model failed on this request',
      requestId: 'request-1',
    });
    expect(endpoint.requests).toHaveLength(1);
    expect(metrics()).toEqual([expect.objectContaining({ HandledServerErrors: 1 })]);
    expect(logged()).toHaveLength(1);
    expect(logged()[0]).toContain('arn:log');
    expect(lines.join()).not.toContain(SECRET);
  });

  test.each([
    [413, 'RequestEntityTooLarge', 'x', 413, 'TOO_LARGE'],
    [400, 'ValidationError', 'Body must have length less than or equal to the maximum', 413, 'TOO_LARGE'],
    [400, 'ValidationError', 'Endpoint chat of account 1 not found.', 500, 'MODEL_ERROR'],
    [400, 'ThrottlingException', 'Rate exceeded', 429, 'THROTTLED'],
    [429, 'TooManyRequests', 'x', 429, 'THROTTLED'],
    [503, 'ServiceUnavailable', 'x', 503, 'MODEL_ERROR'],
    [403, 'AccessDeniedException', 'x', 500, 'MODEL_ERROR'],
    [500, 'InternalFailure', 'x', 500, 'MODEL_ERROR'],
  ])('SageMaker’s own %p %s (%s) is %p %s', async (status, type, message, statusCode, code) => {
    endpoint.respond = (response) => refuse(response, status, type, { Message: message, message });
    const sink = await call();
    expect(sink.answer.statusCode).toBe(statusCode);
    expect(sink.error).toEqual({ code, message: expect.any(String) as string, requestId: 'request-1' });
  });

  test('what is wrong with the set-up is in the log, cut short', async () => {
    const reason = `not authorized to perform: sagemaker:InvokeEndpoint ${'x'.repeat(1000)}`;
    endpoint.respond = (response) => refuse(response, 403, 'AccessDeniedException', { message: reason });
    await call();
    expect(logged()).toHaveLength(1);
    expect(JSON.parse(logged()[0])).toMatchObject({
      level: 'ERROR',
      requestId: 'request-1',
      inferenceId: 'request-1',
      name: 'AccessDeniedException',
      status: 403,
      reason: reason.slice(0, 500),
    });
  });

  test('an error that is the first of the events still has a status', async () => {
    endpoint.respond = answerWith(EVENTS, failure('ModelStreamError', { Message: SECRET, ErrorCode: 'StreamBroken' }));
    const sink = await call();
    expect(sink.answer).toMatchObject({ statusCode: 500, headers: { 'content-type': 'application/json' } });
    expect(sink.error).toMatchObject({ code: 'MODEL_ERROR' });
    expect(logged()[0]).toContain('StreamBroken');
    expect(lines.join()).not.toContain(SECRET);
  });

  test('refusals can be read by pages of other sites, too', async () => {
    const sink = await call(event({ body: '', headers: { origin: 'https://example.com' } }));
    expect(sink.answer.headers['access-control-allow-origin']).toBe('https://example.com');
  });
});

describe('a stream that breaks off: ', () => {
  const broken: [string, (response: ServerResponse) => void][] = [
    [
      'ModelStreamError',
      (response) =>
        response.end(failure('ModelStreamError', { Message: SECRET, ErrorCode: 'ModelInvocationTimeExceeded' })),
    ],
    ['InternalStreamFailure', (response) => response.end(failure('InternalStreamFailure', { Message: 'x' }))],
    ['a connection that is gone', (response) => response.socket!.destroy()],
    ['half a piece', (response) => response.end(piece('data: 2\n\n').subarray(0, 20))],
  ];
  const breaking =
    (contentType: string, fail: (response: ServerResponse) => void) => async (response: ServerResponse) => {
      streamHead(response, contentType);
      response.write(piece('data: {"token": "ab'));
      await sleep(50);
      fail(response);
    };

  test.each(broken)('%s: server-sent events end with one that says so', async (_, fail) => {
    endpoint.respond = breaking(EVENTS, fail);
    const sink = await call();
    const { statusCode, body } = sink.answer;
    expect(statusCode).toBe(200);
    expect(body.startsWith('data: {"token": "ab')).toBe(true);
    // As the standard has it: an empty line ends an event, however it began.
    const events = body.split('\n\n').filter((part) => part !== '');
    expect(events).toHaveLength(2);
    const [kind, data] = events[1].split('\n');
    expect(kind).toBe('event: error');
    expect(JSON.parse(data.replace(/^data: /, ''))).toEqual({
      error: { code: 'MODEL_ERROR', message: 'the answer broke off before its end', requestId: 'request-1' },
    });
    expect(metrics()).toEqual([expect.objectContaining({ HandledServerErrors: 1 })]);
    expect(logged()).toHaveLength(1);
    expect(lines.join()).not.toContain(SECRET);
  });

  test.each(broken)('%s: an answer of another type fails in AWS Lambda, which counts it', async (_, fail) => {
    endpoint.respond = breaking('application/jsonlines', fail);
    const sink = new ResponseSink();
    await expect(call(event(), sink)).rejects.toThrow('the answer broke off before its end');
    expect(sink.answer).toMatchObject({ statusCode: 200, body: 'data: {"token": "ab' });
    // The runtime ends it, and says that it failed.
    expect(sink.writableEnded).toBe(false);
    expect(metrics()).toEqual([expect.objectContaining({ HandledServerErrors: 0 })]);
    expect(logged()).toHaveLength(1);
  });
});

describe('a caller who is gone: ', () => {
  const endless = (response: ServerResponse): void => {
    streamHead(response, EVENTS);
    response.write(piece('data: 1\n\n'));
  };

  test('while the model thinks: the endpoint is told', async () => {
    endpoint.respond = endless;
    const sink = new ResponseSink();
    const done = call(event(), sink);
    await until(() => sink.bytes.includes('data: 1'), 'the first piece is there');
    sink.destroy();
    await done;
    await until(() => endpoint.abandoned === 1, 'the endpoint is told');
    expect(metrics()).toEqual([expect.objectContaining({ HandledServerErrors: 0 })]);
    expect(logged()).toEqual([]);
  });

  test('while he takes nothing more', async () => {
    endpoint.respond = (response) => {
      endless(response);
      response.write(piece(Buffer.alloc(100_000, 97)));
    };
    const sink = new ResponseSink();
    sink.blocked = true;
    const done = call(event(), sink);
    await until(() => sink.writableNeedDrain, 'the caller takes nothing more');
    sink.destroy();
    await done;
    await until(() => endpoint.abandoned === 1, 'the endpoint is told');
  });

  test('before the first piece', async () => {
    endpoint.respond = () => undefined;
    const sink = new ResponseSink();
    const done = call(event(), sink);
    await until(() => endpoint.requests.length === 1, 'the endpoint is asked');
    sink.destroy();
    await done;
    await until(() => endpoint.abandoned === 1, 'the endpoint is told');
    expect(sink.bytes).toHaveLength(0);
    expect(logged()).toEqual([]);
  });
});

test('an event of another service is refused', async () => {
  await expect(call({ Records: [] })).rejects.toThrow('none of a REST API');
});
