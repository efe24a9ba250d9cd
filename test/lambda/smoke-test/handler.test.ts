import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CASES_FILE, type SmokeTestCases } from '../../../lambda/smoke-test/contract';

const VERSION_ARN = 'arn:aws:lambda:eu-west-1:111122223333:function:fn:7';
const EVENT = { DeploymentId: 'd-1', LifecycleEventHookExecutionId: 'e-1' };
const MODEL = { name: 'm', version: '2' };

/** What the loopback services got, and what they answer next. */
const cloud = {
  invocations: [] as { path: string; payload: unknown }[],
  reports: [] as Record<string, unknown>[],
  invoke: (_payload: unknown, _count: number): Reply => ({ status: 200, body: {} }),
  report: (_count: number): Reply => ({ status: 200, body: {} }),
};

interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
  /** Never answers. */
  readonly silent?: boolean;
}

const error = (status: number, name: string): Reply => ({
  status,
  body: { __type: name, message: name },
  headers: { 'x-amzn-errortype': name },
});

function serve(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>;
    let reply: Reply;
    if (request.headers['x-amz-target'] === 'CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus') {
      cloud.reports.push(body);
      reply = cloud.report(cloud.reports.length);
    } else {
      cloud.invocations.push({ path: request.url ?? '', payload: body });
      reply = cloud.invoke(body, cloud.invocations.length);
    }
    if (reply.silent !== true) {
      response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
      response.end(JSON.stringify(reply.body));
    }
  });
}

const server = createServer(serve);
const root = mkdtempSync(join(tmpdir(), 'smoke-test-'));
const before = { ...process.env };
let logged: Record<string, unknown>[] = [];

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

beforeEach(() => {
  cloud.invocations.length = 0;
  cloud.reports.length = 0;
  cloud.invoke = () => ({ status: 200, body: answer(0.5) });
  cloud.report = () => ({ status: 200, body: { lifecycleEventHookExecutionId: 'e-1' } });
  logged = [];
  process.env = {
    ...before,
    TARGET_VERSION_ARN: VERSION_ARN,
    LAMBDA_TASK_ROOT: root,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  };
});

afterAll(() => {
  process.env = before;
  server.closeAllConnections();
  server.close();
  rmSync(root, { recursive: true, force: true });
});

function answer(prediction: unknown, model: unknown = MODEL): unknown {
  return { predictions: [prediction], model, inferenceId: 'i' };
}

/** Runs the hook once, in modules of its own so that clients take the environment of this test. */
async function run(cases: SmokeTestCases['cases'], seconds = 60): Promise<string | undefined> {
  writeFileSync(join(root, CASES_FILE), JSON.stringify({ model: MODEL, cases }));
  const deadline = Date.now() + seconds * 1000;
  const record = (line: string): boolean => {
    logged.push(JSON.parse(line) as Record<string, unknown>);
    return true;
  };
  const spies = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, 'write').mockImplementation((line) => record(String(line))),
  );
  try {
    await jest.isolateModulesAsync(async () => {
      const { handler } = require('../../../lambda/smoke-test') as typeof import('../../../lambda/smoke-test');
      await handler(EVENT, { getRemainingTimeInMillis: () => deadline - Date.now() });
    });
  } finally {
    spies.forEach((spy) => spy.mockRestore());
  }
  return cloud.reports.at(-1)?.status as string | undefined;
}

const failures = (): Record<string, unknown>[] => logged.filter(({ level }) => level === 'ERROR');

test('calls the qualified version with each example as a caller would, and reports success', async () => {
  expect(
    await run([
      { input: { a: 1 }, expected: 0.45, tolerance: 0.1 },
      { input: { a: 2 }, tolerance: 0 },
    ]),
  ).toBe('Succeeded');
  expect(cloud.invocations).toEqual([
    {
      path: `/2015-03-31/functions/${encodeURIComponent(VERSION_ARN)}/invocations`,
      payload: { instances: [{ a: 1 }] },
    },
    {
      path: `/2015-03-31/functions/${encodeURIComponent(VERSION_ARN)}/invocations`,
      payload: { instances: [{ a: 2 }] },
    },
  ]);
  expect(cloud.reports).toEqual([{ deploymentId: 'd-1', lifecycleEventHookExecutionId: 'e-1', status: 'Succeeded' }]);
  expect(failures()).toEqual([]);
});

test('fails a wrong answer, and logs which case differed, where and how', async () => {
  cloud.invoke = (_payload, count) => ({ status: 200, body: answer({ label: 1, score: count === 2 ? 0.9 : 0.5 }) });
  const expected = { score: 0.5 };
  const status = await run([
    { input: 1, expected, tolerance: 0.1 },
    { input: 2, expected, tolerance: 0.1 },
    { input: 3, expected, tolerance: 0.1 },
  ]);
  expect(status).toBe('Failed');
  expect(failures()).toEqual([
    expect.objectContaining({
      version: VERSION_ARN,
      case: 1,
      differences: [{ path: 'predictions[0].score', expected: 0.5, got: 0.9 }],
    }),
  ]);
});

