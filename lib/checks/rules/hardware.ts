import { acceleratorMissing, architectureMismatch, type Hardware } from '../bounds/hardware';
import { hostTooOld, OLDER_GPU_HOSTS } from '../bounds/serving-image';
import { instanceCatalogue } from '../catalogue/instance-catalogue';
import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import { at, isMissing, numberAt, textAt } from '../template/resolved-value';
import { endpointConfigOf, endpointNamed, variantsOf } from './endpoints';
import { type HostedContainer, type HostedVariant, hardwareOf, hostedVariants, hubModel } from './hosted-variant';
import { weightsOf } from './model-size';
import { perResource, type Rule, type RuleDefinition } from './rule';

const VARIANT = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html';
const IMAGES = 'https://docs.aws.amazon.com/sagemaker/latest/dg/pre-built-containers-frameworks-deep-learning.html';
const LARGE = 'https://docs.aws.amazon.com/sagemaker/latest/dg/large-model-inference-hosting.html';
const COMPONENT =
  'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_InferenceComponentComputeResourceRequirements.html';
const CONFIG = ['AWS::SageMaker::EndpointConfig'];

/** How many GPUs a server is told to spread one model over. */
const PARALLEL = ['SM_VLLM_TENSOR_PARALLEL_SIZE', 'SM_SGLANG_TP', 'SM_SGLANG_TP_SIZE', 'OPTION_TENSOR_PARALLEL_DEGREE'];
/** The same, of servers that leave all other GPUs alone, unless they are told of more copies or stages. */
const ALONE = /^SM_(VLLM_TENSOR_PARALLEL_SIZE|SGLANG_TP(_SIZE)?)$/;
const MORE_COPIES = /^SM_(VLLM|SGLANG)_(DATA|PIPELINE|DP|PP|EXPERT)/;

interface Hosted extends HostedVariant, HostedContainer {
  readonly hardware: Hardware;
}

/** A rule over each container of each variant whose instance type the catalogue knows. */
function perContainer(definition: RuleDefinition, faultOf: (hosted: Hosted) => string | undefined): Rule {
  return perResource(CONFIG, definition, (config, template) =>
    hostedVariants(config, template).flatMap((hosted) =>
      hosted.containers.flatMap((container) => {
        const { hardware } = hosted;
        const message = hardware === undefined ? undefined : faultOf({ ...hosted, ...container, hardware });
        return message === undefined ? [] : [{ message: `${hosted.name}: ${message}` }];
      }),
    ),
  );
}

/** The variable that says over how many GPUs a model is spread, and the number. */
function parallelOf({ environment }: HostedContainer): { readonly name: string; readonly degree: number } | undefined {
  const name = PARALLEL.find((each) => /^\d+$/.test(environment.get(each) ?? ''));
  return name === undefined ? undefined : { name, degree: Number(environment.get(name)) };
}

const gib = (value: number): string => `${Number(value.toFixed(1))} GiB`;

/** The instances under an inference component. */
function componentHardware(component: ResolvedResource, template: ResolvedTemplate): Hardware | undefined {
  const config = endpointConfigOf(endpointNamed(at(component.properties, 'EndpointName'), template));
  const name = textAt(component.properties, 'VariantName');
  return hardwareOf(variantsOf(config).find((variant) => textAt(variant, 'VariantName') === name));
}

