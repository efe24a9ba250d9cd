import type { Construct } from 'constructs';
import type { OnnxModel } from '../model/model';
import type { BoundEngine, EngineSurroundings } from './bound-engine';
import { chooseEngine } from './engine-choice';

/** Sets up the engine of a batch: the given one, or the one that suits the model. */
export function bindEngine(
  scope: Construct,
  surroundings: EngineSurroundings,
): { readonly engine: BoundEngine; readonly why: string } {
  const { model, engine: given } = surroundings.props;
  const { chosen, why } =
    given === undefined
      ? chooseEngine(model)
      : { chosen: given, why: given._functions === undefined ? 'transform jobs, as given' : 'functions, as given' };
  if (chosen._functions !== undefined) {
    // Each engine is loaded on demand: an app without one need not wait for it.
    const { bindFunctions } = require('./function-engine') as typeof import('./function-engine');
    return { engine: bindFunctions(scope, model as OnnxModel, chosen._functions, surroundings), why };
  }
  const { bindTransformJobs } = require('./transform-job-engine') as typeof import('./transform-job-engine');
  const engine = bindTransformJobs(scope, model, chosen._transformJobs!, surroundings);
  return { engine, why: `${why}; ${engine.instanceChoice}` };
}
