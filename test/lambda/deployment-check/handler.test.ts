import { createServer } from 'node:http';
import type { CheckEvent } from '../../../lambda/deployment-check/contract';
import { listenForClients } from '../../helpers/loopback';

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

const POLL = 5_000;
const MINUTE = 60_000;
const now = Date.now();

/** What the loopback services got, and what they answer. */
const cloud = {
  calls: [] as { action: string; body: Record<string, unknown> }[],
  describe: (_count: number): Reply => inService('new'),
  history: (_alarm: string): Reply => history([]),
};

const of = (action: string) => cloud.calls.filter((call) => call.action === action).map(({ body }) => body);

const endpoint = (EndpointStatus: string, EndpointConfigName: string, FailureReason?: string): Reply => ({
  status: 200,
  body: { EndpointName: 'fraud', EndpointStatus, EndpointConfigName, FailureReason, ProductionVariants: [] },
});
const inService = (config: string): Reply => endpoint('InService', config);
const refusal = (type: string): Reply => ({ status: 400, body: { __type: type, message: `${type} it is` } });
/** Transitions with their age in minutes, newest first, as CloudWatch has them. */
const history = (transitions: [to: string, minutesAgo: number, data?: string][]): Reply => ({
  status: 200,
  body: {
    AlarmHistoryItems: transitions.map(([to, minutesAgo, data]) => ({
      HistorySummary: `Alarm updated from OK to ${to}`,
      Timestamp: (now - minutesAgo * MINUTE) / 1000,
      HistoryData: data ?? JSON.stringify({ newState: { stateReason: `it was ${to}` } }),
    })),
  },
});

const server = createServer((request, response) => {
  let text = '';
  request.on('data', (chunk) => (text += chunk));
  request.on('end', () => {
    const [, action] = String(request.headers['x-amz-target']).split('.');
    const body = JSON.parse(text) as Record<string, unknown>;
    cloud.calls.push({ action, body });
    const reply =
      action === 'DescribeEndpoint' ? cloud.describe(of(action).length) : cloud.history(String(body.AlarmName));
    response.writeHead(reply.status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(reply.body));
  });
});

let stop: () => void;
let handler: typeof import('../../../lambda/deployment-check').handler;

beforeAll(async () => {
  stop = await listenForClients(server);
  ({ handler } = require('../../../lambda/deployment-check') as typeof import('../../../lambda/deployment-check'));
});

afterAll(() => stop());

beforeEach(() => {
  cloud.calls.length = 0;
  cloud.describe = () => inService('new');
  cloud.history = () => history([]);
  const real = globalThis.setTimeout;
  jest
    .spyOn(globalThis, 'setTimeout')
    .mockImplementation((run: () => void, milliseconds?: number) =>
      real(run, milliseconds === POLL ? 1 : milliseconds),
    );
});

afterEach(() => jest.restoreAllMocks());

/** Checks one deployment, with as many seconds left as are given, five fewer each time that it looks. */
async function check(type: CheckEvent['RequestType'] = 'Update', seconds = 60) {
  let remaining = seconds * 1000;
  return handler(
    {
      RequestType: type,
      PhysicalResourceId: type === 'Create' ? undefined : 'kept',
      ResourceProperties: { EndpointName: 'fraud', EndpointConfigName: 'new', AlarmNames: ['Errors', 'Latency'] },
    },
    { getRemainingTimeInMillis: () => (remaining -= POLL) },
  );
}

test('a first deployment that runs what was asked for', async () => {
  expect(await check('Create')).toEqual({ PhysicalResourceId: 'fraud-deployment' });
  expect(cloud.calls).toEqual([{ action: 'DescribeEndpoint', body: { EndpointName: 'fraud' } }]);
});

test('an update that runs what was asked for keeps the id of the resource', async () => {
  expect(await check('Update')).toEqual({ PhysicalResourceId: 'kept' });
});

test('a removal asks nothing', async () => {
  expect(await check('Delete')).toEqual({ PhysicalResourceId: 'kept' });
  expect(cloud.calls).toEqual([]);
});

test('an endpoint on its way is waited for', async () => {
  cloud.describe = (count) => (count < 3 ? endpoint('Updating', 'old') : inService('new'));
  expect(await check()).toEqual({ PhysicalResourceId: 'kept' });
  expect(of('DescribeEndpoint')).toHaveLength(3);
});

