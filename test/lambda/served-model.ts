import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MODEL_FILE, VALIDATOR_FILE, type ServedInput, type ServedModel } from '../../lambda/predict/contract';
import { compileValidator } from '../../lib/model/compile-validator';

/** What a test serves; everything else is filled in. */
export interface ServedModelOptions {
  readonly artifact: Buffer;
  readonly schema: unknown;
  readonly input: ServedInput;
  readonly model?: Partial<ServedModel>;
}

const folders: string[] = [];

/** Writes the files of a function's asset into a folder of their own, as the construct does. */
export function writeAsset({ artifact, schema, input, model = {} }: ServedModelOptions): string {
  const root = mkdtempSync(join(tmpdir(), 'predict-'));
  folders.push(root);
  const served: ServedModel = {
    name: 'test-model',
    version: '1.2.3',
    sha256: createHash('sha256').update(artifact).digest('hex'),
    artifact: { source: 'bundle', path: 'model.onnx' },
    input,
    maxInstances: 5,
    ...model,
  };
  writeFileSync(join(root, 'model.onnx'), artifact);
  writeFileSync(join(root, MODEL_FILE), JSON.stringify(served));
  writeFileSync(join(root, VALIDATOR_FILE), compileValidator(schema).source);
  return root;
}

/** Removes what {@link writeAsset} wrote. */
export function removeAssets(): void {
  for (const folder of folders.splice(0)) {
    rmSync(folder, { recursive: true, force: true });
  }
}
