/**
 * What crosses the line between SageMaker, or whoever else starts the container, and the server in it. Imports nothing.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-batch-code.html
 */

/** Environment variables of the container; all have defaults. */
export const ENV = {
  /** Port to listen on: 8080, unless the container is one of several on the instance. */
  port: 'SAGEMAKER_BIND_TO_PORT',
  /** Folder below which SageMaker lays files, `/opt/ml`: the model in `model/`. */
  baseFolder: 'SAGEMAKER_BASE_DIR',
  /** Address to listen on: all by default. */
  host: 'HOST',
  /** User that the server becomes once the model is loaded; absent: it stays who it is. Set by the image. */
  user: 'SERVER_USER',
} as const;

export const PATHS = {
  ping: '/ping',
  invocations: '/invocations',
  executionParameters: '/execution-parameters',
} as const;

/** Header with the caller's own id of a prediction: `InferenceId` of InvokeEndpoint. */
export const INFERENCE_ID_HEADER = 'x-amzn-sagemaker-inference-id';

/** SageMaker sends no larger request to an endpoint: https://docs.aws.amazon.com/sagemaker/latest/dg/hosting-faqs.html */
export const MAX_BODY_BYTES = 25 * 1024 * 1024;
