import { SETTINGS_VARIABLE } from '../../lambda/stream/contract';
import { ofType, type PlainTemplate, references } from './synth';

type Dimensions = Readonly<Record<string, unknown>>;

/** What is wrong with a metric of Kinesis: it is that of a stream, by itself or with a consumer that is registered with it. */
export function kinesisFault(
  template: PlainTemplate,
  { StreamName: stream, ConsumerName: consumer }: Dimensions,
): string | undefined {
  const [id] = references(stream);
  if (typeof stream !== 'string' && template.Resources[id]?.Type !== 'AWS::Kinesis::Stream') {
    return `'StreamName' is no stream: ${JSON.stringify(stream)}`;
  }
  const registered = ofType(template, 'AWS::Kinesis::StreamConsumer').some(
    ([, { Properties: properties = {} }]) => properties.ConsumerName === consumer,
  );
  return consumer === undefined || registered ? undefined : `no consumer is named ${JSON.stringify(consumer)}`;
}

/** What is wrong with a metric of an event source mapping: it publishes counts only where it is told to. */
export function mappingFault(template: PlainTemplate, uuid: unknown): string | undefined {
  const [id] = references(uuid);
  const mapping = template.Resources[id];
  if (mapping?.Type !== 'AWS::Lambda::EventSourceMapping') {
    return 'it names no event source mapping';
  }
  const metrics = (mapping.Properties?.MetricsConfig as { Metrics?: string[] } | undefined)?.Metrics ?? [];
  return metrics.includes('EventCount') ? undefined : `the mapping ${id} counts no events`;
}

/** Whether a function is the consumer of a stream. */
export function consumesStream(environment: { Variables?: Record<string, unknown> } | undefined): boolean {
  return environment?.Variables?.[SETTINGS_VARIABLE] !== undefined;
}
