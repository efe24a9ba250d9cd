import fc from 'fast-check';
import { partitionKey } from '../../../lambda/batch/run-paths';
import { histogramOf } from '../../../lambda/batch/score-histogram';
import { scoringOf } from '../../../lambda/batch/scoring';
import { MemoryStore } from '../batch/memory-store';
import { accept, quarantined } from './earlier';
import { keysOf, objectOf, objects, partitionsOf, planned, scored, scoredKeys, SETTINGS } from './planned';

jest.setTimeout(60_000);

test('a plan has a file for each partition, a list of them, and says what it found', async () => {
  const store = new MemoryStore(objects(10));
  const { answer, planned: left, rest, refs } = await planned(store);
  expect(answer).toEqual({
    planned: true,
    run: { bucket: 'lake', prefix: 'out/runs/20260301T020000123Z-nightly/', id: '20260301T020000123Z-nightly' },
    toleratedFailure: 0.01,
    objects: 10,
    partitions: 4,
    rest: 'out/runs/20260301T020000123Z-nightly/rest-1.json',
    restCount: 4,
    round: 1,
  });
  expect(refs).toEqual(
    rest.map(({ index, objects: members }) => ({
      index,
      key: partitionKey(answer.run, index),
      objects: members.length,
      bytes: members.length * 1000,
    })),
  );
  expect(rest[0]).toEqual({ index: 0, objects: [objectOf(0), objectOf(4), objectOf(8)] });
  expect(left).toEqual({
    run: answer.run.id,
    execution: 'arn:execution:nightly',
    model: SETTINGS.model,
    scoring: scoringOf(SETTINGS),
    input: SETTINGS.input,
    incremental: false,
    toleratedFailure: 0.01,
    judgedShare: 0,
    objects: 10,
    bytes: 10_000,
    kept: 0,
    inherited: histogramOf([]),
    partitions: 4,
    judged: 0,
    expectedSeconds: 6,
    deadlineSeconds: 3600,
  });
});

test('an empty input is a run with nothing to do', async () => {
  const run = await planned(new MemoryStore(), { judgedShare: 0.1, incremental: true });
  expect(run.answer).toMatchObject({ objects: 0, partitions: 0, restCount: 0 });
  expect(run.answer.first).toBeUndefined();
  expect(run.refs).toEqual([]);
  expect(run.planned).toMatchObject({ objects: 0, judged: 0, expectedSeconds: 5 });
});

const size = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 5e9 }));
const anyInput = fc.uniqueArray(
  fc.record({
    key: fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).map((name) => `in/${name}`),
    bytes: size,
    etag: fc.string({ maxLength: 40 }),
  }),
  { maxLength: 150, selector: ({ key }) => key },
);
const anySettings = fc.record({
  judgedShare: fc.constantFrom(0, 0.01, 0.3, 1),
  maxConcurrency: fc.integer({ min: 1, max: 30 }),
  bytesPerSecond: fc.constantFrom(1e3, 1e6, 1e9),
  deadlineSeconds: fc.constantFrom(60, 3600, 86_400),
  incremental: fc.boolean(),
});

