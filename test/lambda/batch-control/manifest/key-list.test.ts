import fc from 'fast-check';
import { jsonElements } from '../../../../lambda/batch-control/manifest/json-elements';
import { body } from '../../batch-score/body';
import { MemoryStore } from '../../batch/memory-store';
import { keysOf, objectOf, objects, planned, scoredKeys } from '../planned';

jest.setTimeout(60_000);

const settings = { manifest: { bucket: 'lists', key: 'tonight' }, maxConcurrency: 1 };
const PREFIX = { prefix: 's3://lake/in/' };

function listed(text: string, input = objects(20)): MemoryStore {
  const store = new MemoryStore(input);
  store.files.set('tonight', text);
  return store;
}

const lines = (keys: readonly string[]): string => keys.map((key) => `${JSON.stringify(key)}\n`).join('');
const paths = (...numbers: number[]): string[] => numbers.map((number) => objectOf(number).key.slice('in/'.length));

describe('the keys that are named are planned with size and entity tag,', () => {
  test.each([
    ['by a manifest as Amazon SageMaker has them', JSON.stringify([PREFIX, ...paths(3, 1)])],
    ['with a path in its prefix', JSON.stringify([{ prefix: 's3://lake/in/00000' }, '3.csv', '1.csv'])],
    ['over several lines', JSON.stringify([PREFIX, ...paths(3, 1)], undefined, 2)],
    ['by JSON Lines', lines(keysOf([objectOf(3), objectOf(1)]))],
    [
      'with empty lines and other ends',
      `\n  \n${lines(keysOf([objectOf(3), objectOf(1)])).replaceAll('\n', '\r\n')}\n`,
    ],
    ['twice', lines(keysOf([objectOf(3), objectOf(1), objectOf(3)]))],
    ['behind a byte order mark', `\uFEFF${JSON.stringify([PREFIX, ...paths(3, 1)])}`],
  ])('%s', async (_, text) => {
    const run = await planned(listed(text), settings);
    expect(run.rest[0].objects).toEqual([objectOf(3), objectOf(1)]);
    expect(run.kept).toEqual([]);
  });
});

test('what is named and not there is quarantined by the plan; what only begins so is not it', async () => {
  const store = listed(lines(['in/000001.csv', 'in/00000', 'in/gone']));
  const run = await planned(store, settings);
  expect(run.rest[0].objects).toEqual([objectOf(1)]);
  expect(run.kept).toEqual(
    ['in/00000', 'in/gone'].map((key) => ({ key, bytes: 0, etag: '', status: 'quarantined', reason: 'it is gone' })),
  );
  expect(run.answer.objects).toBe(3);
  expect(run.planned).toMatchObject({ objects: 3, kept: 0 });
});

test('suffixes and the prefix of a run apply to what is named, too', async () => {
  const input = ['in/a/1.csv', 'in/a/2.txt', 'in/b/3.csv'].map((key) => ({ ...objectOf(0), key }));
  const store = listed(lines([...keysOf(input), 'in/b/gone.csv']), input);
  const run = await planned(store, { ...settings, suffixes: ['.csv'] }, { input: { prefix: 'in/a/' } });
  expect(scoredKeys(run)).toEqual(['in/a/1.csv']);
  expect(run.kept).toEqual([]);
});

test.each(['[]', '[ ]', JSON.stringify([PREFIX]), '', '\n\n'])(
  '%j names nothing, which is an empty run',
  async (text) => {
    expect((await planned(listed(text), settings)).answer).toMatchObject({ objects: 0, partitions: 0 });
  },
);

describe('many keys are looked for in a listing of what they have in common,', () => {
  const input = objects(30_000);
  const named = keysOf(input).filter((_, index) => index % 2 === 0);

  test('which is one, and not a look-up each', async () => {
    const store = listed(lines([...named, 'in/gone']), input);
    const run = await planned(store, { ...settings, maxConcurrency: 15 });
    expect(scoredKeys(run)).toEqual(named);
    expect(keysOf(run.kept)).toEqual(['in/gone']);
    expect(store.found).toEqual([]);
  });

  test('also over several invocations', async () => {
    const [one, other] = [listed(lines(named), input), listed(lines(named), input)];
    const { answer, rest } = await planned(one, settings);
    let turn = 0;
    const interrupted = await planned(other, settings, { inTime: () => turn++ % 10 !== 9 });
    expect([interrupted.answer, interrupted.rest]).toEqual([answer, rest]);
    expect([...other.files.keys()].some((key) => key.includes('/listing/'))).toBe(true);
  });
});

