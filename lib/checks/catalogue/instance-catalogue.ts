import type { Hardware } from '../bounds/hardware';

/** Type, vCPUs, memory in GiB, local NVMe storage in GB, dollars per hour. */
export type InstanceRow = readonly [
  name: string,
  vcpus: number,
  memoryGiB: number,
  localStorageGB: number,
  usdPerHour: number | undefined,
];

/** The same, then the accelerator, how many there are, and the memory of each in MiB where it is documented. */
export type AcceleratedRow = readonly [
  ...row: InstanceRow,
  acceleratorName: string,
  accelerators: number,
  mebibytesEach?: number,
];

/** When specifications and prices were collected. */
export const INSTANCE_CATALOGUE_DATE = '2026-11-21';

/**
 * Legal for the API, and absent from the price list of `us-east-1`: not offered there, or by reservation only. What is
 * not listed is never proposed.
 */
const UNLISTED = /^ml\.((p3|m6i|r6i|c6in|m8g|r7gd|p5e|p6-b300|trn2)\.|p5\.4xlarge$)/;

/** @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformResources.html */
const TRANSFORM = /^ml\.((m4|m5|p3|g4dn|c6i|m6i|r6i|g5|g6|g6e|trn1|inf2|m7i|c7i|r7i)\.|c[45]\.(?!large$))/;

/** The families with processors by AWS, which run images for arm64 only. */
const ARM64 = /^ml\.[a-z]\d+g(d|n)?\./;

let catalogue: ReadonlyMap<string, Hardware> | undefined;

/** The catalogue by name, read when it is first asked for: importing the library must stay cheap. */
export function instanceCatalogue(): ReadonlyMap<string, Hardware> {
  catalogue ??= readCatalogue();
  return catalogue;
}

function readCatalogue(): ReadonlyMap<string, Hardware> {
  const { CPU_INSTANCES } = require('./instance-catalogue-cpu') as typeof import('./instance-catalogue-cpu');
  const { GPU_INSTANCES, NEURON_INSTANCES } =
    require('./instance-catalogue-accelerated') as typeof import('./instance-catalogue-accelerated');
  const instances = [
    ...CPU_INSTANCES.map((row) => hardware(row, 'NONE')),
    ...GPU_INSTANCES.map((row) => hardware(row, 'GPU')),
    ...NEURON_INSTANCES.map((row) => hardware(row, 'NEURON')),
  ];
  return new Map(instances.map((known) => [known.name, known]));
}

function hardware(row: InstanceRow | AcceleratedRow, accelerator: Hardware['accelerator']): Hardware {
  const [name, vcpus, memoryGiB, localStorageGB, usdPerHour, acceleratorName, accelerators = 0, mebibytesEach] = row;
  return {
    name,
    vcpus,
    memoryGiB,
    localStorageGB,
    usdPerHour,
    accelerator,
    acceleratorName,
    accelerators,
    gpuMemoryGiB: mebibytesEach === undefined ? undefined : (accelerators * mebibytesEach) / 1024,
    architecture: ARM64.test(name) ? 'arm64' : 'x86_64',
    listed: !UNLISTED.test(name),
    forTransform: TRANSFORM.test(name),
  };
}
