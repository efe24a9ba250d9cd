import { Tensor } from 'onnxruntime-node';
import { instancePath, type Batch } from './batch';
import type { ServedField, ServedInput } from './contract';
import { WRITERS, type Elements, type ElementWriter } from './elements';
import { invalidInput, StartError } from './errors';
import { featureCount, valuePath, width } from './features';
import type { TensorInfo } from './onnx-session';

export type Feeds = Record<string, Tensor>;

/** How the fields of the instances become the inputs of the session. Made once, at start. */
export interface TensorPlan {
  readonly build: (batch: Batch) => Feeds;
  /** One instance of zeros and empty strings. */
  readonly zeros: () => Feeds;
}

/** One input of the session, and the fields that fill one row of it, in order. */
interface InputPlan {
  readonly info: TensorInfo;
  readonly fields: readonly ServedField[];
  readonly writer: ElementWriter;
  /** Number of values in a row. */
  readonly width: number;
  /** Dimensions after the first. */
  readonly rowDims: readonly number[];
}

/** Matches fields with the session's inputs, or says why that is impossible. */
export function planTensors(input: ServedInput, inputs: readonly TensorInfo[]): TensorPlan {
  const plans = matchInputs(input, inputs).map(([info, fields]) => planInput(info, fields));
  return {
    build: (batch) => Object.fromEntries(plans.map((plan) => [plan.info.name, fill(plan, batch, input)])),
    zeros: () =>
      Object.fromEntries(plans.map((plan) => [plan.info.name, tensor(plan, plan.writer.create(plan.width), 1)])),
  };
}

function matchInputs(input: ServedInput, inputs: readonly TensorInfo[]): [TensorInfo, readonly ServedField[]][] {
  if (inputs.length === 1) {
    return [[inputs[0], input.fields]];
  }
  const byName = new Map(input.fields.map((field) => [field.name, field]));
  const pairs = inputs.map((info): [TensorInfo, ServedField | undefined] => [info, byName.get(info.name)]);
  if (input.kind === 'vector' || inputs.length !== byName.size || pairs.some(([, field]) => field === undefined)) {
    throw new StartError(
      `the model has the inputs ${list(inputs)}, the input schema the fields ${list(input.fields)}: ` +
        'a model needs either one input for all fields, or one input for each field, of the same name',
    );
  }
  return pairs.map(([info, field]) => [info, [field as ServedField]]);
}

function planInput(info: TensorInfo, fields: readonly ServedField[]): InputPlan {
  const writer = WRITERS[info.type];
  for (const field of fields) {
    if (!writer.carries.includes(field.type)) {
      throw new StartError(
        `the model's input ${info.name} takes ${info.type}, the field ${field.name} is declared as ${field.type}: ` +
          `declare it as ${writer.carries.join(' or ')}, or export the model with another input type`,
      );
    }
  }
  const size = featureCount({ kind: 'record', fields });
  return { info, fields, writer, width: size, rowDims: rowDims(info, size, fields) };
}

/** The dimensions after the batch: those of the model where they hold exactly one row. */
function rowDims({ name, dims }: TensorInfo, size: number, fields: readonly ServedField[]): readonly number[] {
  const shape = `[${dims.map((dim) => dim ?? 'any').join(', ')}]`;
  if (dims.length === 0 || dims[0] !== undefined) {
    throw new StartError(
      `the model's input ${name} has shape ${shape}: its first dimension must be a dynamic batch axis`,
    );
  }
  const rest = dims.slice(1);
  const known = rest.reduce<number>((product, dim) => product * (dim ?? 1), 1);
  const open = rest.filter((dim) => dim === undefined).length;
  if (open === 0 && known === size) {
    return rest as number[];
  }
  if (open === 1 && known > 0 && size % known === 0) {
    return rest.map((dim) => dim ?? size / known);
  }
  throw new StartError(
    `the model's input ${name} has shape ${shape}, the input schema gives ${size} values per instance (${list(fields)})`,
  );
}

function fill(plan: InputPlan, batch: Batch, input: ServedInput): Tensor {
  const rows = batch.instances.length;
  const elements = plan.writer.create(rows * plan.width);
  let offset = 0;
  for (let row = 0; row < rows; row++) {
    const instance = batch.instances[row];
    for (const field of plan.fields) {
      const value = input.kind === 'vector' ? instance : (instance as Record<string, unknown>)[field.name];
      const wrong = writeField(plan.writer, elements, offset, value, field);
      if (wrong !== undefined) {
        const path = valuePath(input, field, instancePath(batch, row), wrong.index);
        throw invalidInput(wrong.whole ? path.replace(/\[0\]$/, '') : path, wrong.problem);
      }
      offset += width(field);
    }
  }
  return tensor(plan, elements, rows);
}

/** What is wrong with one value of a field, or with the field as a whole. */
interface Wrong {
  readonly problem: string;
  readonly index: number;
  readonly whole?: true;
}

/** This runs for each value of each instance: where nothing is wrong, nothing is made but the value. */
function writeField(
  writer: ElementWriter,
  elements: Elements,
  offset: number,
  value: unknown,
  field: ServedField,
): Wrong | undefined {
  if (field.length === undefined) {
    const problem = unsafe(field, value) ?? writer.write(elements, offset, value);
    return problem === undefined ? undefined : { problem, index: 0 };
  }
  if (!Array.isArray(value) || value.length !== field.length) {
    const problem = value === undefined || value === null ? 'is missing' : `must be an array of ${field.length} values`;
    return { problem, index: 0, whole: true };
  }
  for (let index = 0; index < field.length; index++) {
    const problem = unsafe(field, value[index]) ?? writer.write(elements, offset + index, value[index]);
    if (problem !== undefined) {
      return { problem, index };
    }
  }
  return undefined;
}

/** JSON.parse rounds integers over 2^53, so what arrives here may not be what the caller wrote. */
function unsafe(field: ServedField, value: unknown): string | undefined {
  return field.type === 'integer' && typeof value === 'number' && !Number.isSafeInteger(value)
    ? 'must be an integer between -9007199254740991 and 9007199254740991'
    : undefined;
}

function tensor({ info, rowDims: dims }: InputPlan, elements: Elements, rows: number): Tensor {
  return new Tensor(info.type, elements, [rows, ...dims]);
}

function list(named: readonly { readonly name: string }[]): string {
  const names = named.slice(0, 20).map(({ name }) => name);
  return names.join(', ') + (named.length > names.length ? `, ... (${named.length})` : '');
}
