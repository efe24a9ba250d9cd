import { Tokenization } from 'aws-cdk-lib';
import type { Fault } from '../checks/bounds/fault';
import { refuse } from '../private/errors';
import { fraction, integer } from '../private/validation';

/** Options of an image from AWS. */
export interface CatalogueImageOptions {
  /**
   * Version of the software in the image, as its project counts.
   *
   * @default - the newest that this release of the library knows: a new release may deploy a newer one
   */
  readonly version?: string;
}

/** Options of every server of language models. */
export interface LanguageModelImageOptions extends CatalogueImageOptions {
  /**
   * The model on the Hugging Face hub, such as `openai/gpt-oss-20b`, fetched whenever an instance starts; or a folder of
   * the container. A model that is gated needs a token, which an environment variable would show to everybody who may
   * describe the model: copy its weights to a bucket instead.
   *
   * @default - the model's artifact
   */
  readonly model?: string;

  /**
   * Revision of the model on the hub: a commit, a tag or a branch.
   *
   * @default - its main branch: instances that start later may serve other weights
   */
  readonly revision?: string;

  /**
   * Over how many GPUs each copy of the model is spread, 1 to 64.
   *
   * @default - the image's: 1, which leaves the other GPUs of an instance idle
   */
  readonly tensorParallelSize?: number;

  /**
   * Longest request and answer together, in tokens. A smaller one needs less memory.
   *
   * @default - what the model was made for
   */
  readonly maxModelLength?: number;

  /**
   * Type of the weights, such as `bfloat16`; each server has its own names.
   *
   * @default - the image's choice
   */
  readonly dataType?: string;

  /**
   * How the weights are quantized, such as `fp8` or `awq`.
   *
   * @default - as the model says
   */
  readonly quantization?: string;

  /**
   * Whether code that comes with the model is run.
   *
   * @default false
   */
  readonly trustRemoteCode?: boolean;
}

/** Options of vLLM. */
export interface VllmImageOptions extends LanguageModelImageOptions {
  /**
   * Share of the GPU's memory that is used, 0.01 to 1.
   *
   * @default - the server's: 0.9
   */
  readonly gpuMemoryUtilization?: number;

  /**
   * Further arguments of the server by their names without dashes, such as `{ 'max-num-seqs': '64' }`.
   *
   * @default - none
   * @see https://docs.vllm.ai/en/latest/configuration/engine_args.html
   */
  readonly serverArguments?: { readonly [name: string]: string };
}

/** Options of SGLang. */
export interface SglangImageOptions extends LanguageModelImageOptions {
  /**
   * Share of the GPU's memory for weights and cache, 0.01 to 1.
   *
   * @default - the server's choice
   */
  readonly gpuMemoryUtilization?: number;

  /**
   * Further arguments of the server by their names without dashes, such as `{ 'schedule-policy': 'lpm' }`.
   *
   * @default - none
   * @see https://docs.sglang.ai/advanced_features/server_arguments.html
   */
  readonly serverArguments?: { readonly [name: string]: string };
}

/** Options of Large Model Inference. */
export interface LmiImageOptions extends LanguageModelImageOptions {
  /**
   * Requests that are worked on at once.
   *
   * @default - the image's
   */
  readonly maxBatchSize?: number;

  /**
   * Further options of the image without `option.`, such as `{ enable_lora: 'true' }`.
   *
   * @default - none
   * @see https://docs.djl.ai/docs/serving/serving/docs/lmi/deployment_guide/configurations.html
   */
  readonly serverArguments?: { readonly [name: string]: string };
}

/** What an image is told, and whether it will look for the model elsewhere. */
export interface ImageSettings {
  readonly environment: { [name: string]: string };
  readonly fetchesFromHub?: boolean;
  readonly needsArtifact?: boolean;
}

/** @see https://aws.github.io/deep-learning-containers/vllm/configuration/ */
export function vllmSettings(options: VllmImageOptions): ImageSettings {
  return languageModel(
    'vllm',
    options,
    {
      ...argument('SM_VLLM_MODEL', options.model),
      ...argument('SM_VLLM_REVISION', options.revision),
      ...argument('SM_VLLM_TENSOR_PARALLEL_SIZE', options.tensorParallelSize),
      ...argument('SM_VLLM_MAX_MODEL_LEN', options.maxModelLength),
      ...argument('SM_VLLM_DTYPE', options.dataType),
      ...argument('SM_VLLM_QUANTIZATION', options.quantization),
      ...argument('SM_VLLM_TRUST_REMOTE_CODE', options.trustRemoteCode),
      ...argument('SM_VLLM_GPU_MEMORY_UTILIZATION', options.gpuMemoryUtilization),
    },
    'SM_VLLM_',
  );
}

