import { Size, Token } from 'aws-cdk-lib';
import type { Hardware } from '../checks/bounds/hardware';
import { malformed } from '../checks/bounds/fault';
import { refuse } from '../private/errors';
import { instanceCatalogue } from '../checks/catalogue/instance-catalogue';
import { ServingAccelerator } from './serving-image-config';

/**
 * An instance type that SageMaker hosts models on, with what is known of it. Types that the catalogue does not know are
 * taken as they are and cannot be judged.
 *
 * @see https://aws.amazon.com/sagemaker/ai/pricing/
 */
export class InstanceType {
  /** 2 vCPUs, 8 GiB. */
  public static readonly M5_LARGE = InstanceType.of('ml.m5.large');

  /** 4 vCPUs, 16 GiB. */
  public static readonly M5_XLARGE = InstanceType.of('ml.m5.xlarge');

  /** 2 newer vCPUs, 8 GiB. */
  public static readonly M7I_LARGE = InstanceType.of('ml.m7i.large');

  /** 4 vCPUs, 8 GiB. */
  public static readonly C5_XLARGE = InstanceType.of('ml.c5.xlarge');

  /** 2 vCPUs by AWS, 4 GiB; for images of arm64. */
  public static readonly C7G_LARGE = InstanceType.of('ml.c7g.large');

  /** 4 vCPUs by AWS, 8 GiB; for images of arm64. */
  public static readonly C7G_XLARGE = InstanceType.of('ml.c7g.xlarge');

  /** One NVIDIA T4 with 16 GiB. */
  public static readonly G4DN_XLARGE = InstanceType.of('ml.g4dn.xlarge');

  /** One NVIDIA A10G with 22.4 GiB, 4 vCPUs. */
  public static readonly G5_XLARGE = InstanceType.of('ml.g5.xlarge');

  /** One NVIDIA A10G with 22.4 GiB, 8 vCPUs. */
  public static readonly G5_2XLARGE = InstanceType.of('ml.g5.2xlarge');

  /** Four NVIDIA A10G with 89.4 GiB together. */
  public static readonly G5_12XLARGE = InstanceType.of('ml.g5.12xlarge');

  /** One NVIDIA L4 with 22.4 GiB, 4 vCPUs. */
  public static readonly G6_XLARGE = InstanceType.of('ml.g6.xlarge');

  /** One NVIDIA L4 with 22.4 GiB, 8 vCPUs. */
  public static readonly G6_2XLARGE = InstanceType.of('ml.g6.2xlarge');

  /** One NVIDIA L40S with 44.7 GiB, 4 vCPUs. */
  public static readonly G6E_XLARGE = InstanceType.of('ml.g6e.xlarge');

  /** One NVIDIA L40S with 44.7 GiB, 8 vCPUs. */
  public static readonly G6E_2XLARGE = InstanceType.of('ml.g6e.2xlarge');

  /** Four NVIDIA L40S with 178.8 GiB together. */
  public static readonly G6E_12XLARGE = InstanceType.of('ml.g6e.12xlarge');

  /** One NVIDIA RTX PRO 6000 with 96 GiB, 8 vCPUs. */
  public static readonly G7E_2XLARGE = InstanceType.of('ml.g7e.2xlarge');

  /** Eight NVIDIA A100 with 320 GiB together. */
  public static readonly P4D_24XLARGE = InstanceType.of('ml.p4d.24xlarge');

  /** Eight NVIDIA H100 with 640 GiB together. */
  public static readonly P5_48XLARGE = InstanceType.of('ml.p5.48xlarge');

  /** One AWS Inferentia2. */
  public static readonly INF2_XLARGE = InstanceType.of('ml.inf2.xlarge');

  /**
   * Any instance type.
   *
   * @param name such as `ml.g6e.2xlarge`
   */
  public static of(name: string): InstanceType {
    if (!Token.isUnresolved(name)) {
      refuse(
        `instance type '${name}'`,
        malformed(
          'instance-type',
          'name',
          name,
          /^ml\.[a-z0-9-]+\.[a-z0-9]+$/,
          "'ml.', a family and a size, such as 'ml.g6e.2xlarge'",
          'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html',
        ),
      );
    }
    return new InstanceType(name);
  }

  /** Every type of the catalogue. */
  public static known(): InstanceType[] {
    return [...instanceCatalogue().keys()].map((name) => InstanceType.of(name));
  }

  /** Such as `ml.g6e.2xlarge`. */
  public readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  /** What is known of this type; nothing of one that the catalogue does not have. */
  public get spec(): InstanceSpec | undefined {
    const hardware = this._hardware;
    return hardware === undefined ? undefined : specOf(hardware);
  }

  /**
   * What the rules judge.
   *
   * @internal
   */
  public get _hardware(): Hardware | undefined {
    return instanceCatalogue().get(this.name);
  }
}

/** What is known of an instance type. */
export interface InstanceSpec {
  /** Virtual processors. */
  readonly vcpus: number;

  /** Memory of the instance. */
  readonly memory: Size;

  /** Whether the processor is one by AWS, which runs only images for arm64. */
  readonly arm64: boolean;

  /**
   * Local NVMe disks together. An instance that has them takes neither a volume size nor a key for a volume.
   *
   * @default - none: a volume is attached
   */
  readonly localStorage?: Size;

  /** What computes the predictions. */
  readonly accelerator: ServingAccelerator;

  /**
   * Such as `NVIDIA L40S`.
   *
   * @default - no accelerator
   */
  readonly acceleratorName?: string;

  /** How many accelerators; it does not grow with every size of a family. */
  readonly acceleratorCount: number;

  /**
   * Memory of the GPUs together, as EC2 reports it.
   *
   * @default - no GPU
   */
  readonly gpuMemory?: Size;

  /**
   * Dollars an hour on demand in `us-east-1`: as listed on the date of the catalogue, or EC2's price with the surcharge
   * that the listed ones have in common.
   *
   * @default - not known
   */
  readonly usdPerHour?: number;

  /** Whether batch transform takes it, too. */
  readonly batchTransform: boolean;
}

function specOf(hardware: Hardware): InstanceSpec {
  return {
    vcpus: hardware.vcpus,
    memory: Size.mebibytes(hardware.memoryGiB * 1024),
    arm64: hardware.architecture === 'arm64',
    localStorage: hardware.localStorageGB === 0 ? undefined : Size.bytes(hardware.localStorageGB * 1e9),
    accelerator: ServingAccelerator[hardware.accelerator],
    acceleratorName: hardware.acceleratorName,
    acceleratorCount: hardware.accelerators,
    gpuMemory: hardware.gpuMemoryGiB === undefined ? undefined : Size.mebibytes(hardware.gpuMemoryGiB * 1024),
    usdPerHour: hardware.usdPerHour,
    batchTransform: hardware.forTransform,
  };
}
