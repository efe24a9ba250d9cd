import { s3Client } from '../../../lambda/batch/s3-client';
import { S3ObjectStore } from '../../../lambda/batch/s3-object-store';
import { LoopbackS3 } from './loopback-s3';

jest.setTimeout(30_000);

const s3 = new LoopbackS3();
let stop: () => void;
let store: S3ObjectStore;
const never = new AbortController().signal;

beforeAll(async () => {
  stop = await s3.start();
  store = new S3ObjectStore(s3Client());
});
afterAll(() => stop());
beforeEach(() => {
  s3.objects.clear();
  s3.open.clear();
  s3.requests.length = 0;
  s3.interfere = () => undefined;
});

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) {
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

async function* contentOf(pieces: number, fault?: Error, paced?: () => void): AsyncIterable<Buffer> {
  for (let piece = 0; piece < pieces; piece++) {
    await Promise.resolve();
    paced?.();
    yield Buffer.alloc(1024 * 1024, 'x');
  }
  if (fault !== undefined) {
    throw fault;
  }
}

const read = (key: string, etag: string, signal = never): Promise<AsyncIterable<Uint8Array>> =>
  store.read('lake', { key, bytes: 1, etag }, signal);

test.each(['in/plain.csv', 'in/a b+c%20d.csv', 'in/ä😀?x=1#y.csv', 'in/a//b', "in/(it's)*!.csv", 'in/.csv'])(
  'reads the object that was listed: %s',
  async (key) => {
    s3.put(`lake/${key}`, `of ${key}`);
    expect(await textOf(await read(key, s3.etag(`lake/${key}`)))).toBe(`of ${key}`);
  },
);

test.each<[string, number, string]>([
  ['NoSuchKey', 404, 'NoSuchKey'],
  ['AccessDenied', 403, 'AccessDenied'],
  ['InvalidObjectState', 403, 'InvalidObjectState'],
  ['InvalidRequest', 400, 'InvalidRequest'],
  ['KMS.DisabledException', 400, 'KMS.DisabledException'],
  ['InternalError', 500, 'InternalError'],
])('an answer of S3 is an error of its name: %s', async (name, status, code) => {
  s3.interfere = () => ({ status, code });
  await expect(read('in/a', '"x"')).rejects.toMatchObject({ name });
});

test('an object that was changed is refused, and one that is gone', async () => {
  s3.put('lake/in/a', 'new');
  await expect(read('in/a', '"old"')).rejects.toMatchObject({ name: 'PreconditionFailed' });
  await expect(read('in/b', '"old"')).rejects.toMatchObject({ name: 'NoSuchKey' });
});

test('an object that breaks off is not taken for all of it', async () => {
  s3.put('lake/in/a', 'x'.repeat(10_000));
  s3.interfere = () => 'half';
  const body = await read('in/a', s3.etag('lake/in/a'));
  await expect(textOf(body)).rejects.toThrow();
});

test('reading ends when time is over', async () => {
  s3.put('lake/in/a', 'x');
  s3.interfere = () => 'silence';
  const time = new AbortController();
  const reading = read('in/a', '"x"', time.signal);
  setTimeout(() => time.abort(), 50);
  await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
});

test('a result is written, in parts where it is long', async () => {
  await store.write('out', 'runs/a/ü x.out', contentOf(1), never);
  await store.write('out', 'runs/b.out', contentOf(12), never);
  expect(s3.objects.get('out/runs/a/ü x.out')).toMatchObject({ type: 'application/jsonlines' });
  expect(s3.objects.get('out/runs/a/ü x.out')?.body.length).toBe(1024 * 1024);
  expect(s3.objects.get('out/runs/b.out')?.body.length).toBe(12 * 1024 * 1024);
  expect(s3.requests.filter((request) => request.includes('partNumber')).length).toBe(3);
});

test.each([1, 12])('of a content that ends with an error nothing is left: %d MiB', async (pieces) => {
  const fault = new Error('record 7: width is missing');
  await expect(store.write('out', 'a.out', contentOf(pieces, fault), never)).rejects.toBe(fault);
  expect([s3.objects.size, s3.open.size]).toEqual([0, 0]);
});

test.each([1, 12])('when time is over, writing ends and nothing is left: after %d MiB', async (after) => {
  const time = new AbortController();
  let pieces = 0;
  const content = contentOf(1000, undefined, () => (pieces++ === after ? time.abort() : undefined));
  await expect(store.write('out', 'a.out', content, time.signal)).rejects.toMatchObject({ name: 'AbortError' });
  expect([s3.objects.size, s3.open.size]).toEqual([0, 0]);
  expect(pieces).toBeLessThan(after + 20);
});

test('when time was over before, nothing is begun', async () => {
  await expect(store.write('out', 'a.out', contentOf(1), AbortSignal.abort())).rejects.toMatchObject({
    name: 'AbortError',
  });
  expect(s3.requests).toEqual([]);
});

test('a connection that is lost is a fault, told from those of objects', async () => {
  s3.interfere = () => 'reset';
  await expect(store.write('out', 'a.out', contentOf(1), never)).rejects.toThrow('socket hang up');
});
