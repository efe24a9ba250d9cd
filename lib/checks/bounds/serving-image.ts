import type { Fault } from './fault';

/** The first version of CUDA for which the driver of SageMaker's default host is too old. */
const CUDA_BEYOND_DEFAULT_HOST = 12.8;

/** Driver 580 with CUDA 13.0, which runs everything since 12.8, too. */
const NEWEST_GPU_HOST = 'al2023-ami-sagemaker-inference-gpu-4-1';

/** Hosts for GPUs with drivers 535 and 550, which run CUDA up to 12.4 and what is compatible with it. */
export const OLDER_GPU_HOSTS: readonly string[] = [
  'al2-ami-sagemaker-inference-gpu-2',
  'al2-ami-sagemaker-inference-gpu-2-1',
  'al2-ami-sagemaker-inference-gpu-3-1',
];

/**
 * The host that an image with this version of CUDA needs; nothing where the default will do. On the wrong host a
 * container fails to start, and writes no log.
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html
 */
export function hostForCuda(cuda: string | undefined): string | undefined {
  return cuda !== undefined && versionNumber(cuda) >= CUDA_BEYOND_DEFAULT_HOST ? NEWEST_GPU_HOST : undefined;
}

/** An image that needs a newer driver than the host has does not start, and writes no log. */
export function hostTooOld(cuda: string | undefined, inferenceAmiVersion: string | undefined): Fault[] {
  const needed = hostForCuda(cuda);
  if (needed === undefined || inferenceAmiVersion === needed) {
    return [];
  }
  const given = inferenceAmiVersion === undefined ? "SageMaker's default host" : `the host '${inferenceAmiVersion}'`;
  return [
    {
      id: 'image-host-driver',
      message: `the image has CUDA ${cuda}, and the driver of ${given} is too old for it`,
      fix: `set 'inferenceAmiVersion' to '${needed}'`,
      see: 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html',
    },
  ];
}

/** Minor versions have one digit: 12.9, then 13.0. */
function versionNumber(cuda: string): number {
  return Number.parseFloat(cuda);
}

/** A tag, or a digest. */
export function faultyTagOrDigest(value: string): Fault[] {
  if (/^(?:[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}|sha256:[0-9a-f]{64})$/.test(value)) {
    return [];
  }
  return [
    {
      id: 'image-tag-or-digest',
      message: `'tagOrDigest' is '${value}', which is neither a tag nor a digest`,
      fix: "give a tag such as '1.4.0', or a digest such as 'sha256:' and 64 hexadecimal digits",
      see: 'https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageIdentifier.html',
    },
  ];
}

/** SageMaker pulls images only from the region of the endpoint. */
export function imageInOtherRegion(imageRegion: string, region: string): Fault[] {
  if (imageRegion === region) {
    return [];
  }
  return [
    {
      id: 'image-region',
      message: `the image is in a repository of ${imageRegion}, and the model is deployed in ${region}`,
      fix: `replicate the repository to ${region}`,
      see: 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html',
    },
  ];
}
