import { at, has, listAt, numberAt, type Resolved, textAt } from '../template/resolved-value';
import { perResource, type Rule, type RuleDefinition } from './rule';

const VARIANT = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html';
const CONFIG = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html';
const SERVERLESS = 'https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html';
const TYPES = ['AWS::SageMaker::EndpointConfig'];

/** Families with disks of their own, which take neither the size nor the key of a volume. */
const NVME = /^ml\.(?:[a-z]+\d+[a-z]*d[a-z]*|g5|g6|g6e|g7|g7e|gr6|p5|p5e|p5en|p6-\w+|trn1|trn1n|trn2)\./;

const variantsOf = (properties: Resolved): readonly Resolved[] => listAt(properties, 'ProductionVariants');
const nameOf = (variant: Resolved): string => textAt(variant, 'VariantName') ?? 'a variant of unknown name';
const onLocalDisks = (variant: Resolved): boolean => NVME.test(textAt(variant, 'InstanceType') ?? '');

function rule(definition: RuleDefinition, faultOf: (properties: Resolved) => string | undefined): Rule {
  return perResource(TYPES, definition, ({ properties }) => faultOf(properties));
}

/** What the variants of an endpoint are made of. */
export const VARIANT_RULES: readonly Rule[] = [
  rule(
    {
      id: 'variant-volume-on-nvme',
      severity: 'error',
      title: 'An instance with disks of its own takes no volume size',
      fix: 'leave VolumeSizeInGB out',
      see: VARIANT,
    },
    (properties) => {
      const bad = variantsOf(properties).find((each) => onLocalDisks(each) && has(each, 'VolumeSizeInGB'));
      return bad === undefined
        ? undefined
        : `${nameOf(bad)} has VolumeSizeInGB, and ${textAt(bad, 'InstanceType')} has disks of its own`;
    },
  ),
  rule(
    {
      id: 'variant-key-on-nvme',
      severity: 'warning',
      title: 'A key for volumes does nothing where an instance has disks of its own, and may be refused',
      fix: 'leave KmsKeyId out; those disks are encrypted by the instance',
      see: CONFIG,
    },
    (properties) => {
      const bad = has(properties, 'KmsKeyId') ? variantsOf(properties).find(onLocalDisks) : undefined;
      return bad === undefined
        ? undefined
        : `KmsKeyId is given, and ${nameOf(bad)} runs on ${textAt(bad, 'InstanceType')}, which has disks of its own`;
    },
  ),
  rule(
    {
      id: 'variant-no-instance',
      severity: 'error',
      title: 'A variant starts with at least one instance',
      fix: 'set InitialInstanceCount to 1 or more',
      see: VARIANT,
    },
    (properties) => {
      const bad = variantsOf(properties).find((each) => (numberAt(each, 'InitialInstanceCount') ?? 1) < 1);
      return bad === undefined
        ? undefined
        : `${nameOf(bad)} starts with ${numberAt(bad, 'InitialInstanceCount')} instances`;
    },
  ),
  rule(
    {
      id: 'variant-count',
      severity: 'error',
      title: 'An endpoint has at most ten variants',
      fix: 'serve the others from an endpoint of their own',
      see: CONFIG,
    },
    (properties) =>
      variantsOf(properties).length > 10 ? `${variantsOf(properties).length} variants, allowed are 10` : undefined,
  ),
  rule(
    {
      id: 'serverless-memory',
      severity: 'error',
      title: 'Serverless memory comes in six sizes',
      fix: 'use 1024, 2048, 3072, 4096, 5120 or 6144',
      see: SERVERLESS,
    },
    (properties) => {
      const bad = variantsOf(properties)
        .map((each) => numberAt(each, 'ServerlessConfig', 'MemorySizeInMB'))
        .find((size) => size !== undefined && (size % 1024 !== 0 || size < 1024 || size > 6144));
      return bad === undefined ? undefined : `MemorySizeInMB is ${bad}`;
    },
  ),
  rule(
    {
      id: 'serverless-concurrency',
      severity: 'error',
      title: 'A serverless variant takes 1 to 200 requests at a time',
      fix: 'set MaxConcurrency to 1 to 200',
      see: SERVERLESS,
    },
    (properties) => {
      const bad = variantsOf(properties)
        .map((each) => numberAt(each, 'ServerlessConfig', 'MaxConcurrency'))
        .find((most) => most !== undefined && (most < 1 || most > 200));
      return bad === undefined ? undefined : `MaxConcurrency is ${bad}`;
    },
  ),
  rule(
    {
      id: 'serverless-provisioned',
      severity: 'error',
      title: 'No more environments are kept ready than may run',
      fix: 'lower ProvisionedConcurrency, or raise MaxConcurrency',
      see: SERVERLESS,
    },
    (properties) => {
      const bad = variantsOf(properties).find(
        (each) =>
          (numberAt(each, 'ServerlessConfig', 'ProvisionedConcurrency') ?? 0) >
          (numberAt(each, 'ServerlessConfig', 'MaxConcurrency') ?? Infinity),
      );
      return bad === undefined ? undefined : `${nameOf(bad)} keeps more environments ready than MaxConcurrency allows`;
    },
  ),
  rule(
    {
      id: 'serverless-variants',
      severity: 'error',
      title: 'A serverless variant is the only one of its endpoint',
      fix: 'use instances, or an endpoint each',
      see: SERVERLESS,
    },
    (properties) =>
      variantsOf(properties).length > 1 && variantsOf(properties).some((each) => has(each, 'ServerlessConfig'))
        ? `${variantsOf(properties).length} variants, and one of them is serverless`
        : undefined,
  ),
  rule(
    {
      id: 'serverless-capture',
      severity: 'error',
      title: 'Serverless variants capture no data',
      fix: 'leave DataCaptureConfig out, or use instances',
      see: SERVERLESS,
    },
    (properties) =>
      at(properties, 'DataCaptureConfig') !== undefined &&
      variantsOf(properties).some((each) => has(each, 'ServerlessConfig'))
        ? 'DataCaptureConfig is given for a serverless variant'
        : undefined,
  ),
  rule(
    {
      id: 'config-fixed-name',
      severity: 'error',
      title: 'A configuration is replaced by each change, so it has no name of its own',
      fix: 'leave EndpointConfigName out',
      see: CONFIG,
    },
    (properties) =>
      textAt(properties, 'EndpointConfigName') === undefined
        ? undefined
        : `EndpointConfigName is '${textAt(properties, 'EndpointConfigName')}': the next change fails, since that name is taken`,
  ),
  perResource(
    ['AWS::SageMaker::Model'],
    {
      id: 'model-fixed-name',
      severity: 'error',
      title: 'A model is replaced by each change, so it has no name of its own',
      fix: 'leave ModelName out',
      see: 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModel.html',
    },
    ({ properties }) =>
      textAt(properties, 'ModelName') === undefined
        ? undefined
        : `ModelName is '${textAt(properties, 'ModelName')}': the next change fails, since that name is taken`,
  ),
];
