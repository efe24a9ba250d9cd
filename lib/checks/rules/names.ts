import { variantNameFaults, variantNameTaken } from '../bounds/names';
import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import { at, Composed, isMissing, listAt, type Resolved, textAt, Unknown } from '../template/resolved-value';
import { calledFunction } from './called-function';
import { mayComeBefore } from './creation-order';
import { ENDPOINT, variantsOf } from './endpoints';
import { GAP, partlyKnown } from './partly-known';
import { type NameRule, NAMES, REPLACED } from './physical-names';
import { perResource, type Rule } from './rule';
import { SCALABLE_TARGET } from './scaled-variant';

const REPLACEMENT =
  'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html';
const NAME_TYPE = 'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html';
const VARIANT = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html';
const DEPENDS = 'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-dependson.html';
const CONFIG = 'AWS::SageMaker::EndpointConfig';
const MODEL = 'AWS::SageMaker::Model';
const COMPONENT = 'AWS::SageMaker::InferenceComponent';
const ROLE = 'AWS::IAM::Role';
const LOG_GROUP = 'AWS::Logs::LogGroup';
const APPLICATION = 'AWS::CodeDeploy::Application';
const FIFO = { 'AWS::SQS::Queue': ['QueueName', 'FifoQueue'], 'AWS::SNS::Topic': ['TopicName', 'FifoTopic'] } as const;

const nameOf = ({ type, properties }: ResolvedResource): Resolved => at(properties, NAMES[type]?.property ?? '');

/** Whether a name stays what it is from version to version of a template, though it is not known: it has the stack's in it. */
function isFixedByStack(value: Resolved): boolean {
  return (
    value instanceof Composed &&
    value.parts.every((part) => typeof part === 'string' || (part instanceof Unknown && part.what.startsWith('AWS::')))
  );
}

/** What AWS refuses of a name of which only a part is known: the schema of the property cannot see it. */
function refusal(value: Composed, { property, allowed, shape, longest }: NameRule): string | undefined {
  const known = value.parts.filter((part): part is string => typeof part === 'string');
  const shown = `${property} is '${partlyKnown(value)}'`;
  if (!known.every((part) => allowed.test(part))) {
    return `${shown}, allowed are ${shape}`;
  }
  // Each piece that is not known has a character at least, and an account twelve.
  const shortest = value.parts
    .map((part) =>
      typeof part === 'string' ? part.length : part instanceof Unknown && part.what === 'AWS::AccountId' ? 12 : 1,
    )
    .reduce((sum, length) => sum + length, 0);
  return shortest > longest
    ? `${shown}, which has ${shortest} characters without what replaces ${GAP}, allowed are ${longest}`
    : undefined;
}

/** A resource of the same template that has a name, where it says so itself. */
function named(type: string, name: Resolved, template: ResolvedTemplate): readonly ResolvedResource[] {
  return typeof name === 'string' ? template.ofType(type).filter((resource) => nameOf(resource) === name) : [];
}

/** What a function of the app is called by: its own name, and that of an alias. */
function called(value: Resolved, template: ResolvedTemplate, qualifier?: string): readonly ResolvedResource[] {
  const found = calledFunction(value, template);
  const alias =
    found !== undefined && qualifier !== undefined
      ? template
          .ofType('AWS::Lambda::Alias')
          .find(
            (each) =>
              textAt(each.properties, 'Name') === qualifier &&
              calledFunction(at(each.properties, 'FunctionName'), template)?.function === found.function,
          )
      : found?.alias;
  return [found?.function, alias].filter((resource) => resource !== undefined);
}

