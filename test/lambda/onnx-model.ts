/** Small ONNX models for tests and benchmarks, encoded by hand: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */

const ELEMENT_TYPES = { float32: 1, int64: 7, string: 8, bool: 9, float16: 10, float64: 11, int32: 6 } as const;

export type ElementType = keyof typeof ELEMENT_TYPES;

/** A dimension is a size, or a name for any size. */
export type Dimension = number | string;

export interface ValueInfo {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly Dimension[];
  /** A sequence of such tensors, which no handler can answer with. */
  readonly sequence?: boolean;
}

export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

export interface Constant {
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: Float32Array;
}

export interface Graph {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly nodes: readonly Node[];
  readonly constants?: readonly Constant[];
}

const OPSET = 13;
const IR_VERSION = 8;

export function encodeModel(graph: Graph): Buffer {
  return message(
    integer(1, IR_VERSION),
    bytes(7, encodeGraph(graph)),
    bytes(8, message(text(1, ''), integer(2, OPSET))),
  );
}

/** One input `features` of float32 [N, size], one output: the same. */
export function identityModel(size: number): Buffer {
  return encodeModel({
    inputs: [{ name: 'features', type: 'float32', dims: ['N', size] }],
    outputs: [{ name: 'scores', type: 'float32', dims: ['N', size] }],
    nodes: [{ op: 'Identity', inputs: ['features'], outputs: ['scores'] }],
  });
}

/** A multi-layer perceptron with fixed pseudo-random weights and a sigmoid at its end: `features` [N, sizes[0]] to `score` [N, 1]. */
export function perceptron(sizes: readonly number[]): Buffer {
  const nodes: Node[] = [];
  const constants: Constant[] = [];
  let seed = 1;
  const random = (): number => {
    seed = (seed * 48271) % 2147483647;
    return seed / 2147483647 - 0.5;
  };
  for (let layer = 1; layer < sizes.length; layer++) {
    const [rows, columns] = [sizes[layer - 1], sizes[layer]];
    const last = layer === sizes.length - 1;
    const source = layer === 1 ? 'features' : `hidden${layer - 1}`;
    constants.push({
      name: `w${layer}`,
      dims: [rows, columns],
      values: Float32Array.from({ length: rows * columns }, random),
    });
    constants.push({ name: `b${layer}`, dims: [columns], values: Float32Array.from({ length: columns }, random) });
    nodes.push({ op: 'Gemm', inputs: [source, `w${layer}`, `b${layer}`], outputs: [`sum${layer}`] });
    nodes.push({
      op: last ? 'Sigmoid' : 'Relu',
      inputs: [`sum${layer}`],
      outputs: [last ? 'score' : `hidden${layer}`],
    });
  }
  return encodeModel({
    inputs: [{ name: 'features', type: 'float32', dims: ['N', sizes[0]] }],
    outputs: [{ name: 'score', type: 'float32', dims: ['N', sizes[sizes.length - 1]] }],
    nodes,
    constants,
  });
}

function encodeGraph({ inputs, outputs, nodes, constants = [] }: Graph): Buffer {
  return message(
    ...nodes.map((node) => bytes(1, encodeNode(node))),
    text(2, 'graph'),
    ...constants.map((constant) => bytes(5, encodeConstant(constant))),
    ...inputs.map((input) => bytes(11, encodeValueInfo(input))),
    ...outputs.map((output) => bytes(12, encodeValueInfo(output))),
  );
}

function encodeNode({ op, inputs, outputs, attributes = {} }: Node): Buffer {
  return message(
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, op),
    ...Object.entries(attributes).map(([name, value]) => bytes(5, encodeAttribute(name, value))),
  );
}

function encodeAttribute(name: string, value: number | readonly number[]): Buffer {
  return typeof value === 'number'
    ? message(text(1, name), integer(3, value), integer(20, 2))
    : message(text(1, name), ...value.map((element) => integer(8, element)), integer(20, 7));
}

function encodeConstant({ name, dims, values }: Constant): Buffer {
  const raw = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return message(
    ...dims.map((dim) => integer(1, dim)),
    integer(2, ELEMENT_TYPES.float32),
    text(8, name),
    bytes(9, raw),
  );
}

function encodeValueInfo({ name, type, dims, sequence = false }: ValueInfo): Buffer {
  const shape = message(...dims.map((dim) => bytes(1, typeof dim === 'number' ? integer(1, dim) : text(2, dim))));
  const tensor = bytes(1, message(integer(1, ELEMENT_TYPES[type]), bytes(2, shape)));
  return message(text(1, name), bytes(2, sequence ? bytes(4, bytes(1, tensor)) : tensor));
}

function message(...fields: readonly Buffer[]): Buffer {
  return Buffer.concat(fields);
}

function integer(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

function text(field: number, value: string): Buffer {
  return bytes(field, Buffer.from(value, 'utf8'));
}

function bytes(field: number, value: Buffer): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(value.length), value]);
}

function varint(value: number): Buffer {
  const result: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const more = rest > 127n;
    result.push(Number(rest & 127n) | (more ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(result);
}
