import type { Duration } from 'aws-cdk-lib';
import type { AlarmSettings } from '../monitoring/alarm-settings';

/**
 * What the consumer of a stream watches beside what every deployment does. `maxErrorRatio` is a share of batches here, `maxLatency` the
 * time for one batch, and `minSamples` counts records.
 */
export interface StreamingAlarmSettings extends AlarmSettings {
  /**
   * How old a record may be when it is predicted, in whole seconds from 1 second to 7 days, between `batchWindow` and `maxRecordAge`;
   * above it somebody is paged.
   *
   * @default - 1 minute more than a record may wait for its batch, at most 80 % of `maxRecordAge`
   */
  readonly maxLag?: Duration;

  /**
   * Share of records in quarantine, 0.0001 to 0.999, above which somebody should look. A new version is rolled back above the same share.
   *
   * @default 0.05
   */
  readonly maxQuarantinedRatio?: number;

  /**
   * Concurrent executions that the account allows in the region, of which `reservedConcurrency` must leave 100.
   *
   * @default 1000
   * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
   */
  readonly accountConcurrency?: number;
}
