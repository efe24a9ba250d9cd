import {
  faultyTagOrDigest,
  hostForCuda,
  hostTooOld,
  imageInOtherRegion,
} from '../../../../lib/checks/bounds/serving-image';

const NEWEST = 'al2023-ami-sagemaker-inference-gpu-4-1';

// https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html
test.each(['12.8', '12.9', '13.0', '13.2'])('an image with CUDA %s needs the newest host', (cuda) => {
  expect(hostForCuda(cuda)).toBe(NEWEST);
});

test.each(['11.8', '12.2', '12.4', '12.7', undefined])('an image with CUDA %p runs on the default host', (cuda) => {
  expect(hostForCuda(cuda)).toBeUndefined();
});

test('a host that is too old is refused, with the one that is needed', () => {
  expect(hostTooOld('13.0', 'al2-ami-sagemaker-inference-gpu-3-1')).toEqual([
    expect.objectContaining({
      id: 'image-host-driver',
      message:
        "the image has CUDA 13.0, and the driver of the host 'al2-ami-sagemaker-inference-gpu-3-1' is too old for it",
      fix: `set 'inferenceAmiVersion' to '${NEWEST}'`,
    }),
  ]);
  expect(hostTooOld('12.8', undefined)[0].message).toContain("SageMaker's default host");
  expect(hostTooOld('13.0', NEWEST)).toEqual([]);
  expect(hostTooOld('12.4', undefined)).toEqual([]);
});

test.each(['1.4.0', 'latest', '_', 'a'.repeat(128), `sha256:${'0a'.repeat(32)}`])(
  '%p is a tag or a digest',
  (value) => {
    expect(faultyTagOrDigest(value)).toEqual([]);
  },
);

test.each(['', '.1', '-1', 'a b', 'a'.repeat(129), 'sha256:0a', `sha256:${'0A'.repeat(32)}`, 'a:b', '1\n'])(
  '%p is neither',
  (value) => {
    expect(faultyTagOrDigest(value)).toEqual([expect.objectContaining({ id: 'image-tag-or-digest' })]);
  },
);

test('an image of another region is refused', () => {
  expect(imageInOtherRegion('eu-west-1', 'eu-west-1')).toEqual([]);
  expect(imageInOtherRegion('us-east-1', 'eu-west-1')).toEqual([
    expect.objectContaining({ id: 'image-region', fix: 'replicate the repository to eu-west-1' }),
  ]);
});
