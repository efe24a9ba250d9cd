import { Duration, Lazy, Size, Token } from 'aws-cdk-lib';
import {
  huggingFaceSettings,
  pyTorchSettings,
  scikitLearnSettings,
  textEmbeddingsSettings,
  tritonSettings,
  xgboostSettings,
} from '../../../lib/model/framework-images';
import { lmiSettings, sglangSettings, vllmSettings } from '../../../lib/model/language-model-images';

const COMMON = {
  model: 'openai/gpt-oss-20b',
  revision: 'abc',
  tensorParallelSize: 4,
  maxModelLength: 4096,
  dataType: 'bfloat16',
  quantization: 'fp8',
  trustRemoteCode: true,
};

// https://aws.github.io/deep-learning-containers/vllm/configuration/
test('vLLM is told by its documented variables', () => {
  const { environment, fetchesFromHub, needsArtifact } = vllmSettings({
    ...COMMON,
    gpuMemoryUtilization: 0.85,
    serverArguments: { 'max-num-seqs': '64', enable_lora: 'true' },
  });
  expect(environment).toEqual({
    SM_VLLM_MODEL: 'openai/gpt-oss-20b',
    SM_VLLM_REVISION: 'abc',
    SM_VLLM_TENSOR_PARALLEL_SIZE: '4',
    SM_VLLM_MAX_MODEL_LEN: '4096',
    SM_VLLM_DTYPE: 'bfloat16',
    SM_VLLM_QUANTIZATION: 'fp8',
    SM_VLLM_TRUST_REMOTE_CODE: 'true',
    SM_VLLM_GPU_MEMORY_UTILIZATION: '0.85',
    SM_VLLM_MAX_NUM_SEQS: '64',
    SM_VLLM_ENABLE_LORA: 'true',
  });
  expect([fetchesFromHub, needsArtifact]).toEqual([true, false]);
});

// https://aws.github.io/deep-learning-containers/sglang/configuration/
test('SGLang is told by its documented variables', () => {
  const { environment } = sglangSettings({
    ...COMMON,
    gpuMemoryUtilization: 0.85,
    serverArguments: { 'schedule-policy': 'lpm' },
  });
  expect(environment).toEqual({
    SM_SGLANG_MODEL_PATH: 'openai/gpt-oss-20b',
    SM_SGLANG_REVISION: 'abc',
    SM_SGLANG_TP: '4',
    SM_SGLANG_CONTEXT_LENGTH: '4096',
    SM_SGLANG_DTYPE: 'bfloat16',
    SM_SGLANG_QUANTIZATION: 'fp8',
    SM_SGLANG_TRUST_REMOTE_CODE: 'true',
    SM_SGLANG_MEM_FRACTION_STATIC: '0.85',
    SM_SGLANG_SCHEDULE_POLICY: 'lpm',
  });
});

// https://docs.djl.ai/docs/serving/serving/docs/lmi/deployment_guide/configurations.html
test('Large Model Inference is told by its documented variables', () => {
  const { environment } = lmiSettings({ ...COMMON, maxBatchSize: 32, serverArguments: { enable_lora: 'true' } });
  expect(environment).toEqual({
    HF_MODEL_ID: 'openai/gpt-oss-20b',
    OPTION_REVISION: 'abc',
    OPTION_TENSOR_PARALLEL_DEGREE: '4',
    OPTION_MAX_MODEL_LEN: '4096',
    OPTION_DTYPE: 'bfloat16',
    OPTION_QUANTIZE: 'fp8',
    OPTION_TRUST_REMOTE_CODE: 'true',
    OPTION_MAX_ROLLING_BATCH_SIZE: '32',
    OPTION_ENABLE_LORA: 'true',
  });
});

test.each([
  ['vllm', vllmSettings],
  ['sglang', sglangSettings],
  ['lmi', lmiSettings],
])('%s without options is told nothing, and needs an artifact', (_, settings) => {
  expect(settings({})).toEqual({ environment: {}, fetchesFromHub: false, needsArtifact: true });
});

test('a folder of the container is no hub', () => {
  expect(vllmSettings({ model: '/opt/ml/model/chat' })).toMatchObject({ fetchesFromHub: false, needsArtifact: true });
});

test.each([
  ['tensorParallelSize', [1, 64], [0, 65, 1.5, NaN]],
  ['maxModelLength', [1, 131_072], [0, -1, 0.5]],
  ['gpuMemoryUtilization', [0.01, 0.9, 1], [0, 1.01, NaN]],
])('%s is held to its bounds', (option, accepted, refused) => {
  accepted.forEach((value) => {
    expect(Object.values(vllmSettings({ [option]: value }).environment)).toEqual([String(value)]);
  });
  refused.forEach((value) => {
    expect(() => vllmSettings({ [option]: value })).toThrow(new RegExp(`'${option}' is ${value}`));
  });
});

test('numbers that are known only at deployment pass', () => {
  const { environment } = vllmSettings({ tensorParallelSize: Lazy.number({ produce: () => 0 }) });
  expect(Token.isUnresolved(environment.SM_VLLM_TENSOR_PARALLEL_SIZE)).toBe(true);
});

test('what an option says cannot be said again', () => {
  expect(() => vllmSettings({ maxModelLength: 1, serverArguments: { 'max-model-len': '2' } })).toThrow(
    /SM_VLLM_MAX_MODEL_LEN[^]*image-argument-twice/,
  );
});

