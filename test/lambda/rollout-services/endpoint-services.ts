import { SimulatedClock } from './clock';
import { LoopbackServices } from './loopback-services';
import { MetricsService } from './metrics-service';
import { randomFrom } from './rollout-services';
import { SageMakerRuntimeService } from './sagemaker-runtime-service';
import { SageMakerService } from './sagemaker-service';
import { ScalingService } from './scaling-service';

/** All services that a staged rollout of an endpoint talks to, with one time and a seed. */
export class EndpointServices {
  public readonly clock = new SimulatedClock();
  public readonly metrics = new MetricsService(this.clock);
  public readonly sagemaker = new SageMakerService(this.clock, this.metrics);
  public readonly scaling = new ScalingService([this.sagemaker.scalable]);
  public readonly loopback = new LoopbackServices([
    this.sagemaker,
    new SageMakerRuntimeService(this.sagemaker),
    this.scaling,
    this.metrics,
  ]);

  constructor(seed = 1) {
    this.sagemaker.random = randomFrom(seed);
    this.sagemaker.scaling = this.scaling;
  }
}