test.each([
  ['an answer that is not finite', answer({ score: null }), 'predictions[0].score'],
  ['no prediction', { predictions: [], model: MODEL }, 'predictions'],
  ['two predictions', { predictions: [1, 2], model: MODEL }, 'predictions'],
  ['nothing', null, 'model'],
  ['another version of the model', answer(1, { name: 'm', version: '1' }), 'model.version'],
  ['another model', answer(1, { name: 'n', version: '2' }), 'model.name'],
])('fails %s, also where no answer is expected in particular', async (_name, body, path) => {
  cloud.invoke = () => ({ status: 200, body });
  expect(await run([{ input: 1, tolerance: 0 }])).toBe('Failed');
  expect(failures()[0].differences).toContainEqual(expect.objectContaining({ path }));
});

test('fails a version that throws, and logs its reason', async () => {
  cloud.invoke = () => ({
    status: 200,
    body: { errorType: 'StartError', errorMessage: 'the artifact differs' },
    headers: { 'x-amz-function-error': 'Unhandled' },
  });
  expect(await run([{ input: 1, tolerance: 0 }])).toBe('Failed');
  expect(failures()[0]).toMatchObject({ case: 0, reason: expect.stringContaining('the artifact differs') as unknown });
});

test('calls again while the version is throttled or not ready', async () => {
  cloud.invoke = (_payload, count) => {
    if (count === 1) {
      return error(429, 'TooManyRequestsException');
    }
    return count === 2 ? error(409, 'ResourceConflictException') : { status: 200, body: answer(1) };
  };
  expect(await run([{ input: 1, tolerance: 0 }])).toBe('Succeeded');
  expect(cloud.invocations).toHaveLength(3);
}, 20_000);

test('fails at once when the version does not exist', async () => {
  cloud.invoke = () => error(404, 'ResourceNotFoundException');
  expect(await run([{ input: 1, tolerance: 0 }])).toBe('Failed');
  expect(cloud.invocations).toHaveLength(1);
});

test('reports failure in time when the version never answers', async () => {
  cloud.invoke = () => ({ status: 200, body: {}, silent: true });
  const started = Date.now();
  expect(
    await run(
      [
        { input: 1, tolerance: 0 },
        { input: 2, tolerance: 0 },
      ],
      3,
    ),
  ).toBe('Failed');
  expect(Date.now() - started).toBeLessThan(3_000);
  expect(failures().map(({ case: index }) => index)).toEqual([0, 1]);
  expect(failures()[0].reason).toContain('no answer within the time of the smoke test');
});

test('reports failure when it cannot run at all', async () => {
  delete process.env.TARGET_VERSION_ARN;
  expect(await run([{ input: 1, tolerance: 0 }])).toBe('Failed');
  expect(failures()[0]).toMatchObject({ message: 'the smoke test could not be run' });
  expect(JSON.stringify(failures()[0])).toContain('TARGET_VERSION_ARN is missing');
});

test('repeats a report that is throttled or fails', async () => {
  cloud.report = (count) => {
    if (count === 1) {
      return error(400, 'ThrottlingException');
    }
    return count === 2 ? error(500, 'InternalFailure') : { status: 200, body: {} };
  };
  expect(await run([{ input: 1, tolerance: 0 }])).toBe('Succeeded');
  expect(cloud.reports).toHaveLength(3);
}, 30_000);

test('throws when the verdict cannot be reported, so that the hook is called again', async () => {
  cloud.report = () => error(400, 'DeploymentDoesNotExistException');
  await expect(run([{ input: 1, tolerance: 0 }])).rejects.toMatchObject({ name: 'DeploymentDoesNotExistException' });
  expect(failures()[0]).toMatchObject({ message: 'the verdict could not be reported', status: 'Succeeded' });
});

test('gives up a report that gets no answer before its own time is over', async () => {
  cloud.report = () => ({ status: 200, body: {}, silent: true });
  const started = Date.now();
  await expect(run([{ input: 1, tolerance: 0 }], 2)).rejects.toMatchObject({ name: 'AbortError' });
  expect(Date.now() - started).toBeLessThan(2_000);
});

test('takes a verdict that is there already for reported', async () => {
  cloud.report = () => error(400, 'LifecycleEventAlreadyCompletedException');
  expect(await run([{ input: 1, tolerance: 0 }])).toBe('Succeeded');
  expect(failures()).toEqual([]);
});
