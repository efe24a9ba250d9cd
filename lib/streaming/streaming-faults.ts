import { type Duration, type Size, SizeRoundingBehavior } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { RATIO } from '../checks/bounds/alarm';
import type { Fault } from '../checks/bounds/fault';
import { fetchSeconds } from '../model/function-sizing';
import { faultyFunction } from '../model/function-faults';
import { isFetchedAtStart } from '../model/onnx-handler';
import { faultyAlarms } from '../monitoring/alarm-faults';
import { fraction, inMebibytes, integer, judge, mustBeKnown, seconds } from '../private/validation';
import { sidesOf } from '../rollout/traffic-shift';
import { moreProvisionedThanReserved } from '../scaling/provisioned-concurrency';
import { faultyKeyPrefix, overlap } from './key-prefix';
import { faultyFilters, faultyMapping, faultyStart } from './mapping-faults';
import { GIVEN_UP, quarantinePrefixOf } from './quarantine';
import { faultySinks } from './sink-faults';
import { DEFAULT_RECORD_SIZE } from './mapping-settings';
import { LARGEST_RECORD_BYTES } from './stream-batching';
import { type StreamingInferenceProps, RecordFormat } from './streaming-inference-props';

const PARAMETERS = 'https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html';
const LARGE_RECORDS = 'https://docs.aws.amazon.com/streams/latest/dev/large-records.html';
const WEEK = 7 * 86_400;
const EXAMPLE = 'quarantine/fraud/';

/** What is wrong with the props of a consumer. Together they are judged only where each by itself is fine. */
export function faultyStreaming(scope: Construct, props: StreamingInferenceProps, timeout: Duration): Fault[] {
  const alone = faultyAlone(props, timeout);
  return alone.length > 0 ? alone : faultyTogether(scope, props, timeout);
}

function faultyTogether(scope: Construct, props: StreamingInferenceProps, timeout: Duration): Fault[] {
  const prefix = quarantinePrefixOf(scope, props.quarantinePrefix);
  return [
    ...faultyMapping(props, timeout),
    ...faultySinks(props, prefix, timeout, scope),
    ...usualOverMax(props),
    ...unreadableByEndpoint(props),
  ];
}

function faultyAlone(props: StreamingInferenceProps, timeout: Duration): Fault[] {
  const { predictor, source, sinks, traffic = {}, alarms = {} } = props;
  const chosen = 'batches are chosen from it';
  return [
    ...predictor._faults(),
    ...(source?._faults() ?? []),
    ...sinks.flatMap((sink) => sink._faults()),
    ...faultyFunction({ ...props, model: predictor._loaded, accountConcurrency: alarms.accountConcurrency }),
    ...moreProvisionedThanReserved(props.scaling, props.reservedConcurrency, sidesOf(props.rollout)),
    ...scaledByInstances(props),
    ...mustBeKnown('stream-unknown-timeout', 'timeout', props.timeout, 'windows and alarms are judged by it'),
    ...fetchLongerThanTimeout(props),
    ...mustBeKnown('stream-unknown-record-size', 'traffic.recordSize', traffic.recordSize, chosen),
    ...judge(traffic.recordSize, (size) => recordSize('traffic.recordSize', size)),
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
    ...judge(props.maxRecordSize, (size) => recordSize('maxRecordSize', size)),
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
    ...mustBeKnown('alarm-unknown-silence', 'alarms.noTrafficFor', alarms.noTrafficFor, 'an alarm looks back so long'),
    ...mustBeKnown('alarm-unknown-latency', 'alarms.maxLatency', alarms.maxLatency, 'it is a bound of alarms'),
    ...fraction('alarm-quarantined', 'alarms.maxQuarantinedRatio', alarms.maxQuarantinedRatio, RATIO),
    ...mustBeKnown('alarm-unknown-lag', 'alarms.maxLag', alarms.maxLag, 'it is compared with how long a batch waits'),
    ...seconds('alarm-lag', 'alarms.maxLag', alarms.maxLag, { min: 1, max: WEEK }),
  ];
}

function recordSize(prop: string, size: Size): Fault[] {
  const bytes = size.toBytes({ rounding: SizeRoundingBehavior.NONE });
  return Number.isInteger(bytes) && bytes >= 1 && bytes <= LARGEST_RECORD_BYTES
    ? []
    : [
        {
          id: 'stream-record-size',
          message: `'${prop}' is ${bytes} bytes, allowed are whole ones from 1 to ${LARGEST_RECORD_BYTES}: an event of AWS Lambda has 6 MiB, and records travel in it as base64`,
          fix: `set '${prop}' within that, and put what is larger into S3`,
          see: LARGE_RECORDS,
        },
      ];
}

/** Then most records, or all of them, would go to quarantine. */
function usualOverMax({ traffic, maxRecordSize = DEFAULT_RECORD_SIZE }: StreamingInferenceProps): Fault[] {
  const usual = traffic?.recordSize?.toBytes() ?? 0;
  return usual <= maxRecordSize.toBytes()
    ? []
    : [
        {
          id: 'stream-usual-over-max',
          message: `'traffic.recordSize' is ${usual} bytes, and 'maxRecordSize' ${maxRecordSize.toBytes()}, so usual records would go to quarantine`,
          fix: `set 'maxRecordSize' to ${usual} bytes or more`,
        },
      ];
}

/** Where nobody knows the columns, a row is a text: an endpoint that reads rows can have it as it is. */
function unreadableByEndpoint({ predictor, format }: StreamingInferenceProps): Fault[] {
  return format === RecordFormat.CSV && !predictor._readsRows
    ? [
        {
          id: 'predictor-rows-without-schema',
          message: `'format' is CSV, the endpoint gets JSON, and the model '${predictor._model.name}' has no input schema that says what the columns are`,
          fix: "give the model an input schema, or set 'payload' of Predictor.endpoint to EndpointPayload.CSV",
        },
      ]
    : [];
}

/** A function has none. */
function scaledByInstances({ scaling }: StreamingInferenceProps): Fault[] {
  return scaling?._instances === undefined
    ? []
    : [
        {
          id: 'stream-scaling',
          message: "'scaling' is one of instances, and the consumer is a function",
          fix: 'use Scaling.provisionedConcurrency(), or give the scaling to the endpoint',
        },
      ];
}

function fetchLongerThanTimeout({ predictor, timeout }: StreamingInferenceProps): Fault[] {
  const model = predictor._loaded;
  if (model === undefined || !isFetchedAtStart(model) || timeout === undefined || timeout.isUnresolved()) {
    return [];
  }
  const fetching = fetchSeconds(inMebibytes(model.size));
  const seconds = timeout.toSeconds({ integral: false });
  return seconds > fetching
    ? []
    : [
        {
          id: 'stream-fetch-too-long',
          message: `'timeout' is ${seconds} s, and the model takes about ${fetching} s to fetch when the function starts`,
          fix: `set 'timeout' to more than that, or leave it out`,
        },
      ];
}

function faultyPrefix({ quarantinePrefix }: StreamingInferenceProps): readonly Fault[] {
  const id = 'stream-quarantine-prefix';
  return judge(quarantinePrefix, (prefix) =>
    overlap(prefix, GIVEN_UP)
      ? [
          {
            id,
            message: `'quarantinePrefix' is '${prefix}', and '${GIVEN_UP}' is where AWS Lambda puts what it gives up`,
            fix: `write it like '${EXAMPLE}'`,
          },
        ]
      : faultyKeyPrefix(id, "'quarantinePrefix'", prefix, EXAMPLE),
  );
}
