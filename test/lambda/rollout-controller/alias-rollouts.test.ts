import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { LambdaClient } from '@aws-sdk/client-lambda';
import type {
  LoopInput,
  ProvisionedEnvironments,
  RolloutItem,
  RolloutSettings,
} from '../../../lambda/rollout/contract';
import type { Ports } from '../../../lambda/rollout/ports';
import { CloudWatchCounts } from '../../../lambda/rollout-controller/cloudwatch-counts';
import { desire } from '../../../lambda/rollout-controller/desire';
import { LambdaAlias } from '../../../lambda/rollout-controller/targets/lambda-alias';
import { tick } from '../../../lambda/rollout-controller/tick';
import { judgeSettings } from '../../../lambda/rollout-judge/judge-settings';
import type { SimulatedVersion } from '../rollout-services/lambda-service';
import { FAULTS } from '../rollout-services/loopback-services';
import { randomFrom, RolloutServices } from '../rollout-services/rollout-services';

jest.setTimeout(60_000);

const ALIAS = 'live';
const OF_ALIAS = {
  namespace: 'AWS/Lambda',
  dimensions: { FunctionName: 'fraud', Resource: 'fraud:live' },
  versionDimension: 'ExecutedVersion',
};
const SCALED: ProvisionedEnvironments = { min: 4, max: 20, targetUtilization: 0.7, schedules: [] };
const SETTINGS: RolloutSettings = {
  judge: judgeSettings({
    steps: [5, 20, 50, 100].map((percent) => ({ percent, bakeMinutes: 5, minRequests: 20 })),
    metrics: [{ name: 'errors' }, { name: 'slow' }],
  }),
  gates: [],
  hooks: {},
  deadlineMinutes: 24 * 60,
  metricDelaySeconds: 120,
  asked: 'published',
  maxFailures: 10,
};
const REQUESTS_A_MINUTE = 600;
const MOST_TICKS = 1000;

const version =
  (errors: number, slow: number): SimulatedVersion['invoke'] =>
  (_, random) => ({
    milliseconds: random() < slow ? 900 : 40,
    ...(random() < errors ? { error: 'thrown' } : {}),
  });
const GOOD = version(0.01, 0.02);

/** The real core with the real clients, and services that are simulated. */
class Deployment {
  readonly services = new RolloutServices();
  /** Largest share of each version at any time, in percent. */
  readonly shares = new Map<string, number>();
  private item: RolloutItem | undefined;
  private stop: () => void = () => undefined;
  private ports!: Ports;

  static async begun(provisioned?: ProvisionedEnvironments): Promise<Deployment> {
    const deployment = new Deployment();
    const { services } = deployment;
    deployment.stop = await services.loopback.start();
    const options = { maxAttempts: 1 };
    const done = (): Promise<void> => Promise.resolve();
    deployment.ports = {
      target: new LambdaAlias(new LambdaClient(options), new ApplicationAutoScalingClient(options), {
        functionName: 'fraud',
        aliasName: ALIAS,
        provisioned,
      }),
      counts: new CloudWatchCounts(new CloudWatchClient(options), {
        requests: { parts: [{ ...OF_ALIAS, metricName: 'Invocations', statistic: 'Sum' }] },
        bad: [
          { parts: [{ ...OF_ALIAS, metricName: 'Errors', statistic: 'Sum' }] },
          { parts: [{ ...OF_ALIAS, metricName: 'Duration', statistic: 'TC(500:)' }] },
        ],
      }),
      alarms: { firing: () => Promise.resolve([]) },
      store: {
        load: () => Promise.resolve(structuredClone(deployment.item)),
        save: (item) => {
          if ((deployment.item?.revision ?? 0) !== item.revision - 1) {
            return Promise.resolve('conflict');
          }
          deployment.item = structuredClone(item);
          return Promise.resolve('saved');
        },
      },
      checks: { examples: () => Promise.resolve({ passed: true, text: '3 of 3' }) },
      hooks: { run: () => Promise.resolve({ passed: true, text: '' }) },
      notifier: { tell: done },
      evidence: { look: done, trail: done },
      clock: services.clock,
    };
    return deployment;
  }

  end(): void {
    this.stop();
  }

  /** Publishes a version and has the controller bring it there. */
  async deploy(invoke: SimulatedVersion['invoke']): Promise<string> {
    const { clock, lambda } = this.services;
    const published = lambda.publish({ invoke });
    const wanted = { version: published, settings: SETTINGS, time: clock.now(), by: 'deployment' };
    const { item, start } = desire('live', this.item, wanted, `deploy-${published}`);
    this.item = item;
    let input: LoopInput = start;
    for (let turn = 0; turn < MOST_TICKS; turn++) {
      const { done, wait } = await tick(this.ports, input, `${published}-${turn}`);
      if (done) {
        const { outcome, reason } = this.item.rollout!;
        return `${outcome}: ${reason!.code}`;
      }
      input = { ...input, ticks: input.ticks + 1 };
      this.serve(wait);
    }
    throw new Error('the loop does not come to an end');
  }

  private serve(seconds: number): void {
    const { clock, lambda } = this.services;
    if (lambda.aliases.has(ALIAS)) {
      for (const [each, share] of Object.entries(lambda.shares(ALIAS))) {
        this.shares.set(each, Math.max(this.shares.get(each) ?? 0, Math.round(share * 100)));
      }
      for (let request = 0; request < (REQUESTS_A_MINUTE * seconds) / 60; request++) {
        lambda.call(ALIAS, {});
      }
    }
    clock.pass(seconds);
  }

  get left(): object {
    const { lambda, scaling } = this.services;
    return {
      shares: lambda.shares(ALIAS),
      versions: [...lambda.versions.keys()],
      provisioned: lambda.provisioned.qualifiers,
      scaled: [...scaling.targets.keys()],
    };
  }
}

const only = (of: string): object => ({
  shares: { [of]: 1 },
  versions: [of],
  provisioned: [of],
  scaled: [`function:fraud:${of}`],
});

let deployment: Deployment;
afterEach(() => deployment.end());

test('the first version is there at once, and a good second one goes through all steps', async () => {
  deployment = await Deployment.begun(SCALED);
  expect(await deployment.deploy(GOOD)).toBe('promoted: first');
  expect(deployment.left).toEqual(only('1'));
  expect(await deployment.deploy(GOOD)).toBe('promoted: baked');
  expect(deployment.left).toEqual(only('2'));
});

test.each([
  ['fails', version(0.5, 0.02)],
  ['is slow', version(0.01, 0.6)],
])('a version that %s goes back from its first step, and the next good one gets through', async (_, bad) => {
  deployment = await Deployment.begun(SCALED);
  await deployment.deploy(GOOD);
  expect(await deployment.deploy(bad)).toBe('rolled-back: judged');
  expect(deployment.services.lambda.shares(ALIAS)).toEqual({ 1: 1 });
  expect(deployment.shares.get('2')).toBeLessThanOrEqual(20);
  expect(deployment.services.lambda.provisioned.qualifiers).toEqual(['1']);
  expect(await deployment.deploy(GOOD)).toBe('promoted: baked');
  expect(deployment.left).toEqual(only('3'));
});

test.each(FAULTS)('%s at one request of ten: a good version gets through all the same', async (fault) => {
  deployment = await Deployment.begun(SCALED);
  await deployment.deploy(GOOD);
  const random = randomFrom(7);
  deployment.services.loopback.fault = () => (random() < 0.1 ? fault : undefined);
  expect(await deployment.deploy(GOOD)).toBe('promoted: baked');
  expect(deployment.left).toEqual(only('2'));
});
