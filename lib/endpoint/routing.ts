import type { CfnEndpointConfig } from 'aws-cdk-lib/aws-sagemaker';
import type { Range } from '../checks/bounds/fault';
import { refuse } from '../private/errors';
import { integer } from '../private/validation';

const ROUTING = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariantRoutingConfig.html';
const PREFIX_LENGTH: Range = { min: 1024, max: 65_536, see: ROUTING };
const THRESHOLD: Range = { min: 1, max: 1024, see: ROUTING };

/** Options of `Routing.prefixAware`. */
export interface PrefixRoutingOptions {
  /** How many bytes of a request are its prefix, 1024 to 65536: as much as many requests have in common. */
  readonly prefixLength: number;

  /** Requests at a time, 1 to 1024, above which an instance gets no more for a prefix, whatever it has cached. */
  readonly concurrencyThreshold: number;
}

/**
 * How requests find an instance among several.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariantRoutingConfig.html
 */
export class Routing {
  /** To the instance with the fewest requests in flight. */
  public static leastOutstandingRequests(): Routing {
    return new Routing({ routingStrategy: 'LEAST_OUTSTANDING_REQUESTS' });
  }

  /** To any instance. */
  public static random(): Routing {
    return new Routing({ routingStrategy: 'RANDOM' });
  }

  /** Requests that begin alike to the same instance, which has that beginning in its cache: for language models. */
  public static prefixAware(options: PrefixRoutingOptions): Routing {
    refuse('Routing.prefixAware', [
      ...integer('routing-prefix', 'prefixLength', options.prefixLength, PREFIX_LENGTH),
      ...integer('routing-threshold', 'concurrencyThreshold', options.concurrencyThreshold, THRESHOLD),
    ]);
    return new Routing({
      routingStrategy: 'PREFIX_AWARE',
      prefixAwareRoutingConfig: {
        prefixLength: options.prefixLength,
        concurrencyThreshold: options.concurrencyThreshold,
      },
    });
  }

  /**
   * As SageMaker takes it.
   *
   * @internal
   */
  public readonly _config: CfnEndpointConfig.RoutingConfigProperty;

  private constructor(config: CfnEndpointConfig.RoutingConfigProperty) {
    this._config = config;
  }
}
