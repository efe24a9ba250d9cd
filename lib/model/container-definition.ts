import type * as iam from 'aws-cdk-lib/aws-iam';
import type { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { CfnModel } from 'aws-cdk-lib/aws-sagemaker';
import type { Construct } from 'constructs';
import { environmentDecidedTwice, faultyEnvironment, hubOutOfReach, modelInOnePlace } from '../checks/bounds/container';
import { refuse } from '../private/errors';
import { grantReadObject, grantReadObjectsBelow } from '../private/read-object';
import type { ContainerModel } from './model';
import type { ModelArtifact } from './model-artifact';
import type { ServingImageConfig } from './serving-image-config';

/** What decides how a container is set up, beside its model. */
export interface ContainerOptions {
  /** The execution role: is allowed to pull the image and to read the model's files, and nothing else here. */
  readonly role: iam.IRole;

  /** Whether the container has no network. */
  readonly networkIsolation: boolean;
}

/** A model as SageMaker's container definition. */
export interface BoundContainer {
  /** For the primary container of an `AWS::SageMaker::Model`. */
  readonly definition: CfnModel.ContainerDefinitionProperty;

  /** What the image asks of the instance that it runs on. */
  readonly image: ServingImageConfig;
}

/**
 * Turns a model into the container of an `AWS::SageMaker::Model`. May create an asset and a mapping.
 *
 * @param scope one construct for each model
 */
export function containerDefinition(
  scope: Construct,
  model: ContainerModel,
  options: ContainerOptions,
): BoundContainer {
  const image = model.image.bind(scope, options.role);
  const environment = { ...image.environment, ...model.environment };
  refuse(scope, [
    ...environmentDecidedTwice(image.environment ?? {}, model.environment),
    ...faultyEnvironment(environment),
    ...modelInOnePlace(image, model.artifact !== undefined || image.modelObjects !== undefined),
    ...hubOutOfReach(image.fetchesFromHub === true, options.networkIsolation),
  ]);
  return {
    definition: {
      image: image.imageUri,
      environment: Object.keys(environment).length === 0 ? undefined : environment,
      ...modelData(scope, model.artifact, image, options.role),
    },
    image,
  };
}

type ModelData = Pick<CfnModel.ContainerDefinitionProperty, 'modelDataUrl' | 'modelDataSource'>;

/**
 * Where the model's files are. An archive is named by its URL alone, which every pattern accepts: batch transform and
 * serverless endpoints refuse a data source.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3ModelDataSource.html
 */
function modelData(
  scope: Construct,
  artifact: ModelArtifact | undefined,
  { modelObjects }: ServingImageConfig,
  role: iam.IRole,
): ModelData {
  if (modelObjects !== undefined) {
    return uncompressed(modelObjects.uri);
  }
  const { file, object } = artifact?._location ?? {};
  if (file !== undefined) {
    // The bootstrap bucket has it as `.gz`, which SageMaker takes for what it is.
    const asset = archiveAsset(scope, file, artifact!.sha256!);
    grantReadObject(asset.bucket, asset.s3ObjectKey, role);
    return { modelDataUrl: asset.s3ObjectUrl };
  }
  if (object === undefined) {
    return {};
  }
  const { bucket, key } = object;
  if (key.endsWith('/')) {
    grantReadObjectsBelow(bucket, key, role);
  } else {
    grantReadObject(bucket, key, role);
  }
  const uri = bucket.s3UrlForObject(key);
  return key.endsWith('.tar.gz') ? { modelDataUrl: uri } : uncompressed(uri);
}

function uncompressed(s3Uri: string): ModelData {
  const s3DataType = s3Uri.endsWith('/') ? 'S3Prefix' : 'S3Object';
  return { modelDataSource: { s3DataSource: { compressionType: 'None', s3DataType, s3Uri } } };
}

/** Loaded on demand: most models never need it. */
function archiveAsset(scope: Construct, path: string, assetHash: string): Asset {
  const assets = require('aws-cdk-lib/aws-s3-assets') as typeof import('aws-cdk-lib/aws-s3-assets');
  return new assets.Asset(scope, 'Artifact', { path, assetHash });
}
