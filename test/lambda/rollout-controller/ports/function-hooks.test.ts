import { createServer, type Server } from 'node:http';
import { LambdaClient } from '@aws-sdk/client-lambda';
import type { HookCall } from '../../../../lambda/rollout/ports';
import { FunctionHooks } from '../../../../lambda/rollout-controller/ports/function-hooks';
import { listenForClients } from '../../../helpers/loopback';

const CALL: HookCall = {
  id: '3-step-1',
  name: 'arn:aws:lambda:eu-west-1:111122223333:function:load-test',
  moment: 'step',
  step: 1,
  percent: 20,
  candidate: '2',
  baseline: '1',
};

interface Reply {
  readonly status?: number;
  readonly type?: string;
  readonly failed?: boolean;
  /** Undefined for none at all. */
  readonly body?: string;
}

const asked: { readonly path: string; readonly payload: unknown }[] = [];
let reply: Reply;
let server: Server;
let stop: () => void;
beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (piece) => (text += String(piece)));
    request.on('end', () => {
      asked.push({ path: decodeURIComponent(request.url!), payload: JSON.parse(text) });
      const { status = 200, type, failed = false, body } = reply;
      if (body !== undefined) {
        const headers = {
          ...(type === undefined ? {} : { 'x-amzn-errortype': type }),
          ...(failed ? { 'x-amz-function-error': 'Unhandled' } : {}),
        };
        response.writeHead(status, headers).end(body);
      }
    });
  });
  stop = await listenForClients(server);
});
afterAll(() => stop());
beforeEach(() => asked.splice(0));

function run(answer: Reply, time = 5_000): Promise<unknown> {
  reply = answer;
  return new FunctionHooks(new LambdaClient({ maxAttempts: 1 }), 'fraud:live', () => time).run(CALL);
}

test('a hook is told all that there is to know, with an id that is the same each time', async () => {
  await run({ body: '{"status": "passed"}' });
  await run({ body: '{"status": "passed"}' });
  const { name, ...rest } = CALL;
  expect(asked[0]).toEqual({
    path: `/2015-03-31/functions/${name}/invocations`,
    payload: { ...rest, id: 'fraud:live:3-step-1', target: 'fraud:live' },
  });
  expect(asked[1]).toEqual(asked[0]);
});

test.each([
  ['{"status": "passed", "text": "200 of 200"}', { passed: true, text: '200 of 200' }],
  ['{"status": "passed"}', { passed: true, text: 'passed' }],
  ['{"status": "failed", "text": "p99 is 2 s"}', { passed: false, text: 'p99 is 2 s' }],
  ['{"status": "wait", "text": "running"}', 'wait'],
])('%s', async (body, expected) => {
  expect(await run({ body })).toEqual(expected);
});

test('an error that it throws says no, with its words', async () => {
  const body = JSON.stringify({ errorType: 'TypeError', errorMessage: 'x is undefined', trace: ['...'] });
  expect(await run({ body, failed: true })).toEqual({ passed: false, text: 'it failed: TypeError: x is undefined' });
  expect(await run({ body: 'no JSON', failed: true })).toEqual({ passed: false, text: 'it failed: no JSON' });
});

test.each([
  [429, 'TooManyRequestsException'],
  [409, 'ResourceConflictException'],
  [500, 'ServiceException'],
  [502, 'ResourceNotReadyException'],
])('%d %s is asked again later', async (status, type) => {
  expect(await run({ status, type, body: '{"Message": "later"}' })).toBe('wait');
});

test('one that does not answer in time is asked again', async () => {
  expect(await run({}, 100)).toBe('wait');
  expect(await run({}, -500)).toBe('wait');
});

test('one that is not there, or may not be called, is an error', async () => {
  await expect(run({ status: 404, type: 'ResourceNotFoundException', body: '{"Message": "gone"}' })).rejects.toThrow();
  await expect(run({ status: 403, type: 'AccessDeniedException', body: '{"Message": "no"}' })).rejects.toThrow('no');
});

test.each(['', 'null', '"passed"', '{"status": "PASSED"}', '{"ok": true}'])(
  'an answer of %j is an error that says what it must be',
  async (body) => {
    await expect(run({ body })).rejects.toThrow(
      `the hook ${CALL.name} answers ${body}, and must answer {"status": "passed" | "failed" | "wait", "text": ...}`,
    );
  },
);
