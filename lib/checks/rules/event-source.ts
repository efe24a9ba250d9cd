import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import { at, Composed, isMissing, numberAt, Reference, type Resolved } from '../template/resolved-value';
import { calledFunction } from './called-function';

export const MAPPING = 'AWS::Lambda::EventSourceMapping';
export const QUEUE = 'AWS::SQS::Queue';
export const STREAM = 'AWS::Kinesis::Stream';
export const CONSUMER = 'AWS::Kinesis::StreamConsumer';
export const TABLE = 'AWS::DynamoDB::Table';

/** What Lambda reads for a function. */
export type SourceKind = 'kinesis' | 'dynamodb' | 'queue';

const KINDS: Readonly<Record<string, SourceKind>> = {
  [QUEUE]: 'queue',
  [STREAM]: 'kinesis',
  [CONSUMER]: 'kinesis',
  [TABLE]: 'dynamodb',
  'AWS::DynamoDB::GlobalTable': 'dynamodb',
};

/** What kind of source a mapping reads, where it is known. */
export function sourceKind({ properties }: ResolvedResource): SourceKind | undefined {
  const arn = at(properties, 'EventSourceArn');
  if (arn instanceof Reference) {
    return KINDS[arn.resource.type];
  }
  const parts: readonly unknown[] = arn instanceof Composed ? arn.parts : [arn];
  const text = parts.map((part) => (typeof part === 'string' ? part : '*')).join('');
  const [, service] = /^arn:[\w*-]+:(sqs|kinesis|dynamodb):/.exec(text) ?? [];
  return service === 'sqs' ? 'queue' : (service as SourceKind | undefined);
}

/** The queue, stream, consumer or table of the app that a mapping reads. */
export function sourceOf({ properties, template }: ResolvedResource): ResolvedResource | undefined {
  return template.referred(at(properties, 'EventSourceArn'), ...Object.keys(KINDS));
}

/** The stream behind a mapping, whether it is read directly or by a consumer of its own. */
export function streamOf(mapping: ResolvedResource): ResolvedResource | undefined {
  const source = sourceOf(mapping);
  return source?.type === CONSUMER
    ? source.template.referred(at(source.properties, 'StreamARN'), STREAM)
    : source?.type === STREAM
      ? source
      : undefined;
}

export const isStream = (mapping: ResolvedResource): boolean =>
  ['kinesis', 'dynamodb'].includes(sourceKind(mapping) ?? '');

/** The mappings of the app that read a source. */
export function readersOf(source: ResolvedResource): readonly ResolvedResource[] {
  return source.template.everywhere(MAPPING).filter((mapping) => sourceOf(mapping) === source);
}

/** Whether a mapping reads for certain: it may be switched off. */
export function isOn({ properties }: ResolvedResource): boolean {
  return isMissing(properties, 'Enabled') || isTrue(at(properties, 'Enabled'));
}

/** The function of the app that a mapping calls. */
export function readerFunction({ properties, template }: ResolvedResource): ResolvedResource | undefined {
  return calledFunction(at(properties, 'FunctionName'), template)?.function;
}

/** The queue that a value names. */
export function queueNamed(value: Resolved, template: ResolvedTemplate): ResolvedResource | undefined {
  return template.referred(value, QUEUE);
}

/** Where a queue puts what nobody could handle. */
export function deadLetterQueueOf({ properties, template }: ResolvedResource): ResolvedResource | undefined {
  return queueNamed(at(properties, 'RedrivePolicy', 'deadLetterTargetArn'), template);
}

/** A number of a resource, or what the service uses where it is left out; undefined where it is not known. */
export function numberOr(fallback: number, { properties }: ResolvedResource, name: string): number | undefined {
  return isMissing(properties, name) ? fallback : numberAt(properties, name);
}

/** Whether a value is true; a template may say so in text. */
export const isTrue = (value: Resolved): boolean => value === true || value === 'true';

/** Whether a value is certainly not true. */
export const isFalse = (value: Resolved): boolean => value === undefined || value === false || value === 'false';

export const isFifo = ({ properties }: ResolvedResource): boolean =>
  isTrue(at(properties, 'FifoQueue')) || isTrue(at(properties, 'FifoTopic'));

/** Whether the function of a mapping says which records failed: undefined where it is not known. */
export function reportsFailures({ properties }: ResolvedResource): boolean | undefined {
  const types = at(properties, 'FunctionResponseTypes');
  if (Array.isArray(types)) {
    const known = (types as readonly Resolved[]).every((type) => typeof type === 'string');
    return (types as readonly Resolved[]).includes('ReportBatchItemFailures') || (known ? false : undefined);
  }
  return isMissing(properties, 'FunctionResponseTypes') ? false : undefined;
}
