import { Size } from 'aws-cdk-lib';
import type { Fault } from '../checks/bounds/fault';
import { faultyEnvironment } from '../checks/bounds/container';
import { faultyNetwork } from '../model/container-network';
import { inMebibytes, integer, judge, mebibytes, minutes, mustBeKnown, seconds } from '../private/validation';
import { type TransformJobOptions, TransformSplit } from './transform-job-options';
import { splitOf } from './transform-job-request';

const CREATE = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html';
const PROCESSING = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DataProcessing.html';
const RESOURCES = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformResources.html';

/** Requests under way at a time on one instance, together. */
const MOST_MEBIBYTES_AT_A_TIME = 100;
/** What SageMaker takes where nothing is said. */
const DEFAULT_PAYLOAD = Size.mebibytes(6);
const LONGEST_FILTER = 63;
const MOST_VARIABLES = 16;
const MINUTES_OF_FIVE_DAYS = 5 * 24 * 60;

/** What is wrong with the options of transform jobs, by themselves. */
export function faultyTransformJobs(options: TransformJobOptions): Fault[] {
  return [
    ...integer('transform-jobs', 'maxConcurrentJobs', options.maxConcurrentJobs, { min: 1, max: 100 }),
    ...integer('transform-instances', 'instancesPerJob', options.instancesPerJob, { min: 1, max: 100 }),
    ...mebibytes('transform-payload', 'maxPayload', options.maxPayload, { min: 0, max: 100 }),
    ...integer('transform-concurrency', 'maxConcurrentTransforms', options.maxConcurrentTransforms, {
      min: 1,
      max: 100,
    }),
    ...tooMuchAtATime(options),
    ...faultyFilter('inputFilter', options.inputFilter),
    ...faultyFilter('outputFilter', options.outputFilter),
    ...faultyVariables(options.environment ?? {}),
    ...seconds('transform-invocation', 'invocationTimeout', options.invocationTimeout, { min: 1, max: 3600 }),
    ...integer('transform-retries', 'invocationRetries', options.invocationRetries, { min: 0, max: 3 }),
    ...mustBeKnown('transform-unknown-timeout', 'jobTimeout', options.jobTimeout, 'it is part of the state machine'),
    ...mustBeKnown(
      'transform-unknown-payload',
      'maxPayload',
      options.maxPayload,
      'larger objects are told from others',
    ),
    ...minutes('transform-timeout', 'jobTimeout', options.jobTimeout, { min: 10, max: MINUTES_OF_FIVE_DAYS }),
    ...integer('transform-search', 'maxJobsPerPartition', options.maxJobsPerPartition, { min: 1, max: 100 }),
    ...neverCut(options),
    ...notForTransform(options),
    ...faultyNetwork(options),
  ];
}

function tooMuchAtATime({
  maxPayload = DEFAULT_PAYLOAD,
  maxConcurrentTransforms,
}: TransformJobOptions): readonly Fault[] {
  return judge(maxPayload, (payload) =>
    judge(maxConcurrentTransforms, (requests) =>
      inMebibytes(payload) * requests <= MOST_MEBIBYTES_AT_A_TIME
        ? []
        : [
            {
              id: 'transform-payload-concurrency',
              message: `'maxPayload' of ${inMebibytes(payload)} MiB times 'maxConcurrentTransforms' of ${requests} is ${inMebibytes(payload) * requests} MiB, allowed are ${MOST_MEBIBYTES_AT_A_TIME}`,
              fix: `set 'maxConcurrentTransforms' to ${Math.max(1, Math.floor(MOST_MEBIBYTES_AT_A_TIME / inMebibytes(payload)))} or less`,
              see: CREATE,
            },
          ],
    ),
  );
}

function faultyFilter(prop: 'inputFilter' | 'outputFilter', filter: string | undefined): readonly Fault[] {
  return judge(filter, (path) => [
    ...(path.length <= LONGEST_FILTER
      ? []
      : [
          {
            id: 'transform-filter-length',
            message: `'${prop}' has ${path.length} characters, allowed are ${LONGEST_FILTER}`,
            fix: 'name what is consecutive as a range, such as $[1:9]',
            see: PROCESSING,
          },
        ]),
    ...(path.startsWith('$')
      ? []
      : [
          {
            id: 'transform-filter',
            message: `'${prop}' is '${path}', and a JSONPath begins with '$'`,
            fix: "write '$' for the whole record, '$[1:]' for all columns but the first, '$.features' for a field",
            see: PROCESSING,
          },
        ]),
  ]);
}

function faultyVariables(environment: { readonly [name: string]: string }): Fault[] {
  const count = Object.keys(environment).length;
  return [
    ...faultyEnvironment(environment),
    ...(count <= MOST_VARIABLES
      ? []
      : [
          {
            id: 'transform-environment',
            message: `'environment' has ${count} variables, and a transform job takes ${MOST_VARIABLES}`,
            fix: "put them into the model's own 'environment', which may have 100",
            see: CREATE,
          },
        ]),
  ];
}

/** What only objects that are cut can have. */
function neverCut({ split, contentType, strategy }: TransformJobOptions): Fault[] {
  return splitOf({ split, contentType }) === TransformSplit.NONE && strategy !== undefined
    ? [
        {
          id: 'transform-strategy',
          message: "'strategy' is given, and objects are not cut: each is one request",
          fix: "leave 'strategy' out, or set 'split'",
          see: CREATE,
        },
      ]
    : [];
}

function notForTransform({ type }: TransformJobOptions): Fault[] {
  return type?._hardware === undefined || type._hardware.forTransform
    ? []
    : [
        {
          id: 'transform-instance-type',
          message: `'type' is ${type.name}, which batch transform does not have`,
          fix: "use one of its types, such as ml.g5.xlarge, ml.g6.xlarge or ml.m5.xlarge, or leave 'type' out",
          see: RESOURCES,
        },
      ];
}
