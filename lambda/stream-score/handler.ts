import type { Context, KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import type { PredictionAnswer } from '../predict/contract';
import type { StreamSettings } from '../stream/contract';
import { answerDirectly, type DirectRequest, isDirectRequest } from './answer-directly';
import { consume, type ConsumerParts, type Trouble } from './consume';
import { recordDecoder } from './decode-record';
import { divideTime } from './divide-time';
import { encoder } from './encode';
import type { createMetrics } from './metrics';
import type { Deaggregate, Quarantine, Scorer, Sink } from './ports';

export interface HandlerParts {
  readonly settings: StreamSettings;
  /** What predicts, as soon as it is there. */
  readonly scorer: () => Scorer | Promise<Scorer>;
  readonly sinks: readonly Sink[];
  readonly quarantine: Quarantine;
  readonly deaggregate?: Deaggregate;
  readonly report: ReturnType<typeof createMetrics>;
  readonly log: (trouble: Trouble, requestId: string) => void;
}

export type StreamHandler = (
  event: KinesisStreamEvent,
  context: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>,
) => Promise<KinesisStreamBatchResponse>;

/** Beside batches, the function answers who asks it directly. */
export type DirectHandler = (
  event: DirectRequest,
  context: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>,
) => Promise<PredictionAnswer>;

const NOTHING = { predicted: 0, quarantined: 0, sinkFailures: 0, throttles: 0, batchSize: 0, modelMilliseconds: 0 };

/** Consumes batches, and reports one line for each, also for those that fail. */
export function createHandler(parts: HandlerParts): StreamHandler & DirectHandler {
  let consumer: Omit<ConsumerParts, 'log'> | undefined;
  const handle = async (
    event: KinesisStreamEvent | DirectRequest,
    context: Parameters<StreamHandler>[1],
  ): Promise<KinesisStreamBatchResponse | PredictionAnswer> => {
    if (isDirectRequest(event)) {
      const { score } = divideTime(context.getRemainingTimeInMillis());
      return answerDirectly(event, await parts.scorer(), score, context.awsRequestId);
    }
    const time = divideTime(context.getRemainingTimeInMillis());
    try {
      consumer ??= consumerOf(parts, await parts.scorer());
      const log = (trouble: Trouble): void => parts.log(trouble, context.awsRequestId);
      const consumed = await consume(event, { ...consumer, log }, time);
      parts.report(consumed, consumed.answer.batchItemFailures.length > 0);
      return consumed.answer;
    } catch (error) {
      parts.report(NOTHING, true);
      throw error;
    }
  };
  return handle as StreamHandler & DirectHandler;
}

function consumerOf(
  { settings, sinks, quarantine, deaggregate }: HandlerParts,
  scorer: Scorer,
): Omit<ConsumerParts, 'log'> {
  return {
    maxRecordBytes: settings.maxRecordBytes,
    deaggregate,
    decode: recordDecoder(settings.format, scorer.input),
    scorer,
    encode: encoder(scorer.model, settings.withInput),
    sinks,
    quarantine,
  };
}
