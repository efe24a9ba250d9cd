import * as fs from 'fs';
import * as path from 'path';
import { Stack, Token } from 'aws-cdk-lib';
import type * as ecr from 'aws-cdk-lib/aws-ecr';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Fault } from '../checks/bounds/fault';
import { hostForCuda, hostTooOld, imageInOtherRegion } from '../checks/bounds/serving-image';
import { refuse } from '../private/errors';
import { grantPullImage } from '../private/pull-image';
import type { ServingAccelerator, ServingImageConfig } from './serving-image-config';

/** What is to be known of an image of your own. */
export interface OwnImageOptions {
  /**
   * What the instance must offer.
   *
   * @default ServingAccelerator.NONE
   */
  readonly accelerator?: ServingAccelerator;

  /**
   * Version of CUDA in the image, such as `13.0`: from 12.8 on the image needs a newer host than SageMaker's default,
   * which is then chosen.
   *
   * @default - one that the default host can run
   */
  readonly cudaVersion?: string;

  /**
   * Version of the host's image, where you know better.
   *
   * @default - by `cudaVersion`
   * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html
   */
  readonly inferenceAmiVersion?: string;

  /**
   * Environment variables that the image asks for; those of one model belong to the model.
   *
   * @default - none
   */
  readonly environment?: { readonly [name: string]: string };
}

/** Options of an image in a repository. */
export interface EcrImageOptions extends OwnImageOptions {
  /**
   * Whether the image is for processors of arm64 (AWS Graviton), and not for x86.
   *
   * @default - not known, and not judged
   */
  readonly arm64?: boolean;
}

/** Options of an image that is built from a directory. */
export interface AssetImageOptions extends OwnImageOptions {
  /**
   * Whether the image is built for processors of arm64 (AWS Graviton), and not for x86.
   *
   * @default false
   */
  readonly arm64?: boolean;

  /**
   * The Dockerfile, relative to the directory.
   *
   * @default 'Dockerfile'
   */
  readonly file?: string;

  /**
   * Arguments of the build. They are no place for secrets: they stay in the image's history.
   *
   * @default - none
   */
  readonly buildArgs?: { [name: string]: string };

  /**
   * Stage of the Dockerfile at which the build ends.
   *
   * @default - the last
   */
  readonly target?: string;

  /**
   * Patterns of files that do not belong to the image, as in `.dockerignore`.
   *
   * @default - none but those of `.dockerignore`
   */
  readonly exclude?: string[];
}

/** Faults of options of an image of one's own. */
export function faultyOwnImage({ cudaVersion, inferenceAmiVersion }: OwnImageOptions): Fault[] {
  return inferenceAmiVersion === undefined ? [] : hostTooOld(cudaVersion, inferenceAmiVersion);
}

/** An image in a repository, with the permission to pull it. */
export function bindEcrImage(
  scope: Construct,
  role: iam.IRole,
  repository: ecr.IRepository,
  tagOrDigest: string,
  options: EcrImageOptions,
): ServingImageConfig {
  const { region } = repository.env;
  const stack = Stack.of(scope);
  if (!Token.isUnresolved(region) && !Token.isUnresolved(stack.region)) {
    refuse(scope, imageInOtherRegion(region, stack.region));
  }
  grantPullImage(role, repository.repositoryArn);
  return { imageUri: repository.repositoryUriForTagOrDigest(tagOrDigest), ...configOf(options, options.arm64) };
}

/** An image that is built and published with the app. */
export function bindAssetImage(
  scope: Construct,
  role: iam.IRole,
  directory: string,
  options: AssetImageOptions,
): ServingImageConfig {
  // Loaded on demand: most images are not built here.
  const assets = require('aws-cdk-lib/aws-ecr-assets') as typeof import('aws-cdk-lib/aws-ecr-assets');
  const arm64 = options.arm64 ?? false;
  const asset = new assets.DockerImageAsset(scope, 'Image', {
    directory,
    platform: arm64 ? assets.Platform.LINUX_ARM64 : assets.Platform.LINUX_AMD64,
    file: options.file,
    buildArgs: options.buildArgs,
    target: options.target,
    exclude: options.exclude,
  });
  grantPullImage(role, asset.repository.repositoryArn);
  return { imageUri: asset.imageUri, ...configOf(options, arm64) };
}

/** Faults of a directory to build an image from. */
export function faultyImageDirectory(directory: string, { file = 'Dockerfile' }: AssetImageOptions): Fault[] {
  if (fs.statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) {
    return [
      {
        id: 'image-directory',
        message: `'${directory}' is not a directory`,
        fix: `give the directory with the Dockerfile, relative to ${process.cwd()}`,
      },
    ];
  }
  if (!fs.existsSync(path.join(directory, file))) {
    return [
      {
        id: 'image-dockerfile',
        message: `'${directory}' has no '${file}'`,
        fix: "add it, or say with 'file' where it is",
      },
    ];
  }
  return [];
}

function configOf(
  { accelerator, cudaVersion, inferenceAmiVersion, environment }: OwnImageOptions,
  arm64: boolean | undefined,
): Omit<ServingImageConfig, 'imageUri'> {
  return {
    accelerator,
    arm64,
    inferenceAmiVersion: inferenceAmiVersion ?? hostForCuda(cudaVersion),
    environment: environment === undefined ? undefined : { ...environment },
  };
}
