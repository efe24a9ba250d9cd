import { SimulatedClock } from './clock';
import { LambdaService } from './lambda-service';
import { LoopbackServices } from './loopback-services';
import { MetricsService } from './metrics-service';
import { ScalingService } from './scaling-service';

/** All services that a staged rollout of a function talks to, with one time and a seed. */
export class RolloutServices {
  public readonly clock = new SimulatedClock();
  public readonly metrics = new MetricsService(this.clock);
  public readonly lambda: LambdaService;
  public readonly scaling: ScalingService;
  public readonly loopback: LoopbackServices;

  constructor(functionName = 'fraud', seed = 1) {
    this.lambda = new LambdaService(functionName, this.clock, this.metrics);
    this.lambda.random = randomFrom(seed);
    this.scaling = new ScalingService([this.lambda.scalable]);
    this.loopback = new LoopbackServices([this.lambda, this.scaling, this.metrics]);
  }

  /** Requests through an alias, spread over one minute, which then is over. */
  public serveMinute(aliasName: string, requests: number, payload: unknown = {}): void {
    for (let request = 0; request < requests; request++) {
      this.lambda.call(aliasName, payload);
    }
    this.clock.pass(60);
  }
}

/** https://github.com/bryc/code/blob/master/jshash/PRNGs.md#mulberry32 */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
