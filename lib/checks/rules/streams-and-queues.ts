import type { ResolvedResource } from '../template/resolved-template';
import { at, has, isMissing, numberAt, referenceIn, type Resolved, textAt } from '../template/resolved-value';
import { calledFunction } from './called-function';
import {
  CONSUMER,
  isFalse,
  isFifo,
  isStream,
  MAPPING,
  numberOr,
  readersOf,
  reportsFailures,
  sourceKind,
  sourceOf,
  STREAM,
  streamOf,
  TABLE,
} from './event-source';
import { QUEUE_RULES } from './queues';
import { perResource, type Rule, type RuleDefinition } from './rule';
import { perMetric } from './watched-metric';

const PARAMETERS = 'https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html';
const BATCHES = 'https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html';
const FAILURES = 'https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html';
const CREATE = 'https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html';
const RETENTION = 'https://docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html';
const METRICS = 'https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html';
const STREAM_METRICS = 'https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html';
const TABLE_STREAMS = 'https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html';

/** How long a stream keeps a record where it says nothing, and a table's stream always, in hours. */
const RETENTION_HOURS = 24;
const FOR_EVER = -1;

const OF_STREAMS = [
  'BisectBatchOnFunctionError',
  'MaximumRecordAgeInSeconds',
  'MaximumRetryAttempts',
  'ParallelizationFactor',
  'TumblingWindowInSeconds',
];
const OF_QUEUES = ['ScalingConfig', 'ProvisionedPollerConfig'];

/** A rule over each mapping of a stream. */
function perStream(definition: RuleDefinition, faultOf: (mapping: ResolvedResource) => string | undefined): Rule {
  return perResource([MAPPING], definition, (mapping) => (isStream(mapping) ? faultOf(mapping) : undefined));
}

/** Whether a bound is certainly not there. */
const isUnbounded = (mapping: ResolvedResource, name: string): boolean =>
  numberOr(FOR_EVER, mapping, name) === FOR_EVER;

/** Hours that the source of a mapping keeps a record, where they are known. */
function retentionHours(mapping: ResolvedResource): number | undefined {
  if (sourceKind(mapping) === 'dynamodb') {
    return RETENTION_HOURS;
  }
  const stream = streamOf(mapping);
  return stream === undefined ? undefined : numberOr(RETENTION_HOURS, stream, 'RetentionPeriodHours');
}

/** Where events go that a function could not handle, or could. */
const destinationsOf = ({ properties }: ResolvedResource): readonly Resolved[] =>
  ['OnFailure', 'OnSuccess'].map((outcome) => at(properties, 'DestinationConfig', outcome, 'Destination'));

/** Whether two mappings call the same function, and the same alias of it. */
function callTheSame(one: ResolvedResource, other: ResolvedResource): boolean {
  const [first, second] = [one, other].map(({ properties, template }) =>
    calledFunction(at(properties, 'FunctionName'), template),
  );
  return (
    first !== undefined &&
    second !== undefined &&
    first.function === second.function &&
    first.alias === second.alias &&
    first.qualified === second.qualified &&
    // A version that is not of the app may be another one each time.
    (!first.qualified || first.alias !== undefined)
  );
}

