import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { ObjectFault } from '../../../lambda/batch/object-faults';
import { countRecords } from '../../../lambda/batch-jobs/count-records';
import { body } from '../batch-score/body';

const LINES = { lines: true, gzip: false };
const GZIP = { lines: true, gzip: true };
const cuts = fc.array(fc.nat({ max: 1000 }), { maxLength: 6 });
const text = fc.array(fc.constantFrom('a', '1,2', ' ', '\t', '\r\n', '\n', '\n\n', 'ä')).map((parts) => parts.join(''));
const reference = (content: string) => content.split('\n').filter((line) => /[^ \t\r]/.test(line)).length;

test('lines that are not blank are records, wherever the pieces of the object end', async () => {
  await fc.assert(
    fc.asyncProperty(text, cuts, async (content, at) => {
      expect(await countRecords(body(content, at), LINES)).toBe(reference(content));
    }),
    {
      numRuns: 500,
      examples: [
        ['', []],
        ['a', []],
        ['a\n \nb', [2, 3, 4]],
        ['\n', [0, 1]],
      ],
    },
  );
});

test('compressed ones as well', async () => {
  await fc.assert(
    fc.asyncProperty(text, cuts, async (content, at) => {
      expect(await countRecords(body(gzipSync(content), at), GZIP)).toBe(reference(content));
    }),
  );
  const two = Buffer.concat([gzipSync('a\nb\n'), gzipSync('c\n')]);
  expect(await countRecords(body(two), GZIP)).toBe(3);
});

test.each([
  ['text', Buffer.from('1,2\n3,4\n')],
  ['half of it', gzipSync('1,2\n3,4\n').subarray(0, 15)],
  ['nothing', Buffer.alloc(0)],
  ['a wrong sum', Buffer.concat([gzipSync('1,2\n').subarray(0, -8), Buffer.alloc(8, 1)])],
])('what should be compressed and is %s is a fault of the object, at once or after a while', async (_, content) => {
  await expect(countRecords(body(content, [3, 7]), GZIP)).rejects.toThrow(ObjectFault);
  await expect(countRecords(body(content), GZIP)).rejects.toThrow(/^it is not valid gzip: /);
});

test.each([LINES, GZIP])('a body that breaks off is no fault of the object (%j)', async (how) => {
  const broken = body(gzipSync('1,2\n'.repeat(1000)).subarray(0, 20), [5], new Error('reset'));
  await expect(countRecords(broken, how)).rejects.toThrow(new Error('reset'));
});

test('an object that is one record is not read, and its connection is let go', async () => {
  let open = true;
  let pieces = 0;
  async function* endless() {
    try {
      for (; ; pieces++) {
        await Promise.resolve();
        yield Buffer.from('\n\n');
      }
    } finally {
      open = false;
    }
  }
  expect(await countRecords(endless(), { lines: false, gzip: true })).toBe(1);
  expect([open, pieces]).toEqual([false, 0]);
});

test('an object of some hundred megabytes is read in little time', async () => {
  const piece = Buffer.from('1.5,2.5,3.5,4.5\n'.repeat(65_536));
  async function* large() {
    for (let index = 0; index < 200; index++) {
      await Promise.resolve();
      yield piece;
    }
  }
  const begin = performance.now();
  expect(await countRecords(large(), LINES)).toBe(200 * 65_536);
  expect(performance.now() - begin).toBeLessThan(10_000);
});
