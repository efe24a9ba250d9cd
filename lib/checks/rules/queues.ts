import type { ResolvedResource } from '../template/resolved-template';
import { at, has, isMissing, mentions, numberAt, Reference, type Resolved, textAt } from '../template/resolved-value';
import { FUNCTION, timeoutOf } from './called-function';
import {
  deadLetterQueueOf,
  isFifo,
  isOn,
  MAPPING,
  numberOr,
  QUEUE,
  readerFunction,
  readersOf,
  reportsFailures,
  sourceKind,
  sourceOf,
} from './event-source';
import { perResource, type Rule, type RuleDefinition } from './rule';

const CONFIGURE = 'https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html';
const ERRORS = 'https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html';
const PARAMETERS = 'https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html';
const SCALING = 'https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html';
const CREATE = 'https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html';
const SQS = 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide';
const DEAD_LETTERS = `${SQS}/sqs-dead-letter-queues.html`;
const RETENTION = `${SQS}/setting-up-dead-letter-queue-retention.html`;
const FILTERING = 'https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html';

/** What SQS uses where a queue says nothing, in seconds. */
const DEFAULT_VISIBILITY = 30;
const DEFAULT_RETENTION = 345_600;
/** How many times the time-out of its function a message should be out of sight. */
const VISIBILITY_FACTOR = 6;

const visibilityOf = (queue: ResolvedResource): number | undefined =>
  numberOr(DEFAULT_VISIBILITY, queue, 'VisibilityTimeout');
const retentionOf = (queue: ResolvedResource): number | undefined =>
  numberOr(DEFAULT_RETENTION, queue, 'MessageRetentionPeriod');
const receivesOf = ({ properties }: ResolvedResource): number | undefined =>
  numberAt(properties, 'RedrivePolicy', 'maxReceiveCount');

/** A rule over each mapping of a queue. */
function perQueueMapping(
  definition: RuleDefinition,
  faultOf: (mapping: ResolvedResource, queue: ResolvedResource | undefined) => string | undefined,
): Rule {
  return perResource([MAPPING], definition, (mapping) =>
    sourceKind(mapping) === 'queue' ? faultOf(mapping, sourceOf(mapping)) : undefined,
  );
}

/** What a queue of failed messages says about whose it takes, where it keeps this one's away. */
function refusal(deadLetters: ResolvedResource, source: ResolvedResource): string | undefined {
  const allow = at(deadLetters.properties, 'RedriveAllowPolicy');
  if (textAt(allow, 'redrivePermission') === 'denyAll') {
    return 'its redrivePermission is denyAll';
  }
  const arns = at(allow, 'sourceQueueArns');
  return textAt(allow, 'redrivePermission') === 'byQueue' &&
    Array.isArray(arns) &&
    (arns as readonly Resolved[]).every((arn) => arn instanceof Reference) &&
    !mentions(arns as readonly Resolved[], source)
    ? 'its sourceQueueArns do not name this queue'
    : undefined;
}

