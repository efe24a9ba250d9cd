import { createServer } from 'node:http';
import { FunctionSink, functionClient } from '../../../../lambda/stream-score/sinks/function-sink';
import { openSinks } from '../../../../lambda/stream-score/sinks/open-sinks';
import type { SinkRequest } from '../../../../lambda/stream/contract';
import { listenForClients } from '../../../helpers/loopback';
import { realDeadline } from '../real-deadline';
import { encoded, encodedMany } from './encoded';

jest.setTimeout(30_000);

const ARN = 'arn:aws:lambda:eu-west-1:111122223333:function:Own:live';
const SETTINGS = {
  kind: 'function',
  functionArn: ARN,
  maxRecords: 4,
  maxBytes: 5 * 1024 * 1024,
  idempotent: false,
} as const;

/** What Lambda answers to a call: what the function returns, what it fails with, or what Lambda itself says. */
type Answer =
  | { readonly payload: string }
  | { readonly functionError: string; readonly payload: string }
  | { readonly status: number; readonly error: string }
  | 'reset'
  | 'silence';

const calls: { readonly path: string; readonly bytes: number; readonly ids: string[] }[] = [];
let underWay = 0;
let mostUnderWay = 0;
let answer: (count: number, sent: number) => Answer;
const written = (count: number): Answer => ({ payload: JSON.stringify({ written: count }) });

const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  mostUnderWay = Math.max(mostUnderWay, ++underWay);
  response.on('close', () => underWay--);
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    const body = Buffer.concat(pieces);
    const { predictions } = JSON.parse(body.toString()) as SinkRequest;
    calls.push({
      path: decodeURIComponent(request.url ?? ''),
      bytes: body.length,
      ids: predictions.map(({ inferenceId }) => inferenceId),
    });
    const said = answer(calls.length, predictions.length);
    if (said === 'reset') {
      request.socket.destroy();
    } else if (said !== 'silence' && 'status' in said) {
      response.writeHead(said.status, { 'x-amzn-errortype': said.error }).end(JSON.stringify({ message: said.error }));
    } else if (said !== 'silence') {
      const headers = 'functionError' in said ? { 'x-amz-function-error': said.functionError } : {};
      response.writeHead(200, headers).end(said.payload);
    }
  });
});

let stop: () => void;
let sink: FunctionSink;
beforeAll(async () => {
  stop = await listenForClients(server);
  sink = new FunctionSink(functionClient(), SETTINGS);
});
afterAll(() => stop());
beforeEach(() => {
  calls.length = 0;
  mostUnderWay = 0;
  answer = (_, sent) => written(sent);
});

const idsOf = (predictions: ReturnType<typeof encodedMany>): string[] =>
  predictions.map(({ prediction }) => prediction.inferenceId);

test('predictions go to the alias in their order, so many at a time, one call after another', async () => {
  const predictions = encodedMany(10, 3);
  expect(await sink.write(predictions, realDeadline(10_000))).toBe(10);
  expect(calls.map(({ ids }) => ids.length)).toEqual([4, 4, 2]);
  expect(calls.flatMap(({ ids }) => ids)).toEqual(idsOf(predictions));
  expect(calls[0].path).toBe(`/2015-03-31/functions/${ARN}/invocations`);
  expect(mostUnderWay).toBe(1);
  expect(sink.name).toBe('function:Own:live');
});

test('a call has no more bytes than it may', async () => {
  const predictions = encodedMany(9, 9).map(({ prediction }) => encoded(0, 'ä'.repeat(100), prediction));
  const maxBytes = 2 * Buffer.byteLength(predictions[0].json) + '{"predictions":[,]}'.length;
  const exact = new FunctionSink(functionClient(), { ...SETTINGS, maxBytes });
  expect(await exact.write(predictions, realDeadline(10_000))).toBe(9);
  expect(calls.map(({ ids }) => ids.length)).toEqual([2, 2, 2, 2, 1]);
  expect(calls[0].bytes).toBe(maxBytes);
});

test('the largest prediction fits a call by itself', async () => {
  const { prediction, json } = encoded(0, 'key');
  const narrow = new FunctionSink(functionClient(), {
    ...SETTINGS,
    maxBytes: json.length + '{"predictions":[]}'.length,
  });
  expect(narrow.maxBytes).toBe(json.length);
  expect(await narrow.write([{ prediction, json }], realDeadline(10_000))).toBe(1);
  expect(calls[0].bytes).toBe(narrow.maxBytes + '{"predictions":[]}'.length);
});

