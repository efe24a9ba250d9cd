import fc from 'fast-check';
import type { InputObject } from '../../../../lambda/batch/contract';
import { MemoryStore } from '../../batch/memory-store';
import { keysOf, objectOf, objects, planned, scoredKeys } from '../planned';
import { COLUMNS, report, REPORTS, rowOf } from './inventory-files';

jest.setTimeout(60_000);

const settings = { manifest: { bucket: 'reports', prefix: REPORTS } };

const refusal = async (store: MemoryStore): Promise<string> =>
  planned(store, settings).then(
    () => 'it is not refused',
    (error: Error) => {
      expect(error.name).toBe('BadRunInput');
      return error.message;
    },
  );

test('the objects of an inventory are planned as those of a listing are, and nothing is listed', async () => {
  const input = objects(30);
  const store = new MemoryStore();
  report(store, { rows: input.map(rowOf), perFile: 7 });
  const run = await planned(store, settings);
  const listed = await planned(new MemoryStore(input));
  expect(run.rest).toEqual(listed.rest);
  expect(run.answer).toEqual(listed.answer);
  expect(store.found).toEqual([]);
});

test('keys come back as they are, whatever characters they have', async () => {
  const key = fc.string({
    unit: fc.oneof(
      fc.constantFrom(...' +%"\',&=?\n\r\t/\\ä😀\u2028'),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    ),
    minLength: 1,
    maxLength: 20,
  });
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(key, { minLength: 1, maxLength: 20 }), async (names) => {
      const input = names
        .filter((name) => !name.endsWith('/'))
        .map((name, bytes): InputObject => ({ key: `in/${name}`, bytes, etag: `"${bytes}"` }));
      const store = new MemoryStore();
      report(store, { rows: input.map(rowOf), perFile: 3 });
      const { rest } = await planned(store, { ...settings, maxConcurrency: 1 });
      expect(rest.flatMap((partition) => partition.objects)).toEqual(input);
    }),
    { numRuns: 200 },
  );
});

test('of an inventory counts what lies below the prefix of the run, with the suffixes, and is no folder', async () => {
  const store = new MemoryStore();
  const input = ['in/a/1.csv', 'in/a/2.txt', 'in/a/', 'in/b/3.csv', 'out/4.csv', 'other'].map((key) => ({
    ...objectOf(0),
    key,
  }));
  report(store, { rows: input.map(rowOf) });
  expect(scoredKeys(await planned(store, { ...settings, suffixes: ['.csv'] }))).toEqual(['in/a/1.csv', 'in/b/3.csv']);
  const part = await planned(store, settings, { input: { prefix: 'in/a/' } });
  expect(scoredKeys(part)).toEqual(['in/a/1.csv', 'in/a/2.txt']);
  expect(part.planned.part).toBe('in/a/');
});

test('of all versions the latest count, and deleted ones do not', async () => {
  const store = new MemoryStore();
  const columns = [...COLUMNS, 'IsLatest', 'IsDeleteMarker'];
  const row = (number: number, latest: string, deleted: string): string[] => [
    ...rowOf(objectOf(number)),
    latest,
    deleted,
  ];
  report(store, {
    columns,
    rows: [row(0, 'true', 'false'), row(1, 'false', 'false'), row(2, 'true', 'true'), row(3, 'true', 'false')],
  });
  expect(scoredKeys(await planned(store, settings))).toEqual(keysOf([objectOf(0), objectOf(3)]));
});

test.each([['Size'], ['ETag']])(
  'without the column %s objects are looked up, and what is gone is quarantined',
  async (column) => {
    const at = COLUMNS.indexOf(column);
    const without = (cells: readonly string[]): string[] => cells.filter((_, index) => index !== at);
    const store = new MemoryStore(objects(4));
    report(store, {
      columns: without(COLUMNS),
      rows: [...objects(3), objectOf(99)].map((each) => without(rowOf(each))),
    });
    const run = await planned(store, { ...settings, maxConcurrency: 1 });
    expect(run.rest[0].objects).toEqual(objects(3));
    expect(run.kept).toEqual([
      { key: objectOf(99).key, bytes: 0, etag: '', status: 'quarantined', reason: 'it is gone' },
    ]);
    expect(run.answer.objects).toBe(4);
  },
);

