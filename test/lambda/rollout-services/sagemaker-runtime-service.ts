import * as runtime from '@aws-sdk/client-sagemaker-runtime';
import type { Values } from './client-schema';
import { Refusal, type SimulatedService } from './loopback-services';
import type { SageMakerService } from './sagemaker-service';

/** Requests to endpoints of SageMaker. */
export class SageMakerRuntimeService implements SimulatedService {
  public readonly name = 'Amazon SageMaker Runtime';
  public readonly client = runtime as unknown as Values;
  public readonly throttling = 'ThrottlingException';
  public readonly operations = { InvokeEndpoint: (input: Values) => this.invoke(input) };

  constructor(private readonly sagemaker: SageMakerService) {}

  private invoke(input: Values): Values {
    const { EndpointName, Body, TargetVariant } = input as Record<string, string | undefined>;
    const endpoint = this.sagemaker.find(String(EndpointName));
    if (endpoint === undefined || endpoint.variants.size === 0) {
      throw new Refusal('ValidationError', `Endpoint ${EndpointName} of account 111122223333 not found.`);
    }
    if (TargetVariant !== undefined && !endpoint.variants.has(TargetVariant)) {
      throw new Refusal('ValidationError', `Variant ${TargetVariant} not found for Request`);
    }
    const { status = 200, answer, variant } = this.sagemaker.call(endpoint.name, String(Body), TargetVariant);
    const text = typeof answer === 'string' ? answer : JSON.stringify(answer ?? null);
    if (status >= 400) {
      throw new Refusal('ModelError', `Received client error (${status}) from primary with message "${text}".`);
    }
    return { Body: text, ContentType: 'application/json', InvokedProductionVariant: variant };
  }
}
