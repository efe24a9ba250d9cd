import type { Values } from './client-schema';
import type { SimulatedClock } from './clock';
import { Refusal } from './loopback-services';

export interface SimulatedVariant {
  readonly name: string;
  readonly modelName: string;
  readonly instanceType: string;
  weight: number;
  desiredWeight: number;
  current: number;
  desired: number;
}

type Status =
  | 'Creating'
  | 'Updating'
  | 'SystemUpdating'
  | 'RollingBack'
  | 'InService'
  | 'Deleting'
  | 'Failed'
  | 'UpdateRollbackFailed';

/** How long each change takes, in seconds. */
export interface EndpointTimes {
  create: number;
  update: number;
  capacity: number;
  weights: number;
  rollingBack: number;
  delete: number;
}

/** One endpoint: what it runs, and the change that is under way, of which there is one at most. */
export class SimulatedEndpoint {
  public configName: string;
  public variants: ReadonlyMap<string, SimulatedVariant> = new Map();
  public failureReason: string | undefined;
  public deleted = false;
  public readonly created: number;
  private pending: string | undefined;
  private change: { readonly until: number; readonly then: () => void } | undefined;
  private state: Status = 'Creating';
  private modified: number;

  constructor(
    public readonly name: string,
    configName: string,
    private readonly clock: SimulatedClock,
  ) {
    this.configName = configName;
    this.created = clock.now();
    this.modified = this.created;
  }

  public get status(): Status {
    return this.state;
  }

  /** The configurations that it needs now. */
  public get configNames(): string[] {
    return this.pending === undefined ? [this.configName] : [this.configName, this.pending];
  }

  /** Starts a change; what it comes to is decided at its end. */
  public begin(status: Status, seconds: number, then: () => void, pending?: string): void {
    this.enter(status);
    this.pending = pending;
    this.failureReason = undefined;
    this.change = { until: this.clock.now() + seconds * 1000, then };
  }

  public end(status: Status, failureReason?: string): void {
    this.pending = undefined;
    this.failureReason = failureReason;
    this.enter(status);
  }

  /** What time has brought. */
  public settle(): void {
    while (this.change !== undefined && this.clock.now() >= this.change.until) {
      const { then } = this.change;
      this.change = undefined;
      then();
    }
  }

  /** Throws when something else is under way. */
  public refuseInProgress(): void {
    if (this.change !== undefined) {
      throw new Refusal('ValidationException', `Cannot update in-progress endpoint "${this.arn}".`);
    }
  }

  public get arn(): string {
    return `arn:aws:sagemaker:eu-west-1:111122223333:endpoint/${this.name.toLowerCase()}`;
  }

  public get described(): Values {
    return {
      EndpointName: this.name,
      EndpointArn: this.arn,
      EndpointConfigName: this.configName,
      EndpointStatus: this.state,
      ...(this.variants.size === 0
        ? {}
        : {
            ProductionVariants: [...this.variants.values()].map(
              ({ name, weight, desiredWeight, current, desired }) => ({
                VariantName: name,
                CurrentWeight: Math.fround(weight),
                DesiredWeight: Math.fround(desiredWeight),
                CurrentInstanceCount: current,
                DesiredInstanceCount: desired,
              }),
            ),
          }),
      ...(this.failureReason === undefined ? {} : { FailureReason: this.failureReason }),
      ...(this.pending === undefined
        ? {}
        : { PendingDeploymentSummary: { EndpointConfigName: this.pending, ProductionVariants: [] } }),
      CreationTime: this.created / 1000,
      LastModifiedTime: this.modified / 1000,
    };
  }

  /** Shares of the traffic by variant, of 1. */
  public get shares(): Readonly<Record<string, number>> {
    const all = [...this.variants.values()];
    const sum = all.reduce((total, { weight }) => total + weight, 0);
    return Object.fromEntries(all.map(({ name, weight }) => [name, weight / sum]));
  }

  private enter(status: Status): void {
    this.state = status;
    this.modified = this.clock.now();
  }
}
