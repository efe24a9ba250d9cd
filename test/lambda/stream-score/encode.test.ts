import fc from 'fast-check';
import { encoder } from '../../../lambda/stream-score/encode';
import { readRecords } from '../../../lambda/stream-score/read-records';
import { kinesisRecord } from './kinesis-event';

test('the JSON of a prediction is that of its object, whatever it holds', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.jsonValue(),
      fc.jsonValue(),
      fc.boolean(),
      fc.string(),
      fc.integer({ min: 0, max: 4_000_000_000_000 }),
      (key, prediction, input, withInput, name, milliseconds) => {
        const encode = encoder({ name, version: '1.0.0' }, withInput);
        const event = kinesisRecord('{}', '1', { key, arrived: milliseconds / 1000 });
        const [record] = readRecords({ Records: [event] });
        const encoded = encode(record, prediction, input);
        expect(encoded.json).toBe(JSON.stringify(encoded.prediction));
        expect(Date.parse(encoded.prediction.eventTime)).toBe(milliseconds);
      },
    ),
    { numRuns: 500 },
  );
});

test('each record has its own time, also where others arrived with it', () => {
  const encode = encoder({ name: 'm', version: '1' }, false);
  const times = [1, 1, 2, 1].map((arrived, place) => {
    const [record] = readRecords({ Records: [kinesisRecord('{}', String(place), { arrived })] });
    return Date.parse(encode(record, 0, undefined).prediction.eventTime) / 1000;
  });
  expect(times).toEqual([1, 1, 2, 1]);
});
