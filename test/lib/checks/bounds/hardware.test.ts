import {
  acceleratorMissing,
  architectureMismatch,
  type Hardware,
  memoryFit,
  volumeOnLocalDisks,
} from '../../../../lib/checks/bounds/hardware';

function hardware(name: string, overrides: Partial<Hardware> = {}): Hardware {
  return {
    name,
    vcpus: 4,
    memoryGiB: 16,
    localStorageGB: 0,
    accelerator: 'NONE',
    accelerators: 0,
    architecture: 'x86_64',
    listed: true,
    forTransform: true,
    ...overrides,
  };
}

function gpu(name: string, gpuMemoryGiB: number, usdPerHour?: number, overrides: Partial<Hardware> = {}): Hardware {
  const accelerator = { accelerator: 'GPU', acceleratorName: 'NVIDIA X', accelerators: 1 } as const;
  return hardware(name, { ...accelerator, gpuMemoryGiB, usdPerHour, ...overrides });
}

const SMALL = gpu('ml.small', 22.35, 1);
const CATALOGUE = [
  gpu('ml.dear', 96, 9),
  SMALL,
  gpu('ml.fair', 44.7, 3),
  gpu('ml.cheap', 44.7, 2),
  gpu('ml.unlisted', 48, 0.5, { listed: false }),
  gpu('ml.unpriced', 48),
  hardware('ml.memory', { memoryGiB: 512, usdPerHour: 0.1 }),
];

test.each([0.1, 22.35])('a model of %p GiB fits into 22.35 GiB of GPU memory', (required) => {
  expect(memoryFit(required, 'GPU', SMALL, CATALOGUE)).toEqual([]);
});

test('a model that does not fit is refused by how much, with the two cheapest types that have room and are offered', () => {
  expect(memoryFit(30, 'GPU', SMALL, CATALOGUE)).toEqual([
    expect.objectContaining({
      id: 'instance-memory',
      message: "'memoryRequired' is 30 GiB, and ml.small has 22.4 GiB of GPU memory (1 x NVIDIA X), 7.6 GiB too little",
      fix: 'use ml.cheap (44.7 GiB, about $2.00 an hour in us-east-1) or ml.fair (44.7 GiB, about $3.00 an hour in us-east-1)',
    }),
  ]);
});

test('a hair too little is too little', () => {
  expect(memoryFit(22.351, 'GPU', SMALL, CATALOGUE)).toHaveLength(1);
});

test('of equal price the first by name comes first, so that the message never changes', () => {
  const twins = [gpu('ml.b', 50, 2), gpu('ml.a', 50, 2), gpu('ml.c', 50, 2)];
  expect(memoryFit(30, 'GPU', SMALL, twins)[0].fix).toMatch(/^use ml\.a .* or ml\.b /);
  expect(memoryFit(30, 'GPU', SMALL, [...twins].reverse())[0].fix).toMatch(/^use ml\.a .* or ml\.b /);
});

test('where one type is left it is named alone, and where none is the way out', () => {
  expect(memoryFit(90, 'GPU', SMALL, CATALOGUE)[0].fix).toBe('use ml.dear (96 GiB, about $9.00 an hour in us-east-1)');
  expect(memoryFit(97, 'GPU', SMALL, CATALOGUE)[0].fix).toMatch(/^no type has that much: quantize/);
});

test('a model on the processor is judged by the memory of the instance, whatever GPUs there are', () => {
  const both = gpu('ml.both', 96, 1, { memoryGiB: 16 });
  expect(memoryFit(16, 'NONE', both, CATALOGUE)).toEqual([]);
  expect(memoryFit(17, 'NONE', both, CATALOGUE)).toEqual([
    expect.objectContaining({
      message: "'memoryRequired' is 17 GiB, and ml.both has 16 GiB of memory for everything, 1 GiB too little",
      fix: 'use ml.memory (512 GiB, about $0.10 an hour in us-east-1)',
    }),
  ]);
});

test('a model on Inferentia is not judged: how much memory its devices have is not documented', () => {
  expect(memoryFit(9999, 'NEURON', hardware('ml.inf', { accelerator: 'NEURON', accelerators: 1 }), CATALOGUE)).toEqual(
    [],
  );
});

test('an image for GPUs is refused where there are none, with the two cheapest types that have some', () => {
  expect(acceleratorMissing('GPU', hardware('ml.memory'), CATALOGUE)).toEqual([
    expect.objectContaining({
      id: 'instance-accelerator',
      message: 'the image needs GPUs, and ml.memory has no accelerator',
      fix: 'use ml.small (1 x NVIDIA X, about $1.00 an hour in us-east-1) or ml.cheap (1 x NVIDIA X, about $2.00 an hour in us-east-1)',
    }),
  ]);
  expect(acceleratorMissing('NEURON', SMALL, CATALOGUE)[0].message).toBe(
    'the image needs AWS Inferentia or Trainium, and ml.small has GPUs',
  );
});

test('an image that needs nothing runs anywhere, and one for GPUs where there are some', () => {
  expect(acceleratorMissing('NONE', SMALL, CATALOGUE)).toEqual([]);
  expect(acceleratorMissing('GPU', SMALL, CATALOGUE)).toEqual([]);
});

test('an image for the other architecture is refused', () => {
  const arm = hardware('ml.arm', { architecture: 'arm64' });
  expect(architectureMismatch('x86_64', arm)).toEqual([
    expect.objectContaining({
      id: 'instance-architecture',
      message: 'the image is for x86_64, and ml.arm is arm64',
      fix: expect.stringContaining('ml.m7i') as string,
    }),
  ]);
  expect(architectureMismatch('arm64', hardware('ml.intel'))[0].fix).toContain('ml.c7g');
  expect(architectureMismatch('arm64', arm)).toEqual([]);
  expect(architectureMismatch(undefined, arm)).toEqual([]);
});

test('an instance with disks of its own takes neither the size nor the key of a volume', () => {
  const disks = hardware('ml.disks', { localStorageGB: 450 });
  expect(volumeOnLocalDisks({ size: true, key: true }, disks).map(({ id }) => id)).toEqual([
    'instance-volume-size',
    'instance-volume-key',
  ]);
  expect(volumeOnLocalDisks({ size: true, key: false }, disks)[0].message).toBe(
    "'volumeSize' is given, and ml.disks has 450 GB of disks of its own and takes no other",
  );
  expect(volumeOnLocalDisks({ size: false, key: true }, disks).map(({ id }) => id)).toEqual(['instance-volume-key']);
  expect(volumeOnLocalDisks({ size: false, key: false }, disks)).toEqual([]);
});

test('an instance without disks takes both', () => {
  expect(volumeOnLocalDisks({ size: true, key: true }, hardware('ml.plain'))).toEqual([]);
});
