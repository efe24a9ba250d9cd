// What is served
export {
  Model,
  OnnxModel,
  ContainerModel,
  type ModelProps,
  type OnnxModelProps,
  type ContainerModelProps,
} from './model/model';
export { type ModelExample } from './model/model-example';
export { ModelArtifact, type BucketArtifactOptions, type LayerArtifactOptions } from './model/model-artifact';
export { InputSchema } from './model/input-schema';
export { InstanceType, type InstanceSpec } from './model/instance-type';
export { ServingImage } from './model/serving-image';
export { ServingAccelerator, type ServingImageConfig, type ServingImageObject } from './model/serving-image-config';
export {
  type CatalogueImageOptions,
  type LanguageModelImageOptions,
  type VllmImageOptions,
  type SglangImageOptions,
  type LmiImageOptions,
} from './model/language-model-images';
export {
  type AcceleratedImageOptions,
  type HubImageOptions,
  type ScriptImageOptions,
  type TritonImageOptions,
  type HuggingFaceImageOptions,
  type TextEmbeddingsImageOptions,
  type PyTorchImageOptions,
  type XGBoostImageOptions,
  type ScikitLearnImageOptions,
} from './model/framework-images';
export { type OwnImageOptions, type EcrImageOptions, type AssetImageOptions } from './model/own-image';

// How it is served
export { type IInference } from './inference';
export { ServerlessInference } from './serverless/serverless-inference';
export { type ServerlessInferenceProps } from './serverless/serverless-inference-props';
export { InferenceHandler } from './serverless/inference-handler';
export { RealtimeEndpoint } from './endpoint/realtime-endpoint';
export { type EndpointVariantProps, type RealtimeEndpointProps } from './endpoint/realtime-endpoint-props';
export { EndpointBase } from './endpoint/endpoint-base';
export { EndpointVariant } from './endpoint/endpoint-variant';
export { type IImportedEndpoint, type ImportedEndpointOptions } from './endpoint/imported-endpoint';
export { Capacity, type InstanceCapacityOptions, type ServerlessCapacityOptions } from './endpoint/capacity';
export { Routing, type PrefixRoutingOptions } from './endpoint/routing';
export { type DataCapture } from './endpoint/data-capture';

export { BatchTransform } from './batch/batch-transform';
export { type BatchArrival } from './batch/batch-arrival-props';
export { BatchManifest } from './batch/batch-manifest';
export { BatchEngine, type FunctionEngineOptions } from './batch/batch-engine';
export { type TransformJobOptions, TransformSplit, TransformStrategy } from './batch/transform-job-options';
export { type BatchTransformProps, type BatchLocation, BatchFormat } from './batch/batch-transform-props';
export { StreamingInference } from './streaming/streaming-inference';
export { type StreamingInferenceProps, type StreamTraffic, RecordFormat } from './streaming/streaming-inference-props';
export { StreamSource, type KinesisSourceOptions, type NewKinesisSourceOptions } from './streaming/stream-source';
export { Predictor, EndpointPayload, type EndpointPredictorOptions } from './streaming/predictor';
export { Sink, type DynamoDbSinkOptions, type FunctionSinkOptions } from './streaming/sink';

// The HTTP front door
export { InferenceApi, type InferenceApiProps } from './api/inference-api';
export { type IApiBackend, type ApiBindOptions, type ApiMethod, type ApiMethods } from './api/api-backend';
export {
  ApiAuthorization,
  type ApiKeyOptions,
  type ApiQuota,
  type CognitoOptions,
  type LambdaAuthorizerOptions,
} from './api/api-authorization';
export { ApiFirewall, type ManagedFirewallOptions } from './api/api-firewall';
export { type ApiAlarmSettings } from './api/api-alarms';

// How a new version takes over
export {
  Rollout,
  type RolloutOptions,
  type AllAtOnceRolloutOptions,
  type CanaryRolloutOptions,
  type LinearRolloutOptions,
  type RollingRolloutOptions,
} from './rollout/rollout';
export {
  type StagedRolloutOptions,
  type RolloutAnalysis,
  type ExpectedTraffic,
  type RolloutHooks,
  OnInconclusive,
} from './rollout/staged-options';
export {
  RolloutMetric,
  type RolloutMetricOptions,
  type SlowAnswersOptions,
  type CustomRolloutMetricOptions,
  MissingCounts,
} from './rollout/rollout-metric';
export { type RolloutPlan, type RolloutStep } from './rollout/rollout-plan';

// How it follows its traffic
export {
  Scaling,
  type ProvisionedConcurrencyOptions,
  type InstanceScalingOptions,
  type InvocationScalingOptions,
  type ConcurrencyScalingOptions,
  type GpuScalingOptions,
  type ScheduledCapacity,
} from './scaling/scaling';

// How it is watched
export { type AlarmSettings, AlarmSeverity } from './monitoring/alarm-settings';
export { type ServerlessAlarmSettings } from './serverless/serverless-alarm-settings';
export { type EndpointAlarmSettings } from './endpoint/endpoint-alarm-settings';
export { type StreamingAlarmSettings } from './streaming/streaming-alarm-settings';
export { InferenceAlarms, type InferenceAlarmProps } from './monitoring/inference-alarms';
export { InferenceDashboard, type DashboardRow, type DashboardGraph } from './monitoring/inference-dashboard';

// What is wrong with a template
export { InferenceChecks, type InferenceChecksProps, CheckSeverity } from './checks/inference-checks';
