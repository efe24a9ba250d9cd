import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openEndpoint } from '../../../../lambda/stream-score/endpoint/sagemaker-endpoint';
import type { EndpointSettings } from '../../../../lambda/stream/contract';
import { realDeadline } from '../real-deadline';

jest.setTimeout(30_000);

type Answer = (response: ServerResponse, body: string, count: number) => void;

const ok: Answer = (response, body) => {
  const { instances } = JSON.parse(body) as { instances: number[] };
  response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify({ predictions: instances.map((instance) => instance * 2) }));
};
const refuse =
  (status: number, type: string, more: object = {}): Answer =>
  (response) =>
    response
      .writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type })
      .end(JSON.stringify({ Message: `${type} it is`, ...more }));

const requests: { readonly url: string; readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
let answer: Answer = ok;
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (piece) => (body += piece));
  request.on('end', () => {
    requests.push({ url: request.url!, headers: request.headers, body });
    answer(response, body, requests.length);
  });
});
const before = { ...process.env };

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'key',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  });
});
afterAll(() => {
  process.env = before;
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  requests.length = 0;
  answer = ok;
});

const SETTINGS: EndpointSettings = {
  endpointName: 'tumour',
  variantName: 'blue',
  contentType: 'application/json',
  maxRecords: 3,
  maxBytes: 10_000,
  maxConcurrency: 2,
};
const open = (): ReturnType<typeof openEndpoint> => openEndpoint(SETTINGS, { name: 'tumour', version: '3' });

test('requests go to the variant of the endpoint, and their predictions come back', async () => {
  const scores = await open().score([1, 2, 3, 4, 5], realDeadline(10_000));
  expect(scores).toMatchObject({ predictions: [2, 4, 6, 8, 10], reached: 5, throttles: 0 });
  expect(requests.map(({ body }) => body).sort()).toEqual(['{"instances":[1,2,3]}', '{"instances":[4,5]}']);
  expect(requests[0].url).toBe('/endpoints/tumour/invocations');
  expect(requests[0].headers).toMatchObject({
    'content-type': 'application/json',
    accept: 'application/json',
    'x-amzn-sagemaker-target-variant': 'blue',
  });
});

test.each<[string, Answer]>([
  ['too many calls', refuse(429, 'ThrottlingException')],
  ['a throttle as 400', refuse(400, 'ThrottlingException')],
  ['a model that is not ready', refuse(429, 'ModelNotReadyException')],
  ['no service', refuse(503, 'ServiceUnavailable')],
])('%s is a throttle, and the call is made again later', async (_, refusal) => {
  answer = (response, body, count) => (count === 1 ? refusal : ok)(response, body, count);
  const scores = await open().score([1, 2], realDeadline(20_000));
  expect(scores).toMatchObject({ predictions: [2, 4], reached: 2, throttles: 1 });
  expect(requests).toHaveLength(2);
});

test.each<[string, Answer]>([
  ['a fault of the service', refuse(500, 'InternalFailure')],
  ['a dependency that fails', refuse(530, 'InternalDependencyException')],
  ['a connection that is broken off', (response) => void response.destroy()],
  ['a container that fails once', refuse(424, 'ModelError', { OriginalStatusCode: 500, OriginalMessage: 'oh' })],
])('%s is tried again', async (_, fault) => {
  answer = (response, body, count) => (count === 1 ? fault : ok)(response, body, count);
  const scores = await open().score([1, 2], realDeadline(20_000));
  expect(scores).toMatchObject({ predictions: [2, 4], reached: 2, throttles: 0 });
});

test('a record that the container refuses is found', async () => {
  const wrong = refuse(424, 'ModelError', { OriginalStatusCode: 400, OriginalMessage: '{"error": "x is no number"}' });
  answer = (response, body, count) => (body.includes('2') ? wrong : ok)(response, body, count);
  const scores = await open().score([1, 2, 3], realDeadline(20_000));
  expect(scores.reached).toBe(3);
  expect([...scores.faults]).toEqual([
    [1, { reason: 'MODEL_ERROR', cause: 'the model answered 400: {"error": "x is no number"}' }],
  ]);
});

test('an endpoint that is not there stops it at once', async () => {
  answer = refuse(400, 'ValidationError');
  const scores = await open().score([1], realDeadline(20_000));
  expect(scores).toMatchObject({ reached: 0, stopped: 'ValidationError: ValidationError it is' });
  expect(requests).toHaveLength(1);
});

test('an endpoint that is silent costs the time that there is, and no more', async () => {
  answer = () => undefined;
  const started = Date.now();
  const scores = await open().score([1], realDeadline(600));
  expect(scores.reached).toBe(0);
  expect(Date.now() - started).toBeLessThan(600);
});
