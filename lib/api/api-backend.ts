import type { Duration } from 'aws-cdk-lib';
import type * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type { IInference } from '../inference';

/** What answers one method of an API, and what the gateway has to know of it. */
export interface ApiMethod {
  /** What the gateway calls. */
  readonly integration: apigateway.Integration;

  /**
   * Headers of a request that are handed on, such as `method.request.header.x-inference-id`; `true` where one is required.
   *
   * @default - all of them, by a function that gets the whole request
   */
  readonly requestParameters?: { [name: string]: boolean };

  /**
   * The answers that the integration gives.
   *
   * @default - whatever a function answers
   */
  readonly methodResponses?: apigateway.MethodResponse[];
}

/** What an API asks of the deployment behind it. */
export interface ApiBindOptions {
  /** Origins whose pages may read the answers; empty for none. */
  readonly corsOrigins: string[];

  /** Whether answers are also wanted piece by piece. Never with a deployment that does not support it. */
  readonly streaming: boolean;
}

/** What answers the methods of an `InferenceApi`. */
export interface ApiMethods {
  /** `POST /predict`. */
  readonly predict: ApiMethod;

  /** `GET /health`. */
  readonly health: ApiMethod;

  /**
   * `POST /predict/stream`, which takes JSON.
   *
   * @default - none: there is no such path
   */
  readonly stream?: ApiMethod;

  /** Content types that `POST /predict` takes. */
  readonly contentTypes: string[];
}

/** A deployment that an `InferenceApi` can stand in front of. */
export interface IApiBackend extends IInference {
  /** Longest time for one call. The gateway gives up after 29 seconds. */
  readonly timeout: Duration;

  /** Whether answers can be had piece by piece, as they come. */
  readonly supportsStreaming: boolean;

  /** Called once by the API in front. */
  bindApi(options: ApiBindOptions): ApiMethods;
}
