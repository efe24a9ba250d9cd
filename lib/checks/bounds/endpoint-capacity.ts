import type { Fault, Range } from './fault';

const SERVERLESS = 'https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html';
const CAPTURE = 'https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html';

/** Requests at a time of one serverless variant. */
export const SERVERLESS_CONCURRENCY: Range = { min: 1, max: 200, see: SERVERLESS };

const SERVERLESS_MEMORY_MIB: readonly number[] = [1024, 2048, 3072, 4096, 5120, 6144];

/** Serverless environments come in six sizes. */
export function serverlessMemory(mebibytes: number): Fault[] {
  if (SERVERLESS_MEMORY_MIB.includes(mebibytes)) {
    return [];
  }
  return [
    {
      id: 'serverless-memory',
      message: `'memory' is ${mebibytes} MiB, allowed are ${SERVERLESS_MEMORY_MIB.join(', ')}`,
      fix: 'give one of those, such as Size.gibibytes(4)',
      see: SERVERLESS,
    },
  ];
}

/** What was asked of a variant that is serverless. */
export interface ServerlessDemands {
  /** Props that were given and that no serverless variant can honour, in the user's words. */
  readonly unsupported: readonly string[];
  readonly variants: number;
  readonly accelerator: boolean;
  /** Files that would be mounted uncompressed: serverless variants take archives and images only. */
  readonly uncompressedModel: boolean;
}

/** SageMaker refuses most of what instances can do on a serverless variant. */
export function notServerless({ unsupported, variants, accelerator, uncompressedModel }: ServerlessDemands): Fault[] {
  const faults: Fault[] = unsupported.map((prop) => ({
    id: 'serverless-unsupported',
    message: `'${prop}' is given, and the capacity is serverless, which cannot do that`,
    fix: `leave '${prop}' out, or use Capacity.instances(...)`,
    see: SERVERLESS,
  }));
  if (variants > 1) {
    faults.push({
      id: 'serverless-variants',
      message: `the endpoint has ${variants} variants, and a serverless one has only itself`,
      fix: 'use Capacity.instances(...) for all of them, or an endpoint each',
      see: SERVERLESS,
    });
  }
  if (accelerator) {
    faults.push({
      id: 'serverless-accelerator',
      message: 'the image needs an accelerator, and serverless capacity has processors only',
      fix: 'use Capacity.instances(...) with a type that has it',
      see: SERVERLESS,
    });
  }
  if (uncompressedModel) {
    faults.push({
      id: 'serverless-uncompressed-model',
      message:
        "the model's files lie uncompressed in S3, and serverless capacity takes only a .tar.gz or an image that has them",
      fix: 'pack them as .tar.gz, give an ONNX model as a file (ModelArtifact.fromAsset), which becomes part of the image, or use Capacity.instances(...)',
      see: 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html',
    });
  }
  return faults;
}

/** Share of requests that are captured. */
export const CAPTURE_PERCENT: Range = { min: 1, max: 100, unit: '%', see: CAPTURE };

/** Production variants of one endpoint. */
export const MAX_VARIANTS = 10;

/** SageMaker takes no eleventh variant. */
export function tooManyVariants(count: number): Fault[] {
  if (count <= MAX_VARIANTS) {
    return [];
  }
  return [
    {
      id: 'endpoint-variants',
      message: `the endpoint has ${count} variants, allowed are ${MAX_VARIANTS}`,
      fix: 'serve the others from an endpoint of their own',
      see: 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html',
    },
  ];
}
