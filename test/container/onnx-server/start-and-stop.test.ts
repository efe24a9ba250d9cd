import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { PAIR } from '../../lambda/predict/models';
import { RunningServer, slow, stopServers, until } from './running-server';

const INSTANCE = { width: 1, height: 2.5 };

afterAll(stopServers);

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('a server that starts', () => {
  test('answers pings with 503 until the model is loaded and warm, and keeps a request until then', async () => {
    const server = RunningServer.start(
      { ...PAIR, model: { warmUp: INSTANCE } },
      { validator: (source) => `for (const end = Date.now() + 1000; Date.now() < end; );\n${source}` },
    );
    const started = performance.now();
    expect(await server.ping()).toBe(503);
    expect(performance.now() - started).toBeLessThan(1000);
    const early = await server.invoke(INSTANCE);
    expect(early.body.predictions).toEqual([[1, 2.5]]);
    await until('the model is loaded', async () => (await server.ping()) !== 503);
    expect(await server.ping()).toBe(200);
  });

  test('refuses an artifact that is not the one deployed, and says so', async () => {
    const server = RunningServer.start({ ...PAIR, model: { sha256: 'a'.repeat(64) } });
    expect(await server.exited).toBe(1);
    const actual = createHash('sha256').update(PAIR.artifact).digest('hex');
    expect(server.output).toContain(
      `the artifact of model test-model 1.2.3 is not the one that was deployed: expected SHA-256 ${'a'.repeat(64)}, got ${actual}`,
    );
  });

  test('refuses a model that fails on its warm-up instance', async () => {
    const server = RunningServer.start({ ...PAIR, model: { warmUp: { width: 1 } } });
    expect(await server.exited).toBe(1);
    expect(server.output).toContain('its warm-up instance fails: height is missing');
  });

  test('refuses a description that only a function could follow', async () => {
    const server = RunningServer.start({ ...PAIR, model: { artifact: { source: 's3', path: 'model.onnx' } } });
    expect(await server.exited).toBe(1);
    expect(server.output).toContain("model test-model 1.2.3 comes from 's3', which a container cannot read");
  });

  test('says when its port is taken', async () => {
    const first = RunningServer.start(PAIR);
    const second = RunningServer.start(PAIR, { environment: { SAGEMAKER_BIND_TO_PORT: String(await first.port()) } });
    expect(await second.exited).toBe(1);
    expect(second.output).toContain('EADDRINUSE');
  });

  (process.getuid?.() === 0 ? test : test.skip)('as root becomes an ordinary user, and serves on', async () => {
    const server = await RunningServer.ready(PAIR, { environment: { SERVER_USER: 'daemon' } });
    const status = readFileSync(`/proc/${server.pid}/status`, 'utf8');
    const ids = (name: string): string[] => new RegExp(`^${name}:\\t(.*)$`, 'm').exec(status)![1].trim().split(/\s+/);
    expect(new Set([...ids('Uid'), ...ids('Gid')])).toEqual(new Set(['1']));
    expect(ids('Groups')).toEqual(['']);
    // The parser is a file that is read only now.
    expect((await server.invoke('1,2.5\n', { 'content-type': 'text/csv' })).body.predictions).toEqual([[1, 2.5]]);
  });
});

describe("a server whose artifact SageMaker lays into the model's folder", () => {
  const MOUNTED = { ...PAIR, model: { artifact: { source: 'mounted' } } } as const;

  test('finds it under whatever name', async () => {
    const server = await RunningServer.ready(MOUNTED, { mounted: [`${'0'.repeat(64)}.onnx`] });
    expect((await server.invoke(INSTANCE)).body.predictions).toEqual([[1, 2.5]]);
  });

  test('verifies its digest', async () => {
    const server = RunningServer.start(
      { ...PAIR, model: { artifact: { source: 'mounted' }, sha256: 'b'.repeat(64) } },
      { mounted: ['m.onnx'] },
    );
    expect(await server.exited).toBe(1);
    expect(server.output).toContain('is not the one that was deployed');
  });

  test.each<[string, string[], RegExp]>([
    ['several files', ['a.onnx', 'b.onnx'], /the model folder .*model holds 2 files instead of the artifact alone/],
    ['none', [], /the model folder .*model holds 0 files instead of the artifact alone/],
  ])('refuses to guess: %s', async (_name, mounted, message) => {
    const server = RunningServer.start(MOUNTED, { mounted });
    expect(await server.exited).toBe(1);
    expect(server.output).toMatch(message);
  });

  test('says when there is no such folder', async () => {
    const server = RunningServer.start(MOUNTED);
    expect(await server.exited).toBe(1);
    expect(server.output).toMatch(/cannot read the model folder .*ENOENT/);
  });
});

describe('a server that is told to stop', () => {
  test('answers what is in flight, takes no new connection, and ends with 0', async () => {
    const server = await RunningServer.ready({ ...PAIR, model: { warmUp: INSTANCE } }, { validator: slow(400) });
    const port = await server.port();
    const inFlight = Array.from({ length: 3 }, () => server.invoke(INSTANCE));
    await sleep(200);
    server.stop();
    await sleep(100);
    await expect(connected(port)).rejects.toThrow('ECONNREFUSED');
    const answers = await Promise.all(inFlight);
    expect(answers.map(({ status, headers }) => [status, headers.connection])).toEqual(Array(3).fill([200, 'close']));
    expect(await server.exited).toBe(0);
  });

  test('loses none of the requests that come in at that moment', async () => {
    const server = await RunningServer.ready(PAIR);
    const port = await server.port();
    const lanes = Array.from({ length: 16 }, () => untilClosed(port));
    await sleep(500);
    server.stop();
    const counts = await Promise.all(lanes);
    expect(await server.exited).toBe(0);
    counts.forEach(({ sent, answered }) => expect(answered).toBe(sent));
    expect(counts.reduce((sum, { answered }) => sum + answered, 0)).toBeGreaterThan(100);
  });

  test('does not wait for connections on which nothing is asked', async () => {
    const server = await RunningServer.ready(PAIR);
    const idle = await connected(await server.port());
    await server.invoke(INSTANCE);
    const started = performance.now();
    server.stop();
    expect(await server.exited).toBe(0);
    expect(performance.now() - started).toBeLessThan(4_000);
    idle.destroy();
  });

  test('ends with 0 before the model is loaded, too', async () => {
    const server = RunningServer.start(PAIR);
    await server.port();
    server.stop();
    expect(await server.exited).toBe(0);
  });
});

function connected(port: number): Promise<ReturnType<typeof connect>> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket)).on('error', reject);
  });
}

/** Asks again and again over one connection, until an answer says that the connection will be closed. */
async function untilClosed(port: number): Promise<{ sent: number; answered: number }> {
  const socket = await connected(port);
  const body = JSON.stringify(INSTANCE);
  const request = `POST /invocations HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  return new Promise((resolve) => {
    let sent = 0;
    let answered = 0;
    let text = '';
    const send = (): void => {
      sent++;
      text = '';
      socket.write(request);
    };
    socket.on('data', (data: Buffer) => {
      text += data.toString('latin1');
      if (!text.endsWith('}')) {
        return;
      }
      answered += text.startsWith('HTTP/1.1 200') ? 1 : 0;
      if (/^connection: close\r$/im.test(text)) {
        socket.end();
      } else {
        send();
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve({ sent, answered }));
    send();
  });
}
