import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { environmentsForShare } from '../../../../lambda/rollout-controller/targets/environments-for-share';
import { LambdaAlias } from '../../../../lambda/rollout-controller/targets/lambda-alias';
import type { ProvisionedEnvironments } from '../../../../lambda/rollout/contract';
import type { Progress } from '../../../../lambda/rollout/ports';
import type { SimulatedVersion } from '../../rollout-services/lambda-service';
import type { Fault } from '../../rollout-services/loopback-services';
import { RolloutServices } from '../../rollout-services/rollout-services';

export const FUNCTION = 'fraud';
export const ALIAS = 'live';
export const GOOD: SimulatedVersion = { invoke: () => ({ milliseconds: 10 }) };

export const FIXED: ProvisionedEnvironments = { min: 10, max: 10, targetUtilization: 0.7, schedules: [] };
export const SCALED: ProvisionedEnvironments = {
  min: 4,
  max: 20,
  targetUtilization: 0.6,
  scaleInCooldownSeconds: 300,
  schedules: [{ name: 'night', schedule: 'cron(0 22 * * ? *)', timeZone: 'Europe/Vienna', min: 0, max: 2 }],
};

/** How often a call that waits or fails is made again, and the seconds between. */
const TRIES = 20;
const PAUSE = 30;

/** An alias and two versions, in services that are watched after each call. */
export class AliasRollout {
  public target: LambdaAlias;
  /** What the candidate may have. */
  public allowed = 0;
  /** Environments that the live version had before. */
  private floor = 0;

  private constructor(
    public readonly services: RolloutServices,
    public readonly end: () => void,
    private readonly clients: object,
    provisioned?: ProvisionedEnvironments,
  ) {
    this.target = this.configured(provisioned);
  }

  /** Serves version 1 by an alias; version 2 is published. */
  public static async begun(
    provisioned?: ProvisionedEnvironments,
    clients: object = { maxAttempts: 1 },
  ): Promise<AliasRollout> {
    const services = new RolloutServices(FUNCTION);
    const rollout = new AliasRollout(services, await services.loopback.start(), clients, provisioned);
    services.lambda.provisioned.seconds = PAUSE;
    services.lambda.publish(GOOD);
    services.lambda.publish(GOOD);
    await rollout.until(() => rollout.target.create('1'));
    if (provisioned !== undefined && provisioned.max > provisioned.min) {
      // The traffic of the day has brought more than the least.
      services.scaling.act('function:fraud:1', 12);
      services.clock.pass(300);
    }
    rollout.floor = services.lambda.provisioned.ready('1');
    return rollout;
  }

  /** Goes on with other settings. */
  public configure(provisioned?: ProvisionedEnvironments): void {
    this.target = this.configured(provisioned);
  }

  private configured(provisioned?: ProvisionedEnvironments): LambdaAlias {
    return new LambdaAlias(new LambdaClient(this.clients), new ApplicationAutoScalingClient(this.clients), {
      functionName: FUNCTION,
      aliasName: ALIAS,
      provisioned,
    });
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
    }
    throw new Error('it was never done', { cause: last });
  }

  /** Steps of version 2. */
  public async steps(percents: readonly number[]): Promise<void> {
    for (const percent of percents) {
      await this.until(() => this.target.stage('2', percent));
      this.allowed = percent;
      await this.until(() => this.target.shift('2', percent));
    }
  }

  public async finish(): Promise<void> {
    await this.until(() => this.target.promote('2'));
    await this.until(() => this.target.clean('1', 'all'));
  }

  public async giveUp(): Promise<void> {
    await this.until(() => this.target.retreat());
    this.allowed = 0;
    await this.until(() => this.target.clean('2', 'all'));
  }

  public async remove(): Promise<void> {
    this.floor = 0;
    await this.until(() => this.target.remove());
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

  /** Throws when the candidate has more than its share, or a version with traffic has too few environments. */
  private watch(): void {
    const { lambda } = this.services;
    if (!lambda.aliases.has(ALIAS)) {
      return;
    }
    const { FunctionVersion } = lambda.aliases.get(ALIAS)!;
    for (const [version, share] of Object.entries(lambda.shares(ALIAS))) {
      const percent = share * 100;
      if (!lambda.versions.has(version)) {
        throw new Error(`version ${version} has traffic and is gone`);
      }
      if (version === '2' && percent > this.allowed + 1e-9) {
        throw new Error(`version 2 has ${percent} %, of ${this.allowed} %`);
      }
      // The way back is open until the version is no longer live.
      const least = version === '1' ? this.floor : environmentsForShare(percent, this.floor);
      if (FunctionVersion === '1' && lambda.provisioned.ready(version) < least) {
        throw new Error(`version ${version} has ${lambda.provisioned.ready(version)} environments, and needs ${least}`);
      }
    }
  }
}
