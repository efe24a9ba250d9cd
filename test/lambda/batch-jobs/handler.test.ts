import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { AdvanceRequest, PartitionOutcome } from '../../../lambda/batch/contract';
import { outcomeKey, partitionKey, runPlace } from '../../../lambda/batch/run-paths';
import { LoopbackS3 } from '../batch/loopback-s3';
import { SETTINGS } from '../batch-control/planned';

jest.setTimeout(30_000);

type Fields = Record<string, unknown>;
interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** What SageMaker and CloudWatch Logs were asked, and what they answer. */
const cloud = {
  calls: [] as { action: string; body: Fields }[],
  answer: (_action: string, _body: Fields): Reply => ({ status: 200, body: {} }),
};
const refusal = (type: string, message: string): Reply => ({ status: 400, body: { __type: type, message } });
const answers = (replies: Record<string, Reply | ((body: Fields) => Reply)>): void => {
  cloud.answer = (action, body) => {
    const reply = replies[action];
    return typeof reply === 'function' ? reply(body) : (reply ?? refusal('UnknownOperationException', action));
  };
};
const ok = (body: unknown): Reply => ({ status: 200, body });

const server = createServer((request, response) => {
  let text = '';
  request.on('data', (chunk) => (text += chunk));
  request.on('end', () => {
    const [, action] = String(request.headers['x-amz-target']).split('.');
    const body = JSON.parse(text) as Fields;
    cloud.calls.push({ action, body });
    const reply = cloud.answer(action, body);
    response.writeHead(reply.status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(reply.body));
  });
});

const s3 = new LoopbackS3();
let stop: () => void;
let handler: typeof import('../../../lambda/batch-jobs').handler;
let printed: string[];

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stop = await s3.start();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  Object.assign(process.env, { AWS_ENDPOINT_URL_SAGEMAKER: url, AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: url });
  process.env.BATCH_NAME = 'nightly-churn';
  ({ handler } = require('../../../lambda/batch-jobs') as typeof import('../../../lambda/batch-jobs'));
});
afterAll(() => {
  stop();
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  s3.objects.clear();
  s3.requests.length = 0;
  s3.interfere = () => undefined;
  cloud.calls.length = 0;
  answers({});
  const real = globalThis.setTimeout;
  jest
    .spyOn(globalThis, 'setTimeout')
    .mockImplementation((run: () => void, ms?: number) => real(run, ms === 5_000 ? 0 : ms));
  printed = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((line) => printed.push(String(line)) > 0);
});
afterEach(() => jest.restoreAllMocks());

const RUN = runPlace(SETTINGS.output, '20260301T020000123Z-nightly');
const context = { getRemainingTimeInMillis: () => 900_000 };
const JOBS = {
  name: 'churn',
  instances: 1,
  lines: true,
  gzip: false,
  answers: 'csv',
  capture: false,
  maxJobs: 20,
} as const;

/** Puts objects into the input, and a list of them; gives what to ask for. */
function partition(
  contents: Record<string, string | Buffer>,
  jobs: Partial<AdvanceRequest['jobs']> = {},
): AdvanceRequest {
  const objects = Object.entries(contents).map(([key, text]) => {
    s3.objects.set(`lake/${key}`, { body: Buffer.from(text), type: undefined });
    return { key, bytes: text.length, etag: s3.etag(`lake/${key}`) };
  });
  s3.put(`lake/${partitionKey(RUN, 0)}`, JSON.stringify({ index: 0, objects }));
  return {
    settings: SETTINGS,
    jobs: { ...JOBS, ...jobs },
    run: RUN,
    partition: { index: 0, key: partitionKey(RUN, 0), objects: objects.length, bytes: 1 },
    last: {},
    ended: {},
  };
}

/** What a job wrote for these objects. */
function answered(name: string, texts: Record<string, string>): void {
  for (const [key, text] of Object.entries(texts)) {
    s3.put(`lake/${RUN.prefix}results/00000/${name}/${key}.out`, text);
  }
}
const outcome = (): PartitionOutcome => JSON.parse(s3.text(`lake/${outcomeKey(RUN, 0)}`)!) as PartitionOutcome;
const fates = () =>
  Object.fromEntries(
    outcome().outcomes.map((each) => [each.key, each.status === 'quarantined' ? each.reason : each.status]),
  );

test('the first job of a partition has all its objects, and its answers a folder of their own', async () => {
  const answer = await handler(partition({ 'in/a b+ü.csv': '1\n', 'in/b.csv': '1\n' }), context);
  expect(answer).toEqual({
    partition: 0,
    complete: false,
    name: expect.stringMatching(/^churn-20260301t020000-[0-9a-f]{12}-0-0$/) as string,
    job: {
      manifest: `s3://lake/${RUN.prefix}jobs/${answer.name}.json`,
      output: `s3://lake/${RUN.prefix}results/00000/${answer.name}/`,
      capture: `s3://lake/${RUN.prefix}capture/`,
    },
  });
  const manifest = JSON.parse(s3.text(`lake/${RUN.prefix}jobs/${answer.name}.json`)!) as unknown;
  expect(manifest).toEqual([{ prefix: 's3://lake/' }, 'in/a b+ü.csv', 'in/b.csv']);
  expect(cloud.calls).toEqual([]);
});

