import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Fn, Lazy, Size } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ModelArtifact } from '../../../lib';
import { DIGEST, TINY_FILE } from '../../fakes/models';
import { testStack } from '../../helpers/synth';

const folder = mkdtempSync(path.join(tmpdir(), 'artifacts-'));
afterAll(() => rmSync(folder, { recursive: true }));

const bucket = () => s3.Bucket.fromBucketName(testStack(), 'Bucket', 'models');
const layer = () =>
  lambda.LayerVersion.fromLayerVersionArn(testStack(), 'Layer', 'arn:aws:lambda:eu-west-1:111122223333:layer:model:1');

test('a file has the digest and the size of its bytes', () => {
  const artifact = ModelArtifact.fromAsset(TINY_FILE);
  expect(artifact.sha256).toBe(createHash('sha256').update(readFileSync(TINY_FILE)).digest('hex'));
  expect(artifact.size!.toBytes()).toBe(readFileSync(TINY_FILE).length);
  expect(artifact._location).toEqual({ file: TINY_FILE });
});

test('a path may be relative to the working directory', () => {
  expect(ModelArtifact.fromAsset(path.relative(process.cwd(), TINY_FILE))._location.file).toBe(TINY_FILE);
});

test('a file that is not there, a folder and an empty file are refused', () => {
  const empty = path.join(folder, 'empty.onnx');
  writeFileSync(empty, '');
  expect(() => ModelArtifact.fromAsset('nowhere.onnx')).toThrow(
    /'nowhere.onnx' does not exist: .*relative to .*artifact-missing/,
  );
  expect(() => ModelArtifact.fromAsset(folder)).toThrow(/artifact-not-a-file/);
  expect(() => ModelArtifact.fromAsset(empty)).toThrow(/artifact-empty/);
});

test('an object of a bucket', () => {
  const there = bucket();
  const artifact = ModelArtifact.fromBucket(there, 'fraud/1.onnx', {
    sha256: DIGEST,
    objectVersion: 'v7',
    size: Size.mebibytes(30),
  });
  expect(artifact).toMatchObject({
    sha256: DIGEST,
    _location: { object: { bucket: there, key: 'fraud/1.onnx', version: 'v7' } },
  });
  expect(artifact.size!.toMebibytes()).toBe(30);
});

test('without options neither digest nor size is known, and the newest version is meant', () => {
  const artifact = ModelArtifact.fromBucket(bucket(), 'chat/7b/');
  expect([artifact.sha256, artifact.size, artifact._location.object!.version]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test.each(['', '/', '/models/fraud.onnx'])('the key %p is refused', (key) => {
  expect(() => ModelArtifact.fromBucket(bucket(), key)).toThrow(/artifact-key/);
});

test('a key that is known only at deployment passes', () => {
  const key = Lazy.string({ produce: () => '/x' });
  expect(ModelArtifact.fromBucket(bucket(), key)._location.object!.key).toBe(key);
});

test('a file of a layer', () => {
  const there = layer();
  const artifact = ModelArtifact.fromLayer(there, 'models/fraud.onnx', { sha256: DIGEST, size: Size.mebibytes(3) });
  expect(artifact).toMatchObject({ sha256: DIGEST, _location: { layer: { layer: there, path: 'models/fraud.onnx' } } });
});

test.each(['short', DIGEST.toUpperCase(), ''])('the digest %p is refused, with the object named', (sha256) => {
  expect(() => ModelArtifact.fromBucket(bucket(), 'fraud/1.onnx', { sha256 })).toThrow(
    /'s3:\/\/…\/fraud\/1.onnx' cannot be used.*\n.*artifact-digest/,
  );
  expect(() => ModelArtifact.fromLayer(layer(), 'fraud.onnx', { sha256, size: Size.mebibytes(1) })).toThrow(
    /'\/opt\/fraud.onnx' cannot be used/,
  );
});

test.each([
  ['an import', () => Fn.importValue('Digest')],
  ['a lazy value', () => Lazy.string({ produce: () => DIGEST })],
])('a digest that is known only at deployment (%s) is refused: it becomes part of a file', (_, token) => {
  expect(() => ModelArtifact.fromBucket(bucket(), 'fraud/1.onnx', { sha256: token() })).toThrow(/artifact-digest/);
});