test('one that is rolling back is waited for, and is no success', async () => {
  cloud.describe = (count) => (count < 2 ? endpoint('RollingBack', 'new') : inService('old'));
  await expect(check()).rejects.toThrow('the endpoint fraud was rolled back by SageMaker');
});

test('a wait ends in time for a report', async () => {
  cloud.describe = () => endpoint('Updating', 'old');
  await expect(check('Update', 40)).rejects.toThrow('the endpoint fraud is Updating with the configuration old');
  expect(of('DescribeEndpoint').length).toBeLessThan(6);
});

test('a silent rollback fails the stack, and says which alarm went off, when and why', async () => {
  cloud.describe = () => inService('old');
  cloud.history = (alarm) =>
    history(
      alarm === 'Errors'
        ? [
            ['OK', 1],
            ['ALARM', 5],
            ['OK', 60],
          ]
        : [['OK', 60]],
    );
  const at = new Date(now - 5 * MINUTE).toISOString();
  await expect(check()).rejects.toThrow(
    `the endpoint fraud was rolled back by SageMaker: it serves with the configuration old, and this deployment asked for new. went off: alarm Errors at ${at} (it was ALARM)`,
  );
  expect(of('DescribeAlarmHistory')).toEqual([
    { AlarmName: 'Errors', HistoryItemType: 'StateUpdate', ScanBy: 'TimestampDescending' },
    { AlarmName: 'Latency', HistoryItemType: 'StateUpdate', ScanBy: 'TimestampDescending' },
  ]);
});

test('an alarm that has been red since long before is named, too', async () => {
  cloud.describe = () => inService('old');
  cloud.history = (alarm) => history(alarm === 'Errors' ? [['ALARM', 3 * 24 * 60]] : []);
  await expect(check()).rejects.toThrow(/went off: alarm Errors at/);
});

test('one that was red before this deployment, and is not any more, is not', async () => {
  cloud.describe = () => inService('old');
  cloud.history = () =>
    history([
      ['OK', 10 * 60],
      ['ALARM', 11 * 60],
    ]);
  await expect(check()).rejects.toThrow('No rollback alarm went off');
});

test('a rollback without an alarm points at the logs', async () => {
  cloud.describe = () => inService('old');
  await expect(check()).rejects.toThrow('No rollback alarm went off: look at the logs of the new containers');
});

test.each(['Failed', 'UpdateRollbackFailed', 'OutOfService'])(
  "an endpoint that is %s fails the stack, in SageMaker's words",
  async (status) => {
    cloud.describe = () => endpoint(status, 'new', 'The primary container did not pass the ping health check.');
    await expect(check('Create')).rejects.toThrow(
      `the endpoint fraud is ${status} with the configuration new, and this deployment asked for new. The primary container did not pass the ping health check.`,
    );
  },
);

test('what cannot be read of the alarms does not hide the rollback', async () => {
  const logged = jest.spyOn(console, 'error').mockImplementation();
  cloud.describe = () => inService('old');
  cloud.history = (alarm) => (alarm === 'Errors' ? refusal('AccessDenied') : history([['ALARM', 5]]));
  await expect(check()).rejects.toThrow(/went off: alarm Latency at .*what these alarms did could not be read: Errors/);
  expect(logged).toHaveBeenCalledWith(expect.stringContaining('alarm Errors'), expect.anything());
});

test.each(['no JSON', '{}', '{"newState":{}}'])('a history whose data is %p has no reason', async (data) => {
  cloud.describe = () => inService('old');
  cloud.history = () => history([['ALARM', 5, data]]);
  await expect(check()).rejects.toThrow('(no reason given)');
});

test('a long reason is cut: CloudFormation would refuse the whole answer', async () => {
  cloud.describe = () => endpoint('Failed', 'new', 'x'.repeat(5000));
  const { message } = (await check().catch((error: unknown) => error)) as Error;
  expect(message).toHaveLength(900);
  expect(message).toMatch(/^the endpoint fraud is Failed/);
});

test('an endpoint that cannot be described fails the stack', async () => {
  cloud.describe = () => refusal('ValidationException');
  await expect(check()).rejects.toThrow('ValidationException it is');
});
