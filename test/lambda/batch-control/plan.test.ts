import fc from 'fast-check';
import type {
  InputObject,
  Kept,
  Outcome,
  Partition,
  PartitionOutcome,
  RunSettings,
} from '../../../lambda/batch/contract';
import {
  currentKey,
  manifestKey,
  outcomeKey,
  partitionKey,
  resultKey,
  runPlace,
  skippedKey,
} from '../../../lambda/batch/run-paths';
import { histogramOf } from '../../../lambda/batch/score-histogram';
import { scoringOf } from '../../../lambda/batch/scoring';
import { MemoryStore } from '../batch/memory-store';
import { objectOf, type Planned, planned, scored, SETTINGS } from './planned';

const EARLIER = '20260228T020000000Z-nightly';
const earlier = runPlace(SETTINGS.output, EARLIER);

const objects = (count: number, bytes = 1000): InputObject[] =>
  Array.from({ length: count }, (_, number) => objectOf(number, bytes));

const partitionsOf = ({ first, rest }: Planned): readonly Partition[] => [
  ...(first === undefined ? [] : [first]),
  ...rest,
];

const keysOf = (some: readonly { readonly key: string }[]): string[] => some.map(({ key }) => key);

const scoredKeys = (run: Planned): string[] =>
  keysOf(partitionsOf(run).flatMap((partition) => partition.objects)).sort();

const resultOf = ({ output }: { readonly output: string }): string => output.slice('s3://lake/'.length);

function storeResult(store: MemoryStore, outcome: Outcome): void {
  if (outcome.status !== 'quarantined') {
    store.files.set(resultOf(outcome), '');
  }
}

/** Makes an earlier run that was accepted. */
function accept(
  store: MemoryStore,
  outcomes: readonly Outcome[],
  settings: Partial<RunSettings> = {},
  scores = histogramOf([]),
): void {
  const { model, ...decisive } = { ...SETTINGS, ...settings };
  const summary = `${earlier.prefix}summary.json`;
  const scoring = scoringOf({ model, ...decisive });
  const current = { run: EARLIER, model, scoring, summary, manifest: manifestKey(earlier) };
  store.files.set(summary, JSON.stringify({ scores }));
  outcomes.forEach((outcome) => storeResult(store, outcome));
  store.files.set(currentKey(SETTINGS.output), JSON.stringify(current));
  store.files.set(manifestKey(earlier), outcomes.map((outcome) => `${JSON.stringify(outcome)}\n`).join(''));
}

/** Makes an earlier run that ended somewhere. */
function leave(
  store: MemoryStore,
  partitions: readonly (readonly Outcome[])[],
  settings: Partial<RunSettings> = {},
  scores = histogramOf([]),
  inherited = histogramOf([]),
): void {
  const { model, ...decisive } = { ...SETTINGS, ...settings };
  const scoring = scoringOf({ model, ...decisive });
  store.files.set(`${earlier.prefix}plan.json`, JSON.stringify({ model, scoring, inherited }));
  partitions.forEach((outcomes, index) => {
    outcomes.forEach((outcome) => storeResult(store, outcome));
    const left: PartitionOutcome = { index, complete: index % 2 === 0, outcomes, scores };
    store.files.set(outcomeKey(earlier, index), JSON.stringify(left));
  });
}

const quarantined = (object: InputObject): Outcome => ({ ...object, status: 'quarantined', reason: 'it is empty' });

