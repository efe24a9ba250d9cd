import type { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import {
  CreateEndpointCommand,
  DeleteEndpointCommand,
  type SageMakerClient,
  UpdateEndpointCommand,
  UpdateEndpointWeightsAndCapacitiesCommand,
} from '@aws-sdk/client-sagemaker';
import type { Litter } from '../../rollout/contract';
import type { Progress, Target, TargetState } from '../../rollout/ports';
import type { VariantDescription } from '../../rollout-target/contract';
import { type Configuration, EndpointConfigurations, type Place, plainVariant } from './endpoint-configurations';
import { type EndpointView, isMoving, neverServed, viewOf } from './endpoint-view';
import { type Fleet, instancesForAll, instancesForShare } from './instances-for-share';
import { patiently } from './sagemaker-answers';
import { VariantScalers } from './variant-scalers';
import { VersionModels } from './version-models';

/** A change that failed is not made again sooner: each takes many minutes, and what it lacked may still be lacking. */
const REST_MILLISECONDS = 10 * 60_000;

/**
 * An endpoint of SageMaker, which is the controller's alone. A version is an endpoint configuration with one variant. The candidate joins
 * under the one of two variant names that is free, without traffic; then weights move; in the end it is alone. Both changes of the
 * configuration start all instances anew, as SageMaker does it, and while anything changes it refuses all else, so that each call may
 * have to wait.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpointWeightsAndCapacities.html
 */
export class SageMakerVariant implements Target {
  private readonly configurations: EndpointConfigurations;
  private readonly models: VersionModels;
  private readonly scalers: VariantScalers;

  constructor(
    private readonly sagemaker: SageMakerClient,
    scaling: ApplicationAutoScalingClient,
    private readonly description: Pick<VariantDescription, 'endpointName' | 'variantNames' | 'scaling'>,
    private readonly now: () => number = Date.now,
  ) {
    const { endpointName } = description;
    this.configurations = new EndpointConfigurations(sagemaker, endpointName);
    this.models = new VersionModels(sagemaker, this.configurations);
    this.scalers = new VariantScalers(scaling, endpointName, description.scaling);
  }

  public async read(): Promise<TargetState | undefined> {
    const view = await this.view();
    if (view === undefined || neverServed(view)) {
      return undefined;
    }
    const { live, candidate, percent, status } = view;
    return {
      live: live.version,
      ...(candidate === undefined ? {} : { candidate: candidate.version }),
      percent,
      settled: status === 'InService',
    };
  }

  /** Which variant has a version; undefined when none has. `alone` when there is no other. */
  public async variantOf(version: string): Promise<{ readonly name: string; readonly alone: boolean } | undefined> {
    const view = await this.view();
    const place = [view?.live, view?.candidate].find((each) => each?.version === version);
    return place === undefined ? undefined : { name: place.variant, alone: view!.candidate === undefined };
  }

  /** With the same version again, gives it what the settings say by now. */
  public create(version: string): Promise<Progress> {
    return patiently(async () => {
      const view = await this.view();
      if (view === undefined) {
        const configuration = await this.configurations.ofVersion(version);
        const { variantNames } = this.description;
        const own = plainVariant(configuration).VariantName!;
        const variant = variantNames.includes(own) ? own : variantNames[0];
        await this.sagemaker.send(
          new CreateEndpointCommand({
            ...this.named,
            EndpointConfigName: await this.configurations.alone({ version, variant }),
            Tags: await this.configurations.tagsOf(configuration),
          }),
        );
        return 'wait';
      }
      if (isMoving(view)) {
        return 'wait';
      }
      if (neverServed(view)) {
        if (view.live.version === version) {
          this.refuseToHurry(view);
        }
        await this.sagemaker.send(new DeleteEndpointCommand(this.named));
        return 'wait';
      }
      if (view.live.version !== version || view.percent > 0) {
        throw new Error(
          `the endpoint ${this.name} exists and serves version ${view.live.version}, so version ${version} is not its first: it comes by a rollout`,
        );
      }
      this.refuseUnlessInService(view);
      await this.scalers.release(view.live.variant);
      return 'done';
    });
  }

  public stage(candidate: string, percent: number): Promise<Progress> {
    return patiently(async () => {
      const view = await this.existing();
      this.refuseTheLive(view, candidate);
      if (view.candidate !== undefined && view.candidate.version !== candidate) {
        throw new Error(
          `the endpoint ${this.name} has version ${view.candidate.version} beside the live one, so version ${candidate} cannot join`,
        );
      }
      if (view.status === 'RollingBack') {
        // Told, since it may be for ever that there are no instances of this type.
        throw new Error(`SageMaker could not change the endpoint ${this.name}, and takes it back${because(view)}`);
      }
      if (isMoving(view)) {
        return 'wait';
      }
      this.refuseUnlessInService(view);
      const { live } = view;
      const configurations = {
        live: await this.configurations.ofVersion(live.version),
        candidate: await this.configurations.ofVersion(candidate),
      };
      const now = view.variants.get(live.variant)!.desired;
      const all = instancesForAll(
        { ...fleetOf(configurations.live), now },
        fleetOf(configurations.candidate),
        this.scalers.floor,
      );
      const needed = instancesForShare(percent, all);
      await this.scalers.hold(live.variant, now);
      if (view.candidate === undefined) {
        this.refuseToHurry(view);
        const name = await this.configurations.beside(
          { live, candidate: { version: candidate, variant: this.freeName(live) } },
          { configuration: configurations.live, instances: now },
          { configuration: configurations.candidate, instances: needed },
        );
        await this.update(name, 'retain all');
        return 'wait';
      }
      const { variant } = view.candidate;
      const { current, desired } = view.variants.get(variant)!;
      if (desired < needed) {
        this.refuseToHurry(view);
        // A call takes the capacity of one variant.
        await this.change([{ VariantName: variant, DesiredInstanceCount: needed }]);
        return 'wait';
      }
      if (current < needed) {
        return 'wait';
      }
      await this.scalers.hold(variant, needed);
      return 'done';
    });
  }

  public shift(candidate: string, percent: number): Promise<Progress> {
    return patiently(async () => {
      const view = await this.existing();
      this.refuseTheLive(view, candidate);
      if (isMoving(view)) {
        return 'wait';
      }
      if (view.candidate?.version !== candidate) {
        throw new Error(`version ${candidate} is not on the endpoint ${this.name}, and gets no traffic`);
      }
      if (view.percent === percent) {
        return 'done';
      }
      await this.weigh(view.live, view.candidate, percent);
      return 'wait';
    });
  }

  public promote(candidate: string): Promise<Progress> {
    return patiently(async () => {
      const view = await this.existing();
      if (isMoving(view)) {
        return 'wait';
      }
      const { live, percent } = view;
      if (live.version === candidate && view.candidate === undefined) {
        return 'done';
      }
      if (view.candidate?.version !== candidate || percent !== 100) {
        throw new Error(
          `version ${candidate} does not have all traffic of the endpoint ${this.name}: ${percent} % goes to ${view.candidate?.version ?? 'no other version'}, the rest to ${live.version}`,
        );
      }
      this.refuseToHurry(view);
      const name = await this.configurations.alone(view.candidate);
      await this.scalers.remove(live.variant);
      // A fixed number is the new version's, from when it is alone; until then it had as many as the old one.
      await this.update(name, this.scalers.isScaled ? 'retain all' : 'retain weights');
      return 'wait';
    });
  }

  /** The weights, as soon as SageMaker takes them. */
  public retreat(): Promise<Progress> {
    return patiently(async () => {
      const view = await this.view();
      if (view === undefined) {
        return 'done';
      }
      if (isMoving(view)) {
        return 'wait';
      }
      if (view.candidate === undefined || view.percent === 0) {
        return 'done';
      }
      await this.weigh(view.live, view.candidate, 0);
      return 'wait';
    });
  }

  public clean(version: string, what: Litter): Promise<Progress> {
    return patiently(async () => {
      const view = await this.view();
      if (view !== undefined && neverServed(view)) {
        if (isMoving(view)) {
          return 'wait';
        }
        if (view.live.version === version) {
          await this.sagemaker.send(new DeleteEndpointCommand(this.named));
          return 'wait';
        }
      } else if (view !== undefined) {
        const { live, candidate, percent } = view;
        if (live.version === version || (candidate?.version === version && percent > 0)) {
          throw new Error(
            `version ${version} serves the endpoint ${this.name}${live.version === version ? '' : ` with ${percent} % of its traffic`}, and is not removed`,
          );
        }
        if (isMoving(view)) {
          return 'wait';
        }
        if (candidate?.version === version) {
          this.refuseToHurry(view);
          const name = await this.configurations.alone(live);
          await this.scalers.remove(candidate.variant);
          await this.update(name, 'retain all');
          return 'wait';
        }
        if (candidate === undefined) {
          await this.scalers.release(live.variant);
        }
      }
      await this.deleteOwn(view?.configName);
      if (what === 'all') {
        await this.models.delete(version);
      }
      return 'done';
    });
  }

  /** What is the construct's stays: CloudFormation may go on with it. */
  public remove(): Promise<Progress> {
    return patiently(async () => {
      const view = await this.view();
      if (view !== undefined && isMoving(view)) {
        return 'wait';
      }
      if (view !== undefined) {
        for (const variant of view.variants.keys()) {
          await this.scalers.remove(variant);
        }
        await this.sagemaker.send(new DeleteEndpointCommand(this.named));
        return 'wait';
      }
      await this.deleteOwn(undefined);
      return 'done';
    });
  }

  /** A configuration must not be deleted while an endpoint uses it, and SageMaker does not prevent it. */
  private async deleteOwn(inUse: string | undefined): Promise<void> {
    for (const name of await this.configurations.own()) {
      if (name !== inUse) {
        await this.configurations.delete(name);
      }
    }
  }

  /**
   * Variants that stay keep the instances that they have by then, whatever the configuration says: scaling may add some at any time. One
   * that joins has what the configuration says. The rollout of an update by CloudFormation, if the endpoint comes from there, is not used.
   *
   * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_VariantProperty.html
   */
  private async update(EndpointConfigName: string, how: 'retain all' | 'retain weights'): Promise<void> {
    await this.sagemaker.send(
      new UpdateEndpointCommand({
        ...this.named,
        EndpointConfigName,
        RetainAllVariantProperties: true,
        ExcludeRetainedVariantProperties:
          how === 'retain all' ? undefined : [{ VariantPropertyType: 'DesiredInstanceCount' }],
      }),
    );
  }

  /** Both at once: SageMaker has no state in between. */
  private async weigh(live: Place, candidate: Place, percent: number): Promise<void> {
    await this.change([
      { VariantName: live.variant, DesiredWeight: 100 - percent },
      { VariantName: candidate.variant, DesiredWeight: percent },
    ]);
  }

  private async change(
    variants: { VariantName: string; DesiredWeight?: number; DesiredInstanceCount?: number }[],
  ): Promise<void> {
    await this.sagemaker.send(
      new UpdateEndpointWeightsAndCapacitiesCommand({ ...this.named, DesiredWeightsAndCapacities: variants }),
    );
  }

  private view(): Promise<EndpointView | undefined> {
    return viewOf(this.sagemaker, this.configurations, this.name);
  }

  private async existing(): Promise<EndpointView> {
    const view = await this.view();
    if (view === undefined) {
      throw new Error(`there is no endpoint ${this.name}: somebody has deleted it`);
    }
    return view;
  }

  /** What failed just now is told until it is tried again. */
  private refuseToHurry(view: EndpointView): void {
    if (view.failureReason !== undefined && this.now() < view.changedAt + REST_MILLISECONDS) {
      throw new Error(`SageMaker could not change the endpoint ${this.name}${because(view)}`);
    }
  }

  private refuseUnlessInService(view: EndpointView): void {
    if (view.status !== 'InService') {
      throw new Error(`the endpoint ${this.name} is ${view.status}${because(view)}`);
    }
  }

  private refuseTheLive({ live }: EndpointView, candidate: string): void {
    if (live.version === candidate) {
      throw new Error(`version ${candidate} is the live one of the endpoint ${this.name} already, and has no share`);
    }
  }

  private freeName({ variant }: Place): string {
    const [one, other] = this.description.variantNames;
    return variant === one ? other : one;
  }

  private get named(): { readonly EndpointName: string } {
    return { EndpointName: this.name };
  }

  private get name(): string {
    return this.description.endpointName;
  }
}

function fleetOf(configuration: Configuration): Fleet {
  const { InstanceType, InitialInstanceCount } = plainVariant(configuration);
  return { instanceType: InstanceType, asked: InitialInstanceCount ?? 1 };
}

function because({ failureReason }: EndpointView): string {
  return failureReason === undefined ? '' : `: ${failureReason}`;
}
