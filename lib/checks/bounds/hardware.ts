import type { Fault } from './fault';

/** One instance type, in plain numbers. */
export interface Hardware {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryGiB: number;
  readonly localStorageGB: number;
  /** On-demand price in `us-east-1`, where one is known. */
  readonly usdPerHour?: number;
  readonly accelerator: Accelerator;
  readonly acceleratorName?: string;
  readonly accelerators: number;
  /** Memory of all GPUs together. */
  readonly gpuMemoryGiB?: number;
  readonly architecture: 'arm64' | 'x86_64';
  /** Whether the price list of `us-east-1` has it for hosting. */
  readonly listed: boolean;
  /** Whether batch transform takes it, too. */
  readonly forTransform: boolean;
}

export type Accelerator = 'NONE' | 'GPU' | 'NEURON';

const VARIANT = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html';
const ENDPOINT_CONFIG = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html';

const CALLED: { readonly [accelerator in Accelerator]: string } = {
  NONE: 'no accelerator',
  GPU: 'GPUs',
  NEURON: 'AWS Inferentia or Trainium',
};

/** The share of the instance's own memory, or of its GPUs', that a model takes; a model on Inferentia is not judged. */
export function memoryFit(
  requiredGiB: number,
  accelerator: Accelerator,
  type: Hardware,
  catalogue: Iterable<Hardware>,
): Fault[] {
  const offered = memoryFor(accelerator, type);
  if (offered === undefined || requiredGiB <= offered) {
    return [];
  }
  const fitting = [...catalogue].filter((other) => (memoryFor(accelerator, other) ?? 0) >= requiredGiB);
  const where =
    accelerator === 'GPU' ? `GPU memory (${type.accelerators} x ${type.acceleratorName})` : 'memory for everything';
  return [
    {
      id: 'instance-memory',
      message: `'memoryRequired' is ${gib(requiredGiB)}, and ${type.name} has ${gib(offered)} of ${where}, ${gib(requiredGiB - offered)} too little`,
      fix: propose(fitting, (other) => gib(memoryFor(accelerator, other)!), 'quantize the model, or shard it'),
      see: VARIANT,
    },
  ];
}

/** An image for GPUs starts on no other instance, and finds no driver. */
export function acceleratorMissing(accelerator: Accelerator, type: Hardware, catalogue: Iterable<Hardware>): Fault[] {
  if (accelerator === 'NONE' || type.accelerator === accelerator) {
    return [];
  }
  const fitting = [...catalogue].filter((other) => other.accelerator === accelerator);
  return [
    {
      id: 'instance-accelerator',
      message: `the image needs ${CALLED[accelerator]}, and ${type.name} has ${CALLED[type.accelerator]}`,
      fix: propose(
        fitting,
        (other) => `${other.accelerators} x ${other.acceleratorName}`,
        'use an image for the processor',
      ),
      see: VARIANT,
    },
  ];
}

/** A container for the other architecture dies with an "exec format error". */
export function architectureMismatch(architecture: Hardware['architecture'] | undefined, type: Hardware): Fault[] {
  if (architecture === undefined || architecture === type.architecture) {
    return [];
  }
  return [
    {
      id: 'instance-architecture',
      message: `the image is for ${architecture}, and ${type.name} is ${type.architecture}`,
      fix:
        type.architecture === 'arm64'
          ? 'use a type of another family, such as ml.c7i or ml.m7i'
          : 'use a type with an AWS processor, such as ml.c7g or ml.m8g',
      see: VARIANT,
    },
  ];
}

/** What is attached to an instance beside its own disks. */
export interface AttachedVolume {
  /** Whether a size is asked for. */
  readonly size: boolean;
  /** Whether a key is given. */
  readonly key: boolean;
}

/** An instance with local disks has no volume: SageMaker refuses the size, and the key, of one. */
export function volumeOnLocalDisks({ size, key }: AttachedVolume, type: Hardware): Fault[] {
  if (type.localStorageGB === 0) {
    return [];
  }
  const faults: Fault[] = [];
  const has = `${type.name} has ${type.localStorageGB} GB of disks of its own`;
  if (size) {
    faults.push({
      id: 'instance-volume-size',
      message: `'volumeSize' is given, and ${has} and takes no other`,
      fix: "leave 'volumeSize' out",
      see: VARIANT,
    });
  }
  if (key) {
    faults.push({
      id: 'instance-volume-key',
      message: `a key for the volume is given, and ${has}, which are encrypted by the instance with a key that is gone with it`,
      fix: 'leave the key of the volume out; what is captured or written to S3 may still have one',
      see: ENDPOINT_CONFIG,
    });
  }
  return faults;
}

function memoryFor(
  accelerator: Accelerator,
  { accelerator: has, memoryGiB, gpuMemoryGiB }: Hardware,
): number | undefined {
  if (accelerator === 'NONE') {
    return memoryGiB;
  }
  return accelerator === has ? gpuMemoryGiB : undefined;
}

/** The two cheapest that are offered. An accelerator that nobody asked for is never cheap. */
function propose(fitting: readonly Hardware[], what: (type: Hardware) => string, otherwise: string): string {
  const cheapest = fitting
    .filter(({ listed, usdPerHour }) => listed && usdPerHour !== undefined)
    .sort((one, other) => one.usdPerHour! - other.usdPerHour! || (one.name < other.name ? -1 : 1))
    .slice(0, 2)
    .map((type) => `${type.name} (${what(type)}, about $${type.usdPerHour!.toFixed(2)} an hour in us-east-1)`);
  return cheapest.length === 0 ? `no type has that much: ${otherwise}` : `use ${cheapest.join(' or ')}`;
}

function gib(value: number): string {
  return `${Number(value.toFixed(1))} GiB`;
}
