import { Annotations, Token, type Size } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Fault } from '../checks/bounds/fault';
import {
  type Accelerator,
  acceleratorMissing,
  architectureMismatch,
  type AttachedVolume,
  memoryFit,
  volumeOnLocalDisks,
} from '../checks/bounds/hardware';
import { INSTANCE_CATALOGUE_DATE, instanceCatalogue } from '../checks/catalogue/instance-catalogue';
import { judge } from '../private/validation';
import type { InstanceType } from './instance-type';
import type { ServingImageConfig } from './serving-image-config';

/** What is asked of an instance. */
export interface HardwareNeeds {
  readonly image: ServingImageConfig;
  readonly memoryRequired?: Size;
  readonly volume?: AttachedVolume;
  /** Whether types for batch transform are proposed, and not those for endpoints. */
  readonly forTransform?: boolean;
}

/** Faults of a type for what is asked of it. A type that the catalogue does not know is warned about, and passes. */
export function hardwareFaults(scope: IConstruct, type: InstanceType, needs: HardwareNeeds): Fault[] {
  if (Token.isUnresolved(type.name)) {
    return [];
  }
  const hardware = type._hardware;
  if (hardware === undefined) {
    Annotations.of(scope).addWarningV2(
      'cdk-inference-patterns:instance-type-unknown',
      `'${type.name}' is not among the instance types known on ${INSTANCE_CATALOGUE_DATE}, so whether it exists and whether the model fits on it is not judged`,
    );
    return [];
  }
  const accelerator: Accelerator = needs.image.accelerator ?? 'NONE';
  const all = [...instanceCatalogue().values()].filter((type) => needs.forTransform !== true || type.forTransform);
  return [
    ...acceleratorMissing(accelerator, hardware, all),
    ...judge(needs.memoryRequired, (size) => memoryFit(size.toBytes() / 1024 ** 3, accelerator, hardware, all)),
    ...architectureMismatch(architectureOf(needs.image), hardware),
    ...volumeOnLocalDisks(needs.volume ?? { size: false, key: false }, hardware),
  ];
}

function architectureOf({ arm64 }: ServingImageConfig): 'arm64' | 'x86_64' | undefined {
  return arm64 === undefined ? undefined : arm64 ? 'arm64' : 'x86_64';
}
