import type { TensorInfo } from './onnx-session';

/** CloudWatch takes at most 100 values of one metric per line: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
const MAX_VALUES = 100;

/**
 * The numbers that stand for these predictions in the `Prediction` metric: the prediction where it is one number, the highest
 * score where it is a vector. With several outputs the first of floating-point type is meant: a score says more about drift
 * than the label derived from it. More than {@link MAX_VALUES} are thinned evenly.
 */
export function summarize(outputs: readonly TensorInfo[], predictions: readonly unknown[]): number[] {
  const output = outputs.find(({ type }) => type.startsWith('float')) ?? outputs.find(({ type }) => type !== 'string');
  if (output === undefined) {
    return [];
  }
  const scores: number[] = [];
  const step = Math.max(1, predictions.length / MAX_VALUES);
  for (let index = 0; Math.floor(index) < predictions.length && scores.length < MAX_VALUES; index += step) {
    const prediction = predictions[Math.floor(index)];
    const value = outputs.length === 1 ? prediction : (prediction as Record<string, unknown>)[output.name];
    const score = highest(value);
    if (score !== undefined) {
      scores.push(score);
    }
  }
  return scores;
}

function highest(value: unknown): number | undefined {
  if (typeof value === 'number') {
    return value;
  }
  if (typeof value === 'boolean') {
    return Number(value);
  }
  if (!Array.isArray(value)) {
    return undefined;
  }
  let best: number | undefined;
  for (const element of value) {
    const score = highest(element);
    if (score !== undefined && (best === undefined || score > best)) {
      best = score;
    }
  }
  return best;
}
