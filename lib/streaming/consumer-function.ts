import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { SETTINGS_VARIABLE, type StreamSettings } from '../../lambda/stream/contract';
import { refuse } from '../private/errors';
import { functionIdentity } from '../private/function-identity';
import { HANDLER_ENTRY, handlerRuntime } from '../private/handler-assets';
import type { LogOptions } from '../private/log-group';
import { DEFAULT_RECORD_SIZE } from './mapping-settings';
import type { ConsumerSizing } from './predictor';
import { faultyEnvironment } from './settings-size';
import { type StreamingInferenceProps, RecordFormat } from './streaming-inference-props';

/** Records that the model sees at a time: it is as quick with them as it gets. */
const TENSOR_BATCH = 256;

/** What the consumer writes to, beside its sinks. */
export interface ConsumerSurroundings {
  readonly quarantine: StreamSettings['quarantine'];
  readonly sizing: ConsumerSizing;
  readonly kept: LogOptions;
}

/** The function that predicts batches of a stream. */
export function consumerFunction(
  scope: Construct,
  props: StreamingInferenceProps,
  { quarantine, sizing, kept }: ConsumerSurroundings,
): { readonly function: lambda.Function; readonly endpoint: boolean } {
  const { predictor } = props;
  const architecture = props.architecture ?? lambda.Architecture.ARM_64;
  const identity = functionIdentity(
    scope,
    `Predicts a stream with ${predictor._model.name}`,
    kept,
    props.vpc !== undefined,
  );
  const { endpoint, environment, ...parts } = predictor._bind(scope, identity.role, architecture);
  const settings: StreamSettings = {
    format: props.format ?? RecordFormat.JSON,
    aggregated: props.aggregated ?? true,
    withInput: props.includeInput ?? false,
    maxRecordBytes: (props.maxRecordSize ?? DEFAULT_RECORD_SIZE).toBytes(),
    tensorBatch: TENSOR_BATCH,
    sinks: props.sinks.map((sink) => sink._bind(identity.role)),
    quarantine,
    endpoint,
  };
  const variables = { ...environment, [SETTINGS_VARIABLE]: Stack.of(scope).toJsonString(settings) };
  refuse(scope, faultyEnvironment(scope, variables));
  const consumer = new lambda.Function(scope, 'Function', {
    ...parts,
    ...identity,
    description: `Predicts a stream with ${predictor._model.identity}`,
    runtime: handlerRuntime(),
    handler: HANDLER_ENTRY,
    architecture,
    environment: variables,
    environmentEncryption: props.encryptionKey,
    memorySize: (props.memorySize ?? sizing.memorySize).toMebibytes(),
    timeout: props.timeout ?? sizing.timeout,
    ephemeralStorageSize: props.ephemeralStorage ?? sizing.ephemeralStorage,
    reservedConcurrentExecutions: props.reservedConcurrency,
    tracing: props.tracing ?? lambda.Tracing.ACTIVE,
    vpc: props.vpc,
    vpcSubnets: props.vpcSubnets,
    securityGroups: props.securityGroups,
    currentVersionOptions: {
      description: predictor._model.identity,
      // As of `ServerlessInference`: the old version must outlive the update, to be rolled back to.
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    },
  });
  return { function: consumer, endpoint: endpoint !== undefined };
}
