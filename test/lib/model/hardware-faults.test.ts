import { Lazy, Size, type Stack } from 'aws-cdk-lib';
import { InstanceType, ServingAccelerator } from '../../../lib';
import { hardwareFaults, type HardwareNeeds } from '../../../lib/model/hardware-faults';
import { testStack } from '../../helpers/synth';

const GPU_IMAGE = { imageUri: 'image', accelerator: ServingAccelerator.GPU };

const faultsOf = (type: string, needs: Partial<HardwareNeeds>, stack: Stack = testStack()) =>
  hardwareFaults(stack, InstanceType.of(type), { image: GPU_IMAGE, ...needs });

const warnings = (stack: Stack) =>
  stack.node.metadata.filter(({ type }) => type === 'aws:cdk:warning').map(({ data }) => data as string);

test('17 GiB fit on an A10G, 30 do not, and the cheapest types that have room are named', () => {
  expect(faultsOf('ml.g5.2xlarge', { memoryRequired: Size.gibibytes(17) })).toEqual([]);
  expect(faultsOf('ml.g5.2xlarge', { memoryRequired: Size.gibibytes(30) })).toEqual([
    expect.objectContaining({
      message:
        "'memoryRequired' is 30 GiB, and ml.g5.2xlarge has 22.4 GiB of GPU memory (1 x NVIDIA A10G), 7.6 GiB too little",
      fix: expect.stringMatching(
        /^use ml\.g6e\.xlarge \(44.7 GiB, .*\) or ml\.g6e\.2xlarge \(44.7 GiB, .*\)$/,
      ) as string,
    }),
  ]);
});

test('an image without accelerator is judged by the memory of the instance', () => {
  const image = { imageUri: 'image' };
  expect(faultsOf('ml.m5.large', { image, memoryRequired: Size.gibibytes(8) })).toEqual([]);
  expect(faultsOf('ml.m5.large', { image, memoryRequired: Size.gibibytes(9) })[0].message).toMatch(
    /has 8 GiB of memory/,
  );
});

test('where the accelerator is missing, nothing is said of its memory', () => {
  expect(faultsOf('ml.m5.large', { memoryRequired: Size.gibibytes(9999) }).map(({ id }) => id)).toEqual([
    'instance-accelerator',
  ]);
});

test('an image for x86 is refused on arm64, and one whose architecture is not known passes', () => {
  expect(faultsOf('ml.c7g.large', { image: { imageUri: 'image', arm64: false } }).map(({ id }) => id)).toEqual([
    'instance-architecture',
  ]);
  expect(faultsOf('ml.c7g.large', { image: { imageUri: 'image', arm64: true } })).toEqual([]);
  expect(faultsOf('ml.c7g.large', { image: { imageUri: 'image' } })).toEqual([]);
});

test('a volume is refused where the instance has disks of its own', () => {
  const volume = { size: true, key: true };
  expect(faultsOf('ml.g5.2xlarge', { volume }).map(({ id }) => id)).toEqual([
    'instance-volume-size',
    'instance-volume-key',
  ]);
  expect(faultsOf('ml.p3.2xlarge', { volume })).toEqual([]);
});

test('a type that is not known passes with a warning', () => {
  const stack = testStack();
  expect(faultsOf('ml.g99.2xlarge', { memoryRequired: Size.gibibytes(9999) }, stack)).toEqual([]);
  expect(warnings(stack)).toEqual([expect.stringMatching(/^'ml.g99.2xlarge' is not among the instance types known/)]);
});

test('a type and a size that are known only at deployment pass without one', () => {
  const stack = testStack();
  const type = Lazy.string({ produce: () => 'ml.m5.large' });
  expect(faultsOf(type, {}, stack)).toEqual([]);
  const memoryRequired = Size.gibibytes(Lazy.number({ produce: () => 9999 }));
  expect(faultsOf('ml.g5.2xlarge', { memoryRequired }, stack)).toEqual([]);
  expect(warnings(stack)).toEqual([]);
});
