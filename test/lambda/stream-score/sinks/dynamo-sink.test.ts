import { DynamoSink, dynamoClient } from '../../../../lambda/stream-score/sinks/dynamo-sink';
import { attributeValue } from '../../../../lambda/stream-score/sinks/table-item';
import { realDeadline } from '../real-deadline';
import { encoded, encodedMany } from './encoded';
import { type Answer, LoopbackService } from './loopback-service';

jest.setTimeout(30_000);

interface Statement {
  readonly Statement: string;
  readonly Parameters: readonly Record<string, unknown>[];
}

const dynamo = new LoopbackService();
const items = new Map<string, Record<string, unknown>>();
let stop: () => void;
let sink: DynamoSink;

/** As DynamoDB does: an INSERT is refused where the item is there, and each statement is by itself. */
const insert = (
  statements: readonly Statement[],
  fails: (index: number) => string | undefined = () => undefined,
): Answer => ({
  body: {
    Responses: statements.map(({ Statement: text, Parameters: values }, index) => {
      const code = fails(index);
      if (code !== undefined) {
        return { Error: { Code: code, Message: `${code} it is` } };
      }
      const names = [...text.matchAll(/'((?:[^']|'')*)': \?/g)].map(([, name]) => name.replaceAll("''", "'"));
      const item = Object.fromEntries(names.map((name, place) => [name, values[place]]));
      const id = (values[0] as { S: string }).S;
      if (items.has(id)) {
        return { Error: { Code: 'DuplicateItem', Message: 'Duplicate primary key exists in table' } };
      }
      items.set(id, item);
      return { TableName: 'scores' };
    }),
  },
});
const statementsOf = (body: Record<string, unknown>): readonly Statement[] => body.Statements as Statement[];

beforeAll(async () => {
  stop = await dynamo.start();
  sink = new DynamoSink(dynamoClient(), { kind: 'dynamoDb', tableName: 'scores', partitionKey: 'id' });
});
afterAll(() => stop());
beforeEach(() => {
  items.clear();
  dynamo.requests.length = 0;
  dynamo.answer = (_, body) => insert(statementsOf(body));
});

