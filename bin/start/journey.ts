import type { AlarmReport, LocalCloud } from '../local-cloud/local-cloud';
import { heldOutRows, type Release } from '../sample/breast-cancer';
import { ApiClient } from './api-client';
import { labelledRows, score, type LabelledRow, type Score } from './score';
import { Traffic, type TrafficReport } from './traffic';

/** One new version, shipped under traffic. */
export interface Shipment<Deployment> {
  readonly version: Release;
  readonly succeeded: boolean;
  /** The end of what the `cdk` command said. */
  readonly output: string;
  readonly traffic: TrafficReport;
  readonly deployments: readonly Deployment[];
  readonly alarms: AlarmReport['transitions'];
  /** The version that the API names afterwards. */
  readonly serving: string;
}

/** A pattern in use on a local cloud: what `npm start` shows and the end-to-end tests assert. */
export abstract class Journey<Deployment> {
  /** Deploys a stack with its first model version, and connects to its API. */
  protected static async deploy(cloud: LocalCloud, stack: string): Promise<ApiClient> {
    const deployed = await cloud.deploy(stack, { context: { modelVersion: '1.0.0' } });
    if (!deployed.succeeded) {
      throw new Error(`the first deployment failed:\n${deployed.output}`);
    }
    return ApiClient.connect(cloud, deployed.outputs);
  }

  public readonly rows: readonly LabelledRow[] = labelledRows(heldOutRows());

  protected constructor(
    protected readonly cloud: LocalCloud,
    protected readonly stack: string,
    public readonly api: ApiClient,
  ) {}

  /** What the service that shifts the traffic did so far. */
  protected abstract deployments(): Promise<readonly Deployment[]>;

  /** Sends the held-out rows through the deployed API. */
  public score(): Promise<Score> {
    return score(this.api, this.rows);
  }

  /** Deploys another version while callers go on calling. */
  public async ship(version: Release, requestsPerSecond?: number): Promise<Shipment<Deployment>> {
    const before = { deployments: await this.deployments(), alarms: await this.cloud.alarms() };
    const traffic = Traffic.start(this.api, this.rows, requestsPerSecond);
    const { succeeded, output } = await this.cloud.deploy(this.stack, { context: { modelVersion: version } });
    const report = await traffic.stop();
    const { body } = await this.api.health();
    return {
      version,
      succeeded,
      output,
      traffic: report,
      deployments: (await this.deployments()).slice(before.deployments.length),
      alarms: (await this.cloud.alarms()).transitions.slice(before.alarms.transitions.length),
      serving: (body as { model: { version: string } }).model.version,
    };
  }

  /** Removes the stack. */
  public async end(): Promise<void> {
    const { succeeded, output } = await this.cloud.destroy(this.stack);
    if (!succeeded) {
      throw new Error(`the stack could not be removed:\n${output}`);
    }
  }
}
