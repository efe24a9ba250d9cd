import type { DeploymentReport, LocalCloud } from '../local-cloud/local-cloud';
import type { ApiAnswer } from './api-client';
import { Journey } from './journey';

export const STACK = 'InferenceServerless';

/** A request that should be refused, and what it got. */
export interface Refusal {
  readonly what: string;
  readonly answer: ApiAnswer;
}

/** The classifier on AWS Lambda in use. */
export class ServerlessJourney extends Journey<DeploymentReport> {
  public static async begin(cloud: LocalCloud): Promise<ServerlessJourney> {
    return new ServerlessJourney(cloud, STACK, await Journey.deploy(cloud, STACK));
  }

  protected deployments(): Promise<readonly DeploymentReport[]> {
    return this.cloud.deployments();
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
}
