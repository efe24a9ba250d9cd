import { SFNClient } from '@aws-sdk/client-sfn';
import { startLoop } from '../../../../lambda/rollout-controller/ports/start-loop';
import { ExecutionService } from '../../rollout-services/execution-service';
import { LoopbackServices } from '../../rollout-services/loopback-services';

const ARN = 'arn:aws:states:eu-west-1:111122223333:stateMachine:rollout';
const START = { name: '1700000000000', wake: 1700000000000, generation: 0, ticks: 0 };

const started = new Map<string, object>();
let running = true;
let stop: () => void;
const states = new SFNClient({ maxAttempts: 1 });

beforeAll(async () => {
  const service = new ExecutionService(ARN, {
    start: (name, input) => !started.has(name) && started.set(name, input) !== undefined,
    isRunning: () => running,
  });
  stop = await new LoopbackServices([service]).start();
});
afterAll(() => stop());

test('the same start again is one execution, whether it still runs or not', async () => {
  await startLoop(states, ARN, START);
  await startLoop(states, ARN, START);
  running = false;
  await startLoop(states, ARN, START);
  expect([...started]).toEqual([['1700000000000-0', START]]);
});

test('a state machine that is not there is an error', async () => {
  await expect(startLoop(states, `${ARN}-gone`, START)).rejects.toThrow('State Machine Does Not Exist');
});
