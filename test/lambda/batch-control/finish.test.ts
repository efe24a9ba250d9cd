import type {
  CurrentRun,
  FinishAnswer,
  InputObject,
  Outcome,
  PartitionOutcome,
  PartitionRef,
  PlanAnswer,
  RunSettings,
  RunSummary,
  ScoreHistogram,
} from '../../../lambda/batch/contract';
import {
  currentKey,
  manifestKey,
  outcomeKey,
  partitionKey,
  planKey,
  restKey,
  runPlace,
  skippedKey,
  summaryKey,
} from '../../../lambda/batch/run-paths';
import { histogramOf } from '../../../lambda/batch/score-histogram';
import { scoringOf } from '../../../lambda/batch/scoring';
import { finish, type RunFigures } from '../../../lambda/batch-control/finish';
import { MemoryStore } from '../batch/memory-store';
import { objectOf, scored, SETTINGS, START } from './planned';

const ID = '20260301T020000123Z-nightly';
const run = runPlace(SETTINGS.output, ID);

const quarantined = (object: InputObject): Outcome => ({ ...object, status: 'quarantined', reason: 'it is empty' });
const keptLine = (object: InputObject): Outcome => ({ ...scored(object), status: 'kept', run: 'old' }) as Outcome;

/** A run whose partitions came to this; undefined where one has none. */
class Run {
  public readonly store = new MemoryStore();
  public readonly figures: RunFigures[] = [];
  public plan: PlanAnswer;

  public constructor(
    partitions: readonly (Partial<PartitionOutcome> | undefined)[],
    private readonly options: {
      readonly kept?: readonly Outcome[];
      readonly first?: boolean;
      readonly inherited?: ScoreHistogram;
      readonly part?: string;
      readonly settings?: Partial<RunSettings>;
    } = {},
  ) {
    const refs: PartitionRef[] = partitions.map((_, index) => ({
      index,
      key: partitionKey(run, index),
      objects: 1,
      bytes: 1,
    }));
    const [first, rest] = options.first === true ? [refs[0], refs.slice(1)] : [undefined, refs];
    this.plan = {
      run,
      toleratedFailure: 0.1,
      objects: partitions.reduce((sum, each) => sum + (each?.outcomes?.length ?? 1), 0),
      partitions: partitions.length,
      ...(first === undefined ? {} : { first }),
      rest: restKey(run, 1),
      restCount: rest.length,
      round: 1,
    };
    this.put(restKey(run, 1), rest);
    const { part, inherited = histogramOf([]) } = options;
    this.put(planKey(run), { kept: options.kept?.length ?? 0, inherited, part });
    partitions.forEach((outcome, index) => this.come(index, outcome));
    if (options.kept !== undefined) {
      this.store.files.set(skippedKey(run), options.kept.map((line) => `${JSON.stringify(line)}\n`).join(''));
    }
  }

  public come(index: number, outcome: Partial<PartitionOutcome> | undefined): void {
    if (outcome !== undefined) {
      this.put(outcomeKey(run, index), { index, complete: true, outcomes: [], scores: histogramOf([]), ...outcome });
    }
  }

  public put(key: string, value: unknown): void {
    this.store.files.set(key, JSON.stringify(value));
  }

  public read<T>(key: string): T | undefined {
    const text = this.store.files.get(key);
    return text === undefined ? undefined : (JSON.parse(text) as T);
  }

  public manifest(): Outcome[] | undefined {
    return this.store.files
      .get(manifestKey(run))
      ?.split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Outcome);
  }

  public async finish(RedriveCount?: number): Promise<FinishAnswer> {
    const answer = await finish(
      {
        action: 'finish',
        settings: { ...SETTINGS, ...this.options.settings },
        plan: this.plan,
        execution: { StartTime: START, ...(RedriveCount === undefined ? {} : { RedriveCount }) },
      },
      this.store,
      (figures) => void this.figures.push(figures),
      () => new Date(Date.parse(START) + 1_800_000),
    );
    this.plan = answer.complete ? this.plan : answer.plan;
    return answer;
  }
}

const CURRENT: CurrentRun = {
  run: ID,
  model: SETTINGS.model,
  scoring: scoringOf(SETTINGS),
  summary: summaryKey(run),
  manifest: manifestKey(run),
};

