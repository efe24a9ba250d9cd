import type { StreamPrediction } from '../stream/contract';
import type { EncodedPrediction } from './ports';
import type { UserRecord } from './read-records';

/** Makes predictions of one model, unless another one is said to have predicted, as they go to the sinks. */
export type Encoder = (
  record: UserRecord,
  prediction: unknown,
  input: unknown,
  other?: StreamPrediction['model'],
) => EncodedPrediction;

/**
 * The JSON is put together from pieces, as all that needs escaping is the key, and the parts that differ are few: it takes half as
 * long as writing the whole object.
 */
export function encoder(model: StreamPrediction['model'], withInput: boolean): Encoder {
  const own = afterTime(model);
  let arrived: number | undefined;
  let eventTime = '';
  return (record, prediction, input, other) => {
    // Records that arrived together follow each other.
    if (record.arrived !== arrived) {
      arrived = record.arrived;
      eventTime = timeOf(record.arrived);
    }
    const { inferenceId, key, sequenceNumber, subSequence } = record;
    const rest = other === undefined ? own : afterTime(other);
    const json =
      `{"inferenceId":"${inferenceId}","key":${JSON.stringify(key)},"sequenceNumber":"${sequenceNumber}",` +
      `"subSequence":${subSequence},"eventTime":"${eventTime}${rest}${JSON.stringify(prediction)}` +
      (withInput ? `,"input":${JSON.stringify(input)}}` : '}');
    const encoded = { inferenceId, key, sequenceNumber, subSequence, eventTime, model: other ?? model, prediction };
    return { prediction: withInput ? { ...encoded, input } : encoded, json };
  };
}

function afterTime({ name, version }: StreamPrediction['model']): string {
  return `","model":${JSON.stringify({ name, version })},"prediction":`;
}

/** Seconds as Lambda gives them, with the milliseconds behind the point. */
export function timeOf(seconds: number): string {
  return new Date(Math.round(seconds * 1000)).toISOString();
}
