import * as path from 'path';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import { ENV, MODEL_FILE, type ServedArtifact, type ServedModel, VALIDATOR_FILE } from '../../lambda/predict/contract';
import { UNPACKED_CODE_BYTES } from '../checks/bounds/lambda';
import { grantReadObject } from '../private/read-object';
import { type AddedFile, handlerCode, onnxRuntimeLayer } from '../private/handler-assets';
import type { OnnxModel } from './model';

/** More instances in one request are refused; at a millisecond each they would still fit the time-out. */
const MAX_INSTANCES = 1000;

/** Code and layers share one limit: this leaves room for the runtime's layer (46 MiB) and the handler. */
export const MAX_BUNDLED_MODEL_BYTES: number = UNPACKED_CODE_BYTES - 100 * 1024 * 1024;

/** Whether the handler has to fetch the artifact from S3 when it starts. */
export function isFetchedAtStart(model: OnnxModel): boolean {
  const { file, object } = model.artifact._location;
  return object !== undefined || (file !== undefined && model.size.toBytes() > MAX_BUNDLED_MODEL_BYTES);
}

/** What runs a model. */
export interface OnnxHandlerOptions {
  readonly model: OnnxModel;
  readonly architecture: lambda.Architecture;
  readonly role: iam.IRole;
}

/** Code, layers and environment of a handler for one model, with the permissions that they need. */
export function onnxHandlerParts(
  scope: Construct,
  handler: 'predict' | 'batch-score' | 'stream-score',
  options: OnnxHandlerOptions,
): Pick<lambda.FunctionProps, 'code' | 'layers' | 'environment'> {
  const { model } = options;
  const { file, object, layer } = model.artifact._location;
  const layers: lambda.ILayerVersion[] = [onnxRuntimeLayer(scope, options.architecture)];
  const added: { [name: string]: AddedFile } = { [VALIDATOR_FILE]: { text: model.input._validator.source } };
  let environment: { [name: string]: string } = {};
  let artifact: ServedArtifact;

  if (layer !== undefined) {
    layers.push(layer.layer);
    artifact = { source: 'layer', path: layer.path };
  } else if (object !== undefined) {
    grantReadObject(object.bucket, object.key, options.role);
    environment = { [ENV.bucket]: object.bucket.bucketName, [ENV.key]: object.key };
    if (object.version !== undefined) {
      environment[ENV.objectVersion] = object.version;
    }
    artifact = { source: 's3', path: 'model.onnx' };
  } else if (isFetchedAtStart(model)) {
    const asset = new Asset(scope, 'Artifact', { path: file!, assetHash: model.sha256 });
    grantReadObject(asset.bucket, asset.s3ObjectKey, options.role);
    environment = { [ENV.bucket]: asset.s3BucketName, [ENV.key]: asset.s3ObjectKey };
    artifact = { source: 's3', path: 'model.onnx' };
  } else {
    const name = `model${path.extname(file!)}`;
    added[name] = { copyOf: file!, sha256: model.sha256 };
    artifact = { source: 'bundle', path: name };
  }

  const served: ServedModel = {
    name: model.name,
    version: model.version,
    sha256: model.sha256,
    artifact,
    input: model.input._layout,
    maxInstances: MAX_INSTANCES,
    warmUp: model.examples[0]?.input,
  };
  added[MODEL_FILE] = { text: JSON.stringify(served) };
  return { code: handlerCode(handler, added), layers, environment };
}
