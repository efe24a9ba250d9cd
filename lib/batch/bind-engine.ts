import type { Construct } from 'constructs';
import type { OnnxModel } from '../model/model';
import type { BoundEngine, EngineSurroundings } from './bound-engine';
import { chooseEngine } from './engine-choice';
import { bindFunctions } from './function-engine';
import { bindTransformJobs } from './transform-job-engine';

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
    return { engine: bindFunctions(scope, model as OnnxModel, chosen._functions, surroundings), why };
  }
  const engine = bindTransformJobs(scope, model, chosen._transformJobs!, surroundings);
  return { engine, why: `${why}; ${engine.instanceChoice}` };
}
