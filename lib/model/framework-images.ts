import type { Duration, Size } from 'aws-cdk-lib';
import type { Fault } from '../checks/bounds/fault';
import { malformed } from '../checks/bounds/fault';
import { refuse } from '../private/errors';
import { integer, judge, mebibytes } from '../private/validation';
import {
  argument,
  type CatalogueImageOptions,
  faultyHubModel,
  type ImageSettings,
  modelSource,
} from './language-model-images';
import type { ServingAccelerator } from './serving-image-config';

/** Where artifacts are laid, and the user's code in them. */
const MODEL_FOLDER = '/opt/ml/model';
const CODE_FOLDER = `${MODEL_FOLDER}/code`;

/** Options of NVIDIA Triton. */
export interface TritonImageOptions extends CatalogueImageOptions {
  /**
   * The model of the repository that is served, for an artifact with several, such as an ensemble.
   *
   * @default - the only one
   */
  readonly defaultModelName?: string;

  /**
   * Threads that answer requests, 1 to 1,024.
   *
   * @default - the server's: 8
   */
  readonly threads?: number;

  /**
   * Shared memory of each model in Python when it starts, in whole MiB.
   *
   * @default - 16 MiB
   */
  readonly pythonSharedMemory?: Size;

  /**
   * Whether every request is logged.
   *
   * @default false
   */
  readonly verbose?: boolean;
}

/** Options of an image that there is for processors and for GPUs. */
export interface AcceleratedImageOptions extends CatalogueImageOptions {
  /**
   * What the image runs on.
   *
   * @default ServingAccelerator.NONE
   */
  readonly accelerator?: ServingAccelerator;
}

/** Options of an image that can fetch its model from the Hugging Face hub. */
export interface HubImageOptions extends AcceleratedImageOptions {
  /**
   * The model on the Hugging Face hub, such as `distilbert/distilbert-base-uncased`, fetched whenever an instance starts.
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
}

/** Options of Hugging Face Transformers; `version` is that of Transformers. */
export interface HuggingFaceImageOptions extends HubImageOptions {
  /**
   * What the model is used for, such as `text-classification`.
   *
   * @default - what its configuration says, where it says so
   * @see https://huggingface.co/docs/sagemaker/reference/inference-toolkit
   */
  readonly task?: string;
}

/** Options of Hugging Face Text Embeddings Inference. */
export interface TextEmbeddingsImageOptions extends HubImageOptions {
  /**
   * Requests that are worked on at once; further ones are refused.
   *
   * @default - the server's: 512
   */
  readonly maxConcurrentRequests?: number;

  /**
   * Tokens in one batch: more is faster, and needs more memory.
   *
   * @default - the server's: 16,384
   */
  readonly maxBatchTokens?: number;

  /**
   * Inputs in one request.
   *
   * @default - the server's: 32
   */
  readonly maxClientBatchSize?: number;

  /**
   * How the tokens' vectors become one: `cls`, `mean`, `splade` or `last-token`.
   *
   * @default - as the model says
   */
  readonly pooling?: string;

  /**
   * Whether inputs that are too long are cut, and not refused.
   *
   * @default - the server's choice
   */
  readonly autoTruncate?: boolean;
}

/** Options of an image that runs code of yours beside the model. */
export interface ScriptImageOptions extends CatalogueImageOptions {
  /**
   * The file in the folder `code` of the artifact that loads the model and answers requests.
   *
   * @default 'inference.py'
   */
  readonly entryPoint?: string;
}

/** Options of PyTorch, by TorchServe. */
export interface PyTorchImageOptions extends ScriptImageOptions {
  /**
   * What the image runs on.
   *
   * @default ServingAccelerator.NONE
   */
  readonly accelerator?: ServingAccelerator;

  /**
   * Copies of the model on an instance, 1 to 1,024.
   *
   * @default - one for each GPU or vCPU
   */
  readonly workers?: number;

  /**
   * Requests that are worked on together.
   *
   * @default - 1
   */
  readonly batchSize?: number;

  /**
   * How long a batch waits to be full.
   *
   * @default - the server's: 100 milliseconds
   */
  readonly maxBatchDelay?: Duration;

  /**
   * Longest time for one request.
   *
   * @default - the server's
   */
  readonly responseTimeout?: Duration;
}

/** Options of XGBoost. */
export interface XGBoostImageOptions extends CatalogueImageOptions {
  /**
   * The file in the folder `code` of the artifact that loads the model and answers requests.
   *
   * @default - none: the image loads a model that its built-in algorithm has trained
   */
  readonly entryPoint?: string;

