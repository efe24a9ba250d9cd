import { LambdaClient } from '@aws-sdk/client-lambda';
import type { Answer } from '../../../../lambda/rollout/ports';
import { type Answered, VersionExamples } from '../../../../lambda/rollout-controller/ports/version-examples';
import type { SmokeTestCases } from '../../../../lambda/smoke-test/contract';
import type { SimulatedVersion } from '../../rollout-services/lambda-service';
import { RolloutServices } from '../../rollout-services/rollout-services';

const MODEL = { name: 'fraud', version: '7' };
const CASES: SmokeTestCases = {
  model: MODEL,
  cases: [0.25, 0.5, 0.75].map((input) => ({ input: [input], expected: [input * 2], tolerance: 1e-6 })),
};

/** Answers twice the input, plus something. */
function doubling(plus: number): SimulatedVersion {
  return {
    invoke: (payload) => {
      const { instances } = payload as { readonly instances: readonly [readonly [number]] };
      return { milliseconds: 1, answer: { predictions: [[instances[0][0] * 2 + plus]], model: MODEL } };
    },
  };
}

let services: RolloutServices;
let stop: () => void;
let answered: Answered;
beforeEach(async () => {
  services = new RolloutServices();
  stop = await services.loopback.start();
  answered = new Map();
  services.lambda.publish(doubling(0));
  services.lambda.publish(doubling(0.1));
  services.lambda.publish({ invoke: () => ({ milliseconds: 1, error: 'the model cannot be read' }) });
});
afterEach(() => stop());

function examples(version: string, cases: SmokeTestCases | 'none' = CASES, time = 5_000): Promise<Answer> {
  const client = new LambdaClient({ maxAttempts: 1 });
  const given = cases === 'none' ? undefined : cases;
  return new VersionExamples(client, 'fraud', given, () => time, answered).examples(version);
}

test('a version is asked by itself, one example after another', async () => {
  expect(await examples('1')).toEqual({ passed: true, text: 'version 1 answers 3 of 3 examples as it should' });
  expect(services.loopback.calls.map(({ input }) => input.FunctionName)).toEqual(['fraud:1', 'fraud:1', 'fraud:1']);
});

test('a wrong answer is told with what was expected', async () => {
  expect(await examples('2')).toEqual({
    passed: false,
    text: 'example 1 of 3: predictions[0][0] is 0.6 instead of 0.5',
  });
});

test('an error of the function is no answer', async () => {
  expect(await examples('3')).toEqual({
    passed: false,
    text: expect.stringMatching(/^example 1 of 3: Error: the function failed: .*the model cannot be read/) as string,
  });
});

test('without examples every version passes, and that is said', async () => {
  expect(await examples('2', 'none')).toEqual({
    passed: true,
    text: 'version 2 is asked nothing: the model has no examples',
  });
  expect(services.loopback.calls).toEqual([]);
});

test('what the network or a permission keeps from being asked is no fault of the version', async () => {
  services.loopback.fault = () => 'reset';
  await expect(examples('1')).rejects.toThrow('socket hang up');
  services.loopback.fault = () => undefined;
  await expect(examples('9')).rejects.toThrow('Function not found');
});

test('one that is throttled for longer than there is time for is asked again, and goes on where it was', async () => {
  services.loopback.fault = (index) => (index >= 2 ? 'throttled' : undefined);
  expect(await examples('1', CASES, 300)).toBe('wait');
  services.loopback.fault = () => undefined;
  services.loopback.calls.splice(0);
  expect(await examples('1')).toMatchObject({ passed: true });
  expect(services.loopback.calls).toHaveLength(1);
});

test('a version that is tried again is asked from the first example on', async () => {
  services.loopback.fault = (index) => (index >= 2 ? 'throttled' : undefined);
  await examples('1', CASES, 300);
  services.loopback.fault = () => undefined;
  const wrong = { ...CASES, cases: CASES.cases.map((each) => ({ ...each, expected: [9] })) };
  expect(await examples('1', wrong)).toMatchObject({ passed: false });
  services.loopback.calls.splice(0);
  expect(await examples('1')).toMatchObject({ passed: true });
  expect(services.loopback.calls).toHaveLength(3);
});
