import fc from 'fast-check';
import { listAnswers } from '../../../lambda/batch-jobs/answer-keys';
import { MemoryStore } from '../batch/memory-store';

const FOLDER = 'out/runs/1/results/00000/job-1/';

async function answers(written: readonly string[], objects: readonly string[]): Promise<Record<string, string>> {
  const store = new MemoryStore();
  written.forEach((name) => store.files.set(`${FOLDER}${name}`, ''));
  store.files.set('out/runs/1/results/00000/job-10/in/a.csv.out', '');
  const found = await listAnswers(
    store,
    FOLDER,
    objects.map((key) => ({ key, bytes: 1, etag: '"1"' })),
  );
  return Object.fromEntries([...found].map(([key, answer]) => [key, answer.slice(FOLDER.length)]));
}

test('an answer is named as its object', async () => {
  expect(await answers(['in/a.csv.out', 'in/b/a.csv.out'], ['in/a.csv', 'in/b/a.csv', 'in/c.csv'])).toEqual({
    'in/a.csv': 'in/a.csv.out',
    'in/b/a.csv': 'in/b/a.csv.out',
  });
});

test('nothing else is an answer', async () => {
  expect(await answers(['in/a.csv', 'in/a.csv.out.tmp', 'in/d.csv.out'], ['in/a.csv'])).toEqual({});
  expect(await answers([], ['in/a.csv'])).toEqual({});
});

test('the answer of one object is not taken for that of another whose key ends the same', async () => {
  expect(await answers(['in/c.csv.out'], ['in/c.csv', 'in/in/c.csv'])).toEqual({ 'in/c.csv': 'in/c.csv.out' });
});

test('folders that are left out in front of all are found', async () => {
  const objects = ['in/x/a.csv', 'in/x/b/c.csv', 'in/x/d.csv'];
  expect(await answers(['a.csv.out', 'b/c.csv.out'], objects)).toEqual({
    'in/x/a.csv': 'a.csv.out',
    'in/x/b/c.csv': 'b/c.csv.out',
  });
  expect(await answers(['x/a.csv.out'], objects)).toEqual({ 'in/x/a.csv': 'x/a.csv.out' });
});

test('an answer that fits two objects counts for none', async () => {
  expect(await answers(['c.csv.out'], ['in/a/c.csv', 'in/b/c.csv'])).toEqual({});
  expect(await answers(['c.csv.out', 'd.csv.out'], ['in/a/c.csv', 'in/b/c.csv', 'in/b/d.csv'])).toEqual({
    'in/b/c.csv': 'c.csv.out',
    'in/b/d.csv': 'd.csv.out',
  });
});

test('every answer is that of the object that it is named as', async () => {
  const key = fc.array(fc.constantFrom('a', 'b', 'in'), { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.tuple(key, fc.boolean()), { selector: ([each]) => each }), async (objects) => {
      const written = objects.filter(([, answered]) => answered).map(([each]) => each);
      const found = await answers(
        written.map((each) => `${each}.out`),
        objects.map(([each]) => each),
      );
      expect(found).toEqual(Object.fromEntries(written.map((each) => [each, `${each}.out`])));
    }),
  );
});
