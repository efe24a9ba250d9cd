import { instanceCatalogue } from '../catalogue/instance-catalogue';
import type { ResolvedTemplate } from '../template/resolved-template';
import {
  at,
  Composed,
  has,
  isMissing,
  listAt,
  numberAt,
  Reference,
  type Resolved,
  textAt,
  Unknown,
} from '../template/resolved-value';
import { type ApiCall, perCall, writtenAt } from './api-call';
import { transformInstances } from './api-shape';
import { GAP, partlyKnown } from './partly-known';
import type { Faults, Rule, RuleDefinition } from './rule';

const CREATE = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html';
const INPUT = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformInput.html';
const OUTPUT = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformOutput.html';
const RESOURCES = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformResources.html';
const CLIENT = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ModelClientConfig.html';
const PROCESSING = 'https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform-data-processing.html';
const GUIDE = 'https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html';
const CONTAINER = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html';
const CONTEXT = 'https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html';
const MODEL_RESOURCE =
  'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sagemaker-model.html';
const MODEL = 'AWS::SageMaker::Model';

/** Most megabytes on their way to one instance at a time. */
const MAX_PAYLOADS = 100;
const MAX_FILTER = 63;

/** Numbers of a job, which nothing checks before it is started: inside of a state machine they are only text. */
const RANGES: readonly (readonly [path: readonly string[], least: number, most: number])[] = [
  [['MaxPayloadInMB'], 0, MAX_PAYLOADS],
  [['TransformResources', 'InstanceCount'], 1, 100],
  [['ModelClientConfig', 'InvocationsTimeoutInSeconds'], 1, 3600],
  [['ModelClientConfig', 'InvocationsMaxRetries'], 0, 3],
];

/** Formats whose records can be filtered and joined: CSV, JSON, and JSON in lines. */
const FILTERED = /^(text\/csv|application\/(json|jsonlines|jsonl|x-jsonlines|x-ndjson))\b/i;
const IN_LINES = /^(text\/csv|application\/(jsonlines|jsonl|x-jsonlines|x-ndjson))\b/i;

/** Errors after which a job that was started is started again. */
const AFTER_START = ['States.ALL', 'States.TaskFailed', 'States.Timeout'];

function rule(
  definition: RuleDefinition,
  faultsOf: (parameters: Resolved, call: ApiCall, template: ResolvedTemplate) => Faults,
): Rule {
  return perCall(definition, (call, template) =>
    call.service === 'sagemaker' && call.action === 'createTransformJob'
      ? faultsOf(call.parameters, call, template)
      : undefined,
  );
}

/** Whether data are certainly handed over as they are, each object as a whole. */
const isWhole = (parameters: Resolved): boolean =>
  isMissing(parameters, 'TransformInput', 'SplitType') || textAt(parameters, 'TransformInput', 'SplitType') === 'None';

const contentType = (parameters: Resolved): string | undefined => textAt(parameters, 'TransformInput', 'ContentType');

/** Text that tells two places apart; undefined where they may differ though they are written alike. */
function placeOf(value: Resolved): string | undefined {
  const parts = value instanceof Composed ? value.parts : [value];
  const known = parts.map((part) => {
    if (part instanceof Reference) {
      return `<${part.resource.logicalId}.${part.attribute ?? 'Ref'}>`;
    }
    if (part instanceof Unknown) {
      return part.what.startsWith('parameter ') ? `<${part.what}>` : undefined;
    }
    return typeof part === 'string' ? part : undefined;
  });
  return known.includes(undefined) ? undefined : known.join('').replace(/\/+$/, '');
}

/** A name that is the same for every job; undefined where it comes from an input, or may do so. */
function fixedName(call: ApiCall): string | undefined {
  const name = writtenAt(call, 'TransformJobName');
  const text = 'path' in name ? undefined : partlyKnown(name.value);
  const mayBeExpression =
    call.state?.jsonata !== false &&
    'value' in name &&
    (text?.includes('{%') === true ||
      text?.includes('<aws.scheduler.') === true ||
      (name.value instanceof Composed && name.value.parts.some((part) => part instanceof Unknown)));
  return mayBeExpression ? undefined : text;
}

