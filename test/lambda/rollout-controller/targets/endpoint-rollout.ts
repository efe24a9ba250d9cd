import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { instancesForShare } from '../../../../lambda/rollout-controller/targets/instances-for-share';
import { SageMakerVariant } from '../../../../lambda/rollout-controller/targets/sagemaker-variant';
import type { Progress } from '../../../../lambda/rollout/ports';
import type { VariantScaling } from '../../../../lambda/rollout-target/contract';
import { EndpointServices } from '../../rollout-services/endpoint-services';
import type { Fault } from '../../rollout-services/loopback-services';
import type { SimulatedModel } from '../../rollout-services/sagemaker-catalogue';

export const ENDPOINT = 'chat';
export const NAMES = ['AllTraffic', 'Other'] as const;
export const GOOD: SimulatedModel = { invoke: () => ({ milliseconds: 10, answer: {} }) };

export const SCALED: VariantScaling = {
  min: 4,
  max: 20,
  metric: 'concurrentRequests',
  target: 5,
  scaleInCooldownSeconds: 300,
  schedules: [{ name: 'night', schedule: 'cron(0 22 * * ? *)', timeZone: 'Europe/Vienna', min: 1, max: 2 }],
};

/** How often a call that waits or fails is made again, and the seconds between. */
const TRIES = 60;
const PAUSE = 60;

/** An endpoint and two versions, `chat-one` and `chat-two`, in services that are watched after each call. */
export class EndpointRollout {
  public target: SageMakerVariant;
  /** What the candidate may have. */
  public allowed = 0;
  /** Instances that the live version had before. */
  private floor = 0;

  private constructor(
    public readonly services: EndpointServices,
    public readonly end: () => void,
    private readonly clients: object,
    scaling?: VariantScaling,
  ) {
    this.target = this.configured(scaling);
  }

  /** Nothing but the configurations. */
  public static async empty(scaling?: VariantScaling, clients: object = { maxAttempts: 1 }): Promise<EndpointRollout> {
    const services = new EndpointServices();
    const rollout = new EndpointRollout(services, await services.loopback.start(), clients, scaling);
    const { catalogue, times } = services.sagemaker;
    // Long enough to be met in the middle.
    Object.assign(times, { create: 60, update: 2 * PAUSE, capacity: 90 });
    catalogue.make('chat-one', { name: 'model-one', ...GOOD });
    catalogue.make('chat-two', { name: 'model-two', ...GOOD });
    return rollout;
  }

  /** Serves version `chat-one`. */
  public static async begun(scaling?: VariantScaling, clients?: object): Promise<EndpointRollout> {
    const rollout = await EndpointRollout.empty(scaling, clients);
    await rollout.until(() => rollout.target.create('chat-one'));
    if (scaling !== undefined) {
      // The traffic of the day has brought more than the least.
      rollout.services.scaling.act(`endpoint/${ENDPOINT}/variant/AllTraffic`, 12);
      rollout.services.clock.pass(600);
    }
    rollout.floor = rollout.instances('AllTraffic')!;
    return rollout;
  }

  /** Goes on with other settings, in another process. */
  public configure(scaling?: VariantScaling): void {
    this.target = this.configured(scaling);
  }

  private configured(scaling?: VariantScaling): SageMakerVariant {
    return new SageMakerVariant(
      new SageMakerClient(this.clients),
      new ApplicationAutoScalingClient(this.clients),
      { endpointName: ENDPOINT, variantNames: NAMES, scaling },
      () => this.services.clock.now(),
    );
  }

  /** As the controller does it: again and again, whatever comes of it. */
  public async until(call: () => Promise<Progress>): Promise<void> {
    let last: unknown;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      try {
        if ((await call()) === 'done') {
          this.watch();
          return;
        }
      } catch (error) {
        last = error;
      }
      this.watch();
      this.services.clock.pass(PAUSE);
      this.watch();
    }
    throw new Error('it was never done', { cause: last });
  }

  /** Steps of version `chat-two`. */
  public async steps(percents: readonly number[]): Promise<void> {
    for (const percent of percents) {
      await this.until(() => this.target.stage('chat-two', percent));
      this.allowed = percent;
      await this.until(() => this.target.shift('chat-two', percent));
    }
  }

  public async finish(): Promise<void> {
    await this.until(() => this.target.promote('chat-two'));
    await this.until(() => this.target.clean('chat-one', 'all'));
  }

  public async giveUp(): Promise<void> {
    await this.until(() => this.target.retreat());
    this.allowed = 0;
    await this.until(() => this.target.clean('chat-two', 'all'));
  }

  /** Which requests a run makes until now. */
  public get calls(): number {
    return this.services.loopback.calls.length;
  }

  /** One fault at one request, counted from now. */
  public breakAt(place: number, fault: Fault): void {
    const first = this.calls;
    this.services.loopback.fault = (index) => (index === first + place ? fault : undefined);
  }

  public instances(variant: string): number | undefined {
    return this.services.sagemaker.find(ENDPOINT)?.variants.get(variant)?.current;
  }

  /** All that is there. */
  public get left(): object {
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

  /** Throws when the candidate has more than its share, or a version with traffic has too few instances. */
  private watch(): void {
    const { sagemaker } = this.services;
    if (sagemaker.broken.length > 0) {
      throw new Error(sagemaker.broken.join('; '));
    }
    const endpoint = sagemaker.find(ENDPOINT);
    const both = [...(endpoint?.variants.values() ?? [])].some(({ modelName }) => modelName === 'model-one');
    for (const [variant, share] of Object.entries(endpoint?.shares ?? {})) {
      const percent = share * 100;
      const { modelName, current } = endpoint!.variants.get(variant)!;
      if (modelName === 'model-two' && both && percent > this.allowed + 1e-4) {
        throw new Error(`version two has ${percent} %, of ${this.allowed} %`);
      }
      // The way back is open until the version is no longer live.
      const least = modelName === 'model-one' ? this.floor : instancesForShare(percent, this.floor);
      if (both && current < least) {
        throw new Error(`${modelName} has ${current} instances for ${percent} %, and needs ${least}`);
      }
    }
  }
}