/** The resources of the template that a resource finds by their names. */
function foundByName(resource: ResolvedResource, template: ResolvedTemplate): readonly ResolvedResource[] {
  const { type, properties } = resource;
  switch (type) {
    case ENDPOINT:
      return named(CONFIG, at(properties, 'EndpointConfigName'), template);
    case CONFIG:
      return variantsOf(resource).flatMap((variant) => named(MODEL, at(variant, 'ModelName'), template));
    case COMPONENT:
      return [
        ...named(ENDPOINT, at(properties, 'EndpointName'), template),
        ...named(MODEL, at(properties, 'Specification', 'ModelName'), template),
      ];
    case SCALABLE_TARGET:
      return scaledByName(at(properties, 'ResourceId'), template);
    case 'AWS::ApplicationAutoScaling::ScalingPolicy':
      return isMissing(properties, 'ScalingTargetId') && !isMissing(properties, 'ResourceId')
        ? template
            .ofType(SCALABLE_TARGET)
            .filter((target) =>
              ['ResourceId', 'ScalableDimension'].every(
                (name) =>
                  textAt(target.properties, name) !== undefined &&
                  textAt(target.properties, name) === textAt(properties, name),
              ),
            )
        : [];
    case 'AWS::Lambda::Alias':
    case 'AWS::Lambda::Version':
    case 'AWS::Lambda::Permission':
    case 'AWS::Lambda::EventSourceMapping':
      return called(at(properties, 'FunctionName'), template);
    case 'AWS::Lambda::EventInvokeConfig':
      return called(at(properties, 'FunctionName'), template, textAt(properties, 'Qualifier'));
    case 'AWS::Lambda::Url':
      return called(at(properties, 'TargetFunctionArn'), template, textAt(properties, 'Qualifier'));
    case 'AWS::IAM::Policy':
    case 'AWS::IAM::ManagedPolicy':
      return listAt(properties, 'Roles').flatMap((role) => named(ROLE, role, template));
    case 'AWS::Logs::MetricFilter':
    case 'AWS::Logs::SubscriptionFilter':
      return named(LOG_GROUP, at(properties, 'LogGroupName'), template);
    case 'AWS::CodeDeploy::DeploymentGroup':
      return named(APPLICATION, at(properties, 'ApplicationName'), template);
    default:
      return [];
  }
}

const USERS = [
  ENDPOINT,
  CONFIG,
  COMPONENT,
  SCALABLE_TARGET,
  'AWS::ApplicationAutoScaling::ScalingPolicy',
  'AWS::Lambda::Alias',
  'AWS::Lambda::Version',
  'AWS::Lambda::Permission',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::Url',
  'AWS::IAM::Policy',
  'AWS::IAM::ManagedPolicy',
  'AWS::Logs::MetricFilter',
  'AWS::Logs::SubscriptionFilter',
  'AWS::CodeDeploy::DeploymentGroup',
];

/** `endpoint/<name>/variant/…`, `inference-component/<name>` and `function:<name>:<alias>`. */
function scaledByName(id: Resolved, template: ResolvedTemplate): readonly ResolvedResource[] {
  const text = partlyKnown(id) ?? '';
  const [, endpoint] = /^endpoint\/([^/…]+)\/variant\//.exec(text) ?? [];
  const [, component] = /^inference-component\/([^/…]+)$/.exec(text) ?? [];
  const [, alias] = /^function:[^:]+:([^:…]+)$/.exec(text) ?? [];
  const fn = typeof id === 'string' ? text.split(':')[1] : id instanceof Composed ? id.parts[1] : undefined;
  return [
    ...named(ENDPOINT, endpoint, template),
    ...named(COMPONENT, component, template),
    ...(alias === undefined ? [] : called(fn, template, alias)),
  ];
}

