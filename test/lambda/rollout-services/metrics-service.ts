import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import type { Values } from './client-schema';
import type { SimulatedClock } from './clock';
import { Refusal, type SimulatedService } from './loopback-services';

type Dimensions = Readonly<Record<string, string>>;

interface Datum {
  readonly minute: number;
  readonly arrives: number;
  readonly value: number;
  readonly count: number;
}

interface Query {
  readonly Id: string;
  readonly MetricStat?: {
    readonly Metric: {
      readonly Namespace: string;
      readonly MetricName: string;
      readonly Dimensions?: readonly Dimension[];
    };
    readonly Period: number;
    readonly Stat: string;
  };
}

interface Dimension {
  readonly Name: string;
  readonly Value: string;
}

const MOST_QUERIES = 500;
const MOST_ALARMS = 100;

/** CloudWatch: keeps what is published, and shows it when it has arrived. */
export class MetricsService implements SimulatedService {
  public readonly name = 'CloudWatch';
  public readonly client = cloudwatch as unknown as Values;
  public readonly target = 'GraniteServiceVersion20100801';
  public readonly throttling = 'ThrottlingException';
  public readonly operations = {
    GetMetricData: (input: Values): Values => this.getMetricData(input),
    DescribeAlarms: (input: Values): Values => this.describeAlarms(input),
  };
  /** Alarms and their states; composite ones have names that say so. */
  public readonly alarms = new Map<string, string>();
  /** Alarms on one page of an answer, when fewer than were asked for. */
  public alarmsOnPage = 100;
  /** Values on one page of an answer. */
  public pageSize = 100_800;
  /** How long a value is on its way, in seconds, by the minute and the metric. */
  public delay: (minute: number, metric: string) => number = (minute) => 60 + ((minute * 37) % 61);
  private readonly data = new Map<string, Datum[]>();

  constructor(private readonly clock: SimulatedClock) {}

  /** So many times the same value, now. */
  public publish(namespace: string, name: string, dimensions: Dimensions, value: number, count = 1): void {
    const metric = keyOf(namespace, name, dimensions);
    const minute = this.clock.minute();
    // What belongs to a minute is sent after its end.
    const arrives = (minute + 1) * 60_000 + this.delay(minute, metric) * 1000;
    const data = this.data.get(metric) ?? [];
    this.data.set(metric, data);
    data.push({ minute, arrives, value, count });
  }

  private getMetricData(input: Values): Values {
    const { MetricDataQueries, StartTime, EndTime, ScanBy, NextToken } = input as unknown as {
      readonly MetricDataQueries: readonly Query[];
      readonly StartTime: number;
      readonly EndTime: number;
      readonly ScanBy?: string;
      readonly NextToken?: string;
    };
    if (StartTime >= EndTime) {
      throw new Refusal('ValidationException', 'The parameter StartTime must be less than the parameter EndTime.');
    }
    if (MetricDataQueries.length > MOST_QUERIES) {
      throw new Refusal('ValidationException', `at most ${MOST_QUERIES} queries, not ${MetricDataQueries.length}`);
    }
    if (new Set(MetricDataQueries.map(({ Id }) => Id)).size < MetricDataQueries.length) {
      throw new Refusal('ValidationException', 'The values for parameter id in MetricDataQueries are not unique.');
    }
    const series = MetricDataQueries.map((query) => {
      const points = this.points(query, StartTime, EndTime);
      return { Id: query.Id, points: ScanBy === 'TimestampAscending' ? points : points.reverse() };
    });
    return page(series, Number(NextToken ?? 0), this.pageSize);
  }

