import { createServer } from 'node:http';
import { BATCH_NAME } from '../../../lambda/batch/contract';
import { ENV } from '../../../lambda/batch-watch/contract';
import { listenForClients } from '../../helpers/loopback';

const MACHINE = 'arn:aws:states:eu-west-1:111122223333:stateMachine:nightly';
const HOUR = 3_600_000;
const now = Date.now();
const ago = (hours: number) => (now - hours * HOUR) / 1000;

interface Reply {
  readonly status?: number;
  readonly type?: string;
  readonly body: object;
}

/** What the loopback services got, and what they answer. */
const cloud = {
  calls: [] as string[],
  schedule: (): Reply => ({ body: {} }),
  executions: (_request: Record<string, unknown>): object => ({}),
  mapRuns: (): object => ({ mapRuns: [] }),
  mapRun: (_arn: string): object => ({}),
};

const server = createServer((request, response) => {
  let text = '';
  request.on('data', (chunk) => (text += chunk));
  request.on('end', () => {
    const answer = (status: number, body: object, type?: string) =>
      response
        .writeHead(status, {
          'content-type': 'application/x-amz-json-1.0',
          ...(type === undefined ? {} : { 'x-amzn-errortype': type }),
        })
        .end(JSON.stringify(body));
    if (request.method === 'GET') {
      cloud.calls.push(request.url!);
      const { status = 200, body, type } = cloud.schedule();
      answer(status, body, type);
      return;
    }
    const [, action] = String(request.headers['x-amz-target']).split('.');
    const body = JSON.parse(text) as Record<string, string>;
    cloud.calls.push(`${action} ${JSON.stringify(body)}`);
    answer(
      200,
      action === 'ListExecutions'
        ? cloud.executions(body)
        : action === 'ListMapRuns'
          ? cloud.mapRuns()
          : cloud.mapRun(body.mapRunArn),
    );
  });
});

let stop: () => void;
let handler: typeof import('../../../lambda/batch-watch').handler;
let printed: string[];

beforeAll(async () => {
  stop = await listenForClients(server);
  Object.assign(process.env, {
    [ENV.stateMachine]: MACHINE,
    [ENV.deadline]: String(6 * 3600),
    [BATCH_NAME]: 'nightly',
  });
  ({ handler } = require('../../../lambda/batch-watch') as typeof import('../../../lambda/batch-watch'));
});

afterAll(() => stop());

beforeEach(() => {
  cloud.calls.length = 0;
  cloud.schedule = () => ({
    body: {
      Name: 'nightly-schedule',
      ScheduleExpression: 'rate(1 day)',
      ScheduleExpressionTimezone: 'Europe/Zurich',
      State: 'ENABLED',
      FlexibleTimeWindow: { Mode: 'OFF' },
      CreationDate: ago(1000),
      LastModificationDate: ago(500),
    },
  });
  cloud.executions = ({ statusFilter }) => ({ executions: statusFilter === undefined ? [execution('a', 3)] : [] });
  cloud.mapRuns = () => ({ mapRuns: [] });
  process.env[ENV.schedule] = 'nightly-schedule';
  printed = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((line) => printed.push(String(line)) > 0);
  jest.spyOn(console, 'warn').mockImplementation((line: string) => void printed.push(line));
});

afterEach(() => jest.restoreAllMocks());

const execution = (name: string, hoursAgo: number, more: object = {}) => ({
  executionArn: `arn:aws:states:eu-west-1:111122223333:execution:nightly:${name}`,
  stateMachineArn: MACHINE,
  name,
  status: 'SUCCEEDED',
  startDate: ago(hoursAgo),
  ...more,
});

/** The line of embedded metrics. */
function metrics(): Record<string, unknown> {
  const line = printed.find((each) => each.includes('CloudWatchMetrics'));
  return line === undefined ? {} : (JSON.parse(line) as Record<string, unknown>);
}

test('a run that began in time: 0 is told, under the name of the batch alone', async () => {
  await handler();
  const told = metrics();
  expect(told).toMatchObject({ BatchName: 'nightly', BatchMissedRuns: 0 });
  expect(told).not.toHaveProperty('BatchLateness');
  expect((told._aws as { CloudWatchMetrics: unknown[] }).CloudWatchMetrics).toEqual([
    expect.objectContaining({ Namespace: 'InferencePatterns', Dimensions: [['BatchName']] }),
  ]);
  expect(cloud.calls[0]).toBe('/schedules/nightly-schedule');
});

