import type { Phase } from '../../../lambda/rollout/contract';
import { FAULTS } from '../rollout-services/loopback-services';
import { randomFrom } from '../rollout-services/rollout-services';
import { ENDPOINT, EndpointDeployment, GOOD, model, SCALED } from './endpoint-deployment';

jest.setTimeout(120_000);

let deployment: EndpointDeployment;
afterEach(() => deployment.end());

/** A version alone, under the first name by its own configuration, or under the other by one of the controller. */
const only = (version: string, variant: 'AllTraffic' | 'Other', scaled = true): object => ({
  variants: { [variant]: `model-${version}` },
  configs: [...(variant === 'AllTraffic' ? [] : ['chat-rollout-#']), version].sort(),
  models: [`model-${version}`],
  scaled: scaled ? [variant] : [],
});

describe.each([
  ['scaled', SCALED],
  ['not scaled', undefined],
])('an endpoint that is %s', (_, scaling) => {
  const alone = (version: string, variant: 'AllTraffic' | 'Other'): object =>
    only(version, variant, scaling !== undefined);

  test('the first version is there at once, and good ones go through all steps, under alternating names', async () => {
    deployment = await EndpointDeployment.begun(scaling);
    expect(await deployment.rollOut('chat-a')).toBe('promoted: first');
    expect(deployment.left).toEqual(alone('chat-a', 'AllTraffic'));
    expect(await deployment.rollOut('chat-b')).toBe('promoted: baked');
    expect(deployment.left).toEqual(alone('chat-b', 'Other'));
    expect(await deployment.rollOut('chat-c')).toBe('promoted: baked');
    expect(deployment.left).toEqual(alone('chat-c', 'AllTraffic'));
  });

  test.each([
    ['fails', model(0.5, 0.02)],
    ['is slow', model(0.01, 0.6)],
  ])('a version that %s goes back from its first step, and the next good one gets through', async (__, bad) => {
    deployment = await EndpointDeployment.begun(scaling);
    await deployment.rollOut('chat-a');
    expect(await deployment.rollOut('chat-b', bad)).toBe('rolled-back: judged');
    expect(deployment.shares.get('chat-b')).toBeLessThanOrEqual(20);
    expect(deployment.left).toMatchObject({ variants: { AllTraffic: 'model-chat-a' } });
    expect(await deployment.rollOut('chat-c')).toBe('promoted: baked');
    expect(deployment.left).toEqual(alone('chat-c', 'Other'));
  });

  test('an endpoint that CloudFormation made is gone on with', async () => {
    deployment = await EndpointDeployment.begun(scaling);
    const { catalogue, operations } = deployment.services.sagemaker;
    catalogue.make('chat-a', { name: 'model-chat-a', invoke: GOOD });
    operations.CreateEndpoint({ EndpointName: ENDPOINT, EndpointConfigName: 'chat-a' });
    deployment.services.clock.pass(600);
    deployment.desire('chat-a');
    expect(await deployment.run()).toBe('unchanged: same-version');
    expect(deployment.left).toEqual(alone('chat-a', 'AllTraffic'));
    expect(await deployment.rollOut('chat-b')).toBe('promoted: baked');
    expect(deployment.left).toEqual(alone('chat-b', 'Other'));
  });

  test('deleted, with nothing left but what is of the template', async () => {
    deployment = await EndpointDeployment.begun(scaling);
    await deployment.rollOut('chat-a');
    await deployment.rollOut('chat-b');
    deployment.desire(undefined);
    expect(await deployment.run()).toBe('removed: deleted');
    expect(deployment.left).toEqual({
      variants: {},
      configs: ['chat-b'],
      models: ['model-chat-b'],
      scaled: [],
    });
  });

  test.each(FAULTS)('%s at one request of ten: a good version gets through all the same', async (fault) => {
    deployment = await EndpointDeployment.begun(scaling);
    await deployment.rollOut('chat-a');
    const random = randomFrom(7);
    deployment.services.loopback.fault = () => (random() < 0.1 ? fault : undefined);
    expect(await deployment.rollOut('chat-b')).toBe('promoted: baked');
    expect(deployment.left).toEqual(alone('chat-b', 'Other'));
  });
});

const PHASES: readonly Phase[] = ['staging', 'checking', 'shifting', 'baking', 'promoting', 'cleaning'];

/** Few steps: what happens in a phase is the same in each. */
async function shortly(): Promise<EndpointDeployment> {
  const made = await EndpointDeployment.begun(SCALED);
  const { judge } = made.settings;
  made.settings = { ...made.settings, judge: { ...judge, steps: judge.steps.slice(-2) } };
  return made;
}

/** Does something in the middle of a phase, which is the second tick that sees it where there are several. */
function at(phase: Phase, version: string, act: () => void): void {
  let seen = 0;
  deployment.before = ({ rollout }) => {
    if (rollout?.candidate === version && rollout.phase === phase && ++seen === (phase === 'cleaning' ? 1 : 2)) {
      act();
    }
  };
}