/** Streams, and functions that read them; queues, and functions that work through them. */
export const STREAM_AND_QUEUE_RULES: readonly Rule[] = [
  perStream(
    {
      id: 'stream-retries-for-ever',
      severity: 'warning',
      title: 'A record that fails does not hold up its shard',
      fix: 'set MaximumRetryAttempts, or MaximumRecordAgeInSeconds',
      see: PARAMETERS,
    },
    (mapping) =>
      isUnbounded(mapping, 'MaximumRetryAttempts') && isUnbounded(mapping, 'MaximumRecordAgeInSeconds')
        ? 'neither MaximumRetryAttempts nor MaximumRecordAgeInSeconds is set: a record that always fails is tried until it expires, and its shard waits'
        : undefined,
  ),
  perStream(
    {
      id: 'stream-failures-lost',
      severity: 'warning',
      title: 'Records that are given up leave a trace',
      fix: 'set DestinationConfig.OnFailure to a queue, a topic or a bucket',
      see: FAILURES,
    },
    (mapping) =>
      isMissing(mapping.properties, 'DestinationConfig', 'OnFailure')
        ? 'DestinationConfig.OnFailure is not set: records that are given up or expire are lost without a trace'
        : undefined,
  ),
  perStream(
    {
      id: 'stream-batch-fails-whole',
      severity: 'warning',
      title: 'A record that fails does not take the others of its batch along',
      fix: 'set FunctionResponseTypes to ReportBatchItemFailures and return the first failed record, or set BisectBatchOnFunctionError',
      see: BATCHES,
    },
    (mapping) => {
      const size = numberOr(100, mapping, 'BatchSize');
      return reportsFailures(mapping) === false &&
        isFalse(at(mapping.properties, 'BisectBatchOnFunctionError')) &&
        size !== undefined &&
        size > 1
        ? `up to ${size} records are handled together, and when one fails, all of them are tried again and given up`
        : undefined;
    },
  ),
  perStream(
    {
      id: 'stream-age-beyond-retention',
      severity: 'warning',
      title: 'A record is given up before it expires, so that its failure is reported',
      fix: 'lower MaximumRecordAgeInSeconds, or raise RetentionPeriodHours of the stream',
      see: RETENTION,
    },
    (mapping) => {
      const age = numberAt(mapping.properties, 'MaximumRecordAgeInSeconds');
      const hours = retentionHours(mapping);
      return age !== undefined && hours !== undefined && age > hours * 3600
        ? `MaximumRecordAgeInSeconds is ${age}, and the stream keeps a record for ${hours} hours, which is ${hours * 3600} s`
        : undefined;
    },
  ),
  perStream(
    {
      id: 'stream-start-timestamp',
      severity: 'error',
      title: 'Reading starts at a time where there is one, and where the stream can',
      fix: 'give StartingPositionTimestamp, or start at TRIM_HORIZON; a table’s stream has no start by time',
      see: CREATE,
    },
    (mapping) => {
      if (textAt(mapping.properties, 'StartingPosition') !== 'AT_TIMESTAMP') {
        return undefined;
      }
      if (sourceKind(mapping) === 'dynamodb') {
        return 'StartingPosition is AT_TIMESTAMP, which the stream of a table does not know';
      }
      return isMissing(mapping.properties, 'StartingPositionTimestamp')
        ? 'StartingPosition is AT_TIMESTAMP, and StartingPositionTimestamp is not given'
        : undefined;
    },
  ),
  perStream(
    {
      id: 'stream-of-table-off',
      severity: 'error',
      title: 'A table whose stream is read has one',
      fix: 'set StreamSpecification of the table',
      see: TABLE_STREAMS,
    },
    (mapping) => {
      const table = sourceOf(mapping);
      return table?.type === TABLE && isMissing(table.properties, 'StreamSpecification')
        ? `the table ${table.logicalId} has no StreamSpecification`
        : undefined;
    },
  ),
  perResource(
    [MAPPING],
    {
      id: 'mapping-option-of-other-source',
      severity: 'error',
      title: 'A mapping has the options of its source',
      fix: 'leave the option out; queues say in their RedrivePolicy how often a message is tried',
      see: CREATE,
    },
    (mapping) => {
      const foreign = isStream(mapping) ? OF_QUEUES : sourceKind(mapping) === 'queue' ? OF_STREAMS : [];
      const given = foreign.filter((option) => has(mapping.properties, option));
      return given.length === 0
        ? undefined
        : `${given.join(' and ')} is for ${isStream(mapping) ? 'queues' : 'streams'} only`;
    },
  ),
  perResource(
    [MAPPING],
    {
      id: 'mapping-twice',
      severity: 'error',
      title: 'A function reads a source by one mapping',
      fix: 'remove one of the mappings, or combine their FilterCriteria',
      see: CREATE,
    },
    (mapping) => {
      const source = sourceOf(mapping);
      const first = source === undefined ? undefined : readersOf(source).find((reader) => callTheSame(reader, mapping));
      return first === undefined || first === mapping
        ? undefined
        : `${first.logicalId} maps the same source to the same function already`;
    },
  ),
  perResource(
    [MAPPING, 'AWS::Lambda::EventInvokeConfig'],
    {
      id: 'destination-fifo',
      severity: 'error',
      title: 'What a function could not handle goes to a standard queue or topic',
      fix: 'use a queue or a topic that is not FIFO',
      see: METRICS,
    },
    (holder) => {
      const fifo = destinationsOf(holder)
        .map((destination) => holder.template.referred(destination, 'AWS::SQS::Queue', 'AWS::SNS::Topic'))
        .find((resource) => resource !== undefined && isFifo(resource));
      return fifo === undefined ? undefined : `${fifo.logicalId} is FIFO, to which Lambda delivers nothing`;
    },
  ),
  perMetric(
    {
      id: 'stream-lag-of-other-readers',
      severity: 'warning',
      title: 'The lag of a stream is watched where its readers report it',
      fix: 'watch IteratorAge of the function, or SubscribeToShardEvent.MillisBehindLatest of the consumer',
      see: STREAM_METRICS,
    },
    ({ namespace, name, dimensions }, _, template) => {
      const stream = referenceIn(dimensions?.get('StreamName'))?.resource;
      if (namespace !== 'AWS/Kinesis' || !name.startsWith('GetRecords.') || stream?.type !== STREAM) {
        return undefined;
      }
      const readers = template.everywhere(MAPPING).filter((mapping) => streamOf(mapping) === stream);
      return readers.length > 0 && readers.every((mapping) => sourceOf(mapping)?.type === CONSUMER)
        ? `'${name}' counts readers without a consumer of their own, and all mappings of ${stream.logicalId} have one`
        : undefined;
    },
  ),
  ...QUEUE_RULES,
];