test('every object is in exactly one partition or kept, unchanged; none is lost, none is there twice', async () => {
  await fc.assert(
    fc.asyncProperty(anyInput, anySettings, fc.infiniteStream(fc.nat(3)), async (input, settings, fates) => {
      const store = new MemoryStore(input);
      const known = input.map((object) => {
        const fate = fates.next().value as number;
        return fate === 0
          ? quarantined(object)
          : scored(fate === 1 ? object : { ...object, etag: `${object.etag}-old` });
      });
      accept(store, known);
      const run = await planned(store, settings);
      const wanted = input.filter(({ key }) => !key.endsWith('/'));
      const members = partitionsOf(run).flatMap((partition) => partition.objects);
      const keptObjects = run.kept.map(({ key, bytes, etag }) => ({ key, bytes, etag }));
      const byKey = (one: { readonly key: string }, other: { readonly key: string }) => (one.key < other.key ? -1 : 1);
      expect([...members, ...keptObjects].sort(byKey)).toEqual([...wanted].sort(byKey));
      expect(run.answer.objects).toBe(members.length);
      expect(run.planned.kept).toBe(run.kept.length);
      expect(run.planned.bytes).toBe(members.reduce((sum, { bytes }) => sum + bytes, 0));
      const unchanged = known.filter(
        (outcome, index) =>
          outcome.status === 'scored' && outcome.etag === input[index].etag && !outcome.key.endsWith('/'),
      );
      expect(keysOf(run.kept).sort()).toEqual(settings.incremental ? keysOf(unchanged).sort() : []);
      expect(partitionsOf(run).map(({ index }) => index)).toEqual([...Array(run.answer.partitions).keys()]);
      const failedBefore = settings.incremental
        ? keysOf(known.filter(({ status }) => status === 'quarantined'))
        : ([] as string[]);
      const judgeable = members.filter(({ key }) => !failedBefore.includes(key));
      expect(run.first !== undefined).toBe(settings.judgedShare > 0 && judgeable.length > 0);
      expect((run.first?.objects ?? []).every(({ key }) => !failedBefore.includes(key))).toBe(true);
      expect(partitionsOf(run).every((partition) => partition.objects.length > 0)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('the same input gives the same files, and a plan that is done again leaves the same', async () => {
  await fc.assert(
    fc.asyncProperty(anyInput, anySettings, async (input, settings) => {
      const [one, other] = [new MemoryStore(input), new MemoryStore(input)];
      const { answer } = await planned(one, settings);
      await planned(other, settings);
      expect(await planned(other, settings).then((again) => again.answer)).toEqual(answer);
      expect(other.files).toEqual(one.files);
    }),
    { numRuns: 100 },
  );
});

test('an object that is listed twice is one object, and folders are none', async () => {
  const store = new MemoryStore([
    objectOf(1),
    { key: 'in/', bytes: 0, etag: '' },
    objectOf(1),
    { key: 'in/a/', bytes: 0, etag: '' },
  ]);
  expect(scoredKeys(await planned(store))).toEqual([objectOf(1).key]);
});

test('only keys with the suffixes are looked at, and only below the prefix of the run', async () => {
  const input = ['in/a/1.csv', 'in/a/2.txt', 'in/a/3.tsv', 'in/b/4.csv'].map((key) => ({ key, bytes: 1, etag: key }));
  const store = new MemoryStore(input);
  const run = await planned(store, { suffixes: ['.csv', '.tsv'] }, { input: { prefix: 'in/a/' } });
  expect(scoredKeys(run)).toEqual(['in/a/1.csv', 'in/a/3.tsv']);
  expect(run.planned.input).toEqual({ bucket: 'lake', prefix: 'in/a/' });
});

test('empty objects and too large ones are planned; those are not waited for that nobody reads', async () => {
  const input = [
    objectOf(0, 0),
    objectOf(1, 5e12),
    ...Array.from({ length: 8 }, (_, number) => objectOf(number + 2, 1e6)),
  ];
  const run = await planned(new MemoryStore(input), { maxConcurrency: 2 });
  expect(scoredKeys(run)).toEqual(keysOf(input));
  expect(run.rest.map((partition) => partition.objects.length)).toEqual([5, 5]);
  expect(run.planned).toMatchObject({ bytes: 5e12 + 8e6, expectedSeconds: 9 });
});

test('partitions have work for ten minutes at most, and all workers are busy to the end', async () => {
  // 100,000 seconds of work at the expected pace.
  const run = await planned(new MemoryStore(objects(10_000, 10e6)), { maxConcurrency: 30, deadlineSeconds: 86_400 });
  const bytes = run.refs.map((ref) => ref.bytes);
  expect(run.refs.length).toBe(180);
  expect(Math.max(...bytes)).toBeLessThanOrEqual(1.05 * 600e6);
  expect(run.planned.expectedSeconds).toBeGreaterThanOrEqual(100_000 / 30);
  expect(run.planned.expectedSeconds).toBeLessThanOrEqual(1.05 * (100_000 / 30) + 5);
});

test('before a close deadline partitions are shorter', async () => {
  const run = await planned(new MemoryStore(objects(1000, 1e6)), { maxConcurrency: 5, deadlineSeconds: 240 });
  expect(run.refs.length).toBe(20);
  expect(run.planned.expectedSeconds).toBe(205);
});

test('a deadline that cannot be met is planned for, and said', async () => {
  const run = await planned(new MemoryStore(objects(100, 100e6)), { maxConcurrency: 2, deadlineSeconds: 3600 });
  expect(run.answer.objects).toBe(100);
  expect(run.planned.expectedSeconds).toBe(5005);
  expect(run.planned.expectedSeconds).toBeGreaterThan(run.planned.deadlineSeconds);
});

test('the wait for the first partition counts in what is expected', async () => {
  const run = await planned(new MemoryStore(objects(100, 1e6)), { maxConcurrency: 9, judgedShare: 0.1 });
  expect(run.planned).toMatchObject({ judged: 10, expectedSeconds: 5 + 10 + 10 });
});

test('a partition has a thousand objects at most, however small they are', async () => {
  const run = await planned(new MemoryStore(objects(4001, 1)), { maxConcurrency: 1, judgedShare: 1 });
  expect(partitionsOf(run).map((partition) => partition.objects.length)).toEqual([1000, 751, 750, 750, 750]);
});

test('the file of a partition of the longest keys is less than 10 MB', async () => {
  const input = Array.from({ length: 1000 }, (_, number) => ({
    key: `in/${number}`.padEnd(1024, '\u0001'),
    bytes: 5e12,
    etag: `"${'f'.repeat(32)}-10000"`,
  }));
  const store = new MemoryStore(input);
  const { refs } = await planned(store, { maxConcurrency: 1 });
  expect(refs).toHaveLength(1);
  expect(store.files.get(refs[0].key)!.length).toBeLessThan(10e6);
});

describe('the first partition', () => {
  test('is spread over the input, and the rest has what it has not', async () => {
    const run = await planned(new MemoryStore(objects(40)), { judgedShare: 0.1 });
    expect(keysOf(run.first!.objects)).toEqual(keysOf([5, 15, 25, 35].map((number) => objectOf(number))));
    expect(run.answer.first).toEqual({ index: 0, key: partitionKey(run.answer.run, 0), objects: 4, bytes: 4000 });
    expect(run.refs.map(({ index }) => index)).toEqual([1, 2, 3, 4]);
    expect(run.answer).toMatchObject({ partitions: 5, restCount: 4 });
  });

  test('is all there is where there is one object', async () => {
    const run = await planned(new MemoryStore(objects(1)), { judgedShare: 0.01 });
    expect(run.answer).toMatchObject({ objects: 1, partitions: 1, restCount: 0, first: { objects: 1 } });
    expect(run.refs).toEqual([]);
  });

  test('has no more work than any other', async () => {
    const run = await planned(new MemoryStore(objects(100, 100e6)), { judgedShare: 0.5, deadlineSeconds: 86_400 });
    expect(run.first!.objects).toHaveLength(6);
  });

  test('is left out where the run is started without a judgement', async () => {
    const run = await planned(new MemoryStore(objects(9)), { judgedShare: 0.5 }, { input: { judge: false } });
    expect(run.answer.first).toBeUndefined();
    expect(run.answer.restCount).toBe(4);
  });
});

test('files of partitions are written 32 at a time, and a failure to write one ends the plan', async () => {
  const store = new MemoryStore(objects(200));
  await planned(store, { maxConcurrency: 200 });
  expect(store.mostWrites).toBe(32);
  const broken = new MemoryStore(objects(200));
  broken.writeJson = () => Promise.reject(new Error('access denied'));
  await expect(planned(broken, { maxConcurrency: 200 })).rejects.toThrow('access denied');
});
