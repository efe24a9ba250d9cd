/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- templates are read as plain data */
import { imageFacts } from '../../../../lib/checks/rules/image-facts';
import { weightsOf } from '../../../../lib/checks/rules/model-size';
import { Composed, Unknown } from '../../../../lib/checks/template/resolved-value';
import { family } from './families/hardware';
import { foundIds, messagesOf } from './found-ids';

const REGISTRY = '763104351884.dkr.ecr.eu-west-1.amazonaws.com';

/** The endpoint of a language model, changed. */
function chat(variant: Record<string, unknown>, environment: Record<string, unknown> = {}, image?: unknown): any {
  const template = family.correct();
  const { ChatConfig, ChatModel } = template.Resources;
  Object.assign(ChatConfig.Properties.ProductionVariants[0], variant);
  Object.assign(ChatModel.Properties.PrimaryContainer.Environment, environment);
  ChatModel.Properties.PrimaryContainer.Image = image ?? ChatModel.Properties.PrimaryContainer.Image;
  return template;
}

describe('the name of an image says', () => {
  const facts = (image: string) => {
    const { accelerator, architecture, cuda } = imageFacts(`${REGISTRY}/${image}`)!;
    return [accelerator, architecture, cuda];
  };

  test.each([
    ['vllm:server-sagemaker-cuda-v2.4', 'GPU', 'x86_64', '13.0'],
    ['djl-inference:0.36.0-lmi20.0.0-cu128', 'GPU', 'x86_64', '12.8'],
    ['djl-inference:0.36.0-cpu-full', 'NONE', 'x86_64', undefined],
    ['pytorch-inference-arm64:2.6.0-cpu-py312-ubuntu22.04-sagemaker', 'NONE', 'arm64', undefined],
    ['pytorch-inference-graviton:2.4.0-cpu-py311', 'NONE', 'arm64', undefined],
    ['pytorch-inference-neuronx:2.9.0-neuronx-py312-sdk2.31.1-ubuntu24.04', 'NEURON', undefined, undefined],
    ['mine:1.4.0', undefined, undefined, undefined],
    ['mine/cpu-and-gpu:latest', undefined, undefined, undefined],
    ['mine:1.4.0-amd64', undefined, 'x86_64', undefined],
    ['mine:cudnn9-cu13', undefined, undefined, undefined],
  ])('what it runs on: %s', (image, ...expected) => {
    expect(facts(image)).toEqual(expected);
  });

  test('nothing where a part of it is not known, or it is a digest', () => {
    expect(imageFacts(new Composed([`${REGISTRY}/`, new Unknown('parameter'), ':1.0-gpu-py3']))).toBeUndefined();
    expect(imageFacts(new Composed([`${REGISTRY}/vllm:`, new Unknown('parameter')]))).toBeUndefined();
    expect(imageFacts(`${REGISTRY}/vllm@sha256:abc`)).toBeUndefined();
    expect(imageFacts(undefined)).toBeUndefined();
  });
});

describe('the name of a model says how much its weights are', () => {
  test.each([
    ['Qwen/Qwen2.5-7B-Instruct', 12.39],
    ['meta-llama/Llama-3.1-8B', 14.16],
    ['Qwen/Qwen2.5-0.5B', 0.88],
    ['mistralai/Mixtral-8x7B-v0.1', 79.27],
    ['Qwen/Qwen3-30B-A3B', 53.09],
  ])('%s', (model, gib) => {
    expect(Number(weightsOf(model, new Map())!.gib.toFixed(2))).toBe(gib);
  });

  test.each([
    'openai/gpt-oss-120b',
    'Qwen/Qwen2.5-72B-Instruct-AWQ',
    'neuralmagic/Meta-Llama-3.1-70B-FP8',
    'RedHatAI/Llama-3.3-70B-Instruct-quantized.w8a8',
    'unsloth/Llama-3-70b-bnb-4bit',
    'mistralai/Mistral-Large',
    'mine/model-7Beta',
  ])('or nothing: %s', (model) => {
    expect(weightsOf(model, new Map())).toBeUndefined();
  });

  test('unless the server is told to use fewer bits', () => {
    const told = (name: string, value: string) => weightsOf('a/b-70B', new Map([[name, value]])) !== undefined;
    expect(told('SM_VLLM_QUANTIZATION', 'fp8')).toBe(false);
    expect(told('OPTION_QUANTIZE', 'awq')).toBe(false);
    expect(told('SM_VLLM_DTYPE', 'bfloat16')).toBe(true);
    expect(told('SM_VLLM_MAX_MODEL_LEN', '4096')).toBe(true);
  });
});

