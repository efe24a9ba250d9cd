import * as path from 'node:path';
import { InputSchema, Model, ModelArtifact, type ModelExample, type OnnxModel } from '../../lib';

/** A file that is no model: synthesis never runs what it deploys. */
export const TINY_FILE = path.join(__dirname, 'tiny.onnx');

export const DIGEST = 'ab'.repeat(32);

export const TINY_SCHEMA = {
  type: 'object',
  properties: { amount: { type: 'number', minimum: 0 }, age: { type: 'integer', minimum: 18, maximum: 99 } },
};

export interface ModelOverrides {
  readonly name?: string;
  readonly version?: string;
  readonly artifact?: ModelArtifact;
  readonly schema?: unknown;
  readonly examples?: ModelExample[];
}

export function tinyModel(overrides: ModelOverrides = {}): OnnxModel {
  return Model.fromOnnx({
    name: overrides.name ?? 'fraud',
    version: overrides.version ?? '1.4.0',
    artifact: overrides.artifact ?? ModelArtifact.fromAsset(TINY_FILE),
    input: InputSchema.fromJsonSchema(overrides.schema ?? TINY_SCHEMA),
    examples: overrides.examples,
  });
}
