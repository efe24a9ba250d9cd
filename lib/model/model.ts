import { Size } from 'aws-cdk-lib';
import { faultyEnvironment } from '../checks/bounds/container';
import { type Fault } from '../checks/bounds/fault';
import { modelName, modelVersion } from '../checks/bounds/names';
import { refuse } from '../private/errors';
import { judge } from '../private/validation';
import { faultyContainerArtifact, faultyOnnxArtifact } from './artifact-faults';
import type { InputSchema } from './input-schema';
import type { ModelArtifact } from './model-artifact';
import { faultyExamples, type ModelExample } from './model-example';
import type { ServingImage } from './serving-image';

/** What every model has. */
export interface ModelProps {
  /** Name of the model: letters, digits and inner hyphens, at most 63 characters. Stays the same over all versions. */
  readonly name: string;

  /** Version of the model, at most 64 characters. Appears in every answer, metric and alarm. */
  readonly version: string;

  /**
   * Requests with known answers.
   *
   * @default - none: the smoke test of a new version then checks only that it answers with finite numbers in the right
   * shape, so a model with its features in the wrong order passes
   */
  readonly examples?: ModelExample[];
}

/** Properties of a model in the ONNX format. */
export interface OnnxModelProps extends ModelProps {
  /** The ONNX file, with its digest. */
  readonly artifact: ModelArtifact;

  /** What one instance looks like. */
  readonly input: InputSchema;
}

/** Properties of a model that is served by a container image. */
export interface ContainerModelProps extends ModelProps {
  /** The image that answers the requests. */
  readonly image: ServingImage;

  /**
   * The model's files, which SageMaker lays into `/opt/ml/model`: an object `.tar.gz` (unpacked there), any other object
   * (laid there as it is), or all objects below a key that ends with `/`. SageMaker verifies no digest and reads the
   * newest version, so never overwrite what is deployed: a new version of the model is a new key.
   *
   * @default - none: the image has the model in it, or fetches it from a hub
   */
  readonly artifact?: ModelArtifact;

  /**
   * What one instance looks like, for the validation of requests and the documentation of an API in front.
   *
   * @default - not known: nothing is validated before the container
   */
  readonly input?: InputSchema;

  /**
   * Environment variables of the container, at most 100 and 32 KiB in all, beside those that the image's options set.
   * They are no place for secrets: whoever may describe the model reads them.
   *
   * @default - only those of the image
   * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html
   */
  readonly environment?: { readonly [name: string]: string };

  /**
   * What the loaded model needs: of the GPUs together if the image runs on GPUs, of the instance's memory otherwise.
   * Weights, and for a language model the cache for its longest requests.
   *
   * @default - not known: an instance that is too small is found out when the container fails to start
   */
  readonly memoryRequired?: Size;
}

/**
 * A trained model, described once and served by any pattern that can.
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
export abstract class Model {
  /**
   * A model in the ONNX format, run by ONNX Runtime.
   *
   * @see https://onnxruntime.ai/docs/reference/compatibility.html
   */
  public static fromOnnx(props: OnnxModelProps): OnnxModel {
    return new OnnxModel(props);
  }

  /**
   * A model in a container that speaks SageMaker's contract: `/ping` and `/invocations` on port 8080.
   *
   * @see https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
   */
  public static fromContainer(props: ContainerModelProps): ContainerModel {
    return new ContainerModel(props);
  }

  /** Name of the model. */
  public readonly name: string;

  /** Version of the model. */
  public readonly version: string;

  private readonly golden: readonly ModelExample[];

  protected constructor(props: ModelProps) {
    this.name = props.name;
    this.version = props.version;
    this.golden = [...(props.examples ?? [])];
  }

  /** Requests with known answers; a copy. */
  public get examples(): ModelExample[] {
    return [...this.golden];
  }

  /** What tells this version from others, such as `fraud 1.4.0 (5f2b9c01)`. */
  public abstract get identity(): string;

  /**
   * What one instance looks like, where it is known.
   *
   * @internal
   */
  public abstract get _inputSchema(): InputSchema | undefined;
}

/** What is assumed of a model whose size nobody said. */
const ASSUMED_SIZE = Size.mebibytes(256);

/** A model in the ONNX format. It is identified by its name, its version and the digest of its artifact. */
export class OnnxModel extends Model {
  /** The file that holds the model. */
  public readonly artifact: ModelArtifact;

  /** What one instance looks like. */
  public readonly input: InputSchema;

  constructor(props: OnnxModelProps) {
    super(props);
    refuse(`model '${props.name}'`, [
      ...faultyIdentity(props),
      ...faultyOnnxArtifact(props.artifact),
      ...faultyExamples(props.examples, props.input),
    ]);
    this.artifact = props.artifact;
    this.input = props.input;
  }

  /** SHA-256 of the artifact's bytes, verified before the model is loaded. */
  public get sha256(): string {
    return this.artifact.sha256!;
  }

  /** Size of the artifact; 256 MiB where it is not known. */
  public get size(): Size {
    return this.artifact.size ?? ASSUMED_SIZE;
  }

  /** Name, version and the first digits of the digest, such as `fraud 1.4.0 (5f2b9c01)`. */
  public get identity(): string {
    return `${this.name} ${this.version} (${this.sha256.slice(0, 8)})`;
  }

  /** @internal */
  public get _inputSchema(): InputSchema {
    return this.input;
  }
}

/** A model in a container. It is identified by its name and version. */
export class ContainerModel extends Model {
  /** The image that answers the requests. */
  public readonly image: ServingImage;

  /** The model's files, unless the image has them or fetches them. */
  public readonly artifact?: ModelArtifact;

  /** What one instance looks like, if that is known. */
  public readonly input?: InputSchema;

  /** What the loaded model needs of the GPUs together, or of the instance's memory. */
  public readonly memoryRequired?: Size;

  private readonly variables: { readonly [name: string]: string };

  constructor(props: ContainerModelProps) {
    super(props);
    refuse(`model '${props.name}'`, [
      ...faultyIdentity(props),
      ...faultyContainerArtifact(props.artifact),
      ...faultyEnvironment(props.environment ?? {}),
      ...faultyMemory(props.memoryRequired),
      ...faultyExamples(props.examples, props.input),
    ]);
    this.image = props.image;
    this.artifact = props.artifact;
    this.input = props.input;
    this.memoryRequired = props.memoryRequired;
    this.variables = { ...props.environment };
  }

  /** Environment variables beside those of the image; a copy. */
  public get environment(): { [name: string]: string } {
    return { ...this.variables };
  }

  /** Name and version, such as `chat 7b-2`. */
  public get identity(): string {
    return `${this.name} ${this.version}`;
  }

  /** @internal */
  public get _inputSchema(): InputSchema | undefined {
    return this.input;
  }
}

/** Not judged by `judge`: both become part of files, so they must be known at synthesis. */
function faultyIdentity({ name, version }: ModelProps): Fault[] {
  return [...modelName(name), ...modelVersion(version)];
}

function faultyMemory(memoryRequired: Size | undefined): readonly Fault[] {
  return judge(memoryRequired, (known) =>
    known.toBytes() > 0
      ? []
      : [
          {
            id: 'model-memory',
            message: "'memoryRequired' is 0",
            fix: 'give what the loaded model needs, or leave it out',
          },
        ],
  );
}
