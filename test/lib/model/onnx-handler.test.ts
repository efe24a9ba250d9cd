/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- templates and documents are read as plain data */
import { closeSync, ftruncateSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Lazy, Size, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { ServedModel } from '../../../lambda/predict/contract';
import { ModelArtifact, type ModelExample, ServerlessInference, type ServerlessInferenceProps } from '../../../lib';
import { isFetchedAtStart, MAX_BUNDLED_MODEL_BYTES } from '../../../lib/model/onnx-handler';
import { DIGEST, TINY_FILE, tinyModel } from '../../fakes/models';
import { identityStatements } from '../../helpers/statements';
import { named, plain, testApp } from '../../helpers/synth';

const folder = mkdtempSync(path.join(tmpdir(), 'large-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file of zeros that takes no room. */
function sparse(name: string, bytes: number): string {
  const file = path.join(folder, name);
  const descriptor = openSync(file, 'w');
  ftruncateSync(descriptor, bytes);
  closeSync(descriptor);
  return file;
}

function deployed(
  artifact: (stack: Stack) => ModelArtifact,
  props: Partial<ServerlessInferenceProps> = {},
  examples?: ModelExample[],
) {
  const app = testApp();
  const stack = new Stack(app, 'Stack');
  new ServerlessInference(stack, 'Fraud', { model: tinyModel({ artifact: artifact(stack), examples }), ...props });
  const template = plain(stack);
  const fn = named(template, /^FraudFunction[0-9A-F]{8}$/).Properties!;
  const asset = path.join(app.outdir, `asset.${String(fn.Code.S3Key).replace('.zip', '')}`);
  const served = JSON.parse(readFileSync(path.join(asset, 'model.json'), 'utf8')) as ServedModel;
  const statements = identityStatements(template).filter(({ owner }) => /^FraudRole/.test(owner));
  return {
    stack,
    template,
    fn,
    asset,
    served,
    reads: statements.filter(({ actions }) => actions.some((action) => /^(s3|kms):/.test(action))),
  };
}

test('a file travels in the bundle, with a compiled validator, and needs no permission', () => {
  const { fn, asset, served, reads } = deployed(() => ModelArtifact.fromAsset(TINY_FILE));
  expect(readdirSync(asset)).toEqual(expect.arrayContaining(['index.js', 'model.json', 'model.onnx', 'validate.js']));
  expect(served).toMatchObject({
    name: 'fraud',
    version: '1.4.0',
    sha256: ModelArtifact.fromAsset(TINY_FILE).sha256,
    artifact: { source: 'bundle', path: 'model.onnx' },
    input: {
      kind: 'record',
      fields: [
        { name: 'amount', type: 'number' },
        { name: 'age', type: 'integer' },
      ],
    },
    maxInstances: 1000,
  });
  expect(fn.Environment).toBeUndefined();
  expect(fn.Layers).toHaveLength(1);
  expect(reads).toEqual([]);
});

test("the handler warms up with the model's first example", () => {
  expect(
    deployed(() => ModelArtifact.fromAsset(TINY_FILE), {}, [{ input: { amount: 3, age: 40 } }]).served.warmUp,
  ).toEqual({ amount: 3, age: 40 });
  expect(deployed(() => ModelArtifact.fromAsset(TINY_FILE)).served.warmUp).toBeUndefined();
});

test('an object of a bucket is fetched at start, and only it may be read', () => {
  const { fn, served, reads, template } = deployed((stack) =>
    ModelArtifact.fromBucket(new s3.Bucket(stack, 'Models'), 'fraud/1.onnx', {
      sha256: DIGEST,
      objectVersion: 'v7',
      size: Size.mebibytes(20),
    }),
  );
  const bucket = Object.keys(template.Resources).find((id) => /^Models/.test(id))!;
  expect(fn.Environment).toEqual({
    Variables: { MODEL_BUCKET: { Ref: bucket }, MODEL_KEY: 'fraud/1.onnx', MODEL_OBJECT_VERSION: 'v7' },
  });
  expect(served.artifact).toMatchObject({ source: 's3' });
  expect(reads).toEqual([
    expect.objectContaining({
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      resources: [{ 'Fn::Join': ['', [{ 'Fn::GetAtt': [bucket, 'Arn'] }, '/fraud/1.onnx']] }],
    }),
  ]);
});

test('an encrypted bucket may be read too', () => {
  const { reads } = deployed((stack) => {
    const encryptionKey = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/1');
    return ModelArtifact.fromBucket(
      s3.Bucket.fromBucketAttributes(stack, 'Models', { bucketName: 'models', encryptionKey }),
      '1.onnx',
      { sha256: DIGEST },
    );
  });
  expect(reads).toContainEqual(
    expect.objectContaining({ actions: ['kms:Decrypt'], resources: ['arn:aws:kms:eu-west-1:111122223333:key/1'] }),
  );
});

test('without a version of the object none is named', () => {
  expect(
    deployed((stack) =>
      ModelArtifact.fromBucket(s3.Bucket.fromBucketName(stack, 'B', 'models'), '1.onnx', { sha256: DIGEST }),
    ).fn.Environment.Variables.MODEL_OBJECT_VERSION,
  ).toBeUndefined();
});

test('a layer comes beside that of the runtime, and needs no permission', () => {
  const arn = 'arn:aws:lambda:eu-west-1:111122223333:layer:model:1';
  const { fn, served, reads } = deployed((stack) =>
    ModelArtifact.fromLayer(lambda.LayerVersion.fromLayerVersionArn(stack, 'Layer', arn), 'models/fraud.onnx', {
      sha256: DIGEST,
      size: Size.mebibytes(5),
    }),
  );
  expect(fn.Layers).toHaveLength(2);
  expect(fn.Layers).toEqual(expect.arrayContaining([{ Ref: expect.stringMatching(/^OnnxRuntimearm64/) }, arn]));
  expect(served.artifact).toEqual({ source: 'layer', path: 'models/fraud.onnx' });
  expect(fn.Environment).toBeUndefined();
  expect(reads).toEqual([]);
});

test('the layer of the runtime is that of the architecture', () => {
  const { fn } = deployed(() => ModelArtifact.fromAsset(TINY_FILE), { architecture: lambda.Architecture.X86_64 });
  expect(fn.Layers).toEqual([{ Ref: expect.stringMatching(/^OnnxRuntimex64/) }]);
  expect(fn.Architectures).toEqual(['x86_64']);
});

test('from 150 MiB on a file is an asset of its own, fetched at start', () => {
  expect(MAX_BUNDLED_MODEL_BYTES).toBe(150 * 1024 * 1024);
  const fits = tinyModel({ artifact: ModelArtifact.fromAsset(sparse('fits.onnx', MAX_BUNDLED_MODEL_BYTES)) });
  const large = tinyModel({ artifact: ModelArtifact.fromAsset(sparse('large.onnx', MAX_BUNDLED_MODEL_BYTES + 1)) });
  expect([isFetchedAtStart(fits), isFetchedAtStart(large)]).toEqual([false, true]);
});

test('such an asset may be read and nothing else of the bucket, and there is room and time for it', () => {
  const file = sparse('large.onnx', 200 * 1024 * 1024);
  const { fn, served, reads, asset } = deployed(() => ModelArtifact.fromAsset(file));
  expect(readdirSync(asset)).not.toContain('model.onnx');
  expect(served).toMatchObject({ sha256: ModelArtifact.fromAsset(file).sha256, artifact: { source: 's3' } });
  const { MODEL_BUCKET: bucket, MODEL_KEY: key } = fn.Environment.Variables;
  expect(bucket).toEqual({ 'Fn::Sub': expect.stringContaining('cdk-hnb659fds-assets-') });
  expect(key).toMatch(/^[0-9a-f]{64}\.onnx$/);
  expect(reads).toEqual([
    expect.objectContaining({ actions: ['s3:GetObject', 's3:GetObjectVersion'], resources: [expect.anything()] }),
  ]);
  expect(JSON.stringify(reads[0].resources)).toMatch(new RegExp(`/${key}"`));
  expect([fn.Timeout, fn.EphemeralStorage]).toEqual([14, { Size: 768 }]);
});

test('a key of the bucket that is known only at deployment stays out of the bundle, whose bytes would otherwise vary', () => {
  const { served } = deployed((stack) =>
    ModelArtifact.fromBucket(
      s3.Bucket.fromBucketName(stack, 'B', 'models'),
      Lazy.string({ produce: () => 'a/1.onnx' }),
      { sha256: DIGEST },
    ),
  );
  expect(JSON.stringify(served)).not.toContain('Token');
});

test('a mistake in the schema is found at synthesis', () => {
  const stack = new Stack(testApp(), 'Stack');
  const model = tinyModel({ schema: { type: 'object', properties: { a: { type: 'number', minimun: 0 } } } });
  expect(() => new ServerlessInference(stack, 'Fraud', { model })).toThrow(
    /the input schema is not valid: strict mode: unknown keyword: "minimun"/,
  );
  expect(() => Template.fromStack(stack)).not.toThrow();
});