  /**
   * Content type of an answer where the caller names none, such as `application/json`.
   *
   * @default - the image's: `text/csv`
   */
  readonly defaultAccept?: string;
}

/** Options of scikit-learn. */
export interface ScikitLearnImageOptions extends ScriptImageOptions {
  /**
   * Content type of an answer where the caller names none, such as `text/csv`.
   *
   * @default - the image's: `application/json`
   */
  readonly defaultAccept?: string;
}

/** @see https://docs.aws.amazon.com/sagemaker/latest/dg/deploy-models-frameworks-triton.html */
export function tritonSettings(options: TritonImageOptions): ImageSettings {
  refuse('ServingImage.triton', [
    ...integer('image-threads', 'threads', options.threads, { min: 1, max: 1024 }),
    ...mebibytes('image-shared-memory', 'pythonSharedMemory', options.pythonSharedMemory, { min: 1, max: 65_536 }),
  ]);
  return {
    environment: {
      ...argument('SAGEMAKER_TRITON_DEFAULT_MODEL_NAME', options.defaultModelName),
      ...argument('SAGEMAKER_TRITON_THREAD_COUNT', options.threads),
      ...argument('SAGEMAKER_TRITON_SHM_DEFAULT_BYTE_SIZE', options.pythonSharedMemory?.toBytes()),
      // The image logs every request unless it is told not to.
      SAGEMAKER_TRITON_LOG_VERBOSE: String(options.verbose ?? false),
    },
    needsArtifact: true,
  };
}

/** @see https://github.com/aws/sagemaker-huggingface-inference-toolkit */
export function huggingFaceSettings(options: HuggingFaceImageOptions): ImageSettings {
  refuse('ServingImage.huggingFace', faultyHubModel(options.model, options.revision));
  return {
    environment: {
      ...argument('HF_MODEL_ID', options.model),
      ...argument('HF_MODEL_REVISION', options.revision),
      ...argument('HF_TASK', options.task),
    },
    ...modelSource(options.model),
  };
}

/** @see https://aws.github.io/deep-learning-containers/tei/deployment/sagemaker/ */
export function textEmbeddingsSettings(options: TextEmbeddingsImageOptions): ImageSettings {
  const most = { min: 1, max: 1_000_000_000 };
  refuse('ServingImage.textEmbeddings', [
    ...faultyHubModel(options.model, options.revision),
    ...integer('image-requests', 'maxConcurrentRequests', options.maxConcurrentRequests, most),
    ...integer('image-batch-tokens', 'maxBatchTokens', options.maxBatchTokens, most),
    ...integer('image-batch-size', 'maxClientBatchSize', options.maxClientBatchSize, most),
    ...judge(options.pooling, (pooling) =>
      malformed(
        'image-pooling',
        'pooling',
        pooling,
        /^(cls|mean|splade|last-token)$/,
        'cls, mean, splade or last-token',
      ),
    ),
  ]);
  return {
    environment: {
      HF_MODEL_ID: options.model ?? MODEL_FOLDER,
      ...argument('REVISION', options.revision),
      ...argument('MAX_CONCURRENT_REQUESTS', options.maxConcurrentRequests),
      ...argument('MAX_BATCH_TOKENS', options.maxBatchTokens),
      ...argument('MAX_CLIENT_BATCH_SIZE', options.maxClientBatchSize),
      ...argument('POOLING', options.pooling),
      ...argument('AUTO_TRUNCATE', options.autoTruncate),
    },
    ...modelSource(options.model),
  };
}

/** @see https://github.com/aws/sagemaker-pytorch-inference-toolkit, and https://docs.pytorch.org/serve/configuration.html for units */
export function pyTorchSettings(options: PyTorchImageOptions): ImageSettings {
  refuse('ServingImage.pytorch', [
    ...faultyEntryPoint(options.entryPoint),
    ...integer('image-workers', 'workers', options.workers, { min: 1, max: 1024 }),
    ...integer('image-batch-size', 'batchSize', options.batchSize, { min: 1, max: 100_000 }),
  ]);
  return {
    environment: {
      ...script(options.entryPoint),
      ...argument('SAGEMAKER_TS_MIN_WORKERS', options.workers),
      ...argument('SAGEMAKER_TS_MAX_WORKERS', options.workers),
      ...argument('SAGEMAKER_TS_BATCH_SIZE', options.batchSize),
      ...argument('SAGEMAKER_TS_MAX_BATCH_DELAY', options.maxBatchDelay?.toMilliseconds()),
      ...argument('SAGEMAKER_TS_RESPONSE_TIMEOUT', options.responseTimeout?.toSeconds()),
    },
    needsArtifact: true,
  };
}

/** @see https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html */
export function xgboostSettings({ entryPoint, defaultAccept }: XGBoostImageOptions): ImageSettings {
  refuse('ServingImage.xgboost', faultyEntryPoint(entryPoint));
  return {
    environment: { ...script(entryPoint), ...argument('SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT', defaultAccept) },
    needsArtifact: true,
  };
}

/** The image always runs a script. @see https://docs.aws.amazon.com/sagemaker/latest/dg/sklearn.html */
export function scikitLearnSettings({ entryPoint, defaultAccept }: ScikitLearnImageOptions): ImageSettings {
  refuse('ServingImage.scikitLearn', faultyEntryPoint(entryPoint));
  return {
    environment: {
      ...script(entryPoint ?? 'inference.py'),
      ...argument('SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT', defaultAccept),
    },
    needsArtifact: true,
  };
}

function script(entryPoint: string | undefined): { [name: string]: string } {
  return entryPoint === undefined ? {} : { SAGEMAKER_PROGRAM: entryPoint, SAGEMAKER_SUBMIT_DIRECTORY: CODE_FOLDER };
}

function faultyEntryPoint(entryPoint: string | undefined): readonly Fault[] {
  return judge(entryPoint, (known) =>
    malformed(
      'image-entry-point',
      'entryPoint',
      known,
      /^(?!\/)[\w./-]+\.py$/,
      "a Python file below the folder 'code' of the artifact",
    ),
  );
}