/** Queues, and functions that work through them. */
export const QUEUE_RULES: readonly Rule[] = [
  perQueueMapping(
    {
      id: 'queue-visibility-short',
      severity: 'warning',
      title: 'A message stays out of sight six times as long as its function may run',
      fix: 'set VisibilityTimeout of the queue to six times the Timeout of the function',
      see: CONFIGURE,
    },
    (mapping, queue) => {
      const fn = readerFunction(mapping);
      const timeout = fn === undefined ? undefined : timeoutOf(fn);
      const visibility = queue === undefined ? undefined : visibilityOf(queue);
      if (timeout === undefined || visibility === undefined || visibility >= VISIBILITY_FACTOR * timeout) {
        return undefined;
      }
      return visibility < timeout
        ? `VisibilityTimeout of the queue is ${visibility} s, and the function may run for ${timeout} s: Lambda refuses the mapping`
        : `VisibilityTimeout of the queue is ${visibility} s, and the function may run for ${timeout} s: while it is throttled, messages come up again and are handled twice; ${VISIBILITY_FACTOR * timeout} s would do`;
    },
  ),
  perQueueMapping(
    {
      id: 'queue-without-dead-letters',
      severity: 'warning',
      title: 'A message that cannot be handled is put aside',
      fix: 'set RedrivePolicy of the queue, with a deadLetterTargetArn and a maxReceiveCount of 5 or so',
      see: ERRORS,
    },
    (mapping, queue) => {
      if (queue === undefined || !isMissing(queue.properties, 'RedrivePolicy')) {
        return undefined;
      }
      const fn = readerFunction(mapping);
      const own =
        fn !== undefined && has(fn.properties, 'DeadLetterConfig')
          ? '; DeadLetterConfig of the function takes only what calls it asynchronously'
          : '';
      return `the queue ${queue.logicalId} has no RedrivePolicy: a message that fails comes back until it expires, and is lost${own}`;
    },
  ),
  perQueueMapping(
    {
      id: 'queue-received-once',
      severity: 'warning',
      title: 'A message gets more than one try',
      fix: 'set maxReceiveCount to 5 or more',
      see: CONFIGURE,
    },
    (_, queue) =>
      queue !== undefined && (receivesOf(queue) ?? Infinity) < 2
        ? `maxReceiveCount of the queue ${queue.logicalId} is ${receivesOf(queue)}: a throttled function is enough to put messages aside`
        : undefined,
  ),
  perQueueMapping(
    {
      id: 'queue-batch-fails-whole',
      severity: 'warning',
      title: 'A message that fails does not bring back the others of its batch',
      fix: 'set FunctionResponseTypes to ReportBatchItemFailures and return the failed messages, or set BatchSize to 1',
      see: ERRORS,
    },
    (mapping) => {
      const size = numberOr(10, mapping, 'BatchSize');
      return reportsFailures(mapping) === false && size !== undefined && size > 1
        ? `up to ${size} messages are handled together, and when one fails, all of them are handled again`
        : undefined;
    },
  ),
  perQueueMapping(
    {
      id: 'queue-batch-without-window',
      severity: 'error',
      title: 'Who wants more than ten messages at a time waits for them',
      fix: 'set MaximumBatchingWindowInSeconds to 1 or more',
      see: CREATE,
    },
    (mapping, queue) => {
      const size = numberAt(mapping.properties, 'BatchSize') ?? 0;
      return size > 10 &&
        (queue === undefined || !isFifo(queue)) &&
        numberOr(0, mapping, 'MaximumBatchingWindowInSeconds') === 0
        ? `BatchSize is ${size}, and MaximumBatchingWindowInSeconds is 0`
        : undefined;
    },
  ),
  perQueueMapping(
    {
      id: 'queue-window-of-fifo',
      severity: 'error',
      title: 'Lambda does not wait for more messages of a FIFO queue',
      fix: 'leave MaximumBatchingWindowInSeconds out',
      see: PARAMETERS,
    },
    (mapping, queue) =>
      queue !== undefined && isFifo(queue) && (numberAt(mapping.properties, 'MaximumBatchingWindowInSeconds') ?? 0) > 0
        ? `MaximumBatchingWindowInSeconds is ${numberAt(mapping.properties, 'MaximumBatchingWindowInSeconds')}, and ${queue.logicalId} is a FIFO queue`
        : undefined,
  ),
  perQueueMapping(
    {
      id: 'queue-scaled-twice',
      severity: 'error',
      title: 'A mapping of a queue has a most of functions, or pollers of its own',
      fix: 'leave ScalingConfig or ProvisionedPollerConfig out',
      see: SCALING,
    },
    ({ properties }) =>
      has(properties, 'ScalingConfig', 'MaximumConcurrency') && has(properties, 'ProvisionedPollerConfig')
        ? 'ScalingConfig and ProvisionedPollerConfig exclude each other'
        : undefined,
  ),
  perResource(
    [QUEUE],
    {
      id: 'queue-shared-by-functions',
      severity: 'warning',
      title: 'A queue is worked through by one function',
      fix: 'give each function a queue, both subscribed to one topic',
      see: FILTERING,
    },
    (queue) => {
      const readers = readersOf(queue).filter(isOn);
      const functions = new Set(readers.map(readerFunction));
      if (functions.has(undefined) || functions.size < 2) {
        return undefined;
      }
      return readers.some(({ properties }) => has(properties, 'FilterCriteria'))
        ? `${functions.size} functions read it, and what the FilterCriteria of one leave out is deleted before the others have seen it`
        : `${functions.size} functions read it, and each message goes to one of them only`;
    },
  ),
  perResource(
    [FUNCTION],
    {
      id: 'queue-concurrency-over-reserved',
      severity: 'warning',
      title: 'Queues do not call a function more often at a time than it may run',
      fix: 'raise ReservedConcurrentExecutions, or lower MaximumConcurrency of the mappings',
      see: SCALING,
    },
    (fn) => {
      const reserved = numberAt(fn.properties, 'ReservedConcurrentExecutions');
      const wanted = fn.template
        .everywhere(MAPPING)
        .filter((mapping) => readerFunction(mapping) === fn)
        .map(({ properties }) => numberAt(properties, 'ScalingConfig', 'MaximumConcurrency') ?? 0)
        .reduce((sum, each) => sum + each, 0);
      return reserved !== undefined && wanted > reserved
        ? `ReservedConcurrentExecutions is ${reserved}, and MaximumConcurrency of its mappings comes to ${wanted}: messages are throttled and put aside`
        : undefined;
    },
  ),
  perResource(
    [QUEUE],
    {
      id: 'queue-expires-first',
      severity: 'warning',
      title: 'A message has had all its tries before it expires',
      fix: 'raise MessageRetentionPeriod, or lower VisibilityTimeout or maxReceiveCount',
      see: DEAD_LETTERS,
    },
    (queue) => {
      const retention = retentionOf(queue);
      const visibility = visibilityOf(queue);
      const receives = isMissing(queue.properties, 'RedrivePolicy') ? 1 : receivesOf(queue);
      return retention !== undefined &&
        visibility !== undefined &&
        receives !== undefined &&
        visibility * receives >= retention
        ? `${receives} tries of ${visibility} s take ${receives * visibility} s, and a message expires after ${retention} s: it is gone before it is put aside`
        : undefined;
    },
  ),
  perResource(
    [QUEUE],
    {
      id: 'queue-dead-letters-expire',
      severity: 'warning',
      title: 'What is put aside is kept longer than what is waiting',
      fix: 'set MessageRetentionPeriod of the queue of failed messages to 1209600',
      see: RETENTION,
    },
    (queue) => {
      const deadLetters = deadLetterQueueOf(queue);
      const aside = deadLetters === undefined ? undefined : retentionOf(deadLetters);
      const waiting = retentionOf(queue);
      // A FIFO queue starts the time anew when a message is put aside.
      return aside !== undefined && waiting !== undefined && aside < waiting && !isFifo(queue)
        ? `a message is kept for ${waiting} s, and in ${deadLetters?.logicalId} for ${aside} s from when it was first sent: it may be gone on arrival`
        : undefined;
    },
  ),
  perResource(
    [QUEUE],
    {
      id: 'queue-dead-letters-refused',
      severity: 'error',
      title: 'The queue of failed messages takes those of this queue',
      fix: 'name this queue in sourceQueueArns of its RedriveAllowPolicy',
      see: DEAD_LETTERS,
    },
    (queue) => {
      const deadLetters = deadLetterQueueOf(queue);
      const why = deadLetters === undefined ? undefined : refusal(deadLetters, queue);
      return why === undefined ? undefined : `${deadLetters?.logicalId} takes no messages of it: ${why}`;
    },
  ),
];
