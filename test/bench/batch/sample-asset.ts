import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { breastCancerModel } from '../../../bin/sample/breast-cancer';
import type { Predictor } from '../../../lambda/predict/core';
import { MODEL_FILE, type ServedModel, VALIDATOR_FILE } from '../../../lambda/predict/contract';
import { start } from '../../../lambda/predict/start';

/** The model of the sample app in ONNX Runtime, from the files of a function of one core. */
export function samplePredictor(folder: string): Predictor {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const model = breastCancerModel('2.0.0');
  const served: ServedModel = {
    name: model.name,
    version: model.version,
    sha256: model.sha256,
    artifact: { source: 'bundle', path: 'model.onnx' },
    input: model.input._layout,
    maxInstances: 1000,
    warmUp: model.examples[0].input,
  };
  copyFileSync(model.artifact._location.file!, join(folder, 'model.onnx'));
  writeFileSync(join(folder, MODEL_FILE), JSON.stringify(served));
  writeFileSync(join(folder, VALIDATOR_FILE), model.input._validator.source);
  return start(folder, {}).predictor() as Predictor;
}
