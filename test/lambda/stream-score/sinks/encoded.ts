import type { EncodedPrediction } from '../../../../lambda/stream-score/ports';
import type { StreamPrediction } from '../../../../lambda/stream/contract';

const SHARD = 'shardId-000000000003';

/** A prediction as it goes to the sinks, of the record at this place of the shard. */
export function encoded(place: number, key: string, more: Partial<StreamPrediction> = {}): EncodedPrediction {
  const sequenceNumber = `4959033827149025660855969253836157109592157598913658${String(place).padStart(4, '0')}`;
  const prediction: StreamPrediction = {
    inferenceId: `events:${SHARD}:${sequenceNumber}:0`,
    key,
    sequenceNumber,
    subSequence: 0,
    eventTime: '2026-07-02T10:00:00.000Z',
    model: { name: 'tumour', version: '3' },
    prediction: 0.25,
    ...more,
  };
  return { prediction, json: JSON.stringify(prediction) };
}

/** So many of them, over so many keys in turn. */
export function encodedMany(count: number, keys: number): EncodedPrediction[] {
  return Array.from({ length: count }, (_, place) => encoded(place, `key-${place % keys}`));
}
