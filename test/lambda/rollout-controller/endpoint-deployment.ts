import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import type { LoopInput, RolloutItem, RolloutSettings, Verb } from '../../../lambda/rollout/contract';
import type { Ports } from '../../../lambda/rollout/ports';
import type { CountSource, VariantScaling } from '../../../lambda/rollout-target/contract';
import { CloudWatchCounts } from '../../../lambda/rollout-controller/cloudwatch-counts';
import { desire, request, type Wanted } from '../../../lambda/rollout-controller/desire';
import { VariantCounts } from '../../../lambda/rollout-controller/ports/variant-counts';
import { VariantExamples } from '../../../lambda/rollout-controller/ports/variant-examples';
import { instancesForShare } from '../../../lambda/rollout-controller/targets/instances-for-share';
import { SageMakerVariant } from '../../../lambda/rollout-controller/targets/sagemaker-variant';
import { tick } from '../../../lambda/rollout-controller/tick';
import { judgeSettings } from '../../../lambda/rollout-judge/judge-settings';
import { EndpointServices } from '../rollout-services/endpoint-services';
import type { SimulatedModel } from '../rollout-services/sagemaker-catalogue';

export const ENDPOINT = 'chat';
export const SCALED: VariantScaling = {
  min: 4,
  max: 20,
  metric: 'concurrentRequests',
  target: 5,
  schedules: [],
};
const STEPS = [5, 20, 50, 100];
const SETTINGS: RolloutSettings = {
  judge: judgeSettings({
    steps: STEPS.map((percent) => ({ percent, bakeMinutes: 3, minRequests: 20 })),
    metrics: [{ name: 'errors' }, { name: 'slow' }],
  }),
  gates: [],
  hooks: {},
  deadlineMinutes: 24 * 60,
  metricDelaySeconds: 120,
  asked: 'staged',
  maxFailures: 10,
};
const REQUESTS_A_MINUTE = 160;
const MOST_TICKS = 2000;

/** A model that fails and is slow so often, and answers its examples in any case. */
export const model =
  (errors: number, slow: number): SimulatedModel['invoke'] =>
  (body, random) => {
    const { instances } = JSON.parse(body) as { readonly instances?: readonly number[] };
    return {
      milliseconds: random() < slow ? 900 : 40,
      ...(instances === undefined && random() < errors ? { status: 500 } : {}),
      answer: { predictions: instances },
    };
  };
export const GOOD = model(0.01, 0.02);

const counted = (metricName: string, statistic = 'Sum'): CountSource => ({
  parts: [
    {
      namespace: 'AWS/SageMaker',
      metricName,
      statistic,
      dimensions: { EndpointName: ENDPOINT },
      versionDimension: 'VariantName',
    },
  ],
});

/** The real core with the real clients, and services that are simulated and watched at each moment. */
export class EndpointDeployment {
  readonly services = new EndpointServices();
  /** Largest share of each version at any time, in percent. */
  readonly shares = new Map<string, number>();
  /** Called before each tick. */
  before: (item: RolloutItem) => void = () => undefined;
  settings = SETTINGS;
  item: RolloutItem | undefined;
  private stop: () => void = () => undefined;
  private ports!: Ports;
  private floor = 0;
  private ticks = 0;
  private input: LoopInput | undefined;

  static async begun(scaling?: VariantScaling): Promise<EndpointDeployment> {
    const deployment = new EndpointDeployment();
    deployment.stop = await deployment.services.loopback.start();
    deployment.configure(scaling);
    return deployment;
  }

  configure(scaling?: VariantScaling): void {
    const { clock } = this.services;
    const options = { maxAttempts: 1 };
    const done = (): Promise<void> => Promise.resolve();
    const target = new SageMakerVariant(
      new SageMakerClient(options),
      new ApplicationAutoScalingClient(options),
      { endpointName: ENDPOINT, variantNames: ['AllTraffic', 'Other'], scaling },
      () => clock.now(),
    );
    this.ports = {
      target,
      counts: new VariantCounts(
        new CloudWatchCounts(new CloudWatchClient(options), {
          requests: counted('Invocations'),
          bad: [counted('Invocation5XXErrors'), counted('ModelLatency', 'TC(500000:)')],
        }),
        target,
      ),
      alarms: { firing: () => Promise.resolve([]) },
      store: {
        load: () => Promise.resolve(structuredClone(this.item)),
        save: (item) => {
          if ((this.item?.revision ?? 0) !== item.revision - 1) {
            return Promise.resolve('conflict');
          }
          this.item = structuredClone(item);
          return Promise.resolve('saved');
        },
      },
      checks: new VariantExamples(
        new SageMakerRuntimeClient(options),
        ENDPOINT,
        target,
        { model: { name: 'chat', version: '1' }, cases: [{ input: 3, expected: 3, tolerance: 0 }] },
        () => 5000,
        new Map(),
      ),
      hooks: { run: () => Promise.resolve({ passed: true, text: '' }) },
      notifier: { tell: done },
      evidence: { look: done, trail: done },
      clock,
    };
  }

