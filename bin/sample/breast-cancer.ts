import * as fs from 'fs';
import * as path from 'path';
import { InputSchema, Model, ModelArtifact, type ModelExample, type OnnxModel } from '../../lib';

const DIRECTORY = path.join(__dirname, 'models', 'breast-cancer');

/** The released versions of the model, and three faulty candidates that a rollout must stop. */
export const RELEASES = {
  '1.0.0': { file: 'v1.onnx', examples: 'examples-v1.json' },
  '2.0.0': { file: 'v2.onnx', examples: 'examples-v2.json' },
  /** Features in the wrong order: no errors, wrong answers. */
  '3.0.0-order': { file: 'bad-order.onnx', examples: 'examples-v2.json' },
  /** Fails on some rows. */
  '3.0.0-throws': { file: 'bad-throws.onnx', examples: 'examples-v2.json' },
  /** Right answers, far too late. */
  '3.0.0-slow': { file: 'bad-slow.onnx', examples: 'examples-v2.json' },
} as const;

export type Release = keyof typeof RELEASES;

/** The classifier of breast tumours, in one of its versions; see `models/breast-cancer/MODEL_CARD.md`. */
export function breastCancerModel(version: Release): OnnxModel {
  const { file, examples } = RELEASES[version];
  return Model.fromOnnx({
    name: 'breast-cancer',
    version,
    artifact: ModelArtifact.fromAsset(path.join(DIRECTORY, file)),
    input: InputSchema.fromJsonSchema(readJson('input-schema.json')),
    examples: readJson(examples) as ModelExample[],
  });
}

/** The held-out rows with their labels, as CSV text. */
export function heldOutRows(): string {
  return fs.readFileSync(path.join(DIRECTORY, 'holdout.csv'), 'utf8');
}

function readJson(file: string): unknown {
  return JSON.parse(fs.readFileSync(path.join(DIRECTORY, file), 'utf8'));
}