test('a run with an outcome for every object has a manifest and a summary, and is the current one', async () => {
  const all = [
    scored(objectOf(0)),
    quarantined(objectOf(1)),
    ...Array.from({ length: 9 }, (_, n) => scored(objectOf(n + 2))),
  ];
  const kept = [keptLine(objectOf(20))];
  const done = new Run(
    [
      { outcomes: all.slice(0, 4), scores: histogramOf([1, 1]), seconds: 20.5 },
      { outcomes: all.slice(4), scores: histogramOf([1, 0]), seconds: 1.0004 },
    ],
    { kept, first: true, inherited: histogramOf([1, 7]), settings: { usdPerSecond: 0.001 } },
  );
  const summary: RunSummary = {
    run: ID,
    model: SETTINGS.model,
    objects: { scored: 10, quarantined: 1, kept: 1 },
    records: { in: 70, out: 60 },
    bytes: 10_000,
    cost: { seconds: 21.5, usd: 0.0215 },
    startedAt: START,
    finishedAt: '2026-03-01T02:30:00.123Z',
    scores: histogramOf([1, 1, 1, 0, 1, 7]),
    manifest: `s3://lake/${manifestKey(run)}`,
  };
  expect(await done.finish()).toEqual({ complete: true, summary });
  expect(done.manifest()).toEqual([...all, ...kept]);
  expect(done.read(summaryKey(run))).toEqual(summary);
  expect(done.read(currentKey(SETTINGS.output))).toEqual(CURRENT);
  expect(done.figures).toEqual([{ objects: 11, quarantined: 1, records: 70, lateness: 0.5 }]);
});

describe('counts that do not add up fail the run, which is not made the current one', () => {
  const two = [scored(objectOf(0)), scored(objectOf(1))];
  test.each<[string, (done: Run) => void, string]>([
    [
      'an outcome is missing',
      (done) => done.come(0, { outcomes: two.slice(1) }),
      'planned to score 2 objects and to keep 1, and has outcomes of 1 and 1',
    ],
    ['there is one more', (done) => done.come(0, { outcomes: [...two, scored(objectOf(2))] }), 'outcomes of 3 and 1'],
    ['what was kept is gone', (done) => void done.store.files.delete(skippedKey(run)), 'outcomes of 2 and 0'],
    ['the plan is gone', (done) => void done.store.files.delete(planKey(run)), 'to keep undefined'],
  ])('%s', async (_, change, message) => {
    const done = new Run([{ outcomes: two }], { kept: [keptLine(objectOf(3))] });
    change(done);
    await expect(done.finish(5)).rejects.toThrow(message);
    expect(done.read(currentKey(SETTINGS.output))).toBeUndefined();
    expect(done.read(summaryKey(run))).toBeUndefined();
    expect(done.figures).toEqual([]);
  });
});

describe('partitions without a complete outcome', () => {
  const one = { outcomes: [scored(objectOf(0))] };

  test('fail the run, and say what to do and what happened', async () => {
    const done = new Run([one, undefined, { complete: false, outcomes: [], fault: `SlowDown: ${'x'.repeat(1000)}` }]);
    await expect(done.finish()).rejects.toMatchObject({
      name: 'IncompleteRun',
      message: `2 of 3 partitions have no result; partition 2 ended with SlowDown: ${'x'.repeat(290)}. Redrive the execution, or start one with {"resume": "${ID}"}: what is done is not done again`,
    });
    expect(done.manifest()).toBeUndefined();
    expect(done.read(restKey(run, 2))).toBeUndefined();
    expect(done.figures).toEqual([]);
    await expect(new Run([undefined]).finish(0)).rejects.toThrow('1 of 1 partitions have no result. Redrive');
  });

  test('are a round of their own in a run that is redriven, the first one among them', async () => {
    const done = new Run([undefined, one, undefined, one], { first: true });
    const { plan } = done;
    const ref = (index: number): PartitionRef => ({ index, key: partitionKey(run, index), objects: 1, bytes: 1 });
    expect(await done.finish(1)).toEqual({
      complete: false,
      plan: { ...plan, rest: restKey(run, 2), restCount: 2, round: 2 },
    });
    expect(done.read(restKey(run, 2))).toEqual([ref(0), ref(2)]);
    expect(done.read(restKey(run, 1))).toEqual([1, 2, 3].map(ref));
    // One redrive is one round.
    done.come(0, one);
    await expect(done.finish(1)).rejects.toMatchObject({ name: 'IncompleteRun' });
    expect(await done.finish(2)).toMatchObject({ plan: { round: 3, rest: restKey(run, 3), restCount: 1 } });
    expect(done.read(restKey(run, 3))).toEqual([ref(2)]);
    done.come(2, one);
    expect(await done.finish(2)).toMatchObject({ complete: true });
  });

  test('are each listed once, however often a run is redriven', async () => {
    const done = new Run([undefined, undefined], { first: true });
    await done.finish(1);
    expect(await done.finish(2)).toMatchObject({ plan: { restCount: 2, round: 3 } });
    expect(done.read<PartitionRef[]>(restKey(run, 3))?.map(({ index }) => index)).toEqual([0, 1]);
  });

  test('leave no half manifest', async () => {
    const done = new Run([one, one, undefined]);
    await expect(done.finish()).rejects.toThrow();
    expect(done.manifest()).toBeUndefined();
  });

  test('are told from a store that fails', async () => {
    const done = new Run([one]);
    done.store.writeLines = () => Promise.reject(new Error('access denied'));
    await expect(done.finish()).rejects.toThrow('access denied');
  });
});

