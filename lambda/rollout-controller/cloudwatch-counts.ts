import { type CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { CountPart, CountSource, TargetDescription } from '../rollout/contract';
import type { Counts, ObservedMinute } from '../rollout/ports';
import type { ArmCounts } from '../rollout-judge/contract';

/** In one reading. */
const MOST_MINUTES = 180;
const PERIOD_SECONDS = 60;

/** Counts of an arm by minute; those of one series, for as many sources as need it. */
type Series = Map<number, number>;

/**
 * Counts that CloudWatch has of two versions. All that a look needs is one request (and its further pages), so that both arms and all
 * metrics are of the same moment.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 */
export class CloudWatchCounts implements Counts {
  constructor(
    private readonly cloudwatch: CloudWatchClient,
    private readonly sources: Pick<TargetDescription, 'requests' | 'bad'>,
  ) {}

  public async minutes(
    from: number,
    to: number,
    candidate: string,
    baseline: string,
  ): Promise<readonly ObservedMinute[]> {
    const last = Math.min(to, from + MOST_MINUTES - 1);
    if (last < from) {
      return [];
    }
    const series = await this.read(from, last, [candidate, baseline]);
    return Array.from({ length: last - from + 1 }, (_, place) => ({
      minute: from + place,
      candidate: this.arm(series, from + place, candidate),
      baseline: this.arm(series, from + place, baseline),
    }));
  }

  private arm(series: ReadonlyMap<string, Series>, minute: number, version: string): ArmCounts {
    const count = ({ parts }: CountSource): number | null => {
      const values = parts.flatMap((part) => {
        const value = series.get(keyOf(part, version))!.get(minute);
        return value === undefined ? [] : [part.negative === true ? -value : value];
      });
      // Trimmed counts may have fractions, and what is taken away may arrive before what it is taken from.
      return values.length === 0 ? null : Math.max(0, Math.round(values.reduce((sum, value) => sum + value, 0)));
    };
    return { requests: count(this.sources.requests) ?? 0, bad: this.sources.bad.map(count) };
  }

  /** By {@link keyOf} part and version. */
  private async read(from: number, last: number, versions: readonly string[]): Promise<ReadonlyMap<string, Series>> {
    const series = new Map<string, Series>();
    const keys: string[] = [];
    const queries: MetricDataQuery[] = [];
    for (const version of versions) {
      for (const part of [this.sources.requests, ...this.sources.bad].flatMap(({ parts }) => parts)) {
        const key = keyOf(part, version);
        if (!series.has(key)) {
          series.set(key, new Map());
          queries.push(queryOf(part, version, `m${keys.length}`));
          keys.push(key);
        }
      }
    }
    let NextToken: string | undefined;
    do {
      const page = await this.cloudwatch.send(
        new GetMetricDataCommand({
          MetricDataQueries: queries,
          StartTime: new Date(from * PERIOD_SECONDS * 1000),
          EndTime: new Date((last + 1) * PERIOD_SECONDS * 1000),
          ScanBy: 'TimestampAscending',
          NextToken,
        }),
      );
      NextToken = page.NextToken;
      for (const { Id, Timestamps, Values, StatusCode, Messages } of page.MetricDataResults ?? []) {
        const place = Number(Id!.slice(1));
        if (StatusCode !== 'Complete' && (StatusCode !== 'PartialData' || NextToken === undefined)) {
          // Half of the data would look like a minute with half of the errors.
          throw new Error(
            `CloudWatch has not given all of ${keys[place]}: ${StatusCode}${(Messages ?? []).map(({ Value }) => `, ${Value}`).join('')}`,
          );
        }
        Timestamps?.forEach((time, index) =>
          series.get(keys[place])!.set(Math.floor(time.getTime() / 1000 / PERIOD_SECONDS), Values![index]),
        );
      }
    } while (NextToken !== undefined);
    return series;
  }
}

function queryOf(part: CountPart, version: string, id: string): MetricDataQuery {
  const dimensions = { ...part.dimensions, [part.versionDimension]: version };
  return {
    Id: id,
    MetricStat: {
      Metric: {
        Namespace: part.namespace,
        MetricName: part.metricName,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      },
      Period: PERIOD_SECONDS,
      Stat: part.statistic,
    },
  };
}

/** What tells a series of CloudWatch from all others; for people as well. */
function keyOf({ namespace, metricName, statistic, dimensions, versionDimension }: CountPart, version: string): string {
  return `${namespace} ${metricName} ${statistic} ${JSON.stringify({ ...dimensions, [versionDimension]: version })}`;
}
