import { Lazy } from 'aws-cdk-lib';
import { InputSchema, Model, ModelArtifact } from '../../../lib';
import { tinyModel, TINY_FILE, TINY_SCHEMA } from '../../fakes/models';

test('a model is what it was given', () => {
  const artifact = ModelArtifact.fromAsset(TINY_FILE);
  const input = InputSchema.fromJsonSchema(TINY_SCHEMA);
  const model = Model.fromOnnx({ name: 'fraud', version: '1.4.0', artifact, input });
  expect(model).toMatchObject({ name: 'fraud', version: '1.4.0', artifact, input });
  expect(model.identity).toBe(`fraud 1.4.0 (${model.sha256.slice(0, 8)})`);
});

test('there are no examples unless given, and they cannot be changed from outside', () => {
  expect(tinyModel().examples).toEqual([]);
  const model = tinyModel({ examples: [{ input: { amount: 1, age: 20 } }] });
  model.examples.pop();
  expect(model.examples).toHaveLength(1);
});

test('all faults come at once, with the model named', () => {
  const input = { amount: 1, age: 30 };
  expect(() =>
    tinyModel({
      name: '-',
      version: '',
      examples: [
        { input, tolerance: 1 },
        { input, tolerance: -1 },
      ],
    }),
  ).toThrow(
    /model '-' cannot be used[^]*model-name[^]*model-version[^]*'examples\[1\].tolerance' is -1[^]*example-tolerance/,
  );
});

test.each([0, 1e-9, 1e9])('a tolerance of %p is accepted', (tolerance) => {
  expect(tinyModel({ examples: [{ input: { amount: 1, age: 30 }, tolerance }] }).examples).toHaveLength(1);
});

test.each([NaN, Infinity])('a tolerance of %p is refused', (tolerance) => {
  expect(() => tinyModel({ examples: [{ input: { amount: 1, age: 30 }, tolerance }] })).toThrow(/example-tolerance/);
});

test.each(['name', 'version'])(
  'a %s that is known only at deployment is refused: it becomes part of a file',
  (prop) => {
    expect(() => tinyModel({ [prop]: Lazy.string({ produce: () => 'x' }) })).toThrow(new RegExp(`model-${prop}`));
  },
);

test('an example that its own schema does not admit is refused: the smoke test would fail every rollout', () => {
  expect(() => tinyModel({ examples: [{ input: { amount: -1, age: 30 } }] })).toThrow(/examples\[0\].input/);
});
