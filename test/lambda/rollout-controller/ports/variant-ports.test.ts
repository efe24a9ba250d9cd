import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { CloudWatchCounts } from '../../../../lambda/rollout-controller/cloudwatch-counts';
import { VariantCounts } from '../../../../lambda/rollout-controller/ports/variant-counts';
import { VariantExamples } from '../../../../lambda/rollout-controller/ports/variant-examples';
import type { SmokeTestCases } from '../../../../lambda/smoke-test/contract';
import type { SimulatedModel } from '../../rollout-services/sagemaker-catalogue';
import { ENDPOINT, EndpointRollout } from '../targets/endpoint-rollout';

const MODEL = { name: 'fraud', version: '7' };
const CASES: SmokeTestCases = {
  model: MODEL,
  cases: [0.25, 0.5].map((input) => ({ input, expected: input * 2, tolerance: 1e-6 })),
};

/** Answers as the container of ONNX models does. */
const doubling =
  (plus: number, model: object = { model: MODEL }): SimulatedModel['invoke'] =>
  (body) => {
    const { instances } = JSON.parse(body) as { readonly instances: readonly number[] };
    return { milliseconds: 1, answer: { predictions: instances.map((each) => each * 2 + plus), ...model } };
  };

let rollout: EndpointRollout;
beforeEach(async () => {
  rollout = await EndpointRollout.begun();
});
afterEach(() => rollout.end());

/** Another version beside the live one, without traffic. */
async function candidate(invoke: SimulatedModel['invoke']): Promise<void> {
  const { catalogue } = rollout.services.sagemaker;
  catalogue.models.set('model-two', { invoke, created: 0 });
  await rollout.until(() => rollout.target.stage('chat-two', 5));
}

function examples(version = 'chat-two', cases: SmokeTestCases | 'none' = CASES): Promise<unknown> {
  return new VariantExamples(
    new SageMakerRuntimeClient({ maxAttempts: 1 }),
    ENDPOINT,
    rollout.target,
    cases === 'none' ? undefined : cases,
    () => 5_000,
    new Map(),
  ).examples(version);
}

test('a candidate without traffic is asked by the name of its variant', async () => {
  await candidate(doubling(0));
  expect(await examples()).toEqual({
    passed: true,
    text: 'version chat-two answers 2 of 2 examples as it should',
  });
  const asked = rollout.services.loopback.calls.filter(({ operation }) => operation === 'InvokeEndpoint');
  expect(asked.map(({ input }) => [input.TargetVariant, input.Body])).toEqual([
    ['Other', '{"instances":[0.25]}'],
    ['Other', '{"instances":[0.5]}'],
  ]);
});

test('a version that is alone is asked without a name', async () => {
  rollout.services.sagemaker.catalogue.models.set('model-one', { invoke: doubling(0), created: 0 });
  expect(await examples('chat-one')).toMatchObject({ passed: true });
  expect(rollout.services.loopback.calls.at(-1)!.input.TargetVariant).toBeUndefined();
});

test.each<[string, SimulatedModel['invoke'], RegExp]>([
  ['a wrong answer', doubling(0.1), /predictions\[0\] is 0.6 instead of 0.5/],
  ['another model', doubling(0, { model: { name: 'fraud', version: '6' } }), /model.version is "6" instead of "7"/],
  [
    'an error',
    () => ({ milliseconds: 1, status: 500, answer: 'no memory' }),
    /the container failed: .*\(500\).*no memory/,
  ],
  ['no JSON', () => ({ milliseconds: 1, answer: 'hello' }), /SyntaxError/],
])('%s does not pass', async (_, invoke, text) => {
  await candidate(invoke);
  expect(await examples()).toEqual({ passed: false, text: expect.stringMatching(text) as string });
});

test('a container that does not say which model it has is believed', async () => {
  await candidate(doubling(0, {}));
  expect(await examples()).toMatchObject({ passed: true });
});

describe('a container with a format of its own', () => {
  const cases: SmokeTestCases = {
    model: MODEL,
    asIs: true,
    cases: [{ input: { prompt: 'one and one' }, expected: { text: 'two' }, tolerance: 0 }],
  };
  const answering =
    (answer: unknown): SimulatedModel['invoke'] =>
    (body) => ({
      milliseconds: 1,
      answer: body === '{"prompt":"one and one"}' ? answer : 'asked otherwise',
    });

  test('is asked the input as it is, and its whole answer is compared', async () => {
    await candidate(answering({ text: 'two', usage: null }));
    expect(await examples('chat-two', cases)).toMatchObject({ passed: true });
    await candidate(answering({ text: 'three' }));
    expect(await examples('chat-two', cases)).toEqual({
      passed: false,
      text: 'example 1 of 1: answer.text is "three" instead of "two"',
    });
  });

  test('may answer plain text, or anything where nothing is expected', async () => {
    await candidate(answering('two'));
    const [{ input }] = cases.cases;
    const asked = (expected?: unknown) =>
      examples('chat-two', { ...cases, cases: [{ input, expected, tolerance: 0 }] });
    expect(await asked('two')).toMatchObject({ passed: true });
    expect(await asked('three')).toMatchObject({ passed: false });
    expect(await asked()).toMatchObject({ passed: true });
  });
});

test('without examples nothing is asked; a version that is not on the endpoint cannot be', async () => {
  expect(await examples('chat-two', 'none')).toEqual({
    passed: true,
    text: 'version chat-two is asked nothing: the model has no examples',
  });
  await expect(examples('chat-two')).rejects.toThrow('version chat-two is not on the endpoint chat');
});

test('what keeps it from being asked is no fault of the candidate', async () => {
  await candidate(doubling(0));
  rollout.services.loopback.fault = (_, { operation }) => (operation === 'InvokeEndpoint' ? 'throttled' : undefined);
  await expect(examples()).rejects.toThrow('Rate exceeded');
});

test('counts are of the variants that have the versions now', async () => {
  const part = (metricName: string) => ({
    parts: [
      {
        namespace: 'AWS/SageMaker',
        metricName,
        statistic: 'Sum',
        dimensions: { EndpointName: ENDPOINT },
        versionDimension: 'VariantName',
      },
    ],
  });
  const counts = new VariantCounts(
    new CloudWatchCounts(new CloudWatchClient({ maxAttempts: 1 }), {
      requests: part('Invocations'),
      bad: [part('Invocation5XXErrors')],
    }),
    rollout.target,
  );
  const { clock, sagemaker } = rollout.services;
  const from = clock.minute();
  expect(await counts.minutes(from, from, 'chat-two', 'chat-one')).toEqual([]);
  await candidate(() => ({ milliseconds: 1, status: 500 }));
  await rollout.steps([50]);
  clock.pass(60 - ((clock.now() / 1000) % 60));
  const minute = clock.minute();
  Array.from({ length: 40 }, () => sagemaker.call(ENDPOINT, '{}'));
  clock.pass(600);
  const [counted] = await counts.minutes(minute, minute, 'chat-two', 'chat-one');
  expect(counted.candidate.requests + counted.baseline.requests).toBe(40);
  expect(counted.candidate.bad).toEqual([counted.candidate.requests]);
  expect(counted.baseline.bad).toEqual([0]);
});
