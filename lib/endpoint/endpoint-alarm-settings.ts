import type { Duration } from 'aws-cdk-lib';
import type { AlarmSettings } from '../monitoring/alarm-settings';

/** What an endpoint watches beside what every deployment does. */
export interface EndpointAlarmSettings extends AlarmSettings {
  /**
   * Share of requests that the model refuses with a 4xx, 0.0001 to 0.999, above which somebody is warned: a caller that
   * changed its format, or one that is turned away because the model is busy.
   *
   * @default 0.25
   */
  readonly maxClientErrorRatio?: number;

  /**
   * The longest answer that is streamed, up to 8 minutes. The time inside the container goes on until the last piece, so the
   * bounds for the latency are for the whole of a stream, too.
   *
   * @default - nothing is streamed: a request takes no longer than the endpoint's `timeout`
   */
  readonly longestStream?: Duration;

  /**
   * The average time that SageMaker itself adds to a request above which somebody is warned.
   *
   * @default Duration.seconds(1)
   */
  readonly maxOverheadLatency?: Duration;

  /**
   * How full processors, GPUs and memory may be on average, in percent of each, before somebody is warned. The memory of
   * GPUs has its own bound of 98 %, because servers of language models claim most of it when they start.
   *
   * @default 90
   */
  readonly maxUtilizationPercent?: number;
}
