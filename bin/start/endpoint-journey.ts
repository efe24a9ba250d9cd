import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import type { EndpointDeploymentReport, LocalCloud } from '../local-cloud/local-cloud';
import type { ApiAnswer } from './api-client';
import { Journey } from './journey';

export const STACK = 'InferenceEndpoint';

/** The classifier on SageMaker instances in use. */
export class EndpointJourney extends Journey<EndpointDeploymentReport> {
  public static async begin(cloud: LocalCloud): Promise<EndpointJourney> {
    return new EndpointJourney(cloud, STACK, await Journey.deploy(cloud, STACK));
  }

  protected deployments(): Promise<readonly EndpointDeploymentReport[]> {
    return this.cloud.endpointDeployments();
  }

  /** Asks one variant by its name, with the SDK and without the API. */
  public async ask(variant: string): Promise<{ readonly status: number; readonly version: string }> {
    const [{ name }] = await this.cloud.endpoints();
    const runtime = new SageMakerRuntimeClient(this.cloud.clientConfig);
    const { $metadata, Body } = await runtime.send(
      new InvokeEndpointCommand({
        EndpointName: name,
        TargetVariant: variant,
        ContentType: 'application/json',
        Body: JSON.stringify(this.rows[0].input),
      }),
    );
    const answer = JSON.parse(Buffer.from(Body).toString('utf8')) as { model: { version: string } };
    return { status: $metadata.httpStatusCode!, version: answer.model.version };
  }

  /** Sends what a careless caller would. */
  public async sendBadInput(): Promise<{ readonly what: string; readonly answer: ApiAnswer }[]> {
    const good = this.rows[0].input;
    const { mean_radius: _, ...incomplete } = good;
    const requests: [string, Promise<ApiAnswer>][] = [
      ['a field is missing, which the container says', this.api.predict(JSON.stringify(incomplete))],
      ['text for a number, which the gateway says', this.api.predict(JSON.stringify({ ...good, mean_radius: 'wide' }))],
      ['CSV', this.api.predict(Object.values(good).join(','), 'text/csv')],
      ['not JSON', this.api.predict('{"mean_radius":')],
    ];
    return Promise.all(requests.map(async ([what, answer]) => ({ what, answer: await answer })));
  }
}
