import type { Predictor } from '../../lambda/predict/core';
import { openPredictor, readModel, verified } from '../../lambda/predict/open-predictor';
import { locateArtifact } from './locate-artifact';

/** How long a model takes; absent where there is no instance to try it with. */
export interface ModelSpeed {
  readonly loadMilliseconds: number;
  /** For one instance, when everything is warm. */
  readonly runMilliseconds: number;
}

export interface OpenedModel {
  readonly predictor: Predictor;
  readonly speed: ModelSpeed | undefined;
}

const MAX_TRIALS = 20;
const MAX_TRIAL_MILLISECONDS = 50;

/** Verifies, loads and warms up the model that is served from this folder, and measures it. */
export function openModel(root: string, modelFolder: string, threads: number): OpenedModel {
  const started = performance.now();
  const model = readModel(root);
  const predictor = openPredictor(model, verified(model, locateArtifact(model, root, modelFolder)), root, threads);
  const loadMilliseconds = performance.now() - started;
  const runMilliseconds = quickestRun(predictor);
  return { predictor, speed: runMilliseconds === undefined ? undefined : { loadMilliseconds, runMilliseconds } };
}

/** The quickest of a few: whatever else the machine does while it starts can only make a run slower. */
function quickestRun(predictor: Predictor): number | undefined {
  const begin = performance.now();
  let quickest: number | undefined;
  for (let trial = 0; trial < MAX_TRIALS && performance.now() - begin < MAX_TRIAL_MILLISECONDS; trial++) {
    const started = performance.now();
    if (!predictor.warmUp()) {
      return undefined;
    }
    quickest = Math.min(quickest ?? Infinity, performance.now() - started);
  }
  return quickest;
}