test('its answers are read, and what its log says of the others', async () => {
  const request = partition({ 'in/a b+ü.csv': '1\n2\n', 'in/b: c.csv': '1\n', 'in/d.csv': '1\n' });
  const last = await handler(request, context);
  answered(last.name!, { 'in/a b+ü.csv': '0.5\n0.25\n' });
  const streams = [`${last.name}/i-1-1`, `${last.name}/i-1-1/data-log`, `${last.name}/i-2-1/data-log`];
  const line = (text: string) => ({ message: `2026-03-01T02:10:00.000:[sagemaker logs]: ${text}`, timestamp: 1 });
  let looks = 0;
  answers({
    DescribeLogStreams: ({ nextToken }) =>
      nextToken === undefined
        ? ok({ logStreams: streams.slice(0, 2).map((logStreamName) => ({ logStreamName })), nextToken: 'more' })
        : ok({ logStreams: [{ logStreamName: streams[2] }] }),
    FilterLogEvents: ({ nextToken }) =>
      nextToken === undefined
        ? ok({ events: [], nextToken: 'more' })
        : ok({
            events: [
              line('lake/in/b: c.csv: ClientError: 400'),
              line('lake/in/b: c.csv: {"error": "no"}'),
              // Late, this time.
              ...(looks++ === 0 ? [] : [line('lake/in/d.csv: ClientError: 413')]),
            ],
          }),
  });
  const description = {
    TransformJobStatus: 'Failed',
    FailureReason: 'ClientError: See job logs for more information',
    TransformStartTime: 1772330400000,
    TransformEndTime: 1772330700000,
  };
  const ended = { Error: 'States.TaskFailed', Cause: JSON.stringify(description) };
  expect(await handler({ ...request, last, ended }, context)).toEqual({ partition: 0, complete: true });
  expect(fates()).toEqual({
    'in/a b+ü.csv': 'scored',
    'in/b: c.csv': 'the container refused it: ClientError: 400 {"error": "no"}',
    'in/d.csv': 'the container refused it: ClientError: 413',
  });
  expect(outcome()).toMatchObject({ seconds: 300, outcomes: [{ recordsIn: 2, recordsOut: 2 }, {}, {}] });
  expect(cloud.calls[0].body).toEqual({
    logGroupName: '/aws/sagemaker/TransformJobs',
    logStreamNamePrefix: `${last.name}/`,
  });
  // What the container prints is not read.
  expect(cloud.calls[2].body).toMatchObject({ logStreamNames: streams.slice(1) });
  expect(looks).toBe(2);
});

test.each([
  ['no group', refusal('ResourceNotFoundException', 'The specified log group does not exist.')],
  ['no stream', ok({ logStreams: [] })],
  ['only what the container prints', ok({ logStreams: [{ logStreamName: 'x/i-1' }] })],
])('with %s in the logs nothing is said of an object', async (_, reply) => {
  const request = partition({ 'in/a.csv': '1\n' });
  const last = await handler(request, context);
  answers({ DescribeLogStreams: reply });
  const cause = { TransformJobStatus: 'Failed', FailureReason: 'AlgorithmError: See job logs for more information' };
  const ended = { Error: 'States.TaskFailed', Cause: JSON.stringify(cause) };
  expect(await handler({ ...request, last, ended }, context)).toMatchObject({ complete: true });
  expect(fates()).toEqual({ 'in/a.csv': 'its job failed with AlgorithmError: See job logs for more information' });
  expect(cloud.calls.map(({ action }) => action)).toEqual(Array(3).fill('DescribeLogStreams'));
});

