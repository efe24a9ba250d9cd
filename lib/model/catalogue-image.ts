import { Annotations, CfnMapping, Stack, Token } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Fault } from '../checks/bounds/fault';
import { hostForCuda } from '../checks/bounds/serving-image';
import { refuse } from '../private/errors';
import { grantPullImage } from '../private/pull-image';
import type { ImageRegistry } from '../checks/catalogue/image-registries';
import {
  type CatalogueImage,
  IMAGE_CATALOGUE_DATE,
  type ImageKind,
  imagesOf,
} from '../checks/catalogue/serving-image-catalogue';
import { ServingAccelerator, type ServingImageConfig } from './serving-image-config';

/** The image of a kind that is meant: the newest, unless a version is given. */
export function catalogueImage(
  kind: ImageKind,
  version: string | undefined,
  accelerator: ServingAccelerator,
): CatalogueImage {
  const images = imagesOf(kind, accelerator);
  const found = version === undefined ? images[0] : images.find((image) => image.version === version);
  refuse(`ServingImage.${kind}`, [
    ...(images.length === 0 ? noSuchAccelerator(kind, accelerator) : []),
    ...(images.length > 0 && found === undefined ? unknownVersion(version!, images) : []),
  ]);
  return found!;
}

function noSuchAccelerator(kind: ImageKind, accelerator: ServingAccelerator): Fault[] {
  const offered = Object.values(ServingAccelerator).filter((other) => imagesOf(kind, other).length > 0);
  return [
    {
      id: 'image-accelerator',
      message: `'accelerator' is ${accelerator}, and there are images for ${offered.join(' and ')}`,
      fix: 'use one of those, or an image of your own (ServingImage.fromEcr)',
    },
  ];
}

function unknownVersion(version: string, images: readonly CatalogueImage[]): Fault[] {
  return [
    {
      id: 'image-version',
      message: `'version' is '${version}', known on ${IMAGE_CATALOGUE_DATE} are ${listed(images.map((image) => image.version))}`,
      fix: 'use one of those, or ServingImage.fromEcr with the repository that has yours',
      see: 'https://aws.github.io/deep-learning-containers/reference/available_images/',
    },
  ];
}

/** The image in the registry of the scope's region, with the permission to pull it. */
export function bindCatalogueImage(
  scope: Construct,
  role: iam.IRole,
  kind: ImageKind,
  image: CatalogueImage,
): Pick<ServingImageConfig, 'imageUri' | 'accelerator' | 'arm64' | 'inferenceAmiVersion'> {
  const stack = Stack.of(scope);
  const account = accountOf(scope, kind, image);
  warnOfEndOfPatch(scope, kind, image);
  grantPullImage(
    role,
    stack.formatArn({ service: 'ecr', account, resource: 'repository', resourceName: image.repository }),
  );
  return {
    imageUri: `${account}.dkr.ecr.${stack.region}.${stack.urlSuffix}/${image.repository}:${image.tag}`,
    accelerator: ServingAccelerator[image.accelerator],
    arm64: false,
    inferenceAmiVersion: hostForCuda(image.cuda),
  };
}

/** Known at synthesis in a fixed region, looked up at deployment in any other. */
function accountOf(scope: Construct, kind: ImageKind, image: CatalogueImage): string {
  const stack = Stack.of(scope);
  if (Token.isUnresolved(stack.region)) {
    return registryMapping(stack, image.registry).findInMap(stack.region, 'account');
  }
  const { accounts } = image.registry;
  if (accounts[stack.region] === undefined) {
    refuse(scope, [missingInRegion(stack.region, kind, image)]);
  }
  return accounts[stack.region];
}

function missingInRegion(region: string, kind: ImageKind, image: CatalogueImage): Fault {
  const there = imagesOf(kind, image.accelerator).filter(({ registry }) => registry.accounts[region] !== undefined);
  const other = there.length === 0 ? '' : `use version ${listed(there.map(({ version }) => version))}, or `;
  return {
    id: 'image-region',
    message: `${kind} ${image.version} is not known to be in ${region}, it is in ${Object.keys(image.registry.accounts).sort().join(', ')}`,
    fix: `${other}copy the image to a repository of yours (ServingImage.fromEcr)`,
    see: 'https://aws.github.io/deep-learning-containers/reference/region_availability/',
  };
}

/** One for each registry of a stack, however many images come from there. */
function registryMapping(stack: Stack, { name, accounts }: ImageRegistry): CfnMapping {
  const id = `${name}Accounts`;
  const mapping = Object.fromEntries(
    Object.keys(accounts)
      .sort()
      .map((region) => [region, { account: accounts[region] }]),
  );
  return (stack.node.tryFindChild(id) as CfnMapping | undefined) ?? new CfnMapping(stack, id, { mapping });
}

/** Judged by the day of the catalogue: a template does not change because a day has passed. */
function warnOfEndOfPatch(
  scope: Construct,
  kind: ImageKind,
  { version, accelerator, endOfPatch }: CatalogueImage,
): void {
  if (endOfPatch === undefined || endOfPatch >= IMAGE_CATALOGUE_DATE) {
    return;
  }
  const patched = imagesOf(kind, accelerator).filter((image) => (image.endOfPatch ?? '9') >= IMAGE_CATALOGUE_DATE);
  const way = patched.length === 0 ? 'no newer one was known' : `use version ${patched[0].version}`;
  Annotations.of(scope).addWarningV2(
    'cdk-inference-patterns:image-end-of-patch',
    `${kind} ${version} has had no security patches since ${endOfPatch}, and on ${IMAGE_CATALOGUE_DATE} ${way}`,
  );
}

function listed(versions: readonly string[]): string {
  return versions.map((version) => `'${version}'`).join(', ');
}
