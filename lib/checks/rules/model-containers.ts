import { faultyEnvironment, hubOutOfReach } from '../bounds/container';
import { at, has, isObject, listAt, type Resolved, textAt, Unknown } from '../template/resolved-value';
import { containersOf, hostedVariants, hubModel } from './hosted-variant';
import { perResource, type Rule } from './rule';

const CONTAINER = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html';
const SERVERLESS = 'https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html';
const MODEL = ['AWS::SageMaker::Model'];
const CONFIG = ['AWS::SageMaker::EndpointConfig'];

/** Settings of variants that say something about instances. */
const OF_INSTANCES = ['InstanceType', 'InitialInstanceCount', 'ManagedInstanceScaling', 'InferenceAmiVersion'];

const isOn = (value: Resolved): boolean => value === true || value === 'true';

/** Containers of models, and what serverless variants cannot do with them. */
export const MODEL_CONTAINER_RULES: readonly Rule[] = [
  perResource(
    MODEL,
    {
      id: 'container-environment',
      severity: 'error',
      title: 'The variables of a container are as many, as long and named as SageMaker takes them',
      fix: 'rename the variable, or put what is long into a file beside the model',
      see: CONTAINER,
    },
    (model) =>
      containersOf(model).flatMap(({ environment }) =>
        faultyEnvironment(Object.fromEntries(environment)).map(({ message }) => ({
          message: message.replaceAll("'environment'", 'Environment'),
        })),
      ),
  ),
  perResource(
    MODEL,
    {
      id: 'container-hub-isolated',
      severity: 'error',
      title: 'A container that fetches its model from a hub has a network',
      fix: 'leave EnableNetworkIsolation out, or give the model in ModelDataSource',
      see: 'https://docs.aws.amazon.com/sagemaker/latest/dg/mkt-algo-model-internet-free.html',
    },
    (model) =>
      containersOf(model).flatMap((container) =>
        hubOutOfReach(hubModel(container) !== undefined, isOn(at(model.properties, 'EnableNetworkIsolation'))).map(
          ({ message }) => ({ message: `'${hubModel(container)}': ${message}` }),
        ),
      ),
  ),
  perResource(
    MODEL,
    {
      id: 'container-many-models-uncompressed',
      severity: 'error',
      title: 'A container of many models reads archives, and no uncompressed files',
      fix: 'use ModelDataUrl with the prefix of the archives, or one model',
      see: CONTAINER,
    },
    (model) =>
      containersOf(model).some(
        ({ definition }) => textAt(definition, 'Mode') === 'MultiModel' && isObject(at(definition, 'ModelDataSource')),
      )
        ? 'Mode is MultiModel, and ModelDataSource is given'
        : undefined,
  ),
  perResource(
    CONFIG,
    {
      id: 'serverless-model',
      severity: 'error',
      title: 'A serverless variant has one container, with a processor and a network, outside of a VPC',
      fix: 'change the model, or serve it from instances',
      see: SERVERLESS,
    },
    (config, template) =>
      hostedVariants(config, template)
        .filter(({ serverless }) => serverless)
        .flatMap(({ name, model, containers }) => {
          const faults = [
            isObject(at(model?.properties, 'VpcConfig')) ? 'VpcConfig' : undefined,
            isOn(at(model?.properties, 'EnableNetworkIsolation')) ? 'EnableNetworkIsolation' : undefined,
            listAt(model?.properties, 'Containers').length > 1 ? 'several Containers' : undefined,
            containers.some(({ definition }) => textAt(definition, 'Mode') === 'MultiModel')
              ? 'the Mode MultiModel'
              : undefined,
            containers.some(({ definition }) => isObject(at(definition, 'ModelDataSource')))
              ? 'a ModelDataSource'
              : undefined,
            ...containers.map(({ image }) =>
              image?.accelerator === 'GPU' || image?.accelerator === 'NEURON'
                ? `an image for an accelerator (${image.name})`
                : undefined,
            ),
          ].filter((fault) => fault !== undefined);
          return faults.length === 0
            ? []
            : [{ message: `${name} is serverless, and its model '${model?.logicalId}' has ${faults.join(' and ')}` }];
        }),
  ),
  perResource(
    CONFIG,
    {
      id: 'serverless-instances',
      severity: 'error',
      title: 'A serverless variant says nothing of instances',
      fix: `leave ServerlessConfig out, or ${OF_INSTANCES.join(', ')}`,
      see: 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html',
    },
    (config, template) =>
      hostedVariants(config, template)
        .filter(({ serverless }) => serverless)
        .flatMap(({ name, variant }) => {
          const given = OF_INSTANCES.filter(
            (property) => has(variant, property) && !(at(variant, property) instanceof Unknown),
          );
          return given.length === 0
            ? []
            : [{ message: `${name} has ServerlessConfig, and ${given.join(' and ')} as well` }];
        }),
  ),
];
