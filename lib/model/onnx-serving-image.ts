import * as path from 'path';
import { Annotations } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { MODEL_FILE, type ServedArtifact, type ServedModel, VALIDATOR_FILE } from '../../lambda/predict/contract';
import { ContainerAsset } from '../private/container-asset';
import { refuse } from '../private/errors';
import type { AddedFile } from '../private/handler-assets';
import { grantPullImage } from '../private/pull-image';
import { grantReadObject } from '../private/read-object';
import { ContainerModel, Model, type OnnxModel } from './model';
import { ServingImage, type ServingImageConfig, type ServingImageObject } from './serving-image';

/** More instances in one request are refused; at a millisecond each they are answered well within SageMaker's 60 seconds. */
const MAX_INSTANCES = 10_000;

/** A larger file would be built, pushed and pulled anew with each version, in one layer; SageMaker can lay it down itself. */
export const MAX_BAKED_MODEL_BYTES = 1024 * 1024 * 1024;

/**
 * The library's own container for one ONNX model, on processors.
 *
 * A file on the machine that synthesizes becomes part of the image, up to 1 GiB. A larger one, and an object in a bucket, is laid
 * into the folder of the model by SageMaker. The container verifies its digest in either case, and does not start with another.
 */
export class OnnxServingImage extends ServingImage {
  /**
   * @param model the model that the image serves
   * @param arm64 whether the image is for processors of arm64 (AWS Graviton), and not for x86
   * @param baked whether a file becomes part of the image however large it is
   */
  constructor(
    private readonly model: OnnxModel,
    private readonly arm64: boolean,
    private readonly baked: boolean = false,
  ) {
    super();
  }

  public bind(scope: Construct, role: iam.IRole): ServingImageConfig {
    const { name, version, input, sha256, examples } = this.model;
    const modelObjects = this.laidDown(scope, role);
    const baked = modelObjects === undefined ? this.bakedFile() : undefined;
    const artifact: ServedArtifact =
      baked === undefined ? { source: 'mounted' } : { source: 'bundle', path: baked.name };
    const served: ServedModel = {
      name,
      version,
      sha256,
      artifact,
      input: input._layout,
      maxInstances: MAX_INSTANCES,
      warmUp: examples[0]?.input,
    };
    const files: { [name: string]: AddedFile } = {
      [VALIDATOR_FILE]: { text: input._validator.source },
      [MODEL_FILE]: { text: JSON.stringify(served) },
    };
    if (baked !== undefined) {
      files[baked.name] = { copyOf: baked.file, sha256 };
    }
    const image = new ContainerAsset(scope, 'Image', 'onnx-server', this.arm64, files);
    grantPullImage(role, image.repositoryArn);
    return { imageUri: image.imageUri, arm64: this.arm64, modelObjects };
  }

  /** The object that SageMaker lays into the folder of the model, unless the image holds the model. */
  private laidDown(scope: Construct, role: iam.IRole): ServingImageObject | undefined {
    const { file, object, layer } = this.model.artifact._location;
    if (layer !== undefined) {
      refuse(scope, [
        {
          id: 'artifact-container-layer',
          message: `the artifact of model '${this.model.name}' lies in a Lambda layer, where no container reaches it`,
          fix: 'use ModelArtifact.fromBucket or .fromAsset',
        },
      ]);
    }
    if (object !== undefined) {
      if (object.version !== undefined) {
        Annotations.of(scope).addWarningV2(
          'cdk-inference-patterns:artifact-container-version',
          `the artifact of model '${this.model.name}' names a version of its object, and SageMaker reads the newest: ` +
            'if that is another one, the container does not start. Give each version of the model a key of its own.',
        );
      }
      grantReadObject(object.bucket, object.key, role);
      return { uri: object.bucket.s3UrlForObject(object.key) };
    }
    if (this.baked || this.model.size.toBytes() <= MAX_BAKED_MODEL_BYTES) {
      return undefined;
    }
    // Loaded on demand: few models are so large.
    const assets = require('aws-cdk-lib/aws-s3-assets') as typeof import('aws-cdk-lib/aws-s3-assets');
    const asset = new assets.Asset(scope, 'Artifact', { path: file!, assetHash: this.model.sha256 });
    grantReadObject(asset.bucket, asset.s3ObjectKey, role);
    return { uri: asset.s3ObjectUrl };
  }

  private bakedFile(): { readonly name: string; readonly file: string } {
    const file = this.model.artifact._location.file!;
    return { name: `model${path.extname(file)}`, file };
  }
}

/** How an ONNX model gets into a container. */
export interface OnnxContainerOptions {
  readonly arm64?: boolean;
  /** Whether its file becomes part of the image however large it is. */
  readonly baked?: boolean;
}

/** An ONNX model is served by the library's own container, where a container is asked for. */
export function asContainer(model: Model, { arm64 = false, baked = false }: OnnxContainerOptions): ContainerModel {
  if (model instanceof ContainerModel) {
    return model;
  }
  const onnx = model as OnnxModel;
  return Model.fromContainer({
    name: onnx.name,
    version: onnx.version,
    image: new OnnxServingImage(onnx, arm64, baked),
  });
}
