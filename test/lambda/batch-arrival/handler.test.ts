import { createServer } from 'node:http';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { ENV } from '../../../lambda/batch-arrival/contract';
import { listenForClients } from '../../helpers/loopback';

const MINUTE = 60_000;
const NOW = Date.parse('2026-07-02T10:00:00Z');
const GROUP = 'nightly-arrivals';

interface Reply {
  readonly status?: number;
  readonly type?: string;
  readonly body?: object;
  /** The connection is cut instead. */
  readonly silent?: boolean;
}

interface Call {
  readonly method: string;
  readonly url: string;
  readonly body: Record<string, unknown>;
}

/** What the loopback scheduler got, and what it answers. */
const cloud = {
  calls: [] as Call[],
  get: (_count: number): Reply => gone,
  create: (_count: number): Reply => ({ body: { ScheduleArn: 'arn' } }),
  update: (_count: number): Reply => ({ body: { ScheduleArn: 'arn' } }),
};

const gone: Reply = { status: 404, type: 'ResourceNotFoundException', body: { Message: 'no such schedule' } };
const conflict: Reply = { status: 409, type: 'ConflictException', body: { Message: 'there is one' } };
const throttled: Reply = { status: 429, type: 'ThrottlingException', body: { Message: 'slowly' } };
const waiting = (time: string, first = '2026-07-02T09:55:00.000Z'): Reply => ({
  body: {
    Name: 'arrivals',
    GroupName: GROUP,
    ScheduleExpression: `at(2026-07-02T${time})`,
    ScheduleExpressionTimezone: 'UTC',
    Description: first,
    State: 'ENABLED',
  },
});

const sent = (method: string) => cloud.calls.filter((call) => call.method === method);

const server = createServer((request, response) => {
  let text = '';
  request.on('data', (chunk) => (text += chunk));
  request.on('end', () => {
    const method = request.method!;
    cloud.calls.push({ method, url: request.url!, body: (text === '' ? {} : JSON.parse(text)) as Call['body'] });
    const count = sent(method).length;
    const answer = method === 'GET' ? cloud.get(count) : method === 'POST' ? cloud.create(count) : cloud.update(count);
    if (answer.silent) {
      request.socket.destroy();
      return;
    }
    const { status = 200, type, body = {} } = answer;
    response
      .writeHead(status, {
        'content-type': 'application/json',
        // By another time than its own, the client would set its clock and ask again.
        date: new Date(NOW).toUTCString(),
        ...(type === undefined ? {} : { 'x-amzn-errortype': type }),
      })
      .end(JSON.stringify(body));
  });
});

let stop: () => void;
let handler: typeof import('../../../lambda/batch-arrival').handler;

beforeAll(async () => {
  stop = await listenForClients(server);
  Object.assign(process.env, {
    [ENV.group]: GROUP,
    [ENV.role]: 'arn:aws:iam::111122223333:role/start',
    [ENV.alias]: 'arn:aws:states:eu-west-1:111122223333:stateMachine:nightly:live',
    [ENV.deadLetters]: 'arn:aws:sqs:eu-west-1:111122223333:lost',
    [ENV.action]: 'arn:aws:scheduler:::aws-sdk:sfn:startExecution',
    [ENV.quietSeconds]: '300',
    [ENV.maxWaitSeconds]: '1800',
  });
  ({ handler } = require('../../../lambda/batch-arrival') as typeof import('../../../lambda/batch-arrival'));
});

afterAll(() => stop());

beforeEach(() => {
  cloud.calls.length = 0;
  cloud.get = () => gone;
  cloud.create = () => ({ body: { ScheduleArn: 'arn' } });
  cloud.update = () => ({ body: { ScheduleArn: 'arn' } });
  jest.spyOn(Date, 'now').mockReturnValue(NOW);
});

afterEach(() => jest.restoreAllMocks());

/** Messages that the queue got so many minutes ago. */
const messages = (...minutesAgo: number[]): Pick<SQSEvent, 'Records'> => ({
  Records: minutesAgo.map(
    (minutes, index) =>
      ({
        messageId: `message-${index}`,
        body: '{"key":"rows/a.csv"}',
        attributes: { SentTimestamp: String(NOW - minutes * MINUTE) },
      }) as SQSRecord,
  ),
});

test('the first arrivals let a run wait: one schedule that removes itself, and starts by the alias under a name of its time', async () => {
  expect(await handler(messages(1.5, 0.5))).toEqual({ batchItemFailures: [] });
  expect(cloud.calls.map(({ method, url }) => `${method} ${url}`)).toEqual([
    `GET /schedules/arrivals?groupName=${GROUP}`,
    'POST /schedules/arrivals',
  ]);
  const { ClientToken: token, ...body } = cloud.calls[1].body;
  expect(token).toEqual(expect.any(String));
  expect(body).toEqual({
    GroupName: GROUP,
    Description: '2026-07-02T09:58:30.000Z',
    ScheduleExpression: 'at(2026-07-02T10:05:00)',
    ScheduleExpressionTimezone: 'UTC',
    FlexibleTimeWindow: { Mode: 'OFF' },
    ActionAfterCompletion: 'DELETE',
    Target: {
      Arn: 'arn:aws:scheduler:::aws-sdk:sfn:startExecution',
      RoleArn: 'arn:aws:iam::111122223333:role/start',
      Input: JSON.stringify({
        StateMachineArn: 'arn:aws:states:eu-west-1:111122223333:stateMachine:nightly:live',
        Name: 'arrival-20260702T100500Z',
        Input: '{}',
      }),
      RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 185 },
      DeadLetterConfig: { Arn: 'arn:aws:sqs:eu-west-1:111122223333:lost' },
    },
  });
});

