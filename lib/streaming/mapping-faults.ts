import { type Duration, Token } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Fault } from '../checks/bounds/fault';
import { DEFAULT_RECORD_BYTES, mappingSettings, sourceOf } from './mapping-settings';
import { recordsOfEvent } from './stream-batching';
import { type StreamingInferenceProps, RecordFormat } from './streaming-inference-props';

const PARAMETERS = 'https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html';
const FILTERING = 'https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html';
/** AWS Lambda takes five filters for a mapping, and ten on request: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html */
const MOST_FILTERS = 10;
const LONGEST_FILTER = 4096;

/** Faults of where a mapping begins. */
export function faultyStart({ startingPosition, startingTime }: StreamingInferenceProps): Fault[] {
  const byTime = startingPosition === lambda.StartingPosition.AT_TIMESTAMP;
  if (byTime !== (startingTime !== undefined)) {
    return [
      {
        id: 'stream-start',
        message: byTime
          ? "'startingPosition' is AT_TIMESTAMP, and 'startingTime' is not given"
          : `'startingTime' is given, and 'startingPosition' is ${startingPosition ?? 'TRIM_HORIZON'}`,
        fix: "give both 'startingPosition: AT_TIMESTAMP' and 'startingTime', or leave both out",
        see: PARAMETERS,
      },
    ];
  }
  return startingTime !== undefined && Number.isNaN(startingTime.getTime())
    ? [
        {
          id: 'stream-start',
          message: "'startingTime' is no time",
          fix: "give it like new Date('2026-07-01T00:00:00Z')",
        },
      ]
    : [];
}

/** Faults of filters: what one drops is dropped without a trace. */
export function faultyFilters({ filters, aggregated, format }: StreamingInferenceProps): Fault[] {
  if (filters === undefined) {
    return [];
  }
  const faults: Fault[] = [];
  if (filters.length === 0 || filters.length > MOST_FILTERS) {
    faults.push({
      id: 'stream-filters',
      message: `'filters' has ${filters.length} filters, allowed are 1 to ${MOST_FILTERS}`,
      fix: filters.length === 0 ? "leave 'filters' out to predict all records" : 'combine some into one',
      see: FILTERING,
    });
  }
  if (aggregated !== false) {
    faults.push({
      id: 'stream-filters-aggregated',
      message:
        "'filters' do not look into aggregated records and drop them without a trace, and 'aggregated' says that there may be some",
      fix: "set 'aggregated: false' if no producer uses the Kinesis Producer Library, or leave 'filters' out",
      see: FILTERING,
    });
  }
  return [...faults, ...filters.flatMap((filter, index) => faultyFilter(filter, index, format))];
}

function faultyFilter(filter: { [key: string]: unknown }, index: number, format: RecordFormat | undefined): Fault[] {
  const { pattern } = filter;
  if (Token.isUnresolved(filter) || Token.isUnresolved(pattern)) {
    return [];
  }
  const rule = typeof pattern === 'string' ? parsed(pattern) : undefined;
  if (rule === undefined || Object.keys(filter).length !== 1) {
    return [
      {
        id: 'stream-filter-pattern',
        message: `filter ${index + 1} of 'filters' is ${JSON.stringify(filter).slice(0, 200)}, which has no pattern, and so would let all records pass`,
        fix: 'make it by lambda.FilterCriteria.filter({ ... })',
        see: FILTERING,
      },
    ];
  }
  const faults: Fault[] = [];
  if ((pattern as string).length > LONGEST_FILTER) {
    faults.push({
      id: 'stream-filter-long',
      message: `the pattern of filter ${index + 1} of 'filters' has ${(pattern as string).length} characters, allowed are ${LONGEST_FILTER}`,
      fix: 'shorten it, or predict all records',
      see: FILTERING,
    });
  }
  if (format === RecordFormat.CSV && 'data' in rule) {
    faults.push({
      id: 'stream-filter-csv',
      message: `filter ${index + 1} of 'filters' looks into 'data', and drops all that is no JSON, as CSV is not`,
      fix: "filter by 'partitionKey', or write records as JSON",
      see: FILTERING,
    });
  }
  return faults;
}

function parsed(pattern: string): object | undefined {
  try {
    const rule: unknown = JSON.parse(pattern);
    return typeof rule === 'object' && rule !== null && !Array.isArray(rule) ? rule : undefined;
  } catch {
    return undefined;
  }
}

/** Faults of settings that are fine each by itself. */
export function faultyMapping(props: StreamingInferenceProps, timeout: Duration): Fault[] {
  const settings = mappingSettings(props);
  return [
    ...windowOverTimeout(settings.window, timeout),
    ...batchOverEvent(props, settings.batchSize),
    ...faultyAge(props, settings),
    ...faultyLag(props, settings),
    ...fewerThanLanes(props, settings.parallelizationFactor),
  ];
}