test.each<[string, string, string]>([
  [
    'a key elsewhere',
    lines(['in/000001.csv', 'out/1']),
    'line 2 is the key "out/1", which does not lie below s3://lake/in/',
  ],
  [
    'a path elsewhere',
    JSON.stringify([{ prefix: 's3://lake/' }, 'out/1']),
    'element 2 of the array is the key "out/1"',
  ],
  ['no key', lines(['']), 'line 1 is the key ""'],
  [
    'a line that is no text',
    '"in/000001.csv"\n{"key":"a"}\n',
    'line 2 is "{\\"key\\":\\"a\\"}", and must be a key as a JSON text',
  ],
  ['plain text', 'in/000001.csv\n', 'line 1 is "in/000001.csv", and must be a key as a JSON text'],
  ['a number', '5\n', 'line 1 is "5"'],
  ['no prefix', '["in/1"]', 'the first element of the array is "in/1", and must be {"prefix": "s3://lake/..."}'],
  ['null for a prefix', '[null]', 'the first element of the array is null'],
  ['a prefix in another bucket', '[{"prefix": "s3://lakes/in/"}]', 'and must be {"prefix": "s3://lake/..."}'],
  [
    'two prefixes',
    JSON.stringify([PREFIX, PREFIX]),
    'element 2 of the array is {"prefix":"s3://lake/in/"}, and must be a text',
  ],
  ['an array without an end', '[{"prefix": "s3://lake/in/"}, "a"', 'the array has no end'],
  ['something after it', '[] []', 'there is something after the end of the array'],
  ['a comma too many', '[{"prefix": "s3://lake/in/"},]', 'element 2 of the array is not valid JSON'],
  ['a line without an end', `"${'x'.repeat(70_000)}`, 'line 1 has more than 65536 characters'],
  ['an element without an end', `["${'x'.repeat(70_000)}`, 'element 1 of the array has more than 65536 characters'],
])('a manifest with %s is refused with what is wrong', async (_, text, message) => {
  await expect(planned(listed(text), settings)).rejects.toMatchObject({
    name: 'BadRunInput',
    message: expect.stringContaining(message) as string,
  });
});

test('a long wrong value does not fill the message', async () => {
  const text = lines(['x'.repeat(10_000)]);
  await expect(planned(listed(text), settings)).rejects.toMatchObject({
    message: expect.stringMatching(/^.{1,400}$/) as string,
  });
});

test('a manifest that is not UTF-8, is not there, or may not be read is refused', async () => {
  const store = listed('');
  store.files.delete('tonight');
  await expect(planned(store, settings)).rejects.toMatchObject({
    name: 'BadRunInput',
    message: expect.stringContaining("'tonight' is not there") as string,
  });
  store.binaries.set('tonight', Buffer.from([0x22, 0xff, 0x22]));
  await expect(planned(store, settings)).rejects.toMatchObject({
    name: 'BadRunInput',
    message: expect.stringContaining("'tonight' is not UTF-8") as string,
  });
  store.readBytes = () => Promise.reject(Object.assign(new Error('no'), { name: 'AccessDenied' }));
  await expect(planned(store, settings)).rejects.toMatchObject({
    name: 'BadRunInput',
    message: expect.stringContaining('may not be read') as string,
  });
  store.readBytes = () => Promise.reject(Object.assign(new Error('later'), { name: 'SlowDown' }));
  await expect(planned(store, settings)).rejects.toMatchObject({ name: 'SlowDown' });
});

test('a run is started with another manifest only where the batch has a prefix of them', async () => {
  await expect(planned(listed('[]'), settings, { input: { manifest: 'other' } })).rejects.toMatchObject({
    name: 'BadRunInput',
    message: expect.stringContaining(
      '\'manifest\' in the input of the execution is "other": it takes nothing',
    ) as string,
  });
  const below = { manifest: { bucket: 'lists', prefix: 'lists/' } };
  await expect(planned(listed('[]'), below, { input: { manifest: 'list/other' } })).rejects.toMatchObject({
    message: expect.stringContaining("it takes a key that begins with 'lists/'") as string,
  });
});

describe('the elements of an array', () => {
  const read = async (text: string, cuts: readonly number[]): Promise<unknown[]> => {
    const pieces = (async function* () {
      for await (const piece of body(text, cuts)) {
        yield Buffer.from(piece).toString('latin1');
      }
    })();
    const elements: unknown[] = [];
    for await (const element of jsonElements(pieces)) {
      elements.push(element);
    }
    return elements;
  };
  const plain = fc.string({ unit: fc.constantFrom(...'[]{},:"\\ \n\ta') });

  test('are those that JSON.parse sees, wherever the text is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(plain, fc.dictionary(plain, fc.array(plain)), fc.integer(), fc.constant(null))),
        fc.array(fc.nat()),
        fc.constantFrom(undefined, 1),
        async (array, cuts, indent) => {
          expect(await read(JSON.stringify(array, undefined, indent), cuts)).toEqual(array);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('are refused where JSON.parse refuses them, with nothing else thrown', async () => {
    await fc.assert(
      fc.asyncProperty(plain, fc.array(fc.nat()), async (text, cuts) => {
        const valid = ((): unknown => {
          try {
            return JSON.parse(`[${text}]`);
          } catch {
            return undefined;
          }
        })();
        const outcome = await read(`[${text}]`, cuts).catch((error: Error) => error.name);
        expect(outcome).toEqual(Array.isArray(valid) ? valid : 'BadRunInput');
      }),
      { numRuns: 500 },
    );
  });
});