test('a further arrival moves it, and keeps since when it waits', async () => {
  cloud.get = () => waiting('10:02:00');
  await handler(messages(0.5));
  const [moved] = sent('PUT');
  expect(moved).toMatchObject({
    url: '/schedules/arrivals',
    body: {
      GroupName: GROUP,
      ScheduleExpression: 'at(2026-07-02T10:05:00)',
      Description: '2026-07-02T09:55:00.000Z',
      ActionAfterCompletion: 'DELETE',
    },
  });
  expect((moved.body.Target as { Input: string }).Input).toContain('arrival-20260702T100500Z');
});

test('one that waits long enough is left alone', async () => {
  cloud.get = () => waiting('10:06:00');
  expect(await handler(messages(0.5))).toEqual({ batchItemFailures: [] });
  expect(cloud.calls).toHaveLength(1);
});

test('what came after it may have begun is told of once more, the rest it sees', async () => {
  cloud.get = () => waiting('09:59:00');
  expect(await handler(messages(2, 0.5, 1.1))).toEqual({
    batchItemFailures: [{ itemIdentifier: 'message-1' }, { itemIdentifier: 'message-2' }],
  });
  expect(cloud.calls).toHaveLength(1);
});

test('a description that somebody changed is no reason to stop', async () => {
  cloud.get = () => waiting('10:02:00', 'mine');
  await handler(messages(0.5));
  expect(sent('PUT')[0].body.Description).toBe('2026-07-02T09:59:30.000Z');
});

describe('somebody else at the same time: ', () => {
  test('made one meanwhile, and that one is moved', async () => {
    cloud.get = (count) => (count === 1 ? gone : waiting('10:02:00'));
    cloud.create = () => conflict;
    await handler(messages(0.5));
    expect(cloud.calls.map(({ method }) => method)).toEqual(['GET', 'POST', 'GET', 'PUT']);
  });

  test('moved it meanwhile', async () => {
    cloud.get = () => waiting('10:02:00');
    cloud.update = (count) => (count === 1 ? conflict : {});
    await handler(messages(0.5));
    expect(cloud.calls.map(({ method }) => method)).toEqual(['GET', 'PUT', 'GET', 'PUT']);
  });

  test('it began meanwhile and is gone, and another waits', async () => {
    cloud.get = (count) => (count === 1 ? waiting('10:02:00') : gone);
    cloud.update = () => gone;
    await handler(messages(0.5));
    expect(cloud.calls.map(({ method }) => method)).toEqual(['GET', 'PUT', 'GET', 'POST']);
  });

  test('again and again: the messages come once more', async () => {
    cloud.create = () => conflict;
    await expect(handler(messages(0.5))).rejects.toThrow('again and again');
  });
});

describe('what fails: ', () => {
  test('a throttled call is made again', async () => {
    cloud.get = (count) => (count === 1 ? throttled : gone);
    cloud.create = (count) => (count === 1 ? throttled : { body: { ScheduleArn: 'arn' } });
    expect(await handler(messages(0.5))).toEqual({ batchItemFailures: [] });
    expect(sent('POST')).toHaveLength(2);
  });

  test('an answer that is lost is asked for again, and the run that was made is found', async () => {
    cloud.create = () => ({ silent: true });
    cloud.get = (count) => (count === 1 ? gone : waiting('10:05:00'));
    cloud.create = (count) => (count === 1 ? { silent: true } : conflict);
    expect(await handler(messages(0.5))).toEqual({ batchItemFailures: [] });
    expect(sent('GET')).toHaveLength(2);
  });

  test.each(['get', 'create'] as const)('%s is not allowed: all messages come once more', async (call) => {
    cloud[call] = () => ({ status: 403, type: 'AccessDeniedException', body: { Message: 'not for you' } });
    await expect(handler(messages(0.5))).rejects.toThrow('not for you');
  });

  test('a move that would come too late is given up', async () => {
    // Its time is in 31 seconds, by when the clock says so; the move takes longer.
    cloud.get = () => waiting('10:00:31');
    let slow = true;
    cloud.update = () => {
      slow = false;
      return { silent: true };
    };
    jest.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => {
      expect(milliseconds).toBe(16_000);
      return AbortSignal.abort();
    });
    await expect(handler(messages(0.5))).rejects.toThrow(/abort/i);
    expect(slow).toBe(true);
  });
});