test.each(['', 's3://models/chat/', 'https://example.com/chat'])('the model %p is refused', (model) => {
  [vllmSettings, sglangSettings, lmiSettings, huggingFaceSettings, textEmbeddingsSettings].forEach((settings) => {
    expect(() => settings({ model })).toThrow(/image-model\]/);
  });
});

test('a revision of nothing is refused', () => {
  [vllmSettings, sglangSettings, lmiSettings, huggingFaceSettings, textEmbeddingsSettings].forEach((settings) => {
    expect(() => settings({ revision: 'abc' })).toThrow(/image-model-revision/);
  });
});

test('Triton is told by its documented variables, and logs no request unless it is told to', () => {
  expect(tritonSettings({})).toEqual({ environment: { SAGEMAKER_TRITON_LOG_VERBOSE: 'false' }, needsArtifact: true });
  const { environment } = tritonSettings({
    defaultModelName: 'ensemble',
    threads: 16,
    pythonSharedMemory: Size.mebibytes(64),
    verbose: true,
  });
  expect(environment).toEqual({
    SAGEMAKER_TRITON_DEFAULT_MODEL_NAME: 'ensemble',
    SAGEMAKER_TRITON_THREAD_COUNT: '16',
    SAGEMAKER_TRITON_SHM_DEFAULT_BYTE_SIZE: '67108864',
    SAGEMAKER_TRITON_LOG_VERBOSE: 'true',
  });
  expect(() => tritonSettings({ threads: 0, pythonSharedMemory: Size.kibibytes(1) })).toThrow(
    /image-threads[^]*image-shared-memory/,
  );
});

test('Transformers is told by its documented variables', () => {
  expect(huggingFaceSettings({ model: 'a/b', revision: 'abc', task: 'text-classification' })).toEqual({
    environment: { HF_MODEL_ID: 'a/b', HF_MODEL_REVISION: 'abc', HF_TASK: 'text-classification' },
    fetchesFromHub: true,
    needsArtifact: false,
  });
  expect(huggingFaceSettings({})).toEqual({ environment: {}, fetchesFromHub: false, needsArtifact: true });
});

// https://aws.github.io/deep-learning-containers/tei/deployment/sagemaker/
test('Text Embeddings Inference looks into the artifact when no model of the hub is named', () => {
  expect(textEmbeddingsSettings({})).toEqual({
    environment: { HF_MODEL_ID: '/opt/ml/model' },
    fetchesFromHub: false,
    needsArtifact: true,
  });
  expect(
    textEmbeddingsSettings({
      model: 'BAAI/bge-m3',
      revision: 'abc',
      maxConcurrentRequests: 100,
      maxBatchTokens: 8192,
      maxClientBatchSize: 64,
      pooling: 'mean',
      autoTruncate: true,
    }).environment,
  ).toEqual({
    HF_MODEL_ID: 'BAAI/bge-m3',
    REVISION: 'abc',
    MAX_CONCURRENT_REQUESTS: '100',
    MAX_BATCH_TOKENS: '8192',
    MAX_CLIENT_BATCH_SIZE: '64',
    POOLING: 'mean',
    AUTO_TRUNCATE: 'true',
  });
  expect(() => textEmbeddingsSettings({ pooling: 'max', maxBatchTokens: 0 })).toThrow(
    /image-batch-tokens[^]*image-pooling/,
  );
});

test('PyTorch is told by its documented variables', () => {
  expect(pyTorchSettings({})).toEqual({ environment: {}, needsArtifact: true });
  const { environment } = pyTorchSettings({
    entryPoint: 'serve.py',
    workers: 2,
    batchSize: 8,
    maxBatchDelay: Duration.millis(50),
    responseTimeout: Duration.seconds(30),
  });
  expect(environment).toEqual({
    SAGEMAKER_PROGRAM: 'serve.py',
    SAGEMAKER_SUBMIT_DIRECTORY: '/opt/ml/model/code',
    SAGEMAKER_TS_MIN_WORKERS: '2',
    SAGEMAKER_TS_MAX_WORKERS: '2',
    SAGEMAKER_TS_BATCH_SIZE: '8',
    SAGEMAKER_TS_MAX_BATCH_DELAY: '50',
    SAGEMAKER_TS_RESPONSE_TIMEOUT: '30',
  });
  expect(() => pyTorchSettings({ workers: 0, batchSize: 0 })).toThrow(/image-workers[^]*image-batch-size/);
});

test('XGBoost runs its own algorithm unless there is a script; scikit-learn always runs one', () => {
  expect(xgboostSettings({}).environment).toEqual({});
  expect(xgboostSettings({ entryPoint: 'serve.py', defaultAccept: 'application/json' }).environment).toEqual({
    SAGEMAKER_PROGRAM: 'serve.py',
    SAGEMAKER_SUBMIT_DIRECTORY: '/opt/ml/model/code',
    SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT: 'application/json',
  });
  expect(scikitLearnSettings({}).environment).toMatchObject({ SAGEMAKER_PROGRAM: 'inference.py' });
});

test.each(['serve', '/opt/serve.py', '', 'serve.py\n', 'a b.py'])('the script %p is refused', (entryPoint) => {
  [pyTorchSettings, xgboostSettings, scikitLearnSettings].forEach((settings) => {
    expect(() => settings({ entryPoint })).toThrow(/image-entry-point/);
  });
});