test('weights that just fit are not spoken of, those beside it are', () => {
  // One L4 reports 22888 MiB, which are 22.35 GiB.
  const one = { InstanceType: 'ml.g6.xlarge' };
  const of = (billions: number) => ({ SM_VLLM_MODEL: `a/b-${billions}B`, SM_VLLM_TENSOR_PARALLEL_SIZE: '1' });
  expect(foundIds(chat(one, of(12)))).toEqual([]);
  expect(messagesOf('hardware-model-memory', chat(one, of(13)))).toEqual([
    "variant 'main': the weights of 'a/b-13B' are at least 23 GiB with two bytes for each parameter, and ml.g6.xlarge has 22.4 GiB of GPU memory",
  ]);
});

describe('the host of an image', () => {
  const found = (variant: Record<string, unknown>, tag: string) =>
    foundIds(chat(variant, {}, `${REGISTRY}/djl-inference:0.36.0-lmi20.0.0-${tag}`));

  test('is too old by default from CUDA 12.8 on', () => {
    const byDefault = { InferenceAmiVersion: undefined };
    expect(found(byDefault, 'cu126')).toEqual([]);
    expect(found(byDefault, 'cu128')).toEqual(['hardware-host-driver']);
  });

  test('that is named is too old from CUDA 13 on, and one that nobody knows yet is not judged', () => {
    const older = { InferenceAmiVersion: 'al2-ami-sagemaker-inference-gpu-3-1' };
    expect(found(older, 'cu129')).toEqual([]);
    expect(found(older, 'cu130')).toEqual(['hardware-host-driver']);
    expect(found({ InferenceAmiVersion: 'al2023-ami-sagemaker-inference-gpu-9-1' }, 'cu130')).toEqual([]);
    expect(found({ InferenceAmiVersion: { Ref: 'Any' } }, 'cu130')).toEqual([]);
  });

  test('of the newest families is not judged', () => {
    expect(found({ InferenceAmiVersion: undefined, InstanceType: 'ml.g7e.24xlarge' }, 'cu130')).toEqual([]);
  });
});

test('a model may be spread over all GPUs, and other copies use the rest', () => {
  const degree = (value: string, more = {}) => foundIds(chat({}, { SM_VLLM_TENSOR_PARALLEL_SIZE: value, ...more }));
  expect(degree('4')).toEqual([]);
  expect(degree('5')).toEqual(['hardware-parallel']);
  expect(degree('3')).toEqual(['hardware-gpus-idle']);
  expect(degree('2', { SM_VLLM_DATA_PARALLEL_SIZE: '2' })).toEqual([]);
  expect(degree('all')).toEqual([]);
  expect(foundIds(chat({}, { SM_VLLM_TENSOR_PARALLEL_SIZE: 5 }))).toEqual(['hardware-parallel']);
});

test('Triton serves on processors as well', () => {
  const processors = { InstanceType: 'ml.m7i.12xlarge', InferenceAmiVersion: undefined };
  expect(foundIds(chat(processors, {}, `${REGISTRY}/sagemaker-tritonserver:26.05-py3`))).toEqual([]);
});

test('what is known only at deployment is not judged', () => {
  expect(
    foundIds(chat({ InstanceType: { Ref: 'Any' }, ContainerStartupHealthCheckTimeoutInSeconds: undefined })),
  ).toEqual([]);
  expect(foundIds(chat({ ContainerStartupHealthCheckTimeoutInSeconds: { Ref: 'Any' } }))).toEqual([]);
  expect(foundIds(chat({}, { SM_VLLM_TENSOR_PARALLEL_SIZE: { Ref: 'Any' } }))).toEqual([]);
  expect(foundIds(chat({ ModelName: 'elsewhere', InferenceAmiVersion: undefined }))).toEqual([]);
});