function windowOverTimeout(window: Duration, timeout: Duration): Fault[] {
  return window.toSeconds() > timeout.toSeconds()
    ? [
        {
          id: 'stream-window-over-timeout',
          message: `a batch is collected for up to ${window.toSeconds()} s, and may be predicted for ${timeout.toSeconds()} s only, so what was collected could not be done before the next batch is there`,
          fix: `set 'timeout' to ${window.toSeconds()} s or more, or a shorter 'batchWindow'`,
          see: PARAMETERS,
        },
      ]
    : [];
}

function batchOverEvent({ batchSize, traffic }: StreamingInferenceProps, records: number): Fault[] {
  const bytes = traffic?.recordSize?.toBytes() ?? DEFAULT_RECORD_BYTES;
  return batchSize !== undefined && traffic?.recordSize !== undefined && records > recordsOfEvent(bytes)
    ? [
        {
          id: 'stream-batch-over-event',
          message: `'batchSize' is ${batchSize}, and an event of 6 MiB holds ${recordsOfEvent(bytes)} records of ${bytes} bytes, which travel as base64`,
          fix: `set 'batchSize' to ${Math.max(1, recordsOfEvent(bytes))} or less, or leave it out`,
          see: PARAMETERS,
        },
      ]
    : [];
}

type Settings = ReturnType<typeof mappingSettings>;

/** A record waits for its batch first, and must then be tried and tried again before it is given up; and given up before it is gone. */
function faultyAge(props: StreamingInferenceProps, { maxRecordAge, window }: Settings): Fault[] {
  const age = maxRecordAge.toSeconds();
  const faults: Fault[] = [];
  if (age < 2 * window.toSeconds()) {
    faults.push({
      id: 'stream-age-within-window',
      message: `'maxRecordAge' is ${age} s, and a record may wait ${window.toSeconds()} s for its batch, so it might be given up before it is tried`,
      fix: `set 'maxRecordAge' to ${2 * window.toSeconds()} s or more, or a shorter 'batchWindow' or 'traffic.maxWait'`,
      see: PARAMETERS,
    });
  }
  const hours = sourceOf(props)._retentionHours;
  if (hours !== undefined && age >= hours * 3600) {
    faults.push({
      id: 'stream-age-over-retention',
      message: `'maxRecordAge' is ${age} s, and the stream keeps a record for ${hours} hours: one that is tried for longer would be gone before it is given up`,
      fix: "set 'maxRecordAge' to less, or a longer 'retention' of the source",
      see: 'https://docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html',
    });
  }
  return faults;
}

function faultyLag({ alarms }: StreamingInferenceProps, { window, maxRecordAge }: Settings): Fault[] {
  const lag = alarms?.maxLag?.toSeconds();
  if (lag === undefined) {
    return [];
  }
  if (lag <= window.toSeconds()) {
    return [
      {
        id: 'alarm-lag-within-window',
        message: `'alarms.maxLag' is ${lag} s, and a record may wait ${window.toSeconds()} s for its batch, so the alarm would never be silent`,
        fix: "set 'alarms.maxLag' to more, or a shorter 'batchWindow' or 'traffic.maxWait'",
      },
    ];
  }
  return lag >= maxRecordAge.toSeconds()
    ? [
        {
          id: 'alarm-lag-unreachable',
          message: `'alarms.maxLag' is ${lag} s, and a record is given up when it is ${maxRecordAge.toSeconds()} s old, so the alarm could never fire`,
          fix: "set 'alarms.maxLag' to less, or a longer 'maxRecordAge'",
        },
      ]
    : [];
}

/** Lanes that have no environment are throttled again and again, while their records grow old. */
function fewerThanLanes(props: StreamingInferenceProps, parallelizationFactor: number): Fault[] {
  const { reservedConcurrency } = props;
  const shards = sourceOf(props)._fixedShards;
  if (reservedConcurrency === undefined || reservedConcurrency <= 0 || shards === undefined) {
    return [];
  }
  const lanes = shards * parallelizationFactor;
  return reservedConcurrency < lanes
    ? [
        {
          id: 'stream-reserved-under-lanes',
          message: `'reservedConcurrency' is ${reservedConcurrency}, and ${shards} shards with a 'parallelizationFactor' of ${parallelizationFactor} have ${lanes} batches at a time`,
          fix: `set 'reservedConcurrency' to ${lanes} or more, or leave it out`,
          see: PARAMETERS,
        },
      ]
    : [];
}