describe('of several reports', () => {
  const of = (store: MemoryStore, number: number, at: string, checksum = true): string =>
    report(store, { at, rows: [rowOf(objectOf(number))], checksum });

  test('the newest that is complete counts', async () => {
    const store = new MemoryStore();
    of(store, 1, '2026-02-27T01-00Z');
    of(store, 2, '2026-02-28T01-00Z');
    of(store, 3, '2026-03-01T01-00Z', false);
    store.files.set(`${REPORTS}2026-03-02T01-00Z/manifest.checksum`, '');
    store.files.set(`${REPORTS}hive/dt=2026-03-03-01-00/symlink.txt`, '');
    expect(scoredKeys(await planned(store, settings))).toEqual([objectOf(2).key]);
  });

  test('a run may be started with another one, and is then no run of everything', async () => {
    const store = new MemoryStore();
    const manifest = of(store, 1, '2026-02-27T01-00Z');
    of(store, 2, '2026-02-28T01-00Z');
    const run = await planned(store, settings, { input: { manifest } });
    expect(scoredKeys(run)).toEqual([objectOf(1).key]);
    expect(run.planned).toMatchObject({ part: manifest, manifest: { bucket: 'reports', key: manifest } });
  });

  test('none is refused', async () => {
    const store = new MemoryStore();
    expect(await refusal(store)).toContain(`there is no complete inventory below '${REPORTS}'`);
    store.files.set(`${REPORTS}nested/2026-02-27T01-00Z/manifest.json`, '{}');
    store.files.set(`${REPORTS}nested/2026-02-27T01-00Z/manifest.checksum`, '{}');
    expect(await refusal(store)).toContain('there is no complete inventory');
  });
});

const rows = [rowOf(objectOf(0)), rowOf(objectOf(1))];

test.each<[string, (store: MemoryStore) => void, string]>([
  ['in ORC', (store) => report(store, { rows, manifest: { fileFormat: 'ORC' } }), 'is in ORC: let S3 write it in CSV'],
  ['in Parquet', (store) => report(store, { rows, manifest: { fileFormat: 'Parquet' } }), 'is in Parquet'],
  [
    'of another bucket',
    (store) => report(store, { rows, manifest: { sourceBucket: 'pond' } }),
    'is of the bucket pond, and the input is in lake',
  ],
  ['that is no JSON', (store) => store.files.set(report(store, { rows }), '{"files": ['), 'is not valid JSON'],
  [
    'that is something else',
    (store) => report(store, { rows, manifest: { files: 'none' } }),
    'is no manifest.json of an inventory',
  ],
  [
    'without keys of objects',
    (store) => report(store, { rows, manifest: { fileSchema: 'Bucket, Size' } }),
    'names no column Key',
  ],
  ['without keys of files', (store) => report(store, { rows, manifest: { files: [{}] } }), 'files without keys'],
  ['with a null for a file', (store) => report(store, { rows, manifest: { files: [null] } }), 'files without keys'],
  [
    'with a list that is gone',
    (store) => report(store, { rows, manifest: { files: [{ key: 'gone.csv.gz' }] } }),
    "'gone.csv.gz' is not there",
  ],
  [
    'with a row that is too short',
    (store) => report(store, { rows: [...rows, ['lake']] }),
    'after row 3: it has 1 columns, and the inventory 5',
  ],
  [
    'with a size that is none',
    (store) => report(store, { rows: [['lake', 'in/a', '-1', '', 'e']] }),
    "after row 1: the size is '-1'",
  ],
  [
    'with a key that is not encoded',
    (store) => report(store, { rows: [['lake', 'in/%', '1', '', 'e']] }),
    "the key 'in/%' is not URL-encoded",
  ],
])('an inventory %s is refused with what is wrong', async (_, prepare, message) => {
  const store = new MemoryStore();
  prepare(store);
  expect(await refusal(store)).toContain(message);
});

test.each<[string, (content: Buffer) => Buffer, string]>([
  ['that is cut off', (content) => content.subarray(0, content.length / 2), 'unexpected end of file'],
  ['that is not compressed', () => Buffer.from('"a","b"'), 'incorrect header check'],
  [
    'whose check sum is wrong',
    (content) => Buffer.concat([content.subarray(0, -8), Buffer.alloc(8)]),
    'incorrect data check',
  ],
])('a list %s is refused with its name', async (_, change, message) => {
  const store = new MemoryStore();
  report(store, { rows });
  const [[key, content]] = store.binaries;
  store.binaries.set(key, change(content));
  expect(await refusal(store)).toMatch(new RegExp(`'${key}' of the inventory is at fault after row \\d: ${message}`));
});

test('what S3 says while a list is read is no fault of the inventory, and is tried again', async () => {
  const store = new MemoryStore();
  report(store, { rows });
  const read = store.readBytes.bind(store);
  store.readBytes = async (key) => {
    if (key.endsWith('.gz')) {
      // eslint-disable-next-line require-yield, @typescript-eslint/require-await
      return (async function* (): AsyncIterable<Uint8Array> {
        throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
      })();
    }
    return read(key);
  };
  await expect(planned(store, settings)).rejects.toMatchObject({ name: 'Error', code: 'ECONNRESET' });
});

test('lists are read as they come: of a hundred thousand rows hardly any are in the memory at a time', async () => {
  const store = new MemoryStore();
  report(store, { rows: objects(100_000).map(rowOf), perFile: 50_000 });
  const run = await planned(store, { ...settings, maxConcurrency: 100 });
  expect(run.answer.objects).toBe(100_000);
});