  end(): void {
    this.stop();
  }

  /** What the template makes of a version, and what its custom resource says. */
  deploy(version: string, invoke: SimulatedModel['invoke'] = GOOD, rest: Partial<SimulatedModel> = {}): void {
    this.services.sagemaker.catalogue.make(version, { name: `model-${version}`, invoke, ...rest });
    this.desire(version);
  }

  desire(version: string | undefined): void {
    const wanted = { version, settings: this.settings, time: this.services.clock.now(), by: 'deployment' };
    this.write(desire(ENDPOINT, this.item, wanted, this.writer()));
  }

  ask(verb: Verb): void {
    const asked = { id: this.writer(), verb, by: 'Ada', reason: 'because', time: this.services.clock.now() };
    this.write(request(this.item!, asked, this.writer()));
  }

  /** Until there is nothing to do, with traffic all the while. */
  async run(): Promise<string> {
    for (let turn = 0; turn < MOST_TICKS; turn++) {
      this.before(this.item!);
      const { done, wait } = await tick(this.ports, this.input!, this.writer());
      this.watch();
      if (done) {
        const { outcome, reason } = this.item!.rollout!;
        return `${outcome}: ${reason!.code}`;
      }
      this.input = { ...this.input!, ticks: this.input!.ticks + 1 };
      this.serve(wait);
    }
    throw new Error(`the loop does not come to an end: ${JSON.stringify(this.item!.rollout)}`);
  }

  async rollOut(version: string, invoke?: SimulatedModel['invoke'], rest?: Partial<SimulatedModel>): Promise<string> {
    this.deploy(version, invoke, rest);
    return this.run();
  }

  /** All that is there. */
  get left(): object {
    const { sagemaker, scaling } = this.services;
    const endpoint = sagemaker.find(ENDPOINT);
    return {
      variants: Object.fromEntries(
        [...(endpoint?.variants.values() ?? [])].map(({ name, modelName }) => [name, modelName]),
      ),
      configs: [...sagemaker.catalogue.configs.keys()].map((name) => name.replace(/[0-9a-f]{12}$/, '#')).sort(),
      models: [...sagemaker.catalogue.models.keys()].sort(),
      scaled: [...scaling.targets.keys()].map((id) => id.replace(/^.*\//, '')),
    };
  }

  instances(variant: string): number | undefined {
    return this.services.sagemaker.find(ENDPOINT)?.variants.get(variant)?.current;
  }

  private writer(): string {
    return `writer-${++this.ticks}`;
  }

  private write({ item, start }: Wanted): void {
    this.item = item;
    this.input = start;
  }

  private serve(seconds: number): void {
    const { clock, sagemaker } = this.services;
    for (let left = seconds; left > 0; left -= 15) {
      if ((sagemaker.find(ENDPOINT)?.variants.size ?? 0) > 0) {
        for (let each = 0; each < (REQUESTS_A_MINUTE * Math.min(15, left)) / 60; each++) {
          sagemaker.call(ENDPOINT, '{}');
        }
      }
      clock.pass(Math.min(15, left));
      this.watch();
    }
  }

  /** The laws, at each moment. */
  private watch(): void {
    const { sagemaker } = this.services;
    if (sagemaker.broken.length > 0) {
      throw new Error(sagemaker.broken.join('; '));
    }
    const endpoint = sagemaker.find(ENDPOINT);
    const { rollout } = this.item!;
    const version = (name: string): string => endpoint!.variants.get(name)!.modelName.replace('model-', '');
    const shares = Object.entries(endpoint?.shares ?? {});
    if (shares.length === 1) {
      this.floor = this.instances(shares[0][0])!;
    }
    for (const [variant, share] of shares) {
      const percent = share * 100;
      const of = version(variant);
      this.shares.set(of, Math.max(this.shares.get(of) ?? 0, Math.round(percent)));
      const most = rollout === undefined || rollout.step < 0 ? 0 : rollout.settings.judge.steps[rollout.step].percent;
      if (shares.length > 1 && of === rollout?.candidate && percent > most + 1e-4) {
        throw new Error(`${of} has ${percent} % in step ${rollout.step}`);
      }
      const live = of === rollout?.baseline;
      const least = live ? this.floor : instancesForShare(percent, this.floor);
      if (shares.length > 1 && this.instances(variant)! < least) {
        throw new Error(`${of} has ${this.instances(variant)} instances for ${percent} %, and needs ${least}`);
      }
    }
  }
}
