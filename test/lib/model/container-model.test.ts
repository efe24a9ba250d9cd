import { Lazy, Size } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ContainerModel, type ContainerModelProps, InputSchema, Model, ModelArtifact } from '../../../lib';
import { DIGEST, TINY_FILE, TINY_SCHEMA } from '../../fakes/models';
import { FakeImage } from '../../fakes/serving-image';
import { testStack } from '../../helpers/synth';

const bucket = () => s3.Bucket.fromBucketName(testStack(), 'Bucket', 'models');

const chat = (props: Partial<ContainerModelProps> = {}) =>
  Model.fromContainer({ name: 'chat', version: '7b-2', image: new FakeImage(), ...props });

test('a model is what it was given', () => {
  const given = {
    image: new FakeImage(),
    artifact: ModelArtifact.fromBucket(bucket(), 'chat/7b-2/'),
    input: InputSchema.fromJsonSchema(TINY_SCHEMA),
    environment: { LOG_LEVEL: 'info' },
    memoryRequired: Size.gibibytes(17),
    examples: [{ input: { amount: 1, age: 30 } }],
  };
  const model = chat(given);
  expect(model).toBeInstanceOf(ContainerModel);
  expect(model).toMatchObject({ name: 'chat', version: '7b-2', identity: 'chat 7b-2', ...given });
});

test('with the fewest props there is an image and nothing else', () => {
  const model = chat();
  expect([model.artifact, model.input, model.memoryRequired, model.environment, model.examples]).toEqual([
    undefined,
    undefined,
    undefined,
    {},
    [],
  ]);
});

test('neither examples nor environment can be changed from outside', () => {
  const environment: Record<string, string> = { A: '1' };
  const model = chat({ environment });
  environment.A = '2';
  model.environment.A = '3';
  expect(model.environment).toEqual({ A: '1' });
});

test('two versions of one name are two models', () => {
  expect(chat({ version: '1' }).identity).not.toBe(chat({ version: '2' }).identity);
});

test('all faults come at once, with the model named', () => {
  expect(() =>
    chat({
      name: '-',
      version: '',
      environment: { '1': 'x' },
      memoryRequired: Size.bytes(0),
      examples: [{ input: 1, tolerance: -1 }],
    }),
  ).toThrow(
    /model '-' cannot be used[^]*model-name[^]*model-version[^]*environment-name[^]*model-memory[^]*example-tolerance/,
  );
});

test('an example is held against the schema where there is one', () => {
  const examples = [{ input: { amount: -1, age: 30 } }];
  expect(() => chat({ examples, input: InputSchema.fromJsonSchema(TINY_SCHEMA) })).toThrow(/examples\[0\].input/);
  expect(chat({ examples }).examples).toEqual(examples);
});

test('a size and values that are known only at deployment pass', () => {
  const memoryRequired = Size.gibibytes(Lazy.number({ produce: () => 0 }));
  const token = Lazy.string({ produce: () => 'x'.repeat(2000) });
  expect(chat({ memoryRequired, environment: { A: token } }).environment).toEqual({ A: token });
});

test('an artifact in a layer is refused: no container reaches it', () => {
  const layer = lambda.LayerVersion.fromLayerVersionArn(
    testStack(),
    'Layer',
    'arn:aws:lambda:eu-west-1:111122223333:layer:model:1',
  );
  const artifact = ModelArtifact.fromLayer(layer, 'model', { sha256: DIGEST, size: Size.mebibytes(1) });
  expect(() => chat({ artifact })).toThrow(/artifact-container-layer/);
});

test('a file that is no archive is refused, with how to pack it', () => {
  expect(() => chat({ artifact: ModelArtifact.fromAsset(TINY_FILE) })).toThrow(/tar -czf model.tar.gz/);
});

test('a version and a digest are refused: SageMaker heeds neither', () => {
  const artifact = ModelArtifact.fromBucket(bucket(), 'chat.tar.gz', { sha256: DIGEST, objectVersion: 'v7' });
  expect(() => chat({ artifact })).toThrow(/artifact-container-version[^]*artifact-container-digest/);
});

test('a model in the ONNX format needs one file with a digest', () => {
  const onnx = (artifact: ModelArtifact) =>
    Model.fromOnnx({ name: 'a', version: '1', artifact, input: InputSchema.fromJsonSchema(TINY_SCHEMA) });
  expect(() => onnx(ModelArtifact.fromBucket(bucket(), 'fraud/'))).toThrow(/artifact-onnx-prefix/);
  expect(() => onnx(ModelArtifact.fromBucket(bucket(), 'fraud.onnx'))).toThrow(/artifact-onnx-digest/);
  const model = onnx(ModelArtifact.fromBucket(bucket(), 'fraud.onnx', { sha256: DIGEST }));
  expect([model.sha256, model.size.toMebibytes()]).toEqual([DIGEST, 256]);
});
