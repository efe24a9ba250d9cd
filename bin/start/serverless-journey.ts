import type { Release } from '../sample/breast-cancer';
import { heldOutRows } from '../sample/breast-cancer';
import type { AlarmReport, DeploymentReport, LocalCloud } from '../local-cloud/local-cloud';
import { ApiClient, type ApiAnswer } from './api-client';
import { labelledRows, score, type LabelledRow, type Score } from './score';
import { Traffic, type TrafficReport } from './traffic';

export const STACK = 'InferenceServerless';

/** One new version, shipped under traffic. */
export interface Shipment {
  readonly version: Release;
  readonly succeeded: boolean;
  /** The end of what the `cdk` command said. */
  readonly output: string;
  readonly traffic: TrafficReport;
  readonly deployments: readonly DeploymentReport[];
  readonly alarms: AlarmReport['transitions'];
  /** The version that answers afterwards. */
  readonly serving: string;
}

/** A request that should be refused, and what it got. */
export interface Refusal {
  readonly what: string;
  readonly answer: ApiAnswer;
}

/** The serverless pattern in use on a local cloud: what `npm start` shows and the end-to-end test asserts. */
export class ServerlessJourney {
  /** Deploys the stack with its first model version. */
  public static async begin(cloud: LocalCloud): Promise<ServerlessJourney> {
    const deployed = await cloud.deploy(STACK, { context: { modelVersion: '1.0.0' } });
    if (!deployed.succeeded) {
      throw new Error(`the first deployment failed:\n${deployed.output}`);
    }
    return new ServerlessJourney(cloud, await ApiClient.connect(cloud, deployed.outputs));
  }

  public readonly rows: readonly LabelledRow[] = labelledRows(heldOutRows());

  private constructor(
    private readonly cloud: LocalCloud,
    public readonly api: ApiClient,
  ) {}

  /** Sends the held-out rows through the deployed API. */
  public score(): Promise<Score> {
    return score(this.api, this.rows);
  }

  /** Sends what a careless caller would. */
  public async sendBadInput(): Promise<Refusal[]> {
    const good = this.rows[0].input;
    const { mean_radius: _, ...incomplete } = good;
    const csv = (first: string) => [first, ...Object.values(good).slice(1)].join(',');
    const requests: [string, Promise<ApiAnswer>][] = [
      ['a field is missing', this.api.predict(JSON.stringify(incomplete))],
      ['a batch with a missing field', this.api.predict(JSON.stringify({ instances: [good, incomplete] }))],
      ['text for a number', this.api.predict(JSON.stringify({ ...good, mean_radius: 'wide' }))],
      ['out of bounds', this.api.predict(JSON.stringify({ ...good, mean_radius: -1 }))],
      ['an unknown field', this.api.predict(JSON.stringify({ ...good, colour: 1 }))],
      ['not JSON', this.api.predict('{"mean_radius":')],
      ['CSV with NaN', this.api.predict(csv('NaN'), 'text/csv')],
      ['a tensor of the wrong length', this.api.predict(new Uint8Array(12), 'application/octet-stream')],
      ['an unknown content type', this.api.predict('<x/>', 'application/xml')],
      [
        'no key',
        this.api.call(
          '/predict',
          { method: 'POST', body: JSON.stringify(good), headers: { 'content-type': 'application/json' } },
          '',
        ),
      ],
    ];
    return Promise.all(requests.map(async ([what, answer]) => ({ what, answer: await answer })));
  }

  /** Deploys another version while callers go on calling. */
  public async ship(version: Release, requestsPerSecond?: number): Promise<Shipment> {
    const before = { deployments: await this.cloud.deployments(), alarms: await this.cloud.alarms() };
    const traffic = Traffic.start(this.api, this.rows, requestsPerSecond);
    const { succeeded, output } = await this.cloud.deploy(STACK, { context: { modelVersion: version } });
    const report = await traffic.stop();
    const { body } = await this.api.health();
    return {
      version,
      succeeded,
      output,
      traffic: report,
      deployments: (await this.cloud.deployments()).slice(before.deployments.length),
      alarms: (await this.cloud.alarms()).transitions.slice(before.alarms.transitions.length),
      serving: (body as { model: { version: string } }).model.version,
    };
  }

  /** Removes the stack. */
  public async end(): Promise<void> {
    const { succeeded, output } = await this.cloud.destroy(STACK);
    if (!succeeded) {
      throw new Error(`the stack could not be removed:\n${output}`);
    }
  }
}
