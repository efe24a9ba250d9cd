import type { LoopInput } from '../../../lambda/rollout/contract';
import { isComplete, onEvent, type ProviderEvent } from '../../../lambda/rollout-resource';
import { ExecutionService } from '../rollout-services/execution-service';
import { LoopbackServices, Refusal } from '../rollout-services/loopback-services';
import { TableService } from '../rollout-services/table-service';
import { CONTROLLER, propertiesOf, TARGET } from './items';

const CONTEXT = { getRemainingTimeInMillis: () => 60_000 };
const event = (RequestType: ProviderEvent['RequestType'], version = '1'): ProviderEvent => ({
  RequestType,
  ...(RequestType === 'Create' ? {} : { PhysicalResourceId: CONTROLLER }),
  ResourceProperties: propertiesOf(version),
});

const table = new TableService('rollouts');
const started: [string, unknown][] = [];
const executions = new ExecutionService(propertiesOf('1').stateMachineArn, {
  start: (name, input) => !started.some(([before]) => before === name) && started.push([name, input]) > 0,
  isRunning: () => false,
});
const loopback = new LoopbackServices([table, executions]);
let stop: () => void;
beforeAll(async () => {
  stop = await loopback.start();
});
afterAll(() => stop());
beforeEach(() => {
  table.items.clear();
  started.splice(0);
  loopback.fault = () => undefined;
  jest.spyOn(console, 'info').mockReturnValue();
  jest.spyOn(console, 'warn').mockReturnValue();
});
afterEach(() => {
  jest.restoreAllMocks();
});

test('a creation has the name of its controller as its id, gives the ARN, and starts the loop', async () => {
  const answer = await onEvent(event('Create'), CONTEXT);
  expect(answer).toMatchObject({
    PhysicalResourceId: CONTROLLER,
    Data: { Arn: 'arn:aws:lambda:eu-west-1:111122223333:function:fraud:live' },
  });
  expect(started).toHaveLength(1);
  const [name, input] = started[0] as [string, LoopInput];
  expect(name).toBe(`${input.wake}-0`);
  expect(await isComplete({ ...event('Create'), ...answer })).toEqual({ IsComplete: false });
});

test('an update with another controller has another id, and the deletion of the old one changes nothing', async () => {
  await onEvent(event('Create'), CONTEXT);
  const update = event('Update', '2');
  const properties = { ...update.ResourceProperties, controllerName: 'Stack-Other' };
  const moved = {
    ...update,
    ResourceProperties: properties,
    OldResourceProperties: event('Create').ResourceProperties,
  };
  expect(await onEvent(moved, CONTEXT)).toMatchObject({ PhysicalResourceId: 'Stack-Other' });
  const before = table.items.get(TARGET);
  const removed = await onEvent(event('Delete'), CONTEXT);
  expect(removed).toMatchObject({ PhysicalResourceId: CONTROLLER, HandedOver: { nothing: true } });
  expect(await isComplete({ ...event('Delete'), ...removed })).toEqual({ IsComplete: true });
  expect(table.items.get(TARGET)).toBe(before);
});

test('the deletion of what never was is done', async () => {
  const removed = await onEvent(event('Delete'), CONTEXT);
  expect(await isComplete({ ...event('Delete'), ...removed })).toEqual({ IsComplete: true });
});

test.each(['throttled', 'failed', 'reset'] as const)('a reading that is %s is no end of the wait', async (fault) => {
  const answer = await onEvent(event('Create'), CONTEXT);
  loopback.fault = () => fault;
  expect(await isComplete({ ...event('Create'), ...answer })).toEqual({ IsComplete: false });
});

test('a permission that comes a little later than the resource is waited for, and not for long', async () => {
  const { GetItem } = table.operations;
  let refusals = 2;
  const operations = table.operations as Record<string, (input: never) => unknown>;
  operations.GetItem = (input) => {
    if (refusals-- > 0) {
      throw new Refusal('AccessDeniedException', 'not authorized to perform: dynamodb:GetItem');
    }
    return GetItem(input);
  };
  try {
    await onEvent(event('Create'), CONTEXT);
    expect(refusals).toBeLessThan(0);
    expect(started).toHaveLength(1);
    refusals = Infinity;
    await expect(onEvent(event('Update', '2'), { getRemainingTimeInMillis: () => 11_000 })).rejects.toThrow(
      /not authorized/,
    );
  } finally {
    operations.GetItem = GetItem;
  }
});

test('a table that is not there is one, at once', async () => {
  const { ResourceProperties } = event('Create');
  const gone = { ...event('Create'), ResourceProperties: { ...ResourceProperties, table: 'gone' } };
  await expect(isComplete(gone)).rejects.toThrow('Requested resource not found');
  await expect(onEvent(gone, CONTEXT)).rejects.toThrow('Requested resource not found');
});

test('a reason has no trace behind it, which CloudFormation would show', async () => {
  const error = await isComplete({ ...event('Update', '2') }).catch((thrown: unknown) => thrown as Error);
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).stack).toBe(`Error: ${(error as Error).message}`);
  expect((error as Error).message).toContain('there is no item of it in the table rollouts');
});