  /** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html */
  private describeAlarms({ AlarmNames, AlarmTypes, MaxRecords, NextToken }: Values): Values {
    const names = AlarmNames as readonly string[];
    if (names.length > MOST_ALARMS) {
      throw new Refusal('ValidationException', `at most ${MOST_ALARMS} names, not ${names.length}`);
    }
    const types = (AlarmTypes ?? ['MetricAlarm']) as readonly string[];
    const isComposite = (name: string): boolean => name.startsWith('composite');
    const found = names.filter(
      (name) => this.alarms.has(name) && types.includes(isComposite(name) ? 'CompositeAlarm' : 'MetricAlarm'),
    );
    const from = Number(NextToken ?? 0);
    const to = from + Math.min(Number(MaxRecords ?? 50), this.alarmsOnPage);
    const page = found.slice(from, to).map((AlarmName) => ({ AlarmName, StateValue: this.alarms.get(AlarmName) }));
    return {
      MetricAlarms: page.filter(({ AlarmName }) => !isComposite(AlarmName)),
      CompositeAlarms: page.filter(({ AlarmName }) => isComposite(AlarmName)),
      ...(to < found.length ? { NextToken: String(to) } : {}),
    };
  }

  private points({ Id, MetricStat }: Query, start: number, end: number): (readonly [minute: number, value: number])[] {
    if (!/^[a-z]\w*$/.test(Id)) {
      throw new Refusal('ValidationException', `Invalid id ${Id}: it begins with a lowercase letter`);
    }
    if (MetricStat === undefined || MetricStat.Period !== 60) {
      throw new Error('the simulation knows metrics by the minute only');
    }
    const { Metric, Stat } = MetricStat;
    const dimensions = Object.fromEntries((Metric.Dimensions ?? []).map(({ Name, Value }) => [Name, Value]));
    const metric = keyOf(Metric.Namespace, Metric.MetricName, dimensions);
    const byMinute = new Map<number, Datum[]>();
    for (const datum of this.data.get(metric) ?? []) {
      const seconds = datum.minute * 60;
      if (datum.arrives <= this.clock.now() && seconds >= start && seconds < end) {
        const data = byMinute.get(datum.minute) ?? [];
        byMinute.set(datum.minute, data);
        data.push(datum);
      }
    }
    return [...byMinute].sort(([one], [other]) => one - other).map(([minute, data]) => [minute, statistic(Stat, data)]);
  }
}

function statistic(name: string, data: readonly Datum[]): number {
  const total = (of: (datum: Datum) => number): number => data.reduce((sum, datum) => sum + of(datum), 0);
  const [, above, upTo] = /^TC\((\d*\.?\d*):(\d*\.?\d*)\)$/.exec(name) ?? [];
  if (above !== undefined) {
    const [low, high] = [above === '' ? -Infinity : Number(above), upTo === '' ? Infinity : Number(upTo)];
    return total(({ value, count }) => (value > low && value <= high ? count : 0));
  }
  switch (name) {
    case 'Sum':
      return total(({ value, count }) => value * count);
    case 'SampleCount':
      return total(({ count }) => count);
    case 'Average':
      return total(({ value, count }) => value * count) / total(({ count }) => count);
    default:
      throw new Refusal('ValidationException', `The value ${name} for parameter Stat is not supported.`);
  }
}

interface Series {
  readonly Id: string;
  readonly points: readonly (readonly [minute: number, value: number])[];
}

/** Values from one place on, and where the next page begins. */
function page(series: readonly Series[], from: number, size: number): Values {
  const all = series.flatMap(({ Id, points }) => points.map((point) => ({ Id, point })));
  const here = all.slice(from, from + size);
  const later = new Set(all.slice(from + size).map(({ Id }) => Id));
  return {
    MetricDataResults: series.map(({ Id }) => {
      const points = here.filter((each) => each.Id === Id).map(({ point }) => point);
      return {
        Id,
        Label: Id,
        Timestamps: points.map(([minute]) => minute * 60),
        Values: points.map(([, value]) => value),
        StatusCode: later.has(Id) ? 'PartialData' : 'Complete',
      };
    }),
    ...(later.size > 0 ? { NextToken: String(from + size) } : {}),
  };
}

function keyOf(namespace: string, name: string, dimensions: Dimensions): string {
  const sorted = Object.entries(dimensions).sort(([one], [other]) => (one < other ? -1 : 1));
  return `${namespace} ${name} ${sorted.map((pair) => pair.join('=')).join(' ')}`;
}
