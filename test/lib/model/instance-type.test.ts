import { Lazy, Size } from 'aws-cdk-lib';
import { InstanceType, ServingAccelerator } from '../../../lib';

test('what is known of a type with a GPU', () => {
  const { spec } = InstanceType.G5_2XLARGE;
  expect(spec).toEqual({
    vcpus: 8,
    memory: Size.mebibytes(32 * 1024),
    arm64: false,
    localStorage: Size.bytes(450e9),
    accelerator: ServingAccelerator.GPU,
    acceleratorName: 'NVIDIA A10G',
    acceleratorCount: 1,
    gpuMemory: Size.mebibytes(22_888),
    usdPerHour: 1.515,
    batchTransform: true,
  });
});

test('what is known of a type without', () => {
  const { spec } = InstanceType.C7G_LARGE;
  expect(spec).toMatchObject({ vcpus: 2, arm64: true, accelerator: ServingAccelerator.NONE, acceleratorCount: 0 });
  expect([spec!.gpuMemory, spec!.localStorage, spec!.acceleratorName]).toEqual([undefined, undefined, undefined]);
});

test('the memory of several GPUs is counted together', () => {
  expect(InstanceType.G5_12XLARGE.spec!.gpuMemory!.toMebibytes()).toBe(4 * 22_888);
  expect(InstanceType.P5_48XLARGE.spec!.gpuMemory!.toGibibytes()).toBe(640);
});

test('the number of GPUs does not grow with every size', () => {
  const counts = ['12xlarge', '16xlarge', '24xlarge', '48xlarge'].map(
    (size) => InstanceType.of(`ml.g5.${size}`).spec!.acceleratorCount,
  );
  expect(counts).toEqual([4, 1, 4, 8]);
});

test('every constant is a type of the catalogue, under its own name', () => {
  const constants = Object.entries(InstanceType).filter(
    (entry): entry is [string, InstanceType] => entry[1] instanceof InstanceType,
  );
  expect(constants.length).toBeGreaterThan(15);
  for (const [constant, type] of constants) {
    expect(type.name).toBe(`ml.${constant.toLowerCase().replace('_', '.')}`);
    expect(type.spec).toBeDefined();
  }
});

test('no type is in the catalogue twice, and all are of the form that the API takes', () => {
  const names = InstanceType.known().map(({ name }) => name);
  expect(names.length).toBeGreaterThan(250);
  expect(new Set(names).size).toBe(names.length);
});

test('specifications are plausible: every GPU has a name and memory, and every price is one', () => {
  for (const { name, spec } of InstanceType.known()) {
    const isGpu = spec!.accelerator === ServingAccelerator.GPU;
    expect([name, spec!.vcpus > 0, spec!.memory.toMebibytes() >= 2048]).toEqual([name, true, true]);
    expect([name, spec!.gpuMemory !== undefined]).toEqual([name, isGpu]);
    expect([name, spec!.acceleratorName !== undefined]).toEqual([name, spec!.accelerator !== ServingAccelerator.NONE]);
    expect([name, spec!.usdPerHour ?? 1]).toEqual([name, expect.any(Number)]);
    expect([name, (spec!.usdPerHour ?? 1) > 0.03 && (spec!.usdPerHour ?? 1) < 200]).toEqual([name, true]);
  }
});

test('processors by AWS are told from others by their family', () => {
  const arm = new Set(
    InstanceType.known()
      .filter(({ spec }) => spec!.arm64)
      .map(({ name }) => name.split('.')[1]),
  );
  expect([...arm].sort()).toEqual(
    ['c6g', 'c6gd', 'c6gn', 'c7g', 'c8g', 'm6g', 'm6gd', 'm8g', 'r6g', 'r6gd', 'r7gd', 'r8g'].sort(),
  );
});

// https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformResources.html
test.each([
  ['ml.c5.large', false],
  ['ml.c5.xlarge', true],
  ['ml.g5.xlarge', true],
  ['ml.g7e.2xlarge', false],
  ['ml.p4d.24xlarge', false],
  ['ml.c7g.large', false],
  ['ml.r5.large', false],
  ['ml.m5d.large', false],
])('whether batch transform takes %s: %p', (name, taken) => {
  expect(InstanceType.of(name).spec!.batchTransform).toBe(taken);
});

test('a type that is not known is taken as it is', () => {
  const type = InstanceType.of('ml.g99.2xlarge');
  expect([type.name, type.spec]).toEqual(['ml.g99.2xlarge', undefined]);
});

test.each(['g5.2xlarge', 'ml.g5', 'ml.G5.2xlarge', 'ml.g5.2xlarge ', 'ml.g5.2xlarge\n', ''])(
  '%p is refused',
  (name) => {
    expect(() => InstanceType.of(name)).toThrow(/instance type '[^]*' cannot be used[^]*\[instance-type\]/);
  },
);

test('a type that is known only at deployment passes', () => {
  const type = InstanceType.of(Lazy.string({ produce: () => 'whatever' }));
  expect(type.spec).toBeUndefined();
});
