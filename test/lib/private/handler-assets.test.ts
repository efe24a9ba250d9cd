/* eslint-disable @typescript-eslint/no-unsafe-member-access -- templates and documents are read as plain data */
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import {
  type AddedFile,
  handlerCode,
  HANDLER_ENTRY,
  handlerRuntime,
  onnxRuntimeLayer,
} from '../../../lib/private/handler-assets';
import { TINY_FILE } from '../../fakes/models';
import { ofType, plain, testApp, testStack } from '../../helpers/synth';

function deployed(files: { [name: string]: AddedFile }): { hash: string; folder: string } {
  const app = testApp();
  const stack = new Stack(app, 'Stack');
  new lambda.Function(stack, 'F', {
    runtime: handlerRuntime(),
    handler: HANDLER_ENTRY,
    code: handlerCode('predict', files),
  });
  const [[, fn]] = ofType(plain(stack), 'AWS::Lambda::Function');
  const hash = String(fn.Properties!.Code.S3Key).replace('.zip', '');
  return { hash, folder: path.join(app.outdir, `asset.${hash}`) };
}

test('the asset is the bundle with the added files beside it', () => {
  const { folder } = deployed({ 'a.json': { text: '{}' }, 'model.onnx': { copyOf: TINY_FILE, sha256: 'x' } });
  expect(readdirSync(folder)).toEqual(expect.arrayContaining(['index.js', 'a.json', 'model.onnx']));
  expect(readFileSync(path.join(folder, 'a.json'), 'utf8')).toBe('{}');
  expect(readFileSync(path.join(folder, 'model.onnx'))).toEqual(readFileSync(TINY_FILE));
});

test('the hash follows names and content of the added files, and nothing else', () => {
  const base = deployed({ a: { text: '1' } }).hash;
  expect(deployed({ a: { text: '1' } }).hash).toBe(base);
  expect(deployed({ a: { text: '2' } }).hash).not.toBe(base);
  expect(deployed({ b: { text: '1' } }).hash).not.toBe(base);
  expect(deployed({ a: { copyOf: TINY_FILE, sha256: '1' } }).hash).toBe(base);
});

test('one layer per stack and architecture', () => {
  const stack = testStack();
  const layers = [lambda.Architecture.ARM_64, lambda.Architecture.ARM_64, lambda.Architecture.X86_64].map(
    (architecture) => onnxRuntimeLayer(stack, architecture),
  );
  expect(layers[0]).toBe(layers[1]);
  expect(layers[0]).not.toBe(layers[2]);
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::Lambda::LayerVersion', 2);
  template.hasResourceProperties('AWS::Lambda::LayerVersion', { CompatibleArchitectures: ['arm64'] });
  template.hasResourceProperties('AWS::Lambda::LayerVersion', { CompatibleArchitectures: ['x86_64'] });
});

test('two stacks have a layer each', () => {
  const app = testApp();
  const [a, b] = ['A', 'B'].map((id) => onnxRuntimeLayer(new Stack(app, id), lambda.Architecture.ARM_64));
  expect(a).not.toBe(b);
});

test('an architecture is known by its name, not by which object says it', () => {
  const stack = testStack();
  onnxRuntimeLayer(stack, lambda.Architecture.custom('arm64'));
  expect(stack.node.tryFindChild('OnnxRuntime-arm64')).toBeDefined();
});