/** The path or expression that makes the name of a job. */
function nameExpression(call: ApiCall): string | undefined {
  const name = writtenAt(call, 'TransformJobName');
  if ('path' in name) {
    return name.path;
  }
  return call.state?.jsonata === true && typeof name.value === 'string' && name.value.startsWith('{%')
    ? name.value
    : undefined;
}

/** What is written in the name of a job beside what comes from an input. */
function literalName(call: ApiCall): string | undefined {
  const path = nameExpression(call);
  return path === undefined
    ? fixedName(call)?.replaceAll(GAP, '')
    : /^States\.Format\('([^'\\]*)'/.exec(path)?.[1].replaceAll('{}', '');
}

/** What is wrong with batch transform jobs that state machines and schedules start. */
export const BATCH_TRANSFORM_RULES: readonly Rule[] = [
  rule(
    {
      id: 'transform-range',
      severity: 'error',
      title: 'The numbers of a job are in the ranges that SageMaker has for them',
      fix: 'set MaxPayloadInMB to 0 to 100, InstanceCount to 1 to 100, InvocationsTimeoutInSeconds to 1 to 3600, InvocationsMaxRetries to 0 to 3',
      see: CLIENT,
    },
    (parameters) =>
      RANGES.flatMap(([path, least, most]) => {
        const value = numberAt(parameters, ...path);
        return value !== undefined && (value < least || value > most)
          ? [{ message: `${path.at(-1)} is ${value}, allowed are ${least} to ${most}` }]
          : [];
      }),
  ),
  rule(
    {
      id: 'transform-payload',
      severity: 'error',
      title: 'What is on its way to an instance at a time is 100 MB at most',
      fix: 'lower MaxConcurrentTransforms or MaxPayloadInMB',
      see: CREATE,
    },
    (parameters) => {
      const size = numberAt(parameters, 'MaxPayloadInMB') ?? 0;
      const requests = numberAt(parameters, 'MaxConcurrentTransforms') ?? 0;
      return size <= MAX_PAYLOADS && requests > 0 && requests * size > MAX_PAYLOADS
        ? `MaxConcurrentTransforms ${requests} x MaxPayloadInMB ${size} is ${requests * size}, allowed are ${MAX_PAYLOADS}`
        : undefined;
    },
  ),
  rule(
    {
      id: 'transform-records-not-split',
      severity: 'error',
      title: 'Several records are sent together where files are split into records',
      fix: 'set SplitType to Line, RecordIO or TFRecord, or leave BatchStrategy out',
      see: CREATE,
    },
    (parameters) =>
      textAt(parameters, 'BatchStrategy') === 'MultiRecord' && isWhole(parameters)
        ? `BatchStrategy is MultiRecord and SplitType is ${textAt(parameters, 'TransformInput', 'SplitType') ?? 'missing'}: each file is sent as a whole`
        : undefined,
  ),
  rule(
    {
      id: 'transform-lines-run-together',
      severity: 'warning',
      title: 'What was split by lines is put together by lines',
      fix: 'set AssembleWith to Line',
      see: OUTPUT,
    },
    (parameters) =>
      textAt(parameters, 'TransformInput', 'SplitType') === 'Line' &&
      IN_LINES.test(contentType(parameters) ?? '') &&
      (isMissing(parameters, 'TransformOutput', 'AssembleWith') ||
        textAt(parameters, 'TransformOutput', 'AssembleWith') === 'None')
        ? `SplitType is Line and AssembleWith is ${textAt(parameters, 'TransformOutput', 'AssembleWith') ?? 'missing'}: results follow each other without a new line`
        : undefined,
  ),
  rule(
    {
      id: 'transform-filter-format',
      severity: 'error',
      title: 'Filters and joins are for CSV and JSON',
      fix: 'leave DataProcessing out, or give text/csv, application/json or application/jsonlines as ContentType',
      see: PROCESSING,
    },
    (parameters) => {
      const type = contentType(parameters);
      const processing = at(parameters, 'DataProcessing');
      const used = [
        ...['InputFilter', 'OutputFilter'].filter((filter) => (textAt(processing, filter) ?? '$') !== '$'),
        ...(textAt(processing, 'JoinSource') === 'Input' ? ['JoinSource'] : []),
      ];
      return type !== undefined && type !== '' && !FILTERED.test(type) && used.length > 0
        ? `ContentType is '${type}', and ${used.join(' and ')} is given`
        : undefined;
    },
  ),
  rule(
    {
      id: 'transform-filter-length',
      severity: 'error',
      title: 'A filter has 63 characters at most',
      fix: 'filter by a range such as $[1:], or keep what is needed under one name in the data',
      see: PROCESSING,
    },
    (parameters) =>
      ['InputFilter', 'OutputFilter'].flatMap((filter) => {
        const length = textAt(parameters, 'DataProcessing', filter)?.length ?? 0;
        return length > MAX_FILTER
          ? [{ message: `${filter} has ${length} characters, allowed are ${MAX_FILTER}` }]
          : [];
      }),
  ),
  rule(
    {
      id: 'transform-instance-type',
      severity: 'error',
      title: 'Batch transform has fewer types of instances than endpoints have',
      fix: 'use a type that batch transform has, such as ml.m5.xlarge or ml.g5.xlarge',
      see: RESOURCES,
    },
    (parameters) => {
      const type = textAt(parameters, 'TransformResources', 'InstanceType');
      return type === undefined || transformInstances()?.includes(type) !== false
        ? undefined
        : `InstanceType is '${type}', which batch transform does not have`;
    },
  ),
  rule(
    {
      id: 'transform-key-on-nvme',
      severity: 'error',
      title: 'An instance with disks of its own takes no key for volumes',
      fix: 'leave VolumeKmsKeyId out; those disks are encrypted by the instance',
      see: RESOURCES,
    },
    (parameters) => {
      const resources = at(parameters, 'TransformResources');
      const type = textAt(resources, 'InstanceType') ?? '';
      return has(resources, 'VolumeKmsKeyId') && (instanceCatalogue().get(type)?.localStorageGB ?? 0) > 0
        ? `VolumeKmsKeyId is given, and ${type} has disks of its own`
        : undefined;
    },
  ),
  rule(
    {
      id: 'transform-idle-instances',
      severity: 'warning',
      title: 'One file is read by one instance',
      fix: 'set InstanceCount to 1, or split the file and give a prefix as S3Uri',
      see: GUIDE,
    },
    (parameters) => {
      const count = numberAt(parameters, 'TransformResources', 'InstanceCount') ?? 1;
      const source = at(parameters, 'TransformInput', 'DataSource', 'S3DataSource');
      const file = /[^/]+\.(csv|jsonl?|ndjson|recordio|tfrecord)(\.gz)?$/i.exec(
        partlyKnown(at(source, 'S3Uri')) ?? '',
      )?.[0];
      return count > 1 && file !== undefined && textAt(source, 'S3DataType') === 'S3Prefix'
        ? `InstanceCount is ${count} and the input is one file, '${file}': the other instances do nothing, and cost the same`
        : undefined;
    },
  ),
  rule(
    {
      id: 'transform-fixed-name',
      severity: 'error',
      title: 'Each job has a name of its own',
      fix: "make TransformJobName of what differs, such as States.Format('nightly-{}', States.UUID()) as TransformJobName.$",
      see: CREATE,
    },
    (_, call) => {
      const name = fixedName(call);
      const once = textAt(call.resource.properties, 'ScheduleExpression')?.startsWith('at(') === true;
      return name === undefined || once
        ? undefined
        : `TransformJobName is '${name}' each time: the second job is refused, since that name is taken`;
    },
  ),
  rule(
    {
      id: 'transform-name-characters',
      severity: 'error',
      title: 'The name of a job has letters, digits and hyphens, 63 characters at most',
      fix: 'use hyphens, and a shorter prefix',
      see: CREATE,
    },
    (_, call) => {
      const literal = literalName(call) ?? '';
      const odd = /[^a-zA-Z0-9-]/.exec(literal)?.[0];
      return odd !== undefined
        ? `TransformJobName has '${odd}' in it, allowed are letters, digits and hyphens`
        : literal.length > 63
          ? `TransformJobName has ${literal.length} characters, allowed are 63`
          : undefined;
    },
  ),
  rule(
    {
      id: 'transform-name-on-retry',
      severity: 'warning',
      title: 'A job that is tried again has another name than before',
      fix: 'add States.UUID() or $$.State.RetryCount to TransformJobName, or retry SageMaker.AmazonSageMakerException alone',
      see: CONTEXT,
    },
    (_, call) => {
      const name = nameExpression(call);
      const differs = /UUID|uuid|[rR]andom|RetryCount|\$(now|millis)\(|EnteredTime/.test(name ?? '');
      const errors = listAt(call.state?.body, 'Retry')
        .filter((retrier) => (numberAt(retrier, 'MaxAttempts') ?? 3) > 0)
        .flatMap((retrier) => AFTER_START.filter((error) => listAt(retrier, 'ErrorEquals').includes(error)));
      return call.pattern === 'sync' && name !== undefined && !differs && errors.length > 0
        ? `a job that fails is tried again (${errors.join(', ')}) with the same name, ${name}, which is taken`
        : undefined;
    },
  ),
  rule(
    {
      id: 'transform-reads-its-output',
      severity: 'warning',
      title: 'Results do not lie among the data',
      fix: 'give an S3OutputPath outside of S3Uri',
      see: INPUT,
    },
    (parameters) => {
      const source = at(parameters, 'TransformInput', 'DataSource', 'S3DataSource');
      const from = placeOf(at(source, 'S3Uri'));
      const to = placeOf(at(parameters, 'TransformOutput', 'S3OutputPath'));
      return textAt(source, 'S3DataType') === 'S3Prefix' &&
        from !== undefined &&
        (to === from || to?.startsWith(`${from}/`) === true)
        ? 'S3OutputPath is within S3Uri: the next job takes the results of this one for data'
        : undefined;
    },
  ),
  rule(
    {
      id: 'transform-model-source',
      severity: 'error',
      title: 'The model of a job is an archive or lies in its image',
      fix: 'give ModelDataUrl with a tar.gz in the container of the model, not ModelDataSource',
      see: CONTAINER,
    },
    (parameters, { resource }) => {
      const model = resource.template.referred(at(parameters, 'ModelName'), MODEL);
      const containers = [at(model?.properties, 'PrimaryContainer'), ...listAt(model?.properties, 'Containers')];
      return containers.some((container) => has(container, 'ModelDataSource'))
        ? `the model '${model!.logicalId}' has ModelDataSource, which batch transform does not read`
        : undefined;
    },
  ),
  rule(
    {
      id: 'transform-model-arn',
      severity: 'error',
      title: 'A job knows its model by name',
      fix: 'give ModelName as Fn::GetAtt of the model and its ModelName',
      see: MODEL_RESOURCE,
    },
    (parameters) => {
      const name = at(parameters, 'ModelName');
      return name instanceof Reference && name.resource.type === MODEL && name.attribute === undefined
        ? `ModelName is a Ref of '${name.resource.logicalId}', which gives its ARN`
        : undefined;
    },
  ),
];
