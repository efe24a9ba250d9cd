import type { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { RATIO } from '../checks/bounds/alarm';
import type { Fault } from '../checks/bounds/fault';
import { fetchSeconds } from '../model/function-sizing';
import { faultyFunction } from '../model/function-faults';
import { isFetchedAtStart } from '../model/onnx-handler';
import { faultyAlarms } from '../monitoring/alarm-faults';
import { fraction, inMebibytes, integer, judge, mustBeKnown, seconds } from '../private/validation';
import { moreProvisionedThanReserved } from '../scaling/provisioned-concurrency';
import { DEFAULT_RECORD_BYTES, mappingSettings, sourceOf } from './mapping-settings';
import { LARGEST_RECORD_BYTES, recordsOfEvent } from './stream-batching';
import type { StreamingInferenceProps } from './streaming-inference-props';

const PARAMETERS = 'https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html';
const LARGE_RECORDS = 'https://docs.aws.amazon.com/streams/latest/dev/large-records.html';
const FILTERING = 'https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html';
const WEEK = 7 * 86_400;
/** AWS Lambda takes five filters for a mapping, and ten on request. */
const MOST_FILTERS = 10;

/** What is wrong with the props of a consumer. Together they are judged only where each by itself is fine. */
export function faultyStreaming(props: StreamingInferenceProps, timeout: Duration): Fault[] {
  const alone = faultyAlone(props, timeout);
  return alone.length > 0 ? alone : faultyTogether(props, timeout);
}

function faultyAlone(props: StreamingInferenceProps, timeout: Duration): Fault[] {
  const { predictor, source, sinks, traffic = {}, alarms = {} } = props;
  const chosen = 'batches are chosen from it';
  return [
    ...predictor._faults(),
    ...(source?._faults() ?? []),
    ...sinks.flatMap((sink) => sink._faults()),
    ...noSink(props),
    ...faultyFunction({ ...props, model: predictor._loaded }),
    ...moreProvisionedThanReserved(props.scaling, props.reservedConcurrency),
    ...mustBeKnown('stream-unknown-timeout', 'timeout', props.timeout, 'windows and alarms are judged by it'),
    ...fetchLongerThanTimeout(props),
    ...mustBeKnown('stream-unknown-record-size', 'traffic.recordSize', traffic.recordSize, chosen),
    ...judge(traffic.recordSize, (size) => recordSize('traffic.recordSize', size.toBytes())),
    ...mustBeKnown('stream-unknown-rate', 'traffic.recordsPerSecond', traffic.recordsPerSecond, chosen),
    ...fraction('stream-rate', 'traffic.recordsPerSecond', traffic.recordsPerSecond, { min: 0.000_1, max: 20_000_000 }),
    ...mustBeKnown('stream-unknown-wait', 'traffic.maxWait', traffic.maxWait, chosen),
    ...seconds('stream-wait', 'traffic.maxWait', traffic.maxWait, { min: 1, max: 300, see: PARAMETERS }),
    ...mustBeKnown(
      'stream-unknown-max-record',
      'maxRecordSize',
      props.maxRecordSize,
      'the consumer has it in its settings',
    ),
    ...judge(props.maxRecordSize, (size) => recordSize('maxRecordSize', size.toBytes())),
    ...integer('stream-batch-size', 'batchSize', props.batchSize, { min: 1, max: 10_000, see: PARAMETERS }),
    ...mustBeKnown(
      'stream-unknown-window',
      'batchWindow',
      props.batchWindow,
      'it must not be longer than a batch may take',
    ),
    ...seconds('stream-window', 'batchWindow', props.batchWindow, { min: 0, max: 300, see: PARAMETERS }),
    ...integer('stream-parallelization', 'parallelizationFactor', props.parallelizationFactor, {
      min: 1,
      max: 10,
      see: PARAMETERS,
    }),
    ...mustBeKnown('stream-unknown-lanes', 'parallelizationFactor', props.parallelizationFactor, chosen),
    ...integer('stream-retries', 'retryAttempts', props.retryAttempts, { min: 0, max: 10_000, see: PARAMETERS }),
    ...mustBeKnown('stream-unknown-age', 'maxRecordAge', props.maxRecordAge, 'alarms warn before it is reached'),
    ...seconds('stream-record-age', 'maxRecordAge', props.maxRecordAge, { min: 60, max: WEEK, see: PARAMETERS }),
    ...faultyStart(props),
    ...faultyFilters(props),
    ...faultyPrefix(props),
    ...faultyAlarms(alarms, timeout),
    ...fraction('alarm-quarantined', 'alarms.maxQuarantinedRatio', alarms.maxQuarantinedRatio, RATIO),
    ...mustBeKnown('alarm-unknown-lag', 'alarms.maxLag', alarms.maxLag, 'it is compared with how long a batch waits'),
    ...seconds('alarm-lag', 'alarms.maxLag', alarms.maxLag, { min: 1, max: WEEK }),
  ];
}

function faultyTogether(props: StreamingInferenceProps, timeout: Duration): Fault[] {
  const { window, batchSize, maxRecordAge } = mappingSettings(props);
  const age = maxRecordAge.toSeconds();
  const faults: Fault[] = [];
  if (!timeout.isUnresolved() && window.toSeconds() > timeout.toSeconds()) {
    faults.push({
      id: 'stream-window-over-timeout',
      message: `a batch is collected for up to ${window.toSeconds()} s, and may be predicted for ${timeout.toSeconds()} s only, so what was collected could not be done before the next batch is there`,
      fix: `set 'timeout' to ${window.toSeconds()} s or more, or a shorter 'batchWindow'`,
      see: PARAMETERS,
    });
  }
  const bytes = props.traffic?.recordSize?.toBytes() ?? DEFAULT_RECORD_BYTES;
  if (props.batchSize !== undefined && props.traffic?.recordSize !== undefined && batchSize > recordsOfEvent(bytes)) {
    faults.push({
      id: 'stream-batch-over-event',
      message: `'batchSize' is ${batchSize}, and an event of 6 MiB holds ${recordsOfEvent(bytes)} records of ${bytes} bytes, which travel as base64`,
      fix: `set 'batchSize' to ${Math.max(1, recordsOfEvent(bytes))} or less, or leave it out`,
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
  const lag = props.alarms?.maxLag;
  if (lag !== undefined && lag.toSeconds() <= window.toSeconds()) {
    faults.push({
      id: 'alarm-lag-within-window',
      message: `'alarms.maxLag' is ${lag.toSeconds()} s, and a record may wait ${window.toSeconds()} s for its batch, so the alarm would never be silent`,
      fix: "set 'alarms.maxLag' to more, or a shorter 'batchWindow' or 'traffic.maxWait'",
    });
  }
  return faults;
}

function noSink({ sinks, source }: StreamingInferenceProps): Fault[] {
  if (sinks.length === 0) {
    return [
      {
        id: 'stream-no-sink',
        message: "'sinks' is empty, so predictions would go nowhere",
        fix: 'give one or more, such as Sink.kinesis(stream) or Sink.dynamoDb(table)',
      },
    ];
  }
  const read = source?._existing;
  return read !== undefined && sinks.some((sink) => sink._stream === read)
    ? [
        {
          id: 'stream-circle',
          message: `the stream '${read.node.path}' is both the source and a sink, so each prediction would be predicted again`,
          fix: 'write to another stream',
        },
      ]
    : [];
}

function recordSize(prop: string, bytes: number): Fault[] {
  return bytes >= 1 && bytes <= LARGEST_RECORD_BYTES
    ? []
    : [
        {
          id: 'stream-record-size',
          message: `'${prop}' is ${bytes} bytes, allowed are 1 to ${LARGEST_RECORD_BYTES}: an event of AWS Lambda has 6 MiB, and records travel in it as base64`,
          fix: `set '${prop}' within that, and put what is larger into S3`,
          see: LARGE_RECORDS,
        },
      ];
}

function fetchLongerThanTimeout({ predictor, timeout }: StreamingInferenceProps): Fault[] {
  const model = predictor._loaded;
  if (model === undefined || !isFetchedAtStart(model) || timeout === undefined || timeout.isUnresolved()) {
    return [];
  }
  const fetching = fetchSeconds(inMebibytes(model.size));
  return timeout.toSeconds() > fetching
    ? []
    : [
        {
          id: 'stream-fetch-too-long',
          message: `'timeout' is ${timeout.toSeconds()} s, and the model takes about ${fetching} s to fetch when the function starts`,
          fix: `set 'timeout' to more than that, or leave it out`,
        },
      ];
}

function faultyStart({ startingPosition, startingTime }: StreamingInferenceProps): Fault[] {
  const byTime = startingPosition === lambda.StartingPosition.AT_TIMESTAMP;
  if (byTime === (startingTime !== undefined)) {
    return [];
  }
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

function faultyFilters({ filters, aggregated }: StreamingInferenceProps): Fault[] {
  const faults: Fault[] = [];
  if (filters !== undefined && (filters.length === 0 || filters.length > MOST_FILTERS)) {
    faults.push({
      id: 'stream-filters',
      message: `'filters' has ${filters.length} filters, allowed are 1 to ${MOST_FILTERS}`,
      fix: filters.length === 0 ? "leave 'filters' out to predict all records" : 'combine some into one',
      see: FILTERING,
    });
  }
  if (filters !== undefined && aggregated !== false) {
    faults.push({
      id: 'stream-filters-aggregated',
      message:
        "'filters' do not look into aggregated records and drop them without a trace, and 'aggregated' says that there may be some",
      fix: "set 'aggregated: false' if no producer uses the Kinesis Producer Library, or leave 'filters' out",
      see: FILTERING,
    });
  }
  return faults;
}

function faultyPrefix({ quarantinePrefix }: StreamingInferenceProps): readonly Fault[] {
  return judge(quarantinePrefix, (prefix) =>
    prefix.endsWith('/') && !prefix.startsWith('/') && !prefix.startsWith('aws/lambda/') && prefix.length <= 512
      ? []
      : [
          {
            id: 'stream-quarantine-prefix',
            message: `'quarantinePrefix' is '${prefix}', and must end with '/', not begin with it nor with 'aws/lambda/', and have at most 512 characters`,
            fix: "write it like 'quarantine/fraud/'",
          },
        ],
  );
}
