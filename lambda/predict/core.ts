import type { Batch } from './batch';
import type { ServedModel } from './contract';
import { ModelError, RequestError } from './errors';
import type { OnnxSession } from './onnx-session';
import { type EachPrediction, predictEach } from './predict-each';
import { readPredictions } from './predictions';
import { planTensors, type Feeds } from './tensors';
import { validateBatch, type Validator } from './validate';

export interface Prediction {
  readonly predictions: readonly unknown[];
  /** Time inside ONNX Runtime. */
  readonly modelMilliseconds: number;
}

/** A model that is ready to answer. */
export interface Predictor {
  readonly model: ServedModel;
  readonly session: OnnxSession;
  predict(batch: Batch): Prediction;
  /** Answers each instance by itself: one that is at fault, or at which the model fails, leaves the others as they are. */
  predictEach(instances: readonly unknown[]): EachPrediction;
  /**
   * Runs the model once, so that the first caller does not pay for memory and code that are set up lazily. Answers whether the
   * run succeeded: where no instance is known, the one that is tried may fail.
   */
  warmUp(): boolean;
}

/** Joins model, validator and session. Throws a StartError when the session cannot take what the schema describes. */
export function createPredictor(model: ServedModel, validator: Validator, session: OnnxSession): Predictor {
  const plan = planTensors(model.input, session.inputs);

  const predict = (batch: Batch): Prediction => {
    const rows = batch.instances.length;
    if (rows > model.maxInstances) {
      throw new RequestError(
        'TOO_LARGE',
        `${rows} instances in one request, at most ${model.maxInstances} are allowed`,
      );
    }
    validateBatch(batch, validator);
    const feeds = plan.build(batch);
    const started = performance.now();
    const results = run(session, feeds);
    const modelMilliseconds = performance.now() - started;
    return { predictions: readPredictions(session.outputs, results, rows), modelMilliseconds };
  };

  const warmUp = (): boolean => {
    if (model.warmUp !== undefined) {
      predict({ instances: [structuredClone(model.warmUp)], bare: true });
      return true;
    }
    try {
      session.run(plan.zeros());
      return true;
    } catch {
      // Zeros need not be valid input (a model may look up a string in its vocabulary): then nothing is warm, and nothing is wrong.
      return false;
    }
  };

  const each = { plan, validator, outputs: session.outputs, run: (feeds: Feeds) => run(session, feeds) };
  return { model, session, predict, predictEach: (instances) => predictEach(instances, each), warmUp };
}

function run(session: OnnxSession, feeds: Feeds): ReturnType<OnnxSession['run']> {
  try {
    return session.run(feeds);
  } catch (cause) {
    throw new ModelError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