test('1,000 predictions are 40 requests, and an item each under the inference id', async () => {
  const predictions = encodedMany(1_000, 10);
  expect(await sink.write(predictions, realDeadline(20_000))).toBe(1_000);
  expect(dynamo.requests).toHaveLength(40);
  expect(items.size).toBe(1_000);
  expect(items.get(predictions[7].prediction.inferenceId)).toEqual({
    id: { S: predictions[7].prediction.inferenceId },
    key: { S: 'key-7' },
    sequenceNumber: { S: predictions[7].prediction.sequenceNumber },
    subSequence: { N: '0' },
    eventTime: { S: '2026-07-02T10:00:00.000Z' },
    model: { M: { name: { S: 'tumour' }, version: { S: '3' } } },
    prediction: { N: '0.25' },
  });
  expect(statementsOf(dynamo.requests[0])[0].Statement).toMatch(/^INSERT INTO "scores" VALUE \{'id': \?, 'key': \?/);
});

test('the first prediction of a record counts, whatever comes later', async () => {
  expect(await sink.write([encoded(1, 'a', { prediction: 1 })], realDeadline(10_000))).toBe(1);
  const again = [
    encoded(0, 'a', { prediction: 2 }),
    encoded(1, 'a', { prediction: 2 }),
    encoded(2, 'a', { prediction: 2 }),
  ];
  expect(await sink.write(again, realDeadline(10_000))).toBe(3);
  expect([...items.values()].map(({ prediction }) => prediction)).toEqual([{ N: '1' }, { N: '2' }, { N: '2' }]);
});

test.each([
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
  'InternalServerError',
  'TransactionConflict',
])('a statement with %s comes again, and the others do not', async (code) => {
  dynamo.answer = (_, body, count) =>
    insert(statementsOf(body), (index) => (count === 1 && index > 20 ? code : undefined));
  expect(await sink.write(encodedMany(25, 5), realDeadline(10_000))).toBe(25);
  expect(dynamo.requests.slice(1).flatMap((request) => statementsOf(request))).toHaveLength(4);
});

test.each<[string, Answer]>([
  ['throttled', { status: 400, error: 'ThrottlingException' }],
  ['broken off', 'reset'],
  ['failed by the service', { status: 500, error: 'InternalServerError' }],
])('a request that is %s comes again; what it wrote is not written twice', async (_, fault) => {
  dynamo.answer = (_operation, body, count) => {
    const answer = insert(statementsOf(body));
    return count === 1 ? fault : answer;
  };
  expect(await sink.write(encodedMany(5, 5), realDeadline(10_000))).toBe(5);
  expect(items.size).toBe(5);
});

test('a table that answers an error for good is not asked again', async () => {
  dynamo.answer = (_, body) => insert(statementsOf(body), () => 'AccessDenied');
  await expect(sink.write(encodedMany(3, 3), realDeadline(10_000))).rejects.toMatchObject({ name: 'AccessDenied' });
  expect(dynamo.requests).toHaveLength(1);
});

test('what the time does not do for is not said to be written', async () => {
  const predictions = encodedMany(20, 20);
  const stubborn = predictions[10].prediction.inferenceId;
  dynamo.answer = (_, body) => {
    const statements = statementsOf(body);
    return insert(statements, (index) =>
      statements[index].Parameters[0].S === stubborn ? 'ThrottlingError' : undefined,
    );
  };
  const started = Date.now();
  expect(await sink.write(predictions, realDeadline(700))).toBe(10);
  expect(Date.now() - started).toBeLessThan(700);
});

test('an item may have a time to go', async () => {
  const time = { now: () => 1_700_000_000_900, sleep: () => Promise.resolve() };
  const settings = { kind: 'dynamoDb', tableName: 'scores', partitionKey: "it's", ttlSeconds: 60 } as const;
  const { prediction, json } = encoded(1, 'a');
  expect(await new DynamoSink(dynamoClient(), settings, time).write([{ prediction, json }], realDeadline(10_000))).toBe(
    1,
  );
  expect(items.get(prediction.inferenceId)).toMatchObject({
    "it's": { S: prediction.inferenceId },
    expiresAt: { N: '1700000060' },
  });
});

describe('a value', () => {
  test.each<[unknown, object]>([
    [1, { N: '1' }],
    [-0, { N: '0' }],
    [1.5e-7, { N: '1.5e-7' }],
    [1e-200, { S: '1e-200' }],
    [-1e200, { S: '-1e+200' }],
    [1e-130, { N: '1e-130' }],
    ['', { S: '' }],
    [null, { NULL: true }],
    [true, { BOOL: true }],
    [[1, 'a', []], { L: [{ N: '1' }, { S: 'a' }, { L: [] }] }],
    [{ a: { b: 1 }, c: undefined }, { M: { a: { M: { b: { N: '1' } } } } }],
    [{ a: { '': 1, b: [2] }, c: 3 }, { M: { a: { S: '{"":1,"b":[2]}' }, c: { N: '3' } } }],
    [JSON.parse('{"__proto__": 1}'), { M: JSON.parse('{"__proto__": {"N": "1"}}') as object }],
  ])('%j is kept as DynamoDB takes it', (value, kept) => {
    expect(JSON.stringify(attributeValue(value))).toBe(JSON.stringify(kept));
  });

  test('with a name that is too long is kept as text', () => {
    const long = { ['ä'.repeat(32 * 1024)]: 1 };
    expect(attributeValue(long)).toEqual({ S: JSON.stringify(long) });
    expect(attributeValue({ ['a'.repeat(64 * 1024 - 1)]: 1 })).toHaveProperty('M');
  });

  test('that nests too deep is kept as text from there on', () => {
    let value: unknown = 'end';
    for (let depth = 0; depth < 40; depth++) {
      value = [value];
    }
    let kept = attributeValue(value) as { L?: { L?: unknown; S?: string }[]; S?: string };
    let depth = 1;
    while (kept.L !== undefined) {
      kept = kept.L[0] as typeof kept;
      depth++;
    }
    expect(depth).toBe(31);
    expect(JSON.parse(kept.S!)).toEqual(JSON.parse(`${'['.repeat(10)}"end"${']'.repeat(10)}`));
  });
});

test('a prediction of the largest size fits an item, whatever it is made of', () => {
  const list = Array.from({ length: sink.maxBytes / 2 - 1 }, () => 1);
  expect(JSON.stringify(list).length).toBeLessThan(sink.maxBytes);
  // A number takes a byte for each two digits and one more, a member of a list one: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
  expect(list.length * 3 + 3).toBeLessThan(400 * 1024 - 4_096);
});
