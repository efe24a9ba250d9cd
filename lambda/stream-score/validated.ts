import { refusal, type Validator } from '../predict/validate';
import { REASONS } from '../stream/contract';
import type { Deadline, Fault, Scorer, Scores } from './ports';

/** A scorer that is given only what the schema allows: an endpoint would refuse a whole request for one record. */
export function validated(scorer: Scorer, validator: Validator): Scorer {
  return { ...scorer, score: (instances, deadline) => score(instances, deadline, scorer, validator) };
}

async function score(
  instances: readonly unknown[],
  deadline: Deadline,
  scorer: Scorer,
  validator: Validator,
): Promise<Scores> {
  const faults = new Map<number, Fault>();
  const valid: number[] = [];
  for (let place = 0; place < instances.length; place++) {
    if (validator(instances[place])) {
      valid.push(place);
    } else {
      const { message } = refusal(validator.errors?.[0], '');
      faults.set(place, { reason: REASONS.invalid, cause: message });
    }
  }
  if (valid.length === 0) {
    return { predictions: [], faults, reached: instances.length, modelMilliseconds: 0 };
  }
  const known = valid.length === instances.length ? instances : valid.map((place) => instances[place]);
  const scores = await scorer.score(known, deadline);
  const predictions = new Array<unknown>(instances.length).fill(undefined);
  scores.predictions.forEach((prediction, index) => (predictions[valid[index]] = prediction));
  for (const [index, fault] of scores.faults) {
    faults.set(valid[index], fault);
  }
  const models = scores.models && new Map([...scores.models].map(([index, model]) => [valid[index], model]));
  return { ...scores, predictions, models, faults, reached: valid[scores.reached] ?? instances.length };
}
