import { env, type Tensor } from 'onnxruntime-node';
import { binding, initOrt, type Binding } from 'onnxruntime-node/dist/binding';
import { StartError } from './errors';

/**
 * ONNX Runtime without its promises. The public API defers both loading and each run by a turn of the event loop, though the
 * work itself is synchronous. A session created in a deferred callback is not there yet when Lambda ends the init phase, so the
 * first caller would pay for it, also under provisioned concurrency:
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib
 */
export interface OnnxSession {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  run(feeds: Record<string, Tensor>): Record<string, Tensor>;
}

export interface TensorInfo {
  readonly name: string;
  readonly type: TensorType;
  /** The fixed size of each dimension, or undefined where the model takes any. */
  readonly dims: readonly (number | undefined)[];
}

/** Element types in the order of ONNX's own numbering (TensorProto.DataType); those that this handler cannot carry are left out. */
const TENSOR_TYPES = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
} as const;

export type TensorType = (typeof TENSOR_TYPES)[keyof typeof TENSOR_TYPES];

/** Opens a session that computes on the given number of processors. */
export function openSession(path: string, threads: number): OnnxSession {
  // What goes wrong is thrown, and logged once in our own form; the runtime's own line would quote values of the input.
  env.logLevel = 'fatal';
  initOrt();
  const session = new binding.InferenceSession();
  try {
    session.loadModel(path, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 4,
    });
  } catch (cause) {
    throw new StartError(
      `ONNX Runtime cannot load ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
  }
  const outputs = session.outputMetadata.map((output) => describe('output', output));
  const fetches = Object.fromEntries(outputs.map(({ name }) => [name, null]));
  return {
    inputs: session.inputMetadata.map((input) => describe('input', input)),
    outputs,
    run: (feeds) => session.run(feeds, fetches, {}),
  };
}

function describe(role: string, { name, isTensor, type, shape }: Binding.ValueMetadata): TensorInfo {
  if (!isTensor) {
    throw new StartError(
      `the ${role} ${name} of the model is not a tensor: export it without sequences and maps (scikit-learn: options={'zipmap': False})`,
    );
  }
  const known = (TENSOR_TYPES as Record<number, TensorType | undefined>)[type];
  if (known === undefined) {
    throw new StartError(
      `the ${role} ${name} of the model has ONNX element type ${type}, which JSON cannot carry: cast it to float32 in the model`,
    );
  }
  return { name, type: known, dims: shape.map((size) => (size < 0 ? undefined : size)) };
}
