import { type Fault } from '../checks/rules/fault';
import { modelName, modelVersion } from '../checks/rules/names';
import { refuse } from '../private/errors';
import { fraction } from '../private/validation';
import type { InputSchema } from './input-schema';
import type { ModelArtifact } from './model-artifact';

/** A request whose answer is known: asked of every new version before it gets traffic. */
export interface ModelExample {
  /** One instance, as a caller would send it. */
  readonly input: unknown;

  /**
   * What the model must answer: a value, or an object of which the answer must contain every field.
   *
   * @default - any answer of the right shape with finite numbers passes
   */
  readonly expected?: unknown;

  /**
   * Largest difference allowed between a number expected and a number answered.
   *
   * @default 0.000001
   */
  readonly tolerance?: number;
}

/** Properties of a model in the ONNX format. */
export interface OnnxModelProps {
  /** Name of the model: letters, digits and inner hyphens, at most 63 characters. Stays the same over all versions. */
  readonly name: string;

  /** Version of the model, at most 64 characters. Appears in every answer, metric and alarm. */
  readonly version: string;

  /** The ONNX file. */
  readonly artifact: ModelArtifact;

  /** What one instance looks like. */
  readonly input: InputSchema;

  /**
   * Requests with known answers.
   *
   * @default - none: the smoke test of a new version then checks only that it answers with finite numbers in the right
   * shape, so a model with its features in the wrong order passes
   */
  readonly examples?: ModelExample[];
}

/**
 * A trained model, described once and served by any pattern. It is identified by its name, its version and the digest
 * of its artifact.
 *
 * ```ts
 * const model = Model.fromOnnx({
 *   name: 'fraud',
 *   version: '1.4.0',
 *   artifact: ModelArtifact.fromAsset('models/fraud.onnx'),
 *   input: InputSchema.fromJsonSchema({ type: 'object', properties: { amount: { type: 'number', minimum: 0 } } }),
 *   examples: [{ input: { amount: 12.5 }, expected: 0.02, tolerance: 1e-4 }],
 * });
 * ```
 */
export class Model {
  /**
   * A model in the ONNX format, run by ONNX Runtime.
   *
   * @see https://onnxruntime.ai/docs/reference/compatibility.html
   */
  public static fromOnnx(props: OnnxModelProps): Model {
    // Not judged by `judge`: both become part of files, so they must be known at synthesis.
    const faults: Fault[] = [...modelName(props.name), ...modelVersion(props.version)];
    props.examples?.forEach((example, index) =>
      faults.push(...faultyExample(example, `examples[${index}]`, props.input)),
    );
    refuse(`model '${props.name}'`, faults);
    return new Model(props);
  }

  /** Name of the model. */
  public readonly name: string;

  /** Version of the model. */
  public readonly version: string;

  /** The file that holds the model. */
  public readonly artifact: ModelArtifact;

  /** What one instance looks like. */
  public readonly input: InputSchema;

  private readonly golden: readonly ModelExample[];

  private constructor(props: OnnxModelProps) {
    this.name = props.name;
    this.version = props.version;
    this.artifact = props.artifact;
    this.input = props.input;
    this.golden = props.examples ?? [];
  }

  /** Requests with known answers; a copy. */
  public get examples(): ModelExample[] {
    return [...this.golden];
  }

  /** Name, version and the first digits of the digest, such as `fraud 1.4.0 (5f2b9c01)`. */
  public get identity(): string {
    return `${this.name} ${this.version} (${this.artifact.sha256.slice(0, 8)})`;
  }
}

/** An example that the model's own schema refuses would stop every rollout. */
function faultyExample({ input, tolerance }: ModelExample, subject: string, schema: InputSchema): Fault[] {
  const faults = [
    ...fraction('example-tolerance', `${subject}.tolerance`, tolerance, { min: 0, max: Number.MAX_VALUE }),
  ];
  const reason = schema._validator.faultOf(input);
  if (reason !== undefined) {
    faults.push({
      id: 'example-input',
      message: `'${subject}.input' does not fit the input schema: ${reason}`,
      fix: 'mend the example or the schema',
    });
  }
  return faults;
}
