import { instanceEncoder } from '../../../../lambda/stream-score/endpoint/encode-instances';
import { NOT_FINITE, readPredictions } from '../../../../lambda/stream-score/endpoint/read-predictions';

describe('an answer', () => {
  test.each<[string, string, string, unknown[]]>([
    ['JSON with predictions', 'application/json', '{"predictions": [1, [2, 3]], "model": "m"}', [1, [2, 3]]],
    ['a list of JSON', 'application/json; charset=utf-8', '[{"score": 1}, {"score": 2}]', [{ score: 1 }, { score: 2 }]],
    ['JSON Lines', 'application/jsonlines', '{"score": 1}\r\n\n[2]\n', [{ score: 1 }, [2]]],
    [
      'CSV',
      'text/csv',
      '1.5,a\n-2e-3,"b, c"\n',
      [
        [1.5, 'a'],
        [-0.002, 'b, c'],
      ],
    ],
    ['CSV of one column', 'text/csv; charset=utf-8', '0.25\n0.75', [0.25, 0.75]],
    ['JSON under no type', '', '{"predictions": [null, "a"]}', [null, 'a']],
  ])('of %s is read', (_, type, body, predictions) => {
    expect(readPredictions(body, type, 2).predictions).toEqual(predictions);
  });

  test.each<[string, string, string]>([
    ['JSON', 'application/json', '{"predictions": [1, {"a": [NaN]}, -Infinity, "NaN"]}'],
    ['JSON with numbers beyond all', 'application/json', '[1, [1e999], -1e999, "NaN"]'],
    ['JSON Lines', 'application/jsonlines', '1\nNaN\n[Infinity, 1]\n"NaN"\n'],
  ])('of %s with numbers that are not finite names them', (_, type, body) => {
    expect(readPredictions(body, type, 4).predictions).toEqual([1, NOT_FINITE, NOT_FINITE, 'NaN']);
  });

  test('of CSV names them as well, as numbers and text cannot be told apart there', () => {
    expect(readPredictions('1\nnan\n2,-inf\n', 'text/csv', 3).predictions).toEqual([1, NOT_FINITE, NOT_FINITE]);
  });

  test.each([
    ['application/json', '{"predictions": [1]}'],
    ['application/json', '{"predictions": 1}'],
    ['application/json', '{"predictions": [1, 2'],
    ['application/json', ''],
    ['application/json', 'null'],
    ['application/jsonlines', '1\n'],
    ['application/jsonlines', '1\n{'],
    ['text/csv', '1'],
    ['text/csv', '1\n"2'],
  ])('of %s that does not have them all is refused: %j', (type, body) => {
    expect(() => readPredictions(body, type, 2)).toThrow(/^the endpoint answered/);
  });
});

describe('a request', () => {
  const input = {
    kind: 'record' as const,
    fields: [
      { name: 'b', type: 'string' as const },
      { name: 'a', type: 'number' as const, length: 2 },
      { name: 'c', type: 'boolean' as const },
    ],
  };
  const body = (
    type: 'application/json' | 'application/jsonlines' | 'text/csv',
    instances: readonly unknown[],
    given?: typeof input,
  ): string => {
    const encoder = instanceEncoder(type, given);
    const encoded = instances.map((instance) => encoder.one(instance));
    const text = encoder.join(encoded);
    const bytes = encoded.reduce((sum, one) => sum + Buffer.byteLength(one) + encoder.between, encoder.around);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(bytes);
    return text;
  };

  test('of JSON has all instances in one document', () => {
    expect(body('application/json', [{ a: 1 }, { a: 'ä' }])).toBe('{"instances":[{"a":1},{"a":"ä"}]}');
  });

  test('of JSON Lines has one on each line', () => {
    expect(body('application/jsonlines', [{ a: 'x\ny' }, [1]])).toBe('{"a":"x\\ny"}\n[1]\n');
  });

  test('of CSV has the features in the order of the model, quoted where they must be', () => {
    expect(
      body(
        'text/csv',
        [
          { a: [1, 2], b: 'x "y", z', c: true },
          { b: 'q', c: false },
        ],
        input,
      ),
    ).toBe('"x ""y"", z",1,2,true\nq,,,false\n');
  });

  test('of CSV without a layout has values as they come, and a row as it is', () => {
    expect(body('text/csv', [{ z: 1, y: [2, null] }, [3, 4], '5,"6"'])).toBe('1,2,\n3,4\n5,"6"\n');
  });
});

test('an answer may say which model has predicted', () => {
  const model = { name: 'fraud', version: '2' };
  const read = (body: object) => readPredictions(JSON.stringify(body), 'application/json', 1).model;
  expect(read({ predictions: [1], model: { ...model, more: 1 } })).toEqual(model);
  expect(
    [{ predictions: [1] }, { predictions: [1], model: 'fraud' }, { predictions: [1], model: null }, [1]].map(read),
  ).toEqual([undefined, undefined, undefined, undefined]);
});