test('what is not said to be written is sent again, with what follows it', async () => {
  const predictions = encodedMany(6, 6);
  answer = (count, sent) => written(count === 1 ? 1 : sent);
  expect(await sink.write(predictions, realDeadline(10_000))).toBe(6);
  expect(calls.map(({ ids }) => ids)).toEqual([
    idsOf(predictions.slice(0, 4)),
    idsOf(predictions.slice(1, 5)),
    idsOf(predictions.slice(5)),
  ]);
});

test.each<[string, Answer]>([
  ['failed in the function', { functionError: 'Unhandled', payload: '{"errorType":"TypeError","errorMessage":"x"}' }],
  ['timed out in the function', { functionError: 'Unhandled', payload: '{"errorMessage":"Task timed out"}' }],
  ['failed in the function, which still answers well', { functionError: 'Handled', payload: '{"written":4}' }],
  ['throttled', { status: 429, error: 'TooManyRequestsException' }],
  ['failed by the service', { status: 500, error: 'ServiceException' }],
  ['broken off', 'reset'],
  ['answered by nothing', { payload: '' }],
  ['answered by null', { payload: 'null' }],
  ['answered by something else', { payload: '"ok"' }],
  ['answered without a number', { payload: '{"written":"4"}' }],
  ['answered by a part of one', { payload: '{"written":0.5}' }],
  ['answered by less than none', { payload: '{"written":-1}' }],
  ['answered by more than there were', { payload: '{"written":5}' }],
  ['answered by none', { payload: '{"written":0}' }],
])('a call that is %s wrote nothing, and is made again', async (_, fault) => {
  const predictions = encodedMany(4, 4);
  answer = (count, sent) => (count === 1 ? fault : written(sent));
  expect(await sink.write(predictions, realDeadline(10_000))).toBe(4);
  expect(calls.map(({ ids }) => ids)).toEqual([idsOf(predictions), idsOf(predictions)]);
});

test.each<[string, Answer]>([
  ['a right that is missing', { status: 403, error: 'AccessDeniedException' }],
  ['a function that is not there', { status: 404, error: 'ResourceNotFoundException' }],
])('%s is not tried again', async (_, { error, status }: Answer & { error?: string; status?: number }) => {
  answer = () => ({ status: status!, error: error! });
  await expect(sink.write(encodedMany(3, 3), realDeadline(10_000))).rejects.toMatchObject({ name: error });
  expect(calls).toHaveLength(1);
});

test('what was written before the function failed for good is said', async () => {
  answer = (count, sent) => (count === 1 ? written(sent) : { status: 403, error: 'AccessDeniedException' });
  expect(await sink.write(encodedMany(8, 8), realDeadline(10_000))).toBe(4);
});

test('a function that is silent costs the time that there is, and no second call', async () => {
  answer = () => 'silence';
  const started = Date.now();
  await expect(sink.write(encodedMany(5, 5), realDeadline(700))).rejects.toThrow();
  expect(Date.now() - started).toBeLessThan(700);
  expect(calls).toHaveLength(1);
});

test('the reason says what failed, without the records that its message may have in it', async () => {
  answer = () => ({ functionError: 'Unhandled', payload: '{"errorType":"KeyError","errorMessage":"no 4711 Smith"}' });
  await expect(sink.write(encodedMany(1, 1), realDeadline(300))).rejects.toThrow(/^it failed: Unhandled, KeyError$/);
});

test('pauses grow, up to a limit, until the time is over', async () => {
  let now = 0;
  const pauses: number[] = [];
  const sleep = (milliseconds: number): Promise<void> => {
    pauses.push(milliseconds);
    now += milliseconds;
    return Promise.resolve();
  };
  const patient = new FunctionSink(functionClient(), SETTINGS, { now: () => now, sleep }, () => 1);
  answer = () => written(0);
  const deadline = { remaining: () => 25_000 - now, signal: new AbortController().signal };
  await expect(patient.write(encodedMany(1, 1), deadline)).rejects.toThrow('nothing is written');
  expect(pauses.slice(0, 8)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  expect(now).toBe(24_900);
});

test('it is written to before a stream, and after a table', () => {
  const kinds = openSinks([
    { kind: 's3', bucket: 'lake', prefix: 'p/' },
    { kind: 'kinesis', streamName: 'out' },
    { ...SETTINGS, idempotent: true },
    { kind: 'dynamoDb', tableName: 't', partitionKey: 'id' },
  ]);
  expect(kinds.map(({ name, idempotent }) => [name, idempotent])).toEqual([
    ['dynamoDb:t', true],
    ['function:Own:live', true],
    ['kinesis:out', false],
    ['s3:lake', false],
  ]);
});
