import { each, eachWith, type PublishedNamespace } from './published-metric';

const ENDPOINT = ['EndpointName'];
const VARIANT = ['EndpointName', 'VariantName'];
/** While an endpoint is updated: https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html */
const FLEET = [...VARIANT, 'EndpointConfigName'];
const TYPED = [...VARIANT, 'InstanceType'];
/** Where enhanced metrics are on. */
const BY_INSTANCE = [
  [...VARIANT, 'InstanceId'],
  [...VARIANT, 'InstanceId', 'ContainerId'],
  [...VARIANT, 'InstanceId', 'AcceleratorId'],
];
const COMPONENT = ['InferenceComponentName'];
const COMPONENT_BY_INSTANCE = [
  [...COMPONENT, 'InstanceType'],
  [...COMPONENT, 'InstanceId'],
  [...COMPONENT, 'InstanceId', 'ContainerId'],
];
const ALL = [VARIANT, FLEET, TYPED, ...BY_INSTANCE, COMPONENT, ...COMPONENT_BY_INSTANCE];

/** The page lists no percentiles of these. */
const WITHOUT_PERCENTILES = /^(Sum|Average|Minimum|Maximum|SampleCount)$/;

/** https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html */
const REQUESTS: PublishedNamespace = {
  ...each(
    [
      'ModelLatency',
      'ModelSetupTime',
      'MidStreamErrors',
      'FirstChunkLatency',
      'FirstChunkModelLatency',
      'FirstChunkOverheadLatency',
      'ConcurrentRequestsPerModel',
    ],
    ...ALL,
  ),
  // Each request counts as one: whatever is not a sum of them is always 1.
  ...eachWith(/^(Sum|SampleCount)$/, each(['Invocations'], ...ALL)),
  ...eachWith(
    WITHOUT_PERCENTILES,
    each(['Invocation4XXErrors', 'Invocation5XXErrors', 'InvocationModelErrors', 'OverheadLatency'], ...ALL),
  ),
  ...eachWith(/^Sum$/, each(['InvocationsPerInstance'], VARIANT, FLEET, TYPED)),
  ...each(['ExplanationsPerInstance'], VARIANT, TYPED),
};

/** https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html */
const COMPONENTS: PublishedNamespace = each(
  ['InvocationsPerCopy', 'ConcurrentRequestsPerCopy', 'NoCapacityInvocationFailures'],
  COMPONENT,
  ...COMPONENT_BY_INSTANCE,
);

/** https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html */
const MULTI_MODEL: PublishedNamespace = each(
  ['ModelLoadingWaitTime', 'ModelUnloadingTime', 'ModelDownloadingTime', 'ModelLoadingTime', 'ModelCacheHit'],
  VARIANT,
);

/** https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html */
const ASYNC: PublishedNamespace = {
  ...each(
    [
      'ApproximateBacklogSize',
      'ApproximateBacklogSizePerInstance',
      'ApproximateAgeOfOldestRequest',
      'HasBacklogWithoutCapacity',
    ],
    ENDPOINT,
  ),
  ...each(
    [
      'RequestDownloadFailures',
      'ResponseUploadFailures',
      'NotificationFailures',
      'RequestDownloadLatency',
      'ResponseUploadLatency',
      'ExpiredRequests',
      'InvocationFailures',
      'InvocationsProcessed',
      // As the page spells it.
      'InvocationsProcesssed',
      'TimeInBacklog',
      'TotalProcessingTime',
    ],
    VARIANT,
  ),
};

/** `AWS/SageMaker`: endpoints that answer at once, serverless and asynchronous ones, and inference components. */
export const SAGEMAKER: PublishedNamespace = { ...REQUESTS, ...COMPONENTS, ...MULTI_MODEL, ...ASYNC };

const UTILIZATION = ['CPUUtilization', 'MemoryUtilization', 'GPUUtilization', 'GPUMemoryUtilization'];
const NORMALIZED = UTILIZATION.map((name) => `${name}Normalized`);

/** https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html */
export const SAGEMAKER_INSTANCES: PublishedNamespace = each(
  [
    ...UTILIZATION,
    'DiskUtilization',
    ...NORMALIZED,
    'CPUReservation',
    'GPUReservation',
    'MemoryReservation',
    'LoadedModelCount',
  ],
  VARIANT,
  TYPED,
  ...BY_INSTANCE,
);

/** https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html */
export const SAGEMAKER_COMPONENTS: PublishedNamespace = each(NORMALIZED, COMPONENT, ...COMPONENT_BY_INSTANCE);

/** Of a job's instances, whose names only the job knows: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html */
export const SAGEMAKER_TRANSFORM_JOBS: PublishedNamespace = each(UTILIZATION, ['Host']);

/** Metrics of asynchronous endpoints, and of those that are not: each kind publishes only its own. */
export const ASYNC_ONLY: ReadonlySet<string> = new Set([
  'ApproximateBacklogSize',
  'ApproximateBacklogSizePerInstance',
  'ApproximateAgeOfOldestRequest',
  'HasBacklogWithoutCapacity',
  'ExpiredRequests',
  'InvocationFailures',
  'TimeInBacklog',
  'TotalProcessingTime',
]);
export const NEVER_ASYNC: ReadonlySet<string> = new Set(['Invocations', 'InvocationsPerInstance', 'OverheadLatency']);
