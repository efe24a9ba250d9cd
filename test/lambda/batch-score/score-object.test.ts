import { newTally, scoreObject } from '../../../lambda/batch-score/score-object';
import type { RecordFormat } from '../../../lambda/batch/contract';
import { bucketOf } from '../../../lambda/batch/score-histogram';
import type { Predictor } from '../../../lambda/predict/core';
import { LOGARITHM, LOOKUP, MIXED, PAIR, VECTOR } from '../predict/models';
import { removeAssets, type ServedModelOptions } from '../served-model';
import { body } from './body';
import { predictorOf } from './predictor';

afterAll(removeAssets);

const pair = predictorOf(PAIR, 1000);

interface Scored {
  readonly lines: readonly string[];
  /** How many records each piece has. */
  readonly pieces: readonly number[];
  readonly tally: ReturnType<typeof newTally>;
}

async function scored(
  text: string,
  format: RecordFormat = 'csv',
  predictor: Predictor = pair,
): Promise<Scored & { readonly refused?: string }> {
  const tally = newTally();
  let [written, pieces]: [string, number[]] = ['', []];
  let refused: string | undefined;
  try {
    for await (const piece of scoreObject(body(text), format, predictor, tally)) {
      written += piece.toString();
      pieces = [...pieces, piece.toString().split('\n').length - 1];
    }
  } catch (error) {
    refused = (error as Error).message;
  }
  return { lines: written.split('\n').slice(0, -1), pieces, tally, ...(refused === undefined ? {} : { refused }) };
}

const rows = (count: number): string => Array.from({ length: count }, (_, row) => `${row % 100},${row}\n`).join('');

test('each record has a line, in their order, also over several batches', async () => {
  const { lines, pieces, tally } = await scored(rows(600));
  expect(lines).toEqual(Array.from({ length: 600 }, (_, row) => `[${row % 100},${row}]`));
  expect(pieces).toEqual([256, 256, 88]);
  expect(tally.records).toBe(600);
});

test('the model sees no more at a time than it takes', async () => {
  expect((await scored(rows(7), 'csv', predictorOf(PAIR, 3))).pieces).toEqual([3, 3, 1]);
});

test('where a record has very many values, fewer are read at a time', async () => {
  const wide: ServedModelOptions = {
    ...VECTOR,
    input: { kind: 'vector', fields: [{ name: 'instance', type: 'number', length: 50_000 }] },
    schema: { type: 'array' },
  };
  const seen: number[] = [];
  const { model, session } = pair;
  const predictor: Predictor = {
    model: { ...model, input: wide.input },
    session,
    warmUp: () => true,
    predictEach: (instances) => pair.predictEach(instances),
    predict: ({ instances }) => {
      seen.push(instances.length);
      return { predictions: instances, modelMilliseconds: 0 };
    },
  };
  await scored('1\n2\n3\n', 'json-lines', predictor);
  expect(seen).toEqual([2, 1]);
  seen.length = 0;
  const [field] = wide.input.fields;
  const huge = { ...predictor, model: { ...model, input: { ...wide.input, fields: [{ ...field, length: 1e6 }] } } };
  await scored('1\n2\n', 'json-lines', huge);
  expect(seen).toEqual([1, 1]);
});

test('several outputs are an object each, by their names', async () => {
  const { lines } = await scored(
    '{"age":41,"vip":true,"city":"B\u2028n","history":[1,2.25],"floor":-3}\n',
    'json-lines',
    predictorOf(MIXED),
  );
  expect(lines).toEqual([
    JSON.stringify({
      age_out: 41,
      income_out: 1.5,
      vip_out: true,
      city_out: 'B\u2028n',
      history_out: [1, 2.25],
      floor_out: -3,
    }),
  ]);
});

test.each<[string, RecordFormat, string, string]>([
  ['in a later batch of CSV', 'csv', `${rows(300)}1,2\n200,1\n`, 'record 302: width must be <= 100'],
  ['in CSV that is no number', 'csv', `${rows(300)}x,1\n`, 'record 301: width must be a finite number (row 301)'],
  ['without a field', 'json-lines', '{"width":1,"height":2}\n\n{"width":1}\n', 'record 2: height is missing'],
  ['that is no record', 'json-lines', 'null\n', 'record 1: must be object'],
])('a record at fault is named by its number: %s', async (_, format, text, message) => {
  expect((await scored(text, format)).refused).toBe(message);
});

test('the batches before the one at fault are out by then, so whoever reads them must look at the end', async () => {
  const { refused, lines, tally } = await scored(`${rows(256)}200,1\n`);
  expect(refused).toContain('record 257');
  expect(lines).toHaveLength(256);
  expect(tally.records).toBe(256);
});

test.each<[RecordFormat, string]>([
  ['csv', ''],
  ['csv', '\n\n'],
  ['csv-with-header', 'width,height\n'],
  ['json-lines', ' \n'],
])('without a record there is nothing to score: %s %j', async (format, text) => {
  expect((await scored(text, format)).refused).toBe('it has no records');
});

test('a failure of the model is told from a fault of the record', async () => {
  const failing = scoreObject(body('1\n7\n'), 'csv', predictorOf(LOOKUP), newTally());
  await expect(
    (async () => {
      for await (const piece of failing) {
        expect(piece).toBeDefined();
      }
    })(),
  ).rejects.toMatchObject({ name: 'MODEL_ERROR' });
});

test('scores are counted by where they fall', async () => {
  const { tally } = await scored('1\n1\n2.718281828459045\n', 'csv', predictorOf(LOGARITHM));
  expect(tally.scores).toEqual({ count: 3, buckets: { 0: 2, [bucketOf(1)]: 1 } });
});
