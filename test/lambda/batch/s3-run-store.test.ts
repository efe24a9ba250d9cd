import fc from 'fast-check';
import { s3Client } from '../../../lambda/batch/s3-client';
import { S3RunStore } from '../../../lambda/batch/s3-run-store';
import { LoopbackS3 } from './loopback-s3';

jest.setTimeout(30_000);

const s3 = new LoopbackS3();
let stop: () => void;
let store: S3RunStore;

beforeAll(async () => {
  stop = await s3.start();
  store = new S3RunStore(s3Client(), 'out');
});
afterAll(() => stop());
beforeEach(() => {
  s3.objects.clear();
  s3.open.clear();
  s3.requests.length = 0;
  s3.interfere = () => undefined;
});

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) {
    list.push(item);
  }
  return list;
}

describe('JSON', () => {
  test('that was written is read again', async () => {
    const value = { a: [1, null], 'ä\u2028': '😀' };
    await store.writeJson('runs/a b+c/ü.json', value);
    expect(await store.readJson('runs/a b+c/ü.json')).toEqual(value);
    expect(s3.objects.get('out/runs/a b+c/ü.json')?.type).toBe('application/json');
  });

  test('that is not there is undefined; a bucket that is not there is a fault', async () => {
    expect(await store.readJson('none.json')).toBeUndefined();
    s3.interfere = () => ({ status: 404, code: 'NoSuchBucket' });
    await expect(store.readJson('none.json')).rejects.toMatchObject({ name: 'NoSuchBucket' });
    s3.interfere = () => ({ status: 403, code: 'AccessDenied' });
    await expect(store.readJson('none.json')).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  test('is read and written again after a fault of S3', async () => {
    let faults = 0;
    s3.interfere = () => (faults++ % 2 === 0 ? { status: 503, code: 'SlowDown' } : undefined);
    await store.writeJson('a.json', 1);
    expect(await store.readJson('a.json')).toBe(1);
    expect(faults).toBe(4);
  });
});

describe('JSON that depends on what was there', () => {
  interface Count {
    readonly count: number;
  }
  const more = (before: Count | undefined): Count => ({ count: (before?.count ?? 0) + 1 });

  test('is written where nothing was, and over what was', async () => {
    await store.updateJson('a.json', more);
    await store.updateJson('a.json', more);
    expect(await store.readJson('a.json')).toEqual({ count: 2 });
  });

  test('is not written where nothing is to become of it', async () => {
    await store.updateJson('a.json', () => undefined);
    expect(s3.objects.size).toBe(0);
    expect(s3.requests).toHaveLength(1);
  });

  test('is counted right where many write at the same moment', async () => {
    await Promise.all(Array.from({ length: 6 }, () => store.updateJson('a.json', more)));
    expect(await store.readJson('a.json')).toEqual({ count: 6 });
  });

  test.each([
    [409, 'ConditionalRequestConflict'],
    [404, 'NoSuchKey'],
  ])('is worked out again after %d, %s', async (status, code) => {
    await store.updateJson('a.json', more);
    let puts = 0;
    s3.interfere = (request) => (request.startsWith('PUT') && puts++ === 0 ? { status, code } : undefined);
    await store.updateJson('a.json', more);
    expect(await store.readJson('a.json')).toEqual({ count: 2 });
  });

  test('is given up where others write without end, and at another fault', async () => {
    s3.interfere = (request) => (request.startsWith('PUT') ? { status: 412, code: 'PreconditionFailed' } : undefined);
    await expect(store.updateJson('a.json', more)).rejects.toMatchObject({ name: 'PreconditionFailed' });
    expect(s3.requests.filter((request) => request.startsWith('PUT'))).toHaveLength(10);
    s3.interfere = (request) => (request.startsWith('PUT') ? { status: 403, code: 'AccessDenied' } : undefined);
    await expect(store.updateJson('a.json', more)).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

describe('lines', () => {
  test('that were written are read again, whatever they have in them', async () => {
    const lines = ['{"a":1}', '', 'b\u2028c\u2029d', 'ä'.repeat(70_000), '😀'];
    await store.writeLines('a.jsonl', lines);
    expect(await all(store.readLines('a.jsonl'))).toEqual(lines);
    expect(s3.objects.get('out/a.jsonl')?.type).toBe('application/jsonlines');
  });

  test('may be none, or not be there', async () => {
    await store.writeLines('none.jsonl', []);
    expect(s3.text('out/none.jsonl')).toBe('');
    expect(await all(store.readLines('none.jsonl'))).toEqual([]);
    expect(await all(store.readLines('gone.jsonl'))).toEqual([]);
  });

  test('of more than 5 MiB go in parts, and are joined in order', async () => {
    const lines = Array.from({ length: 130_000 }, (_, index) => String(index).padStart(100, '.'));
    await store.writeLines('long.jsonl', lines);
    expect(s3.requests.filter((request) => request.includes('partNumber=')).length).toBe(3);
    expect(s3.text('out/long.jsonl')).toBe(`${lines.join('\n')}\n`);
    expect(await all(store.readLines('long.jsonl'))).toEqual(lines);
    expect(s3.open.size).toBe(0);
  });

  test.each([
    ['at once', 0],
    ['after a few', 10],
    ['after several parts', 160_000],
  ])('that end with an error %s leave nothing, and the error is that one', async (_, count) => {
    class Fault extends Error {}
    s3.put('out/a.jsonl', 'as it was');
    const lines = (async function* () {
      await Promise.resolve();
      for (let line = 0; line < count; line++) {
        yield 'x'.repeat(100);
      }
      throw new Fault('of the content');
    })();
    await expect(store.writeLines('a.jsonl', lines)).rejects.toBeInstanceOf(Fault);
    expect(s3.text('out/a.jsonl')).toBe('as it was');
    expect(s3.open.size).toBe(0);
    expect(s3.requests.some((request) => request.startsWith('DELETE'))).toBe(count > 100_000);
  });

  test('of which a part cannot be written leave nothing', async () => {
    s3.interfere = (request) => (request.includes('partNumber=2') ? { status: 403, code: 'AccessDenied' } : undefined);
    const lines = Array.from({ length: 130_000 }, () => 'x'.repeat(100));
    await expect(store.writeLines('a.jsonl', lines)).rejects.toMatchObject({ name: 'AccessDenied' });
    expect([s3.objects.size, s3.open.size]).toEqual([0, 0]);
  });

  test('that break off are not taken for all', async () => {
    await store.writeLines('a.jsonl', ['a'.repeat(1000), 'b'.repeat(1000)]);
    s3.interfere = () => 'half';
    await expect(all(store.readLines('a.jsonl'))).rejects.toThrow();
  });
});

describe('listings', () => {
  test('of more than a page are complete and in order', async () => {
    const keys = Array.from({ length: 2500 }, (_, index) => `in/${String(index).padStart(5, '0')}.csv`);
    keys.forEach((key) => s3.put(`lake/${key}`, key));
    s3.put('lake/elsewhere/x.csv', '');
    const objects = await all(store.listInput({ bucket: 'lake', prefix: 'in/' }));
    expect(objects.map(({ key }) => key)).toEqual(keys);
    expect(objects[7]).toEqual({ key: keys[7], bytes: 12, etag: s3.etag(`lake/${keys[7]}`) });
    expect(s3.requests).toHaveLength(3);
  });

  test('begin after a key, whether it is there or not', async () => {
    const keys = Array.from({ length: 1500 }, (_, index) => `in/${String(index).padStart(5, '0')}.csv`);
    keys.forEach((key) => s3.put(`lake/${key}`, 'x'));
    const after = async (key: string): Promise<string[]> =>
      (await all(store.listInput({ bucket: 'lake', prefix: 'in/' }, key))).map((object) => object.key);
    expect(await after('in/00003.csv')).toEqual(keys.slice(4));
    expect(await after('in/00003.')).toEqual(keys.slice(3));
    expect(await after('in/01499.csv')).toEqual([]);
  });

  test('of what is not there are empty', async () => {
    expect(await all(store.listKeys('runs/x/'))).toEqual([]);
  });

  test('have keys as they are, whatever characters these have', async () => {
    const odd = fc.string({
      unit: fc.oneof(
        fc.constantFrom(...' &<>"\'%+#?=\u0001\n\r\t\u2028ä😀.'),
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
      ),
      minLength: 1,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(odd, { minLength: 1, maxLength: 10 }), async (keys) => {
        s3.objects.clear();
        keys.forEach((key) => s3.put(`out/k/${key}`, 'x'));
        expect((await all(store.listKeys('k/'))).sort()).toEqual(keys.map((key) => `k/${key}`).sort());
      }),
      { numRuns: 60 },
    );
  });

  test('that break off on a later page are not taken for all', async () => {
    Array.from({ length: 1500 }, (_, index) => s3.put(`lake/in/${index}`, 'x'));
    s3.interfere = (request) =>
      request.includes('continuation-token') ? { status: 403, code: 'AccessDenied' } : undefined;
    await expect(all(store.listInput({ bucket: 'lake', prefix: 'in/' }))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
  });
});

describe('one object of the input', () => {
  test('is found by its very key, with one request and without reading it', async () => {
    ['in/a', 'in/a.csv', 'in/a.csv.gz', 'in/ä +%.csv'].forEach((key) => s3.put(`lake/${key}`, key));
    expect(await store.findInput('lake', 'in/a.csv')).toEqual({
      key: 'in/a.csv',
      bytes: 8,
      etag: s3.etag('lake/in/a.csv'),
    });
    expect(s3.requests).toHaveLength(1);
    expect(s3.requests[0]).toContain('max-keys=1&');
    expect(await store.findInput('lake', 'in/ä +%.csv')).toMatchObject({ bytes: 12 });
  });

  test('is not one that only begins so, or that lies in another bucket', async () => {
    s3.put('lake/in/a.csv.gz', 'x');
    s3.put('out/in/a.csv', 'x');
    expect(await store.findInput('lake', 'in/a.csv')).toBeUndefined();
    expect(await store.findInput('lake', 'in/none')).toBeUndefined();
  });
});

test('bytes are read as they are, or not there', async () => {
  const bytes = Buffer.from([0, 255, 128, 10]);
  s3.objects.set('out/a.gz', { body: bytes, type: undefined });
  expect(Buffer.concat(await all((await store.readBytes('a.gz'))!))).toEqual(bytes);
  expect(await store.readBytes('b.gz')).toBeUndefined();
});

test('an S3 that does not answer is given up, as often as the SDK tries', async () => {
  const hasty = new S3RunStore(s3Client({ connect: 100, answer: 100, silence: 60_000 }), 'out');
  s3.interfere = () => 'silence';
  await expect(hasty.readJson('a.json')).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(s3.requests).toHaveLength(3);
});

test('an S3 that falls silent in the middle of an object is given up', async () => {
  const hasty = new S3RunStore(s3Client({ connect: 100, answer: 60_000, silence: 200 }), 'out');
  s3.put('out/a.jsonl', 'line\n'.repeat(1000));
  s3.interfere = () => 'stall';
  await expect(all(hasty.readLines('a.jsonl'))).rejects.toThrow();
});
