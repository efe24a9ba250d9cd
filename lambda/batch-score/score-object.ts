import type { RecordFormat, ScoreHistogram } from '../batch/contract';
import { addHistograms, EMPTY_HISTOGRAM, histogramOf } from '../batch/score-histogram';
import type { Predictor } from '../predict/core';
import { RequestError } from '../predict/errors';
import { featureCount } from '../predict/features';
import { summarize } from '../predict/summarize';
import { readInstances } from './read-instances';
import { namingRecords } from './record-fault';

/** Records that the model sees at a time: enough that the calls around them do not count. */
const RECORDS_AT_A_TIME = 256;

/** Values of those records together: little enough for the memory where a record is a picture. */
const VALUES_AT_A_TIME = 128 * 1024;

/** What an object came to, while it is read. */
export interface Tally {
  records: number;
  scores: ScoreHistogram;
}

export function newTally(): Tally {
  return { records: 0, scores: EMPTY_HISTOGRAM };
}

/**
 * The predictions for the records of an object as JSON Lines, one for each record and in their order. Ends with a RequestError
 * at the first record that is at fault, so nothing is half accepted.
 */
export async function* scoreObject(
  body: AsyncIterable<Uint8Array>,
  format: RecordFormat,
  predictor: Predictor,
  tally: Tally,
): AsyncIterable<Buffer> {
  const size = recordsAtATime(predictor);
  let instances: unknown[] = [];
  for await (const instance of readInstances(body, format, predictor.model.input)) {
    instances.push(instance);
    if (instances.length === size) {
      yield score(instances, predictor, tally);
      instances = [];
    }
  }
  if (instances.length > 0) {
    yield score(instances, predictor, tally);
  }
  if (tally.records === 0) {
    throw new RequestError('MALFORMED_BODY', 'it has no records');
  }
}

function recordsAtATime({ model: { input, maxInstances } }: Predictor): number {
  return Math.max(1, Math.min(RECORDS_AT_A_TIME, maxInstances, Math.floor(VALUES_AT_A_TIME / featureCount(input))));
}

function score(instances: readonly unknown[], predictor: Predictor, tally: Tally): Buffer {
  const { predictions } = namingRecords(tally.records, () => predictor.predict({ instances, bare: false }));
  tally.records += instances.length;
  tally.scores = addHistograms(tally.scores, histogramOf(summarize(predictor.session.outputs, predictions)));
  return Buffer.from(predictions.map((prediction) => `${JSON.stringify(prediction)}\n`).join(''));
}
