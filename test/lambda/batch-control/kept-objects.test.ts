import type { Kept, RunSettings } from '../../../lambda/batch/contract';
import { manifestKey, resultKey, skippedKey } from '../../../lambda/batch/run-paths';
import { histogramOf } from '../../../lambda/batch/score-histogram';
import { MemoryStore } from '../batch/memory-store';
import { accept, EARLIER, earlier, leave, quarantined, resultOf, storeResult } from './earlier';
import { keysOf, objectOf, objects, planned, scored, scoredKeys } from './planned';

jest.setTimeout(60_000);

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
