import type { AlarmSettings } from '../monitoring/alarm-settings';

/** What a deployment on AWS Lambda watches beside what every deployment does. */
export interface ServerlessAlarmSettings extends AlarmSettings {
  /**
   * Concurrent executions that the account allows in the region. An alarm goes off when this
   * function alone uses 80 % of it, or of its own reserved concurrency; what its neighbours use is not seen, reserve
   * concurrency against them.
   *
   * @default 1000
   * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
   */
  readonly accountConcurrency?: number;
}
