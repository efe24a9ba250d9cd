import type { StreamPrediction } from '../stream/contract';
import type { EncodedPrediction } from './ports';
import type { UserRecord } from './read-records';

/** Makes predictions of one model, as they go to the sinks. */
export type Encoder = (record: UserRecord, prediction: unknown, input: unknown) => EncodedPrediction;

/**
 * The JSON is put together from pieces, as all that needs escaping is the key, and the parts that differ are few: it takes half as
 * long as writing the whole object.
 */
export function encoder(model: StreamPrediction['model'], withInput: boolean): Encoder {
  const rest = `","model":${JSON.stringify({ name: model.name, version: model.version })},"prediction":`;
  let arrived: number | undefined;
  let eventTime = '';
  return (record, prediction, input) => {
    // Records that arrived together follow each other.
    if (record.arrived !== arrived) {
      arrived = record.arrived;
      eventTime = timeOf(record.arrived);
    }
    const { inferenceId, key, sequenceNumber, subSequence } = record;
    const json =
      `{"inferenceId":"${inferenceId}","key":${JSON.stringify(key)},"sequenceNumber":"${sequenceNumber}",` +
      `"subSequence":${subSequence},"eventTime":"${eventTime}${rest}${JSON.stringify(prediction)}` +
      (withInput ? `,"input":${JSON.stringify(input)}}` : '}');
    const encoded = { inferenceId, key, sequenceNumber, subSequence, eventTime, model, prediction };
    return { prediction: withInput ? { ...encoded, input } : encoded, json };
  };
}

/** Seconds as Lambda gives them, with the milliseconds behind the point. */
export function timeOf(seconds: number): string {
  return new Date(Math.round(seconds * 1000)).toISOString();
}
