import { isRequestError } from './errors';
import type { OnnxSession, TensorInfo } from './onnx-session';
import { readPredictions } from './predictions';
import type { Feeds, TensorPlan } from './tensors';
import { refusal, type Validator } from './validate';

/** What is wrong with one instance. */
export interface InstanceFault {
  /** `invalid`: the caller's; `modelFailed`: the model ran on it alone and failed; `notFinite`: its prediction is no number. */
  readonly kind: 'invalid' | 'modelFailed' | 'notFinite';
  /** Where the model failed, it may quote the runtime. */
  readonly message: string;
}

/** The predictions of instances, each by itself. */
export interface EachPrediction {
  /** By place of the instance; undefined where it is at fault. */
  readonly predictions: readonly unknown[];
  /** By place of the instance. */
  readonly faults: ReadonlyMap<number, InstanceFault>;
  /** Time inside ONNX Runtime. */
  readonly modelMilliseconds: number;
}

/** What a predictor is made of. */
export interface EachParts {
  readonly plan: TensorPlan;
  readonly validator: Validator;
  readonly outputs: readonly TensorInfo[];
  readonly run: (feeds: Feeds) => ReturnType<OnnxSession['run']>;
}

/** Room for what is found out, by place of the instance. */
interface Found {
  readonly predictions: unknown[];
  readonly faults: Map<number, InstanceFault>;
  modelMilliseconds: number;
}

/**
 * One run of the model for all instances that are valid. Only when that run fails as a whole it is repeated by halves, until the
 * instances that make it fail are alone.
 */
export function predictEach(instances: readonly unknown[], parts: EachParts): EachPrediction {
  const found: Found = {
    predictions: new Array<unknown>(instances.length).fill(undefined),
    faults: new Map(),
    modelMilliseconds: 0,
  };
  const valid: number[] = [];
  for (let place = 0; place < instances.length; place++) {
    if (parts.validator(instances[place])) {
      valid.push(place);
    } else {
      const { message } = refusal(parts.validator.errors?.[0], '');
      found.faults.set(place, { kind: 'invalid', message });
    }
  }
  score(instances, valid, parts, found);
  return found;
}

function score(instances: readonly unknown[], places: readonly number[], parts: EachParts, found: Found): void {
  const filled = fill(instances, places, parts, found);
  if (filled.places.length === 0) {
    return;
  }
  const started = performance.now();
  try {
    const results = parts.run(filled.feeds);
    found.modelMilliseconds += performance.now() - started;
    read(results, filled.places, parts, found);
  } catch (error) {
    found.modelMilliseconds += performance.now() - started;
    if (filled.places.length === 1) {
      const message = error instanceof Error ? error.message : String(error);
      found.faults.set(filled.places[0], { kind: 'modelFailed', message });
      return;
    }
    const half = Math.ceil(filled.places.length / 2);
    score(instances, filled.places.slice(0, half), parts, found);
    score(instances, filled.places.slice(half), parts, found);
  }
}

interface Filled {
  readonly feeds: Feeds;
  /** The instances whose values the tensors hold. */
  readonly places: readonly number[];
}

/** What the schema allows, a tensor may still not hold, such as 1e39: then each instance is tried by itself, and those that fit are kept. */
function fill(instances: readonly unknown[], places: readonly number[], parts: EachParts, found: Found): Filled {
  const build = (of: readonly number[]): Feeds =>
    of.length === 0 ? {} : parts.plan.build({ instances: chosen(instances, of), bare: false });
  try {
    return { feeds: build(places), places };
  } catch (error) {
    if (!isRequestError(error)) {
      throw error;
    }
    const fitting = places.filter((place) => fits(instances[place], place, parts, found));
    return { feeds: build(fitting), places: fitting };
  }
}

/** Those of the instances; mostly all are. */
function chosen(instances: readonly unknown[], places: readonly number[]): readonly unknown[] {
  return places.length === instances.length ? instances : places.map((place) => instances[place]);
}

function read(results: ReturnType<EachParts['run']>, places: readonly number[], parts: EachParts, found: Found): void {
  const notFinite = new Map<number, string>();
  const predictions = readPredictions(parts.outputs, results, places.length, notFinite);
  for (let row = 0; row < places.length; row++) {
    found.predictions[places[row]] = predictions[row];
  }
  for (const [row, message] of notFinite) {
    found.predictions[places[row]] = undefined;
    found.faults.set(places[row], { kind: 'notFinite', message });
  }
}

/** Whether a tensor can hold the instance; enters what is wrong with it where none can. */
function fits(instance: unknown, place: number, { plan }: EachParts, found: Found): boolean {
  try {
    plan.build({ instances: [instance], bare: true });
    return true;
  } catch (error) {
    if (!isRequestError(error)) {
      throw error;
    }
    found.faults.set(place, { kind: 'invalid', message: error.message });
    return false;
  }
}
