import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODEL_FILE, VALIDATOR_FILE, type ServedModel } from './contract';
import { createPredictor, type Predictor } from './core';
import { checkDigest, digestFile } from './digest';
import { StartError } from './errors';
import { openSession } from './onnx-session';
import { createValidator, type ValidatorFactory } from './validator-modules';

/** Which model is served from the asset in this folder. */
export function readModel(root: string): ServedModel {
  const path = join(root, MODEL_FILE);
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ServedModel;
  } catch (cause) {
    throw new StartError(`cannot read ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** The path of an artifact that lies on this machine, once its digest is known to be the one that was deployed. */
export function verified(model: ServedModel, artifact: string): string {
  if (!existsSync(artifact)) {
    throw new StartError(`the artifact of model ${model.name} ${model.version} is missing: ${artifact} does not exist`);
  }
  checkDigest(model, digestFile(artifact));
  return artifact;
}

/** Loads a verified artifact, and answers the model's warm-up instance. */
export function openPredictor(model: ServedModel, artifact: string, root: string, threads: number): Predictor {
  const validator = createValidator(require(join(root, VALIDATOR_FILE)) as ValidatorFactory);
  const session = openSession(artifact, threads);
  try {
    const predictor = createPredictor(model, validator, session);
    predictor.warmUp();
    return predictor;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const what = cause instanceof StartError ? message : `its warm-up instance fails: ${message}`;
    throw new StartError(`model ${model.name} ${model.version} cannot be served: ${what}`, { cause });
  }
}