/** What instances are, and what images and models ask of them. */
export const HARDWARE_RULES: readonly Rule[] = [
  perContainer(
    {
      id: 'hardware-architecture',
      severity: 'error',
      title: 'An image is built for the processors that it runs on',
      fix: 'use an instance type of the other architecture, or an image for this one',
      see: IMAGES,
    },
    ({ image, hardware }) =>
      architectureMismatch(image?.architecture, hardware).map(({ message }) => `${message} (${image!.name})`)[0],
  ),
  perContainer(
    {
      id: 'hardware-accelerator',
      severity: 'error',
      title: 'An image for an accelerator runs where there is one',
      fix: 'use an instance type that has it, or an image for the processor',
      see: IMAGES,
    },
    ({ image, hardware }) =>
      // Triton serves on processors as well.
      image?.accelerator === undefined || image.name.includes('tritonserver')
        ? undefined
        : acceleratorMissing(image.accelerator, hardware, instanceCatalogue().values()).map(
            ({ message }) => `${message} (${image.name})`,
          )[0],
  ),
  perContainer(
    {
      id: 'hardware-gpu-unused',
      severity: 'warning',
      title: 'An instance with GPUs runs an image that uses them',
      fix: 'use the image for GPUs, or an instance type without them',
      see: IMAGES,
    },
    ({ image, hardware }) =>
      image?.accelerator === 'NONE' && hardware.accelerator === 'GPU'
        ? `${hardware.name} has ${hardware.accelerators} x ${hardware.acceleratorName}, and ${image.name} uses the processor alone`
        : undefined,
  ),
  perContainer(
    {
      id: 'hardware-host-driver',
      severity: 'error',
      title: 'The driver of the host is new enough for the CUDA of the image',
      fix: "set InferenceAmiVersion to 'al2023-ami-sagemaker-inference-gpu-4-1'",
      see: VARIANT,
    },
    ({ image, hardware, variant }) => {
      const host = textAt(variant, 'InferenceAmiVersion');
      // The newest families cannot run on hosts that are older than they are.
      const judged =
        hardware.accelerator === 'GPU' &&
        !/^ml\.(p6|g7)/.test(hardware.name) &&
        (isMissing(variant, 'InferenceAmiVersion') ||
          // CUDA promises to run within one major version.
          (host !== undefined && OLDER_GPU_HOSTS.includes(host) && Number.parseInt(image?.cuda ?? '') >= 13));
      return judged ? hostTooOld(image?.cuda, host).map(({ message }) => `${message} (${image!.name})`)[0] : undefined;
    },
  ),
  perResource(
    CONFIG,
    {
      id: 'hardware-host-family',
      severity: 'error',
      title: 'A host image belongs to the accelerator of the instance',
      fix: 'leave InferenceAmiVersion out, or use one for this accelerator',
      see: VARIANT,
    },
    (config, template) =>
      hostedVariants(config, template).flatMap(({ name, variant, hardware }) => {
        const host = textAt(variant, 'InferenceAmiVersion');
        const [, made] = /-inference-(gpu|neuron)-/.exec(host ?? '') ?? [];
        return made === undefined || hardware === undefined || hardware.accelerator === made.toUpperCase()
          ? []
          : [
              {
                message: `${name}: InferenceAmiVersion '${host}' is for ${made === 'gpu' ? 'GPUs' : 'AWS Inferentia and Trainium'}, and ${hardware.name} has none`,
              },
            ];
      }),
  ),
  perContainer(
    {
      id: 'hardware-parallel',
      severity: 'error',
      title: 'A model is spread over no more GPUs than the instance has',
      fix: 'lower the number to the GPUs of the instance, or use a larger instance type',
      see: LARGE,
    },
    (hosted) => {
      const parallel = parallelOf(hosted);
      const { accelerators, accelerator, name } = hosted.hardware;
      return parallel !== undefined && accelerator === 'GPU' && parallel.degree > accelerators
        ? `${parallel.name} is ${parallel.degree}, and ${name} has ${accelerators} GPU${accelerators === 1 ? '' : 's'}`
        : undefined;
    },
  ),
  perContainer(
    {
      id: 'hardware-gpus-idle',
      severity: 'warning',
      title: 'A model uses all GPUs of its instance',
      fix: 'raise the number to the GPUs of the instance, or use a type with fewer',
      see: LARGE,
    },
    (hosted) => {
      const parallel = parallelOf(hosted);
      const { accelerators, accelerator, name } = hosted.hardware;
      return parallel !== undefined &&
        accelerator === 'GPU' &&
        ALONE.test(parallel.name) &&
        ![...hosted.environment.keys()].some((variable) => MORE_COPIES.test(variable)) &&
        parallel.degree < accelerators
        ? `${parallel.name} is ${parallel.degree}, and ${name} has ${accelerators} GPUs: ${accelerators - parallel.degree} of them do nothing`
        : undefined;
    },
  ),
  perContainer(
    {
      id: 'hardware-model-memory',
      severity: 'warning',
      title: 'The weights of a model fit into the memory of the GPUs',
      fix: 'use an instance type with more GPU memory, or a model of fewer bits',
      see: LARGE,
    },
    (hosted) => {
      const { hardware, environment } = hosted;
      const weights = weightsOf(hubModel(hosted), environment);
      return weights !== undefined && hardware.gpuMemoryGiB !== undefined && weights.gib > hardware.gpuMemoryGiB
        ? `the weights of '${weights.model}' are at least ${gib(weights.gib)} with two bytes for each parameter, and ${hardware.name} has ${gib(hardware.gpuMemoryGiB)} of GPU memory`
        : undefined;
    },
  ),
  perContainer(
    {
      id: 'hardware-startup-time',
      severity: 'warning',
      title: 'A container that fetches its model when it starts is given the time for it',
      fix: 'set ContainerStartupHealthCheckTimeoutInSeconds, up to 3600; the default is 8 minutes',
      see: 'https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html',
    },
    (hosted) =>
      hubModel(hosted) !== undefined &&
      hosted.hardware.accelerator === 'GPU' &&
      isMissing(hosted.variant, 'ContainerStartupHealthCheckTimeoutInSeconds')
        ? `the container fetches '${hubModel(hosted)}' from a hub when it starts, and ContainerStartupHealthCheckTimeoutInSeconds is not set`
        : undefined,
  ),
  perResource(
    ['AWS::SageMaker::InferenceComponent'],
    {
      id: 'hardware-component',
      severity: 'error',
      title: 'A copy of an inference component fits on an instance',
      fix: 'ask for less in ComputeResourceRequirements, or use a larger instance type',
      see: COMPONENT,
    },
    (component, template) => {
      const hardware = componentHardware(component, template);
      const needs = at(component.properties, 'Specification', 'ComputeResourceRequirements');
      return hardware === undefined
        ? undefined
        : [
            ['NumberOfAcceleratorDevicesRequired', hardware.accelerators, 'accelerators'] as const,
            ['NumberOfCpuCoresRequired', hardware.vcpus, 'virtual processors'] as const,
            ['MinMemoryRequiredInMb', hardware.memoryGiB * 1024, 'MiB of memory'] as const,
          ]
            .filter(([property, has]) => (numberAt(needs, property) ?? 0) > has)
            .map(([property, has, what]) => ({
              message: `${property} is ${numberAt(needs, property)}, and ${hardware.name} has ${has} ${what}`,
            }));
    },
  ),
];
