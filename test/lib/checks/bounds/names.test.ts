import {
  endpointNameFaults,
  modelName,
  modelVersion,
  sha256Digest,
  variantNameFaults,
} from '../../../../lib/checks/bounds/names';

test.each(['a', 'A9', 'a-b', 'a--b', 'a'.repeat(63), '9lives'])('model name %p is accepted', (name) => {
  expect(modelName(name)).toEqual([]);
});

test.each(['', '-a', 'a-', 'a_b', 'a.b', 'ä', 'a b', 'a'.repeat(64), 'a\n'])('model name %p is refused', (name) => {
  expect(modelName(name)).toEqual([expect.objectContaining({ id: 'model-name' })]);
});

test.each(['1', '1.4.0', 'v1+build_2-rc.1', '1'.repeat(64)])('version %p is accepted', (version) => {
  expect(modelVersion(version)).toEqual([]);
});

test.each(['', '.1', '-1', '1 0', '1/0', '1'.repeat(65), '1\n'])('version %p is refused', (version) => {
  expect(modelVersion(version)).toEqual([expect.objectContaining({ id: 'model-version' })]);
});

test('a digest is 64 lower-case hexadecimal digits', () => {
  expect(sha256Digest('0123456789abcdef'.repeat(4))).toEqual([]);
});

test.each(['', 'a'.repeat(63), 'a'.repeat(65), 'A'.repeat(64), 'g'.repeat(64), `sha256:${'a'.repeat(64)}`])(
  'digest %p is refused',
  (digest) => {
    expect(sha256Digest(digest)).toEqual([expect.objectContaining({ id: 'artifact-digest' })]);
  },
);

test.each([
  ['endpoint-name', 'endpointName', endpointNameFaults],
  ['variant-name', 'variantName', variantNameFaults],
] as const)('a %s keeps to what SageMaker allows', (id, subject, faults) => {
  for (const name of ['a', 'A9', 'a--b', 'a'.repeat(63)]) {
    expect(faults(name)).toEqual([]);
  }
  for (const name of ['', '-a', 'a-', 'a_b', 'a/b', 'a'.repeat(64)]) {
    expect(faults(name)).toMatchObject([{ id, message: expect.stringContaining(`'${subject}'`) as string }]);
  }
});
