import type { Predictor } from '../../../lambda/predict/core';
import { start } from '../../../lambda/predict/start';
import { type ServedModelOptions, writeAsset } from '../served-model';

/** A model of the tests in ONNX Runtime. Its files go with `removeAssets`. */
export function predictorOf(options: ServedModelOptions, maxInstances?: number): Predictor {
  const model = { ...options.model, ...(maxInstances === undefined ? {} : { maxInstances }) };
  return start(writeAsset({ ...options, model }), {}).predictor() as Predictor;
}
