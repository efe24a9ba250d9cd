import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { LOGARITHM, PAIR } from '../../lambda/predict/models';
import { type Answer, RunningServer, slow, stopServers, until } from './running-server';

const MEBIBYTE = 1024 * 1024;
const LIMIT = 25 * MEBIBYTE;
const INSTANCE = { width: 1, height: 2.5 };

afterAll(stopServers);

describe('a server of a model with two features', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await RunningServer.ready(PAIR);
  });

  const tensor = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);
  const CSV = { 'content-type': 'text/csv' };
  const TENSOR = { 'content-type': 'application/octet-stream' };

  test('answers a ping with 200 and nothing else', async () => {
    const { status, text, headers } = await server.send('GET', '/ping');
    expect([status, text, headers['content-length'], headers['content-type']]).toEqual([200, '', '0', undefined]);
  });

  test.each<[string, string | Buffer, Record<string, string>]>([
    ['one instance as JSON', JSON.stringify(INSTANCE), {}],
    ['JSON with a parameter', JSON.stringify(INSTANCE), { 'content-type': 'application/json; charset=utf-8' }],
    ['a batch as JSON', JSON.stringify({ instances: [INSTANCE] }), {}],
    ['CSV in the order of the schema', '1,2.5\n', CSV],
    ['CSV by name', 'height,width\n2.5,1\n', { 'content-type': 'text/csv; header=present' }],
    ['a tensor', tensor(1, 2.5), TENSOR],
  ])('predicts from %s', async (_name, body, headers) => {
    const answered = await server.invoke(body, headers);
    expect(answered).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: { predictions: [[1, 2.5]], model: { name: 'test-model', version: '1.2.3' } },
    });
  });

  test('answers with the id that SageMaker passes on, where it can stand in a log, else with one of its own', async () => {
    const idOf = async (id: string): Promise<string> =>
      (await server.invoke(INSTANCE, { 'X-Amzn-SageMaker-Inference-Id': id })).body.inferenceId;
    expect(await idOf('order-4711')).toBe('order-4711');
    const own = [await idOf('two words'), (await server.invoke(INSTANCE)).body.inferenceId];
    own.forEach((id) => expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/));
    expect(own[0]).not.toBe(own[1]);
  });

  test('answers in JSON whatever is asked for, and says so', async () => {
    const { status, headers } = await server.invoke(INSTANCE, { accept: 'text/csv' });
    expect([status, headers['content-type']]).toEqual([200, 'application/json']);
  });

  describe('asked for JSON Lines, answers', () => {
    const LINES = { 'content-type': 'application/jsonlines' };
    const accept = { accept: 'application/jsonlines' };
    const line = (width: number) => `{"width":${width},"height":2.5}`;
    const rows = (count: number, row: (index: number) => string) =>
      Array.from({ length: count }, (_, index) => row(index)).join('\n');

    test.each<[string, string | Buffer, Record<string, string>]>([
      ['JSON Lines', `${line(1)}\r\n\n${line(3)}\n`, LINES],
      [
        'JSON Lines with a parameter',
        `${line(1)}\n${line(3)}`,
        { 'content-type': 'application/jsonlines; charset=utf-8' },
      ],
      ['CSV', '1,2.5\n3,2.5\n', CSV],
      ['JSON', JSON.stringify({ instances: [INSTANCE, { width: 3, height: 2.5 }] }), {}],
      ['a tensor', tensor(1, 2.5, 3, 2.5), TENSOR],
    ])('a line for each record of %s, and no end after the last', async (_name, body, headers) => {
      const { status, headers: given, text } = await server.invoke(body, { ...headers, ...accept });
      expect([status, given['content-type'], text]).toEqual([200, 'application/jsonlines', '[1,2.5]\n[3,2.5]']);
    });

    test.each([
      ['CSV', CSV, (index: number) => `${index % 97},1`],
      ['JSON Lines', LINES, (index: number) => `{"width":${index % 97},"height":1}`],
    ])('as many records of %s as there are, in their order', async (_name, headers, row) => {
      const { text } = await server.invoke(rows(5000, row), { ...headers, ...accept });
      expect(text.split('\n')).toEqual(Array.from({ length: 5000 }, (_, index) => `[${index % 97},1]`));
    });

    test.each([
      ['instances[0].width', 0],
      ['instances[4711].width', 4711],
    ])('that %s is at fault, by its place in the request', async (field, bad) => {
      const body = rows(5000, (index) => (index === bad ? '{"width":-1,"height":1}' : line(1)));
      const answered = await server.invoke(body, { ...LINES, ...accept });
      expect(answered).toMatchObject({ status: 400, headers: { 'content-type': 'application/json' } });
      expect(answered.body.error).toMatchObject({ field, message: `${field} must be >= 0` });
    });

    test.each<[string, string | Buffer, Record<string, string>]>([
      ['line 2 is not valid JSON', `${line(1)}\n{`, LINES],
      ['the body has no lines', '\n \n', LINES],
      ['the body is not valid UTF-8', Buffer.from([0x22, 0xff, 0x22]), LINES],
    ])('that %s', async (message, body, headers) => {
      const { status, body: answered } = await server.invoke(body, { ...headers, ...accept });
      expect([status, answered.error]).toEqual([400, expect.objectContaining({ code: 'MALFORMED_BODY', message })]);
    });

    test('but takes them for nothing it knows where they are not asked for', async () => {
      expect((await server.invoke(line(1), LINES)).status).toBe(415);
    });
  });

  test.each<[number, string, string, string | Buffer, Record<string, string>]>([
    [400, 'MALFORMED_BODY', 'no body', '', {}],
    [400, 'MALFORMED_BODY', 'broken JSON', '{"width":', {}],
    [400, 'MALFORMED_BODY', 'broken UTF-8', Buffer.from([0x22, 0xff, 0x22]), {}],
    [400, 'MALFORMED_BODY', 'a row that is too short', '1\n', CSV],
    [400, 'MALFORMED_BODY', 'part of a tensor', Buffer.alloc(7), TENSOR],
    [400, 'INVALID_INPUT', 'a missing field', '{"width":1}', {}],
    [400, 'INVALID_INPUT', 'a value in CSV that is no number', '1,NaN\n', CSV],
    [413, 'TOO_LARGE', 'more instances than allowed', JSON.stringify({ instances: Array(6).fill(INSTANCE) }), {}],
    [415, 'UNSUPPORTED_MEDIA_TYPE', 'another content type', '<a/>', { 'content-type': 'application/xml' }],
  ])('refuses with %d %s: %s', async (status, code, _name, body, headers) => {
    const answered = await server.invoke(body, headers);
    expect(answered).toMatchObject({
      status,
      headers: { 'content-type': 'application/json' },
      body: { error: { code } },
    });
    expect(answered.body.error.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('names the field at fault', async () => {
    const { error } = (await server.invoke({ instances: [INSTANCE, { width: -1, height: 1 }] })).body;
    expect(error).toMatchObject({ field: 'instances[1].width', message: 'instances[1].width must be >= 0' });
  });

  test.each([
    ['GET', '/', 404, 'NOT_FOUND', undefined],
    ['POST', '/invocation', 404, 'NOT_FOUND', undefined],
    ['GET', '/constructor', 404, 'NOT_FOUND', undefined],
    ['GET', '/invocations', 405, 'METHOD_NOT_ALLOWED', 'POST'],
    ['POST', '/ping', 405, 'METHOD_NOT_ALLOWED', 'GET'],
    ['DELETE', '/execution-parameters', 405, 'METHOD_NOT_ALLOWED', 'GET'],
  ])('answers %s %s with %d', async (method, path, status, code, allow) => {
    expect(await server.send(method, path)).toMatchObject({ status, body: { error: { code } } });
    expect((await server.send(method, path)).headers.allow).toBe(allow);
  });

  test('reads past the query of a path', async () => {
    expect((await server.send('GET', '/ping?x=1')).status).toBe(200);
  });

  test('tells batch transform what it takes, within what a job may use', async () => {
    const { status, text } = await server.send('GET', '/execution-parameters');
    const parameters = JSON.parse(text) as Record<string, number>;
    expect(status).toBe(200);
    expect(Object.keys(parameters)).toEqual(['MaxConcurrentTransforms', 'BatchStrategy', 'MaxPayloadInMB']);
    expect(parameters.BatchStrategy).toBe('SINGLE_RECORD');
    expect(parameters.MaxConcurrentTransforms).toBeGreaterThanOrEqual(1);
    expect(parameters.MaxPayloadInMB).toBeGreaterThanOrEqual(1);
    expect(parameters.MaxConcurrentTransforms * parameters.MaxPayloadInMB).toBeLessThanOrEqual(100);
  });

  test('gives each of many concurrent requests its own answer', async () => {
    const one = async (index: number): Promise<unknown> =>
      (await server.invoke({ width: index % 101, height: index })).body.predictions;
    const lane = async (first: number): Promise<void> => {
      for (let index = first; index < 1000; index += 16) {
        expect(await one(index)).toEqual([[index % 101, index]]);
      }
    };
    await Promise.all(Array.from({ length: 16 }, (_, first) => lane(first)));
  });

  describe('whose body may have 25 MiB', () => {
    const padded = (bytes: number): Buffer => Buffer.alloc(bytes, JSON.stringify(INSTANCE).padEnd(bytes));

    test('takes one of exactly that', async () => {
      expect((await server.invoke(padded(LIMIT))).body.predictions).toEqual([[1, 2.5]]);
    });

    test('refuses one byte more, and the connection can be used again', async () => {
      const { status, body } = await server.invoke(padded(LIMIT + 1));
      expect([status, body.error.code]).toEqual([413, 'TOO_LARGE']);
      expect(body.error.message).toBe(`the body has ${LIMIT + 1} bytes, at most ${LIMIT} are allowed`);
      expect((await server.invoke(INSTANCE)).status).toBe(200);
    });

    test('refuses one of unknown length as soon as it is too long, and keeps none of it', async () => {
      const chunk = Buffer.alloc(MEBIBYTE, 0x20);
      const before = peakMemory(server.pid);
      const { status, sent } = await chunked(await server.port(), chunk, 300);
      expect(status).toBe(413);
      expect(sent).toBe(300);
      if (process.platform === 'linux') {
        expect(peakMemory(server.pid) - before).toBeLessThan(150 * MEBIBYTE);
      }
    });

    test('does not mind a caller who hangs up in the middle', async () => {
      const socket = connect(await server.port(), '127.0.0.1');
      socket.write('POST /invocations HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{"width"');
      await new Promise((resolve) => setTimeout(resolve, 50));
      socket.destroy();
      expect((await server.invoke(INSTANCE)).status).toBe(200);
    });
  });
});

describe('a server whose model fails', () => {
  test('answers 500 without the reason, which is in the log, without the payload', async () => {
    const server = await RunningServer.ready(LOGARITHM);
    const answered = await server.invoke({ x: -98765.4321 }, { 'X-Amzn-SageMaker-Inference-Id': 'order-1' });
    expect(answered).toMatchObject({ status: 500, body: { error: { code: 'MODEL_ERROR' } } });
    expect(answered.body.error.message).toBe('the model failed on this request');

    // Several at once, so that the threads answer them.
    const more = await Promise.all(Array.from({ length: 8 }, () => server.invoke({ x: -98765.4321 })));
    expect(more.map(({ status }: Answer) => status)).toEqual(Array(8).fill(500));
    await until('all are logged', () => server.output.split('"message":"the model failed"').length === 10);
    const log = server.output.split('\n').find((line) => line.includes('order-1'))!;
    expect(JSON.parse(log)).toMatchObject({
      level: 'ERROR',
      model: { name: 'test-model', version: '1.2.3' },
      requestId: answered.body.error.requestId,
      inferenceId: 'order-1',
      reason: 'output y holds a value that is not a finite number',
    });
    expect(server.output).not.toContain('98765');
    expect((await server.invoke({ x: 1 })).body.predictions).toEqual([0]);
  });
});

test('a ping is answered at once while every thread is busy for long', async () => {
  const server = await RunningServer.ready({ ...PAIR, model: { warmUp: INSTANCE } }, { validator: slow(1500) });
  const requests = Array.from({ length: 4 }, () => server.invoke(INSTANCE));
  let done = false;
  const all = Promise.all(requests).finally(() => (done = true));
  const waited: number[] = [];
  while (!done) {
    const started = performance.now();
    expect(await server.ping()).toBe(200);
    waited.push(performance.now() - started);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect((await all).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(waited.length).toBeGreaterThan(10);
  expect(Math.max(...waited)).toBeLessThan(1000);
}, 30_000);

/** Sends a chunked body, and tells the status, and how many chunks went out. */
function chunked(port: number, chunk: Buffer, count: number): Promise<{ status: number; sent: number }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let status = 0;
    let sent = 0;
    socket.on('error', reject);
    socket.on('data', (data) => (status ||= Number(/^HTTP\/1\.1 (\d+)/.exec(data.toString('latin1'))?.[1])));
    socket.write('POST /invocations HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n');
    const next = (): void => {
      if (sent === count) {
        socket.end('0\r\n\r\n', () => setTimeout(() => resolve({ status, sent }), 100));
        return;
      }
      sent++;
      socket.write(`${chunk.length.toString(16)}\r\n`);
      socket.write(chunk);
      socket.write('\r\n', next);
    };
    next();
  });
}

/** The most memory that a process has held. */
function peakMemory(pid: number): number {
  if (process.platform !== 'linux') {
    return 0;
  }
  return 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
}