test('a plan has a file for each partition, a list of them, and says what it found', async () => {
  const store = new MemoryStore(objects(10));
  const { answer, planned: left, rest, refs } = await planned(store);
  expect(answer).toEqual({
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
    whole: true,
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
      const byKey = (one: InputObject, other: InputObject) => (one.key < other.key ? -1 : 1);
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

describe('incremental mode', () => {
  const settings: Partial<RunSettings> = { incremental: true };
  const input = objects(4);

  test('keeps what the current run scored, with its output and its numbers', async () => {
    const store = new MemoryStore(input);
    accept(store, [scored(input[0], 'x'), scored(input[1], 'y')]);
    const run = await planned(store, settings);
    expect(run.kept).toEqual([
      { ...scored(input[0], 'x'), status: 'kept', run: EARLIER },
      { ...scored(input[1], 'y'), status: 'kept', run: EARLIER },
    ]);
    expect(scoredKeys(run)).toEqual(keysOf(input.slice(2)));
  });

  test('keeps what that run had kept, under the run that scored it', async () => {
    const store = new MemoryStore(input);
    const old: Kept = { ...(scored(input[0], 'x') as Kept), status: 'kept', run: '20260101T000000000Z-first' };
    accept(store, [old]);
    expect((await planned(store, settings)).kept).toEqual([old]);
  });

  test.each([
    ['has another content', { ...input[0], etag: 'other' }],
    ['has another size', { ...input[0], bytes: 1 }],
    ['is not in the input any more', objectOf(99)],
  ])('scores what %s', async (_, object) => {
    const store = new MemoryStore(input);
    accept(store, [scored(object)]);
    const run = await planned(store, settings);
    expect(run.kept).toEqual([]);
    expect(scoredKeys(run)).toEqual(keysOf(input));
  });

  test('tries again what was quarantined', async () => {
    const store = new MemoryStore(input);
    accept(store, [quarantined(input[0])]);
    expect((await planned(store, settings)).kept).toEqual([]);
  });

  test.each([
    ['of another version', { model: { name: 'churn', version: '2' } }],
    ['of another model', { model: { name: 'fraud', version: '3' } }],
    ['that read another format', { format: 'json-lines' as const }],
    ['with other settings of the engine', { scoring: 'batches of 10' }],
  ])('scores everything after a run %s', async (_, other) => {
    const store = new MemoryStore(input);
    accept(
      store,
      input.map((object) => scored(object)),
      other,
    );
    expect((await planned(store, settings)).answer.objects).toBe(4);
  });

  test('is off where the run is started so, and on where it is started so', async () => {
    const store = new MemoryStore(input);
    accept(
      store,
      input.map((object) => scored(object)),
    );
    expect((await planned(store, settings, { input: { incremental: false } })).answer.objects).toBe(4);
    expect((await planned(store, {}, { input: { incremental: true } })).answer).toMatchObject({
      objects: 0,
      partitions: 0,
    });
  });

  test.each<[string, (store: MemoryStore, outcome: { readonly output: string }) => void]>([
    ['was deleted', (store, outcome) => void store.files.delete(resultOf(outcome))],
    [
      'lies in another folder',
      (store, outcome) => {
        store.files.delete(resultOf(outcome));
        store.files.set(resultOf(outcome).replace('/in/', '/elsewhere/in/'), '');
      },
    ],
    [
      'has a name that only begins so',
      (store, outcome) => {
        store.files.delete(resultOf(outcome));
        store.files.set(resultOf(outcome).replace(/out$/, 'tmp'), '');
      },
    ],
  ])('scores again what has a result that %s', async (_, change) => {
    const store = new MemoryStore(input);
    const [gone, there] = [scored(input[0]) as Kept, scored(input[1])];
    accept(store, [gone, there]);
    change(store, gone);
    const run = await planned(store, settings);
    expect(keysOf(run.kept)).toEqual([input[1].key]);
    expect(scoredKeys(run)).toEqual(keysOf([input[0], input[2], input[3]]));
  });

  test('finds results whose names are digests, as the keys of their objects are too long', async () => {
    const long = [0, 1].map((number) => ({ ...objectOf(number), key: `in/${String(number).repeat(1000)}` }));
    const store = new MemoryStore(long);
    const [there, gone] = long.map((object): Kept => {
      const output = `s3://lake/${resultKey(earlier, 3, object.key)}`;
      return { ...(scored(object) as Kept), output };
    });
    accept(store, [there, gone]);
    store.files.delete(resultOf(gone));
    const run = await planned(store, settings);
    expect(keysOf(run.kept)).toEqual([there.key]);
    expect(scoredKeys(run)).toEqual([gone.key]);
  });

  test('scores again what has a result only where another run left one', async () => {
    const store = new MemoryStore(input);
    accept(store, [scored(input[0], 'r/0'), scored(input[1], 'r/1')]);
    store.files.delete(resultOf(scored(input[0], 'r/0') as Kept));
    store.files.set(resultOf(scored(input[0], 'r/1') as Kept), '');
    expect(keysOf((await planned(store, settings)).kept)).toEqual([input[1].key]);
  });

  test('keeps what lies in its bucket, and not what a run that is resumed has elsewhere', async () => {
    const store = new MemoryStore(input);
    const here = scored(input[0]) as Kept;
    leave(store, [[{ ...here, output: here.output.replace('lake', 'pond') }]]);
    accept(store, [here]);
    const { kept } = await planned(store, settings, { input: { resume: EARLIER } });
    expect(kept.map(({ output }) => output)).toEqual([here.output]);
  });

  test('keeps nothing that lies in another bucket', async () => {
    const store = new MemoryStore(input);
    const outcome = scored(input[0]) as Kept;
    accept(store, [{ ...outcome, output: outcome.output.replace('lake', 'pond') }]);
    expect((await planned(store, settings)).kept).toEqual([]);
  });

  test('lists each folder of results once, and nothing else', async () => {
    const many = objects(50);
    const store = new MemoryStore(many);
    accept(
      store,
      many.map((object, index) => scored(object, `r/${index % 3}`)),
    );
    expect((await planned(store, settings)).kept).toHaveLength(50);
    expect(store.listed).toEqual(['r/0/', 'r/1/', 'r/2/']);
    store.listed.length = 0;
    await planned(store);
    expect(store.listed).toEqual([]);
  });

  describe('has the scores of what it keeps:', () => {
    const scores = histogramOf(Array.from({ length: 100 }, (_, index) => 1 + index / 100));

    test('all of them where all is kept', async () => {
      const store = new MemoryStore(input);
      accept(
        store,
        input.map((object) => scored(object)),
        {},
        scores,
      );
      expect((await planned(store, settings)).planned.inherited).toEqual(scores);
    });

    test('by the share of the records where a part is kept', async () => {
      const store = new MemoryStore(input);
      accept(store, [scored(input[0]), scored({ ...input[1], etag: 'old' }), quarantined(input[2])], {}, scores);
      const { inherited } = (await planned(store, settings)).planned;
      expect(inherited.count).toBe(50);
      expect(Object.keys(inherited.buckets)).toEqual(Object.keys(scores.buckets));
    });

    test('none where nothing is kept, or where nobody knows', async () => {
      const store = new MemoryStore(input);
      accept(store, [scored(objectOf(99))], {}, scores);
      expect((await planned(store, settings)).planned.inherited).toEqual(histogramOf([]));
      accept(store, [scored(input[0])], {}, scores);
      store.files.delete(`${earlier.prefix}summary.json`);
      expect((await planned(store, settings)).planned).toMatchObject({ kept: 1, inherited: histogramOf([]) });
    });
  });

  test('scores everything where the manifest is gone', async () => {
    const store = new MemoryStore(input);
    accept(store, []);
    store.files.delete(manifestKey(earlier));
    expect((await planned(store, settings)).answer.objects).toBe(4);
  });
});

describe('a run that resumes another', () => {
  const input = objects(6);
  const resume = { input: { resume: EARLIER } };

  test('does only what is missing: partitions that were scored in part count for what they have', async () => {
    const store = new MemoryStore(input);
    leave(store, [[scored(input[0]), quarantined(input[1])], [scored(input[2])]]);
    const run = await planned(store, {}, resume);
    expect(keysOf(run.kept)).toEqual(keysOf([input[0], input[2]]));
    expect(run.kept[0]).toMatchObject({ run: EARLIER, output: `s3://lake/earlier/${input[0].key}.out`, recordsIn: 7 });
    expect(scoredKeys(run)).toEqual(keysOf([1, 3, 4, 5].map((number) => input[number])));
    expect(run.planned).toMatchObject({ resume: EARLIER, kept: 2 });
  });

  test('keeps what that one had kept itself', async () => {
    const store = new MemoryStore(input);
    leave(store, [[scored(input[0])]]);
    const old: Kept = { ...(scored(input[5], 'x') as Kept), status: 'kept', run: '20260101T000000000Z-first' };
    store.files.set(skippedKey(earlier), `${JSON.stringify(old)}\n`);
    storeResult(store, old);
    const run = await planned(store, {}, resume);
    expect(run.kept).toEqual([expect.objectContaining({ key: input[0].key, run: EARLIER }), old]);
  });

  test('takes what is newest of both in incremental mode', async () => {
    const store = new MemoryStore(input);
    accept(store, [scored(input[0], 'current'), scored(input[1], 'current')]);
    leave(store, [[scored(input[0], 'resumed')]]);
    const { kept } = await planned(store, { incremental: true }, resume);
    expect(kept.map(({ output }) => output)).toEqual([
      `s3://lake/resumed/${input[0].key}.out`,
      `s3://lake/current/${input[1].key}.out`,
    ]);
    // Without it, that run alone counts.
    expect((await planned(store, {}, resume)).kept.map(({ output }) => output)).toEqual([
      `s3://lake/resumed/${input[0].key}.out`,
    ]);
  });

  test('has the scores of its partitions, and what that run had of others', async () => {
    const store = new MemoryStore(input);
    leave(store, [[scored(input[0])], [scored(input[1])]], {}, histogramOf([1, 2]), histogramOf([3]));
    expect((await planned(store, {}, resume)).planned.inherited).toEqual(histogramOf([1, 2, 1, 2, 3]));
  });

  test('is refused where there is no such run, or another model scored it', async () => {
    const store = new MemoryStore(input);
    await expect(planned(store, {}, resume)).rejects.toMatchObject({
      name: 'BadRunInput',
      message: expect.stringContaining(`no run ${EARLIER}`) as string,
    });
    leave(store, [[scored(input[0])]], { model: { name: 'churn', version: '2' } });
    await expect(planned(store, {}, resume)).rejects.toMatchObject({
      name: 'BadRunInput',
      message: expect.stringContaining('scored by churn 2, and this one is scored by churn 3') as string,
    });
    leave(store, [[scored(input[0])]], { format: 'csv-with-header' });
    await expect(planned(store, {}, resume)).rejects.toMatchObject({
      name: 'BadRunInput',
      message: expect.stringContaining('scored with other settings, such as the format') as string,
    });
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
