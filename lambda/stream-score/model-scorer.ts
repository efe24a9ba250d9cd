import type { Predictor } from '../predict/core';
import type { InstanceFault } from '../predict/predict-each';
import { type Reason, REASONS } from '../stream/contract';
import type { Deadline, Fault, Scorer, Scores } from './ports';

const REASON_OF: Readonly<Record<InstanceFault['kind'], Reason>> = {
  invalid: REASONS.invalid,
  modelFailed: REASONS.modelFailed,
  notFinite: REASONS.notFinite,
};

/** Predicts with the model that is in the function, so many instances at a time, and fewer where the time does not do for them. */
export function modelScorer(predictor: Predictor, tensorBatch: number): Scorer {
  const { name, version, input } = predictor.model;
  // What one instance took when it was last measured, also by an earlier invocation. A model of which nothing is known is tried on
  // one: an invocation that is ended for its time has done nothing, and would be repeated with the same records.
  let pace: number | undefined;

  const score = (instances: readonly unknown[], deadline: Deadline): Scores => {
    const predictions: unknown[] = [];
    const faults = new Map<number, Fault>();
    let modelMilliseconds = 0;
    let left = deadline.remaining();
    while (predictions.length < instances.length) {
      const before = predictions.length;
      if (before > 0 && left < (pace ?? 0)) {
        const stopped = `${Math.round(left)} ms are left, and the model takes ${Math.round(pace ?? 0)} for a record`;
        return { predictions, faults, reached: before, stopped, modelMilliseconds };
      }
      const size = sizeOf(tensorBatch, pace, left);
      const part = instances.slice(before, before + size);
      const each = predictor.predictEach(part);
      for (const prediction of each.predictions) {
        predictions.push(prediction);
      }
      for (const [place, { kind, message }] of each.faults) {
        faults.set(before + place, { reason: REASON_OF[kind], cause: message });
      }
      modelMilliseconds += each.modelMilliseconds;
      const now = deadline.remaining();
      pace = (left - now) / part.length;
      left = now;
    }
    return { predictions, faults, reached: instances.length, modelMilliseconds };
  };
  return { model: { name, version }, input, score };
}

/** As many instances as the time does for. */
function sizeOf(tensorBatch: number, pace: number | undefined, left: number): number {
  if (pace === undefined) {
    return 1;
  }
  return pace > 0 ? Math.max(1, Math.min(tensorBatch, Math.floor(left / pace))) : tensorBatch;
}