describe('what is tolerated', () => {
  const of = (bad: number, good: number, tolerated: number): Run => {
    const outcomes = Array.from({ length: bad + good }, (_, n) => (n < bad ? quarantined : scored)(objectOf(n)));
    const done = new Run([{ outcomes }], { kept: Array.from({ length: 50 }, (_, n) => keptLine(objectOf(n + 100))) });
    done.plan = { ...done.plan, toleratedFailure: tolerated };
    return done;
  };

  test.each([
    [1, 9, 0.1],
    [0, 5, 0],
    [3, 0, 1],
    [7, 93, 0.07],
  ])('%d of %d more are accepted where %d is', async (bad, good, tolerated) => {
    expect(await of(bad, good, tolerated).finish()).toMatchObject({ complete: true });
  });

  test('is told where it is too little; the run has its manifest and summary, and is not the current one', async () => {
    const done = of(2, 9, 0.07);
    await expect(done.finish()).rejects.toMatchObject({
      name: 'TooManyFailures',
      message: `2 of 11 objects of run ${ID} are quarantined, and 7 % are tolerated: s3://lake/${manifestKey(run)} says which and why. The current run is still the one before`,
    });
    expect(done.manifest()).toHaveLength(61);
    expect(done.read<RunSummary>(summaryKey(run))?.objects).toEqual({ scored: 9, quarantined: 2, kept: 50 });
    expect(done.read(currentKey(SETTINGS.output))).toBeUndefined();
    expect(done.figures).toEqual([expect.objectContaining({ objects: 11, quarantined: 2 })]);
    await expect(of(1, 0, 0).finish()).rejects.toMatchObject({ name: 'TooManyFailures' });
  });
});

describe('a run without an object', () => {
  test('is complete, and not the current one', async () => {
    const done = new Run([]);
    expect(await done.finish()).toMatchObject({
      complete: true,
      summary: { objects: { scored: 0, quarantined: 0, kept: 0 }, records: { in: 0, out: 0 }, scores: { count: 0 } },
    });
    expect(done.manifest()).toEqual([]);
    expect(done.read(currentKey(SETTINGS.output))).toBeUndefined();
    expect(done.figures).toHaveLength(1);
  });

  test('is a failure where it counts as one', async () => {
    const done = new Run([], { settings: { failWhenEmpty: true } });
    await expect(done.finish()).rejects.toMatchObject({
      name: 'EmptyRun',
      message: 'there is no object below s3://lake/in/ to score',
    });
    expect(done.read(summaryKey(run))).toBeDefined();
    expect(done.figures).toHaveLength(1);
  });

  test('is told from one in which everything is kept', async () => {
    const done = new Run([], { kept: [keptLine(objectOf(0))], settings: { failWhenEmpty: true } });
    expect(await done.finish()).toMatchObject({ complete: true, summary: { objects: { kept: 1 } } });
    expect(done.read(currentKey(SETTINGS.output))).toEqual(CURRENT);
  });
});

