import { start } from '../predict/start';
import { modelScorer } from './model-scorer';
import type { Scorer } from './ports';

/** The model that is in the function: from the asset or a layer it is there when this returns, within the init phase. */
export function openModel(
  root: string,
  environment: NodeJS.ProcessEnv,
  tensorBatch: number,
): () => Scorer | Promise<Scorer> {
  const { predictor } = start(root, environment);
  let scorer: Scorer | undefined;
  return () => {
    if (scorer !== undefined) {
      return scorer;
    }
    const ready = predictor();
    return ready instanceof Promise
      ? ready.then((opened) => (scorer ??= modelScorer(opened, tensorBatch)))
      : (scorer = modelScorer(ready, tensorBatch));
  };
}