/** Names that AWS refuses, that are taken, or that are used before anybody has them. */
export const NAME_RULES: readonly Rule[] = [
  perResource(
    [...Object.keys(REPLACED), CONFIG, MODEL],
    {
      id: 'name-of-replaced',
      severity: 'error',
      title: 'What each change replaces has no name of its own',
      fix: 'leave the name out; CloudFormation makes one up each time',
      see: REPLACEMENT,
    },
    ({ type, properties }) => {
      const property = REPLACED[type] ?? NAMES[type].property;
      const given = at(properties, property);
      // Of these two, rules of their own speak of a name that is known in full.
      const fixed = isFixedByStack(given) || (type in REPLACED && typeof given === 'string');
      return fixed
        ? `${property} is '${partlyKnown(given)}': the next change fails, since CloudFormation creates the new one while the old one still has that name`
        : undefined;
    },
  ),
  perResource(
    Object.keys(NAMES),
    {
      id: 'name-refused',
      severity: 'error',
      title: 'A name that is put together has only characters that AWS takes, and not too many',
      fix: 'change what stands around the piece that is filled in, or leave the name out',
      see: NAME_TYPE,
    },
    (resource) => {
      const value = nameOf(resource);
      return value instanceof Composed ? refusal(value, NAMES[resource.type]) : undefined;
    },
  ),
  perResource(
    Object.keys(NAMES),
    {
      id: 'name-twice',
      severity: 'error',
      title: 'Two resources of a template do not have one name',
      fix: 'leave the name out of one of them',
      see: NAME_TYPE,
    },
    (resource, template) => {
      const value = nameOf(resource);
      const others = named(resource.type, value, template).filter(({ condition }) => condition === undefined);
      // Those under a condition may stand for each other. The first one has a right to its name.
      const taken = others[0] !== resource && resource.condition === undefined ? others[0] : undefined;
      return taken === undefined
        ? undefined
        : `${NAMES[resource.type].property} is '${partlyKnown(value)}', which is the name of '${taken.logicalId}' already`;
    },
  ),
  perResource(
    [CONFIG],
    {
      id: 'name-variant',
      severity: 'error',
      title: 'Variants have names that SageMaker takes, each its own',
      fix: 'give each variant a name of letters, digits and inner hyphens',
      see: VARIANT,
    },
    (config) => {
      const names = variantsOf(config)
        .map((variant) => textAt(variant, 'VariantName'))
        .filter((name) => name !== undefined);
      return names.flatMap((name, index) =>
        [...variantNameFaults(name), ...variantNameTaken(name, names.slice(0, index))].map(({ message }) => ({
          message: message.replace("'variantName'", 'VariantName'),
        })),
      );
    },
  ),
  perResource(
    Object.keys(FIFO),
    {
      id: 'name-fifo',
      severity: 'error',
      title: 'The name of a FIFO queue or topic ends with .fifo, and no other does',
      fix: 'add .fifo to the name, or set FifoQueue or FifoTopic',
      see: 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html',
    },
    ({ type, properties }) => {
      const [property, flag] = FIFO[type as keyof typeof FIFO];
      const value = at(properties, property);
      const last = value instanceof Composed ? value.parts.at(-1) : value;
      const isFifo = at(properties, flag);
      const on = isFifo === true || isFifo === 'true';
      const off = isMissing(properties, flag) || isFifo === false || isFifo === 'false';
      if (typeof last !== 'string' || (!on && !off) || last.endsWith('.fifo') === on) {
        return undefined;
      }
      return on
        ? `${flag} is true, and ${property} '${partlyKnown(value)}' does not end with .fifo`
        : `${property} '${partlyKnown(value)}' ends with .fifo, and ${flag} is not true`;
    },
  ),
  perResource(
    USERS,
    {
      id: 'name-without-order',
      severity: 'error',
      title: 'What is found by its name is there first',
      fix: 'refer to it with Ref or Fn::GetAtt, or name it in DependsOn',
      see: DEPENDS,
    },
    (resource, template) =>
      foundByName(resource, template)
        .filter((other) => other.template === template && other !== resource && mayComeBefore(resource, other))
        .map(({ logicalId }) => ({
          message: `it names '${logicalId}' and does not wait for it: CloudFormation may create it before, and AWS refuses it`,
        })),
  ),
];
