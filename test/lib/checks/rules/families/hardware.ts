/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates are read as plain data */
import type { Family, Mistakes } from '../family';

const properties = (template: any, id: string) => template.Resources[id].Properties;
const chat = (template: any) => properties(template, 'ChatConfig').ProductionVariants[0];
const environment = (template: any) => properties(template, 'ChatModel').PrimaryContainer.Environment;
const container = (template: any) => properties(template, 'SmallModel').PrimaryContainer;
const image = (name: string) => ({ 'Fn::Sub': `763104351884.dkr.ecr.\${AWS::Region}.\${AWS::URLSuffix}/${name}` });

const mistakes: Mistakes = {
  'hardware-architecture': (t) => (properties(t, 'SortConfig').ProductionVariants[0].InstanceType = 'ml.c7g.xlarge'),
  'hardware-accelerator': (t) => {
    chat(t).InstanceType = 'ml.m7i.12xlarge';
    delete chat(t).InferenceAmiVersion;
  },
  'hardware-gpu-unused': (t) => (properties(t, 'SortConfig').ProductionVariants[0].InstanceType = 'ml.g5.xlarge'),
  'hardware-host-driver': (t) => delete chat(t).InferenceAmiVersion,
  'hardware-host-family': (t) =>
    (properties(t, 'SortConfig').ProductionVariants[0].InferenceAmiVersion = 'al2-ami-sagemaker-inference-gpu-2'),
  'hardware-parallel': (t) => (environment(t).SM_VLLM_TENSOR_PARALLEL_SIZE = '8'),
  'hardware-gpus-idle': (t) => (environment(t).SM_VLLM_TENSOR_PARALLEL_SIZE = '2'),
  'hardware-model-memory': (t) => (environment(t).SM_VLLM_MODEL = 'mistralai/Mistral-Large-123B-Instruct'),
  'hardware-startup-time': (t) => delete chat(t).ContainerStartupHealthCheckTimeoutInSeconds,
  'hardware-component': (t) =>
    (properties(t, 'Copy').Specification.ComputeResourceRequirements.NumberOfAcceleratorDevicesRequired = 2),
  'container-environment': (t) => (environment(t)['9_LIVES'] = 'true'),
  'container-hub-isolated': (t) => (properties(t, 'ChatModel').EnableNetworkIsolation = true),
  'container-many-models-uncompressed': (t) => {
    const archives = properties(t, 'SortModel').PrimaryContainer;
    archives.Mode = 'MultiModel';
    archives.ModelDataSource = { S3DataSource: { S3Uri: 's3://models/sort/', S3DataType: 'S3Prefix' } };
  },
  'serverless-model': (t) => (container(t).ModelDataSource = { S3DataSource: { S3Uri: 's3://models/small/' } }),
  'serverless-instances': (t) => (properties(t, 'SmallConfig').ProductionVariants[0].InitialInstanceCount = 1),
};

const endpoint = (name: string) => ({
  Type: 'AWS::SageMaker::Endpoint',
  Properties: { EndpointName: name, EndpointConfigName: { 'Fn::GetAtt': [`${name}Config`, 'EndpointConfigName'] } },
});

const config = (variant: Record<string, unknown>) => ({
  Type: 'AWS::SageMaker::EndpointConfig',
  Properties: { ProductionVariants: [{ VariantName: 'main', ...variant }] },
});

function correct(): any {
  return {
    Parameters: { Any: { Type: 'String' } },
    Resources: {
      ChatModel: {
        Type: 'AWS::SageMaker::Model',
        Properties: {
          PrimaryContainer: {
            Image: image('vllm:server-sagemaker-cuda-v2.4'),
            Environment: {
              SM_VLLM_MODEL: 'Qwen/Qwen2.5-32B-Instruct',
              SM_VLLM_TENSOR_PARALLEL_SIZE: '4',
            },
          },
        },
      },
      ChatConfig: config({
        ModelName: { 'Fn::GetAtt': ['ChatModel', 'ModelName'] },
        InstanceType: 'ml.g6e.12xlarge',
        InitialInstanceCount: 1,
        InferenceAmiVersion: 'al2023-ami-sagemaker-inference-gpu-4-1',
        ContainerStartupHealthCheckTimeoutInSeconds: 1800,
      }),
      Chat: endpoint('Chat'),
      SortModel: {
        Type: 'AWS::SageMaker::Model',
        Properties: {
          EnableNetworkIsolation: true,
          PrimaryContainer: {
            Image: image('pytorch-inference:2.6.0-cpu-py312-ubuntu22.04-sagemaker'),
            ModelDataUrl: 's3://models/sort.tar.gz',
          },
        },
      },
      SortConfig: config({
        ModelName: { 'Fn::GetAtt': ['SortModel', 'ModelName'] },
        InstanceType: 'ml.c7i.xlarge',
        InitialInstanceCount: 1,
      }),
      Sort: endpoint('Sort'),
      SmallModel: {
        Type: 'AWS::SageMaker::Model',
        Properties: {
          PrimaryContainer: {
            Image: image('pytorch-inference:2.6.0-cpu-py312-ubuntu22.04-sagemaker'),
          },
        },
      },
      SmallConfig: config({
        ModelName: { 'Fn::GetAtt': ['SmallModel', 'ModelName'] },
        ServerlessConfig: { MemorySizeInMB: 4096, MaxConcurrency: 10 },
      }),
      Small: endpoint('Small'),
      SharedConfig: config({ InstanceType: 'ml.g5.2xlarge', InitialInstanceCount: 1 }),
      Shared: endpoint('Shared'),
      Copy: {
        Type: 'AWS::SageMaker::InferenceComponent',
        Properties: {
          EndpointName: { 'Fn::GetAtt': ['Shared', 'EndpointName'] },
          VariantName: 'main',
          Specification: {
            ModelName: { 'Fn::GetAtt': ['SortModel', 'ModelName'] },
            ComputeResourceRequirements: {
              NumberOfAcceleratorDevicesRequired: 1,
              NumberOfCpuCoresRequired: 2,
              MinMemoryRequiredInMb: 4096,
            },
          },
        },
      },
    },
  };
}

/** Instance types, what images and models ask of them, and what serverless variants cannot do. */
export const family: Family = { correct, mistakes };