test.each(PHASES)('aborted while %s, it goes back; once it is the only one, it stays', async (phase) => {
  deployment = await shortly();
  await deployment.rollOut('chat-a');
  at(phase, 'chat-b', () => {
    try {
      deployment.ask('abort');
    } catch (error) {
      expect((error as Error).name).toBe('Refused');
    }
  });
  const end = await deployment.rollOut('chat-b');
  const stayed = phase === 'promoting' || phase === 'cleaning';
  // An update that is on its way cannot be held up.
  expect(end).toBe(phase === 'cleaning' ? 'promoted: baked' : stayed ? 'promoted: aborted' : 'rolled-back: aborted');
  expect(deployment.left).toMatchObject(
    stayed
      ? only('chat-b', 'Other')
      : { variants: { AllTraffic: 'model-chat-a' }, scaled: ['AllTraffic'], configs: ['chat-a', 'chat-b'] },
  );
});

test.each(PHASES)('a newer version while %s: it is the one that stays, alone', async (phase) => {
  deployment = await shortly();
  await deployment.rollOut('chat-a');
  at(phase, 'chat-b', () => deployment.deploy('chat-c'));
  expect(await deployment.rollOut('chat-b')).toBe('promoted: baked');
  const stayed = phase === 'promoting' || phase === 'cleaning';
  expect(deployment.left).toEqual(only('chat-c', stayed ? 'AllTraffic' : 'Other'));
});

test.each(PHASES)('deleted while %s: nothing of the controller is left', async (phase) => {
  deployment = await shortly();
  await deployment.rollOut('chat-a');
  at(phase, 'chat-b', () => deployment.desire(undefined));
  expect(await deployment.rollOut('chat-b')).toBe('removed: deleted');
  const stayed = phase === 'promoting' || phase === 'cleaning';
  const version = stayed ? 'chat-b' : 'chat-a';
  expect(deployment.left).toEqual({ variants: {}, configs: [version], models: [`model-${version}`], scaled: [] });
});

test('a version that does not start is given up with the reason, and the next one gets through', async () => {
  deployment = await EndpointDeployment.begun(SCALED);
  await deployment.rollOut('chat-a');
  expect(await deployment.rollOut('chat-b', GOOD, { broken: 'out of memory' })).toBe('rolled-back: failures');
  expect(deployment.item!.rollout!.reason!.text).toContain('out of memory');
  expect(await deployment.rollOut('chat-c')).toBe('promoted: baked');
  expect(deployment.left).toEqual(only('chat-c', 'Other'));
});

test('a version for which there are not enough instances goes back', async () => {
  deployment = await EndpointDeployment.begun(SCALED);
  await deployment.rollOut('chat-a');
  deployment.services.sagemaker.times.rollingBack = 900;
  expect(await deployment.rollOut('chat-b', GOOD, { limit: 2 })).toBe('rolled-back: failures');
  expect(deployment.left).toMatchObject({ variants: { AllTraffic: 'model-chat-a' }, scaled: ['AllTraffic'] });
});

test('a version that answers its examples wrongly gets no traffic', async () => {
  deployment = await EndpointDeployment.begun(SCALED);
  await deployment.rollOut('chat-a');
  const wrong = () => ({ milliseconds: 1, answer: { predictions: [4] } });
  expect(await deployment.rollOut('chat-b', wrong)).toBe('rolled-back: check-failed');
  expect(deployment.item!.rollout!.reason!.text).toBe('example 1 of 1: predictions[0] is 4 instead of 3');
  expect(deployment.shares.get('chat-b')).toBe(0);
});

test('a first version that does not start has failed, and is removed with its deployment', async () => {
  deployment = await EndpointDeployment.begun(SCALED);
  expect(await deployment.rollOut('chat-a', GOOD, { broken: 'no GPU' })).toBe('failed: failures');
  expect(deployment.item!.rollout!.reason!.text).toContain('no GPU');
  deployment.desire(undefined);
  expect(await deployment.run()).toBe('removed: deleted');
  expect(deployment.services.sagemaker.find(ENDPOINT)).toBeUndefined();
});

test('a first version that does not start is replaced by the next', async () => {
  deployment = await EndpointDeployment.begun(SCALED);
  await deployment.rollOut('chat-a', GOOD, { broken: 'no GPU' });
  expect(await deployment.rollOut('chat-b')).toBe('promoted: first');
  expect(deployment.left).toMatchObject({ variants: { AllTraffic: 'model-chat-b' }, scaled: ['AllTraffic'] });
});

test('maintenance and scaling in the middle are waited for', async () => {
  deployment = await EndpointDeployment.begun(SCALED);
  await deployment.rollOut('chat-a');
  const random = randomFrom(11);
  deployment.before = () => {
    const { sagemaker, scaling } = deployment.services;
    if (sagemaker.find(ENDPOINT)?.status === 'InService' && random() < 0.1) {
      if (random() < 0.5) {
        sagemaker.maintain(ENDPOINT, 120);
      } else {
        const [id] = [...scaling.targets.keys()].slice(random() < 0.5 ? -1 : 0);
        scaling.act(id, 2 + Math.floor(random() * 15));
      }
    }
  };
  expect(await deployment.rollOut('chat-b')).toBe('promoted: baked');
  expect(deployment.left).toEqual(only('chat-b', 'Other'));
});

test('deleted by somebody else in the middle: it ends, and what is left of the candidate goes', async () => {
  deployment = await EndpointDeployment.begun(SCALED);
  await deployment.rollOut('chat-a');
  at('baking', 'chat-b', () => deployment.services.sagemaker.operations.DeleteEndpoint({ EndpointName: ENDPOINT }));
  expect(await deployment.rollOut('chat-b')).toBe('gone: changed-outside');
  expect(deployment.left).toMatchObject({ variants: {}, scaled: [] });
});