test('a missed one: 1 is told, and the log says why', async () => {
  cloud.executions = () => ({ executions: [execution('a', 30)] });
  await handler();
  expect(metrics()).toMatchObject({ BatchMissedRuns: 1 });
  expect(printed.join('\n')).toContain('no run has begun since');
});

test('a schedule that is gone', async () => {
  cloud.schedule = () => ({
    status: 404,
    type: 'ResourceNotFoundException',
    body: { Message: 'Schedule does not exist.' },
  });
  await handler();
  expect(metrics()).toMatchObject({ BatchMissedRuns: 1 });
  expect(printed.join('\n')).toContain('the schedule is gone');
});

test('a schedule that may not be seen fails it, so that nobody thinks that all is well', async () => {
  cloud.schedule = () => ({ status: 403, type: 'AccessDeniedException', body: { Message: 'not for you' } });
  await expect(handler()).rejects.toThrow('not for you');
  expect(metrics()).toEqual({});
});

test('a service that does not answer at once is asked again', async () => {
  let count = 0;
  const [schedule] = [cloud.schedule];
  cloud.schedule = () =>
    count++ === 0 ? { status: 429, type: 'ThrottlingException', body: { Message: 'slowly' } } : schedule();
  await handler();
  expect(metrics()).toMatchObject({ BatchMissedRuns: 0 });
});

test('without a schedule nothing is told of missed runs, and none is asked for', async () => {
  delete process.env[ENV.schedule];
  cloud.executions = ({ statusFilter }) => ({ executions: statusFilter === 'RUNNING' ? [execution('a', 3)] : [] });
  await handler();
  const told = metrics();
  expect(told).toMatchObject({ BatchLateness: expect.closeTo(0.5, 2) as number });
  expect(told).not.toHaveProperty('BatchMissedRuns');
  expect(cloud.calls.filter((call) => call.startsWith('/'))).toEqual([]);
});

test('where there is nothing to tell, nothing is told', async () => {
  delete process.env[ENV.schedule];
  cloud.executions = () => ({ executions: [] });
  await handler();
  expect(metrics()).toEqual({});
});

test('the partitions of the last round say how late a run will be', async () => {
  const mapRun = (name: string, hoursAgo: number) => ({
    executionArn: execution('a', 3).executionArn,
    mapRunArn: `arn:aws:states:eu-west-1:111122223333:mapRun:nightly/Partitions:${name}`,
    stateMachineArn: MACHINE,
    startDate: ago(hoursAgo),
  });
  cloud.executions = ({ statusFilter }) => ({
    executions: statusFilter === 'RUNNING' ? [execution('a', 3, { status: 'RUNNING' })] : [execution('a', 3)],
  });
  cloud.mapRuns = () => ({ mapRuns: [mapRun('first', 2.5), mapRun('second', 1), mapRun('earlier', 2)] });
  cloud.mapRun = (arn) => ({
    mapRunArn: arn,
    status: 'RUNNING',
    startDate: ago(arn.endsWith('second') ? 1 : 2.5),
    maxConcurrency: 20,
    toleratedFailurePercentage: 100,
    toleratedFailureCount: 0,
    itemCounts: counts({ total: 1000, succeeded: 75, failed: 5, running: 20, pending: 900 }),
    executionCounts: counts({}),
  });
  await handler();
  // Two hours before, and ten hours for all of them, of six.
  expect(metrics()).toMatchObject({ BatchLateness: expect.closeTo(2, 2) as number });
  expect(cloud.calls.filter((call) => call.startsWith('DescribeMapRun'))).toEqual([expect.stringContaining('second')]);
});

const counts = (given: object) => ({
  pending: 0,
  running: 0,
  succeeded: 0,
  failed: 0,
  timedOut: 0,
  aborted: 0,
  total: 0,
  resultsWritten: 0,
  ...given,
});

test('pages of running executions are read to the end', async () => {
  delete process.env[ENV.schedule];
  cloud.executions = ({ nextToken }) =>
    nextToken === undefined
      ? { executions: [execution('a', 1)], nextToken: 'more' }
      : { executions: [execution('b', 5)] };
  await handler();
  expect(metrics()).toMatchObject({ BatchLateness: expect.closeTo(5 / 6, 2) as number });
});
