import { AssetStaging, Names, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { type AddedFile, bundleWith } from './handler-assets';

/**
 * A bundled container together with files of its own, as an image that is built and published when the app is deployed. Nothing
 * is built at synthesis, and the hash is known without reading the files.
 */
export class ContainerAsset extends Construct {
  /** URI of the image, by tag. */
  public readonly imageUri: string;

  /** ARN of the repository that it is published to. */
  public readonly repositoryArn: string;

  constructor(
    scope: Construct,
    id: string,
    container: string,
    arm64: boolean,
    files: { readonly [name: string]: AddedFile },
  ) {
    super(scope, id);
    const stack = Stack.of(this);
    const platform = arm64 ? 'linux/arm64' : 'linux/amd64';
    // Not a DockerImageAsset: that would copy the model once more, and read it to find its hash.
    const staging = new AssetStaging(this, 'Staging', bundleWith('containers', container, files, platform));
    const { imageUri, repositoryName } = stack.synthesizer.addDockerImageAsset({
      directoryName: staging.relativeStagedPath(stack),
      sourceHash: staging.assetHash,
      platform,
      displayName: Names.stackRelativeConstructPath(this),
    });
    this.imageUri = imageUri;
    this.repositoryArn = stack.formatArn({ service: 'ecr', resource: 'repository', resourceName: repositoryName });
  }
}
