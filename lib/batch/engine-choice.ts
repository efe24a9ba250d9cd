import { FUNCTION_MEMORY } from '../checks/bounds/lambda';
import type { Hardware } from '../checks/bounds/hardware';
import { memoryNeeded } from '../model/function-sizing';
import { type Model, OnnxModel } from '../model/model';
import { inMebibytes } from '../private/validation';
import { BatchEngine } from './batch-engine';

/** What was chosen, and why in words. */
export interface Choice<Chosen> {
  readonly chosen: Chosen;
  readonly why: string;
}

/** Functions for ONNX models that fit one, transform jobs for everything else. */
export function chooseEngine(model: Model): Choice<BatchEngine> {
  if (!(model instanceof OnnxModel)) {
    return {
      chosen: BatchEngine.transformJobs(),
      why: `transform jobs, as the model '${model.name}' runs in a container`,
    };
  }
  const needed = Math.ceil(memoryNeeded(inMebibytes(model.size)));
  const about = `the model '${model.name}' needs about ${needed} MiB while it is loaded, of at most ${FUNCTION_MEMORY.max} MiB that a function has`;
  return needed <= FUNCTION_MEMORY.max
    ? { chosen: BatchEngine.functions(), why: `functions, as ${about}` }
    : { chosen: BatchEngine.transformJobs(), why: `transform jobs, as ${about}` };
}

/** What is asked of the instances of a job. */
export interface InstanceNeeds {
  readonly accelerator: Hardware['accelerator'];
  /** Of the GPUs together, or of the instance. */
  readonly memoryGiB?: number;
}

/** Where nobody says what a model needs. */
const ASSUMED_MEMORY_GIB = 4;

/** The cheapest type of the price list that has what is asked for; undefined where none has, or where it would be a guess. */
export function chooseInstance(
  { accelerator, memoryGiB }: InstanceNeeds,
  catalogue: Iterable<Hardware>,
): Choice<Hardware> | undefined {
  if (accelerator !== 'NONE' && memoryGiB === undefined) {
    return undefined;
  }
  const needed = memoryGiB ?? ASSUMED_MEMORY_GIB;
  const offered = (type: Hardware) => (accelerator === 'NONE' ? type.memoryGiB : (type.gpuMemoryGiB ?? 0));
  const [cheapest] = [...catalogue]
    .filter((type) => type.forTransform && type.listed && type.usdPerHour !== undefined)
    .filter((type) => type.accelerator === accelerator && type.architecture === 'x86_64' && offered(type) >= needed)
    .sort((one, other) => one.usdPerHour! - other.usdPerHour! || (one.name < other.name ? -1 : 1));
  return cheapest === undefined
    ? undefined
    : {
        chosen: cheapest,
        why: `${cheapest.name}, the cheapest with ${Number(needed.toFixed(1))} GiB of ${accelerator === 'NONE' ? 'memory' : 'GPU memory'} (about $${cheapest.usdPerHour!.toFixed(2)} an hour in us-east-1)`,
      };
}
