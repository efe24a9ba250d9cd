import type { Predictor } from '../predict/core';
import type { InstanceFault } from '../predict/predict-each';
import { type Reason, REASONS } from '../stream/contract';
import type { Deadline, Fault, Scorer, Scores } from './ports';

const REASON_OF: Readonly<Record<InstanceFault['kind'], Reason>> = {
  invalid: REASONS.invalid,
  modelFailed: REASONS.modelFailed,
  notFinite: REASONS.notFinite,
};

/** Predicts with the model that is in the function, so many instances at a time. */
export function modelScorer(predictor: Predictor, tensorBatch: number): Scorer {
  const { name, version, input } = predictor.model;
  return {
    model: { name, version },
    input,
    score: (instances, deadline) => score(instances, predictor, tensorBatch, deadline),
  };
}

function score(instances: readonly unknown[], predictor: Predictor, tensorBatch: number, deadline: Deadline): Scores {
  const predictions: unknown[] = [];
  const faults = new Map<number, Fault>();
  let modelMilliseconds = 0;
  let longest = 0;
  let left = deadline.remaining();
  while (predictions.length < instances.length) {
    const before = predictions.length;
    // The first is always tried: an invocation that does nothing would be repeated until its records are too old.
    if (before > 0 && left <= longest) {
      const stopped = `${Math.round(left)} ms are left, and the model took ${Math.round(longest)} for ${tensorBatch} records`;
      return { predictions, faults, reached: before, stopped, modelMilliseconds };
    }
    const each = predictor.predictEach(instances.slice(before, before + tensorBatch));
    for (const prediction of each.predictions) {
      predictions.push(prediction);
    }
    for (const [place, { kind, message }] of each.faults) {
      faults.set(before + place, { reason: REASON_OF[kind], cause: message });
    }
    modelMilliseconds += each.modelMilliseconds;
    const now = deadline.remaining();
    longest = Math.max(longest, left - now);
    left = now;
  }
  return { predictions, faults, reached: instances.length, modelMilliseconds };
}