test('a model that comes from S3 is not fetched from a hub', () => {
  const template = chat({ ContainerStartupHealthCheckTimeoutInSeconds: undefined });
  template.Resources.ChatModel.Properties.PrimaryContainer.ModelDataUrl = 's3://models/chat.tar.gz';
  template.Resources.ChatModel.Properties.EnableNetworkIsolation = true;
  expect(foundIds(template)).toEqual([]);
  const folder = chat({ ContainerStartupHealthCheckTimeoutInSeconds: undefined }, { SM_VLLM_MODEL: '/opt/ml/model' });
  expect(foundIds(folder)).toEqual([]);
});

describe('a copy of an inference component', () => {
  const messages = (needs: Record<string, unknown>) => {
    const template = family.correct();
    template.Resources.Copy.Properties.Specification.ComputeResourceRequirements = needs;
    return messagesOf('hardware-component', template);
  };

  test('may fill an instance', () => {
    const all = {
      NumberOfAcceleratorDevicesRequired: 1,
      NumberOfCpuCoresRequired: 8,
      MinMemoryRequiredInMb: 32 * 1024,
    };
    expect(messages(all)).toEqual([]);
    expect(messages({ NumberOfCpuCoresRequired: { Ref: 'Any' } })).toEqual([]);
  });

  test('takes no more than it has', () => {
    expect(messages({ NumberOfCpuCoresRequired: 8.25, MinMemoryRequiredInMb: 32 * 1024 + 1 })).toEqual([
      'NumberOfCpuCoresRequired is 8.25, and ml.g5.2xlarge has 8 virtual processors',
      'MinMemoryRequiredInMb is 32769, and ml.g5.2xlarge has 32768 MiB of memory',
    ]);
  });
});

describe('a serverless variant', () => {
  const messages = (id: string, change: (resources: any) => void) => {
    const template = family.correct();
    change(template.Resources);
    return messagesOf(id, template);
  };

  test('has one plain container', () => {
    expect(
      messages('serverless-model', ({ SmallModel: { Properties: model } }) => {
        model.VpcConfig = { Subnets: ['subnet-1'], SecurityGroupIds: ['sg-1'] };
        model.EnableNetworkIsolation = true;
        model.PrimaryContainer.Mode = 'MultiModel';
        model.PrimaryContainer.Image = `${REGISTRY}/pytorch-inference:2.6.0-gpu-py312-cu124-ubuntu22.04-sagemaker`;
      }),
    ).toEqual([
      "variant 'main' is serverless, and its model 'SmallModel' has VpcConfig and EnableNetworkIsolation and the Mode MultiModel and an image for an accelerator (pytorch-inference:2.6.0-gpu-py312-cu124-ubuntu22.04-sagemaker)",
    ]);
    expect(
      messages('serverless-model', ({ SmallModel: { Properties: model } }) => {
        model.Containers = [model.PrimaryContainer, model.PrimaryContainer];
        delete model.PrimaryContainer;
      }),
    ).toEqual(["variant 'main' is serverless, and its model 'SmallModel' has several Containers"]);
  });

  test('is not judged by what a condition decides', () => {
    const either = { 'Fn::If': ['Some', { Subnets: ['subnet-1'] }, { Ref: 'AWS::NoValue' }] };
    expect(messages('serverless-model', ({ SmallModel }) => (SmallModel.Properties.VpcConfig = either))).toEqual([]);
    expect(
      messages('serverless-instances', ({ SmallConfig }) => {
        const [variant] = SmallConfig.Properties.ProductionVariants;
        variant.InstanceType = { 'Fn::If': ['Some', 'ml.m5.large', { Ref: 'AWS::NoValue' }] };
      }),
    ).toEqual([]);
    expect(
      messages('serverless-instances', ({ SmallConfig }) => {
        const [variant] = SmallConfig.Properties.ProductionVariants;
        variant.ServerlessConfig = { 'Fn::If': ['Some', {}, { Ref: 'AWS::NoValue' }] };
        variant.InstanceType = 'ml.m5.large';
      }),
    ).toEqual([]);
  });
});

test('the variables of a container have names that a shell could use, and are not too many together', () => {
  const template = family.correct();
  const { Environment } = template.Resources.ChatModel.Properties.PrimaryContainer;
  Array.from({ length: 98 }, (_, index) => (Environment[`V${index}`] = 'x'));
  expect(messagesOf('container-environment', template)).toEqual([]);
  Environment.V98 = 'x';
  expect(messagesOf('container-environment', template)).toEqual(['Environment has 101 variables, allowed are 100']);
});