describe('the pointer to the current run', () => {
  const one = [{ outcomes: [scored(objectOf(0))] }];
  const pointing = (at: string): Run => {
    const done = new Run(one);
    done.put(currentKey(SETTINGS.output), { ...CURRENT, run: at });
    return done;
  };

  test('moves on from an earlier run', async () => {
    const done = pointing('20260228T020000000Z-nightly');
    await done.finish();
    expect(done.read(currentKey(SETTINGS.output))).toEqual(CURRENT);
  });

  test('does not move to a run of a part of the input, whose summary says that it is one', async () => {
    const done = new Run(one, { part: 'in/day=1/' });
    expect(await done.finish()).toMatchObject({ complete: true, summary: { part: 'in/day=1/' } });
    expect(done.read(currentKey(SETTINGS.output))).toBeUndefined();
    expect(done.read(summaryKey(run))).toMatchObject({ part: 'in/day=1/' });
    const whole = new Run(one);
    await whole.finish();
    expect(whole.read(summaryKey(run))).not.toHaveProperty('part');
  });

  test('is that of the run that was begun last, also where both end at the same moment, in whatever order', async () => {
    const LATER = '20260302T020000000Z-nightly';
    const at = async (moment: number): Promise<string | undefined> => {
      const done = new Run(one);
      const update = done.store.updateJson.bind(done.store);
      // Somebody else writes between what this one reads and writes: before the first, the second time and so on.
      let asked = 0;
      done.store.updateJson = <T>(key: string, change: (before: T | undefined) => T | undefined) =>
        update<T>(key, (before) => {
          const after = change(before);
          if (asked++ === moment) {
            done.put(key, { ...CURRENT, run: LATER });
          }
          return after;
        });
      await done.finish();
      return done.read<CurrentRun>(currentKey(SETTINGS.output))?.run;
    };
    expect(await at(0)).toBe(LATER);
    expect(await at(1)).toBe(ID);
  });

  test('does not move back, such as when an older run is redriven after a newer one was accepted', async () => {
    const done = pointing('20260302T020000000Z-nightly');
    expect(await done.finish()).toMatchObject({ complete: true });
    expect(done.read<CurrentRun>(currentKey(SETTINGS.output))?.run).toBe('20260302T020000000Z-nightly');
  });
});

test('where the price of a second is not known, the cost is told in seconds', async () => {
  const answer = await new Run([{ outcomes: [scored(objectOf(0))], seconds: 7 }, { outcomes: [] }]).finish();
  expect(answer).toMatchObject({ summary: { cost: { seconds: 7 } } });
  expect((answer as { summary: RunSummary }).summary.cost).not.toHaveProperty('usd');
});

test('finished again, such as after the function had died, a run leaves the same', async () => {
  const done = new Run([{ outcomes: [scored(objectOf(0)), quarantined(objectOf(1))] }]);
  done.plan = { ...done.plan, toleratedFailure: 0.5 };
  const answer = await done.finish();
  const files = new Map(done.store.files);
  expect(await done.finish()).toEqual(answer);
  expect(done.store.files).toEqual(files);
});

test('nothing is told of a run that could not be written down, so that nothing is told twice', async () => {
  const done = new Run([{ outcomes: [scored(objectOf(0))] }]);
  const { store } = done;
  const update = store.updateJson.bind(store);
  store.updateJson = () => Promise.reject(new Error('SlowDown'));
  await expect(done.finish()).rejects.toThrow('SlowDown');
  expect(done.figures).toEqual([]);
  store.updateJson = update;
  await done.finish();
  expect(done.figures).toHaveLength(1);
});

test('40,000 partitions take seconds, also when all of them are missing', async () => {
  const outcomes = [scored(objectOf(0))];
  const scores = histogramOf(Array.from({ length: 100 }, (_, index) => (index + 1) / 100));
  const done = new Run(Array.from({ length: 40_000 }, () => ({ outcomes, scores })));
  const started = performance.now();
  expect(await done.finish()).toMatchObject({ complete: true, summary: { objects: { scored: 40_000 } } });
  const none = new Run(Array.from({ length: 40_000 }, () => undefined));
  expect(await none.finish(1)).toMatchObject({ complete: false, plan: { restCount: 40_000 } });
  expect(performance.now() - started).toBeLessThan(30_000);
}, 60_000);
