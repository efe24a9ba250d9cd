import type { Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { SETTINGS_VARIABLE, type StreamSettings } from '../../../lambda/stream/contract';
import { Predictor, Sink, StreamingInference, type StreamingInferenceProps } from '../../../lib';
import { tinyModel } from '../../fakes/models';
import { named, only, type PlainResource, type PlainTemplate, plain, testStack } from '../../helpers/synth';

export const FIXED = { account: '111122223333', region: 'eu-west-1' };

/** A table that is not of the app. */
export const importedTable = (stack: Stack, id = 'Out'): dynamodb.ITable =>
  dynamodb.Table.fromTableName(stack, id, `${id.toLowerCase()}-table`);

/** The props of a consumer, which may name what is in its stack. */
export type Given = Partial<StreamingInferenceProps> | ((stack: Stack) => Partial<StreamingInferenceProps>);

export interface Deployed {
  readonly stack: Stack;
  readonly inference: StreamingInference;
  readonly template: PlainTemplate;
}

/** Makes a consumer, and does not synthesize it. */
export function made(given: Given = {}, stack: Stack = testStack(), id = 'Live'): StreamingInference {
  const props = typeof given === 'function' ? given(stack) : given;
  return new StreamingInference(stack, id, {
    predictor: Predictor.model(tinyModel()),
    sinks: props.sinks ?? [Sink.dynamoDb(importedTable(stack, `${id}Out`))],
    ...props,
  });
}

export function deployed(given: Given = {}, stack: Stack = testStack()): Deployed {
  const inference = made(given, stack);
  return { stack, inference, template: plain(stack) };
}

export const consumerOf = (template: PlainTemplate): PlainResource => named(template, /^LiveFunction[0-9A-F]{8}$/);

export const mappingOf = (template: PlainTemplate): NonNullable<PlainResource['Properties']> =>
  only(template, 'AWS::Lambda::EventSourceMapping').Properties!;

/** The settings in the environment, as the consumer reads them; what is known at deployment stands as its JSON. */
export function settingsOf(template: PlainTemplate): StreamSettings {
  const { Variables: variables } = consumerOf(template).Properties!.Environment as {
    readonly Variables: Record<string, unknown>;
  };
  const text = variables[SETTINGS_VARIABLE];
  const parts = typeof text === 'string' ? [text] : (text as { 'Fn::Join': [string, unknown[]] })['Fn::Join'][1];
  return JSON.parse(
    parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(JSON.stringify(part)).slice(1, -1))).join(''),
  ) as StreamSettings;
}
