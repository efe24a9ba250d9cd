import { type CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import type { Alarms } from '../../rollout/ports';

/** Names in one request. */
const MOST = 100;

/**
 * The team's own alarms, of metrics and composite.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
 */
export class CloudWatchAlarms implements Alarms {
  constructor(
    private readonly cloudwatch: CloudWatchClient,
    private readonly names: readonly string[],
  ) {}

  public async firing(): Promise<readonly string[]> {
    const states = new Map<string, string | undefined>();
    for (let place = 0; place < this.names.length; place += MOST) {
      let NextToken: string | undefined;
      do {
        const page = await this.cloudwatch.send(
          new DescribeAlarmsCommand({
            AlarmNames: this.names.slice(place, place + MOST),
            // Without it, composite alarms are left out.
            AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
            MaxRecords: MOST,
            NextToken,
          }),
        );
        for (const { AlarmName, StateValue } of [...(page.MetricAlarms ?? []), ...(page.CompositeAlarms ?? [])]) {
          states.set(AlarmName!, StateValue);
        }
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
    }
    const gone = this.names.filter((name) => !states.has(name));
    if (gone.length > 0) {
      throw new Error(`the alarms ${gone.join(', ')} are not there: make them again, or deploy without them`);
    }
    return this.names.filter((name) => states.get(name) === 'ALARM');
  }
}