/** @see https://aws.github.io/deep-learning-containers/sglang/configuration/ */
export function sglangSettings(options: SglangImageOptions): ImageSettings {
  return languageModel(
    'sglang',
    options,
    {
      ...argument('SM_SGLANG_MODEL_PATH', options.model),
      ...argument('SM_SGLANG_REVISION', options.revision),
      ...argument('SM_SGLANG_TP', options.tensorParallelSize),
      ...argument('SM_SGLANG_CONTEXT_LENGTH', options.maxModelLength),
      ...argument('SM_SGLANG_DTYPE', options.dataType),
      ...argument('SM_SGLANG_QUANTIZATION', options.quantization),
      ...argument('SM_SGLANG_TRUST_REMOTE_CODE', options.trustRemoteCode),
      ...argument('SM_SGLANG_MEM_FRACTION_STATIC', options.gpuMemoryUtilization),
    },
    'SM_SGLANG_',
  );
}

/** @see https://docs.djl.ai/docs/serving/serving/docs/lmi/deployment_guide/configurations.html */
export function lmiSettings(options: LmiImageOptions): ImageSettings {
  return languageModel(
    'lmi',
    options,
    {
      ...argument('HF_MODEL_ID', options.model),
      ...argument('OPTION_REVISION', options.revision),
      ...argument('OPTION_TENSOR_PARALLEL_DEGREE', options.tensorParallelSize),
      ...argument('OPTION_MAX_MODEL_LEN', options.maxModelLength),
      ...argument('OPTION_DTYPE', options.dataType),
      ...argument('OPTION_QUANTIZE', options.quantization),
      ...argument('OPTION_TRUST_REMOTE_CODE', options.trustRemoteCode),
      ...argument('OPTION_MAX_ROLLING_BATCH_SIZE', options.maxBatchSize),
    },
    'OPTION_',
  );
}

/** An environment variable, unless there is nothing to say. */
export function argument(name: string, value: string | number | boolean | undefined): { [name: string]: string } {
  if (value === undefined) {
    return {};
  }
  return { [name]: typeof value === 'number' ? Tokenization.stringifyNumber(value) : String(value) };
}

/** Where a model is looked for: on the hub, or in the container, where its artifact then has to be. */
export function modelSource(model: string | undefined): Pick<ImageSettings, 'fetchesFromHub' | 'needsArtifact'> {
  const onHub = model !== undefined && !model.startsWith('/');
  return { fetchesFromHub: onHub, needsArtifact: !onHub };
}

/** Faults of what a hub is asked for. */
export function faultyHubModel(model: string | undefined, revision: string | undefined): Fault[] {
  const faults: Fault[] = [];
  if (model !== undefined && (model === '' || /^[a-z0-9]+:\/\//.test(model))) {
    faults.push({
      id: 'image-model',
      message: `'model' is '${model}', which is neither a name on the hub nor a folder of the container`,
      fix: "leave it out, and give the model an artifact (ModelArtifact.fromBucket with a key that ends with '/')",
    });
  }
  if (revision !== undefined && (model === undefined || model.startsWith('/'))) {
    faults.push({
      id: 'image-model-revision',
      message: `'revision' is '${revision}', and no model of the hub is named`,
      fix: "give 'model', too, or leave 'revision' out",
    });
  }
  return faults;
}

function languageModel(
  kind: string,
  options: VllmImageOptions & LmiImageOptions,
  environment: { [name: string]: string },
  prefix: string,
): ImageSettings {
  const further = Object.entries(options.serverArguments ?? {}).map(
    ([name, value]) => [`${prefix}${name.toUpperCase().replaceAll('-', '_')}`, value] as const,
  );
  refuse(`ServingImage.${kind}`, [
    ...faultyHubModel(options.model, options.revision),
    ...integer('image-tensor-parallel', 'tensorParallelSize', options.tensorParallelSize, { min: 1, max: 64 }),
    ...integer('image-model-length', 'maxModelLength', options.maxModelLength, { min: 1, max: 100_000_000 }),
    ...integer('image-batch-size', 'maxBatchSize', options.maxBatchSize, { min: 1, max: 100_000 }),
    ...fraction('image-gpu-memory', 'gpuMemoryUtilization', options.gpuMemoryUtilization, { min: 0.01, max: 1 }),
    ...further.filter(([name]) => name in environment).map(([name]) => saidTwice(name)),
  ]);
  return { environment: { ...environment, ...Object.fromEntries(further) }, ...modelSource(options.model) };
}

function saidTwice(name: string): Fault {
  return {
    id: 'image-argument-twice',
    message: `'serverArguments' says what an option says already (${name})`,
    fix: 'leave it out of one of them',
  };
}