test('logs that may not be read are no logs without lines', async () => {
  const request = partition({ 'in/a.csv': '1\n' });
  const last = await handler(request, context);
  answers({ DescribeLogStreams: refusal('AccessDeniedException', 'not authorized') });
  const ended = { Error: 'States.TaskFailed', Cause: '{"TransformJobStatus":"Failed"}' };
  await expect(handler({ ...request, last, ended }, context)).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

describe('a job of which nobody told', () => {
  test.each([
    ['ValidationException', 'Could not find requested job with name: churn-1'],
    ['ResourceNotFound', 'Resource being access is not found.'],
  ])('and which SageMaker does not know (%s) is handed out again', async (type, message) => {
    const request = partition({ 'in/a.csv': '1\n' });
    const last = await handler(request, context);
    answers({ DescribeTransformJob: refusal(type, message) });
    expect(await handler(request, context)).toEqual(last);
    expect(cloud.calls).toEqual([{ action: 'DescribeTransformJob', body: { TransformJobName: last.name } }]);
  });

  test('is waited for while it runs, and read when it is done', async () => {
    const request = partition({ 'in/a.csv': '1\n' });
    const { name } = await handler(request, context);
    answers({ DescribeTransformJob: ok({ TransformJobStatus: 'InProgress' }) });
    expect(await handler(request, context)).toEqual({ partition: 0, complete: false, name, wait: 60 });
    answered(name!, { 'in/a.csv': '1\n' });
    const times = { TransformStartTime: 1772330400, TransformEndTime: 1772330460.5 };
    answers({ DescribeTransformJob: ok({ TransformJobStatus: 'Completed', ...times }) });
    expect(await handler(request, context)).toEqual({ partition: 0, complete: true });
    expect(outcome()).toMatchObject({ seconds: 60.5, outcomes: [{ status: 'scored' }] });
  });

  test('is stopped where its time is over and it goes on', async () => {
    const request = partition({ 'in/a.csv': '1\n' });
    const last = await handler(request, context);
    const { name } = last;
    answers({ DescribeTransformJob: ok({ TransformJobStatus: 'InProgress' }), StopTransformJob: ok({}) });
    const asked = { ...request, last, ended: { Error: 'States.Timeout', Cause: '' } };
    expect(await handler(asked, context)).toEqual({ partition: 0, complete: false, name, wait: 60 });
    expect(cloud.calls.at(-1)).toEqual({ action: 'StopTransformJob', body: { TransformJobName: name } });
    answers({
      DescribeTransformJob: ok({ TransformJobStatus: 'InProgress' }),
      StopTransformJob: refusal('ValidationException', 'The job has status Completed'),
    });
    await expect(handler(asked, context)).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test.each([
    ['ValidationException', "1 validation error detected: Value 'x' at 'transformJobName' failed"],
    ['AccessDeniedException', 'not authorized to perform: sagemaker:DescribeTransformJob'],
  ])('and of which SageMaker does not tell (%s) is none that is not there', async (type, message) => {
    const request = partition({ 'in/a.csv': '1\n' });
    await handler(request, context);
    answers({ DescribeTransformJob: refusal(type, message) });
    await expect(handler(request, context)).rejects.toMatchObject({ name: type });
  });
});

test('more objects than a client has connections are read, also those that are one record', async () => {
  const contents = Object.fromEntries(
    Array.from({ length: 120 }, (_, index) => [`in/${index}.png`, Buffer.alloc(200_000, index)]),
  );
  const request = partition(contents, { lines: false, answers: 'opaque' });
  const last = await handler(request, context);
  answered(last.name!, Object.fromEntries(Object.keys(contents).map((key) => [key, 'x'])));
  const ended = { TransformJobStatus: 'Completed' };
  expect(await handler({ ...request, last, ended }, context)).toEqual({ partition: 0, complete: true });
  expect(outcome().outcomes).toHaveLength(120);
});

test('compressed objects are counted, and those that are not are quarantined', async () => {
  const contents = { 'in/a.csv.gz': gzipSync('1\n2\n'), 'in/b.csv.gz': '1\n' };
  const request = partition(contents, { gzip: true });
  const last = await handler(request, context);
  answered(last.name!, { 'in/a.csv.gz': '1\n2\n', 'in/b.csv.gz': '1\n' });
  expect(await handler({ ...request, last, ended: { TransformJobStatus: 'Completed' } }, context)).toMatchObject({
    complete: true,
  });
  expect(fates()).toEqual({
    'in/a.csv.gz': 'scored',
    'in/b.csv.gz': 'it is not valid gzip: incorrect header check',
  });
});

test('where little time is left, at least one answer is read', async () => {
  const request = partition(Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`in/${index}.csv`, '1\n'])));
  const last = await handler(request, context);
  answered(last.name!, Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`in/${index}.csv`, '1\n'])));
  const ended = { TransformJobStatus: 'Completed' };
  const short = { getRemainingTimeInMillis: () => 200_000 };
  expect(await handler({ ...request, last, ended }, short)).toEqual({ partition: 0, complete: false, name: last.name });
  expect(outcome().outcomes).toHaveLength(1);
  expect(await handler({ ...request, last, ended }, context)).toEqual({ partition: 0, complete: true });
});

test('a job at the quota is a metric of the batch', async () => {
  const request = partition({ 'in/a.csv': '1\n' });
  const last = await handler(request, context);
  const ended = { Error: 'SageMaker.ResourceLimitExceededException', Cause: 'The account-level service limit' };
  const answer = await handler({ ...request, last, ended }, context);
  expect(answer).toMatchObject({ name: last.name, job: last.job });
  expect(answer.wait).toBeGreaterThanOrEqual(15);
  expect(answer.wait).toBeLessThanOrEqual(30);
  expect(JSON.parse(printed.join(''))).toMatchObject({
    BatchName: 'nightly-churn',
    BatchJobsAtQuota: 1,
    _aws: { CloudWatchMetrics: [{ Namespace: 'InferencePatterns', Dimensions: [['BatchName']] }] },
  });
});
