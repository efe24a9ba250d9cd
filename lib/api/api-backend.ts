import type { Duration } from 'aws-cdk-lib';
import type * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type { IInference } from '../inference';

/** A deployment that an `InferenceApi` can stand in front of. */
export interface IApiBackend extends IInference {
  /** Longest time for one call. The gateway gives up after 29 seconds. */
  readonly timeout: Duration;

  /** What the gateway calls for `POST /predict` and `GET /health`. */
  apiIntegration(): apigateway.Integration;

  /** Has the answers say that pages from these origins may read them. */
  allowOrigins(origins: string[]): void;
}
