import type { CurrentRun, Outcome, RunSettings, ScoreHistogram } from '../../../lambda/batch/contract';
import { currentKey, judgementKey, outcomeKey, partitionKey, restKey, runPlace } from '../../../lambda/batch/run-paths';
import { histogramOf } from '../../../lambda/batch/score-histogram';
import { judge } from '../../../lambda/batch-control/judge';
import { MemoryStore } from '../batch/memory-store';
import { objectOf, scored, SETTINGS } from './planned';

const run = runPlace(SETTINGS.output, '20260301T020000123Z-nightly');

interface Judged {
  readonly store: MemoryStore;
  judge(): ReturnType<typeof judge>;
  judgement(): unknown;
}

/** A first partition with so many objects, some of them quarantined, and scores; an earlier run with scores. */
function judged(
  {
    bad = 0,
    objects = 10,
    tolerated = 0.01,
    scores = histogramOf([]),
    complete = true,
  }: {
    readonly bad?: number;
    readonly objects?: number;
    readonly tolerated?: number;
    readonly scores?: ScoreHistogram;
    readonly complete?: boolean;
  },
  earlier?: ScoreHistogram,
  settings: Partial<RunSettings> = {},
): Judged {
  const store = new MemoryStore();
  const put = (key: string, value: unknown): void => void store.files.set(key, JSON.stringify(value));
  const outcomes = Array.from({ length: objects }, (_, n): Outcome =>
    n < bad ? { ...objectOf(n), status: 'quarantined', reason: 'it is empty' } : scored(objectOf(n)),
  );
  put(outcomeKey(run, 0), { index: 0, complete, outcomes, scores });
  if (earlier !== undefined) {
    const current: CurrentRun = {
      run: 'old',
      model: { name: 'churn', version: '2' },
      scoring: '',
      summary: 'old/summary.json',
      manifest: '',
    };
    put(currentKey(SETTINGS.output), current);
    put(current.summary, { run: 'old', scores: earlier });
  }
  return {
    store,
    judge: () =>
      judge(
        {
          action: 'judge',
          settings: { ...SETTINGS, ...settings },
          plan: {
            run,
            toleratedFailure: tolerated,
            objects: 100,
            partitions: 5,
            first: { index: 0, key: partitionKey(run, 0), objects, bytes: 1 },
            rest: restKey(run, 1),
            restCount: 4,
            round: 1,
          },
        },
        store,
      ),
    judgement: () => JSON.parse(store.files.get(judgementKey(run))!) as unknown,
  };
}

const accepted = async (...given: Parameters<typeof judged>): Promise<boolean> =>
  judged(...given)
    .judge()
    .then(
      () => true,
      (error: Error) => {
        expect(error.name).toBe('RejectedByJudge');
        return false;
      },
    );

test('a first partition without faults is accepted, and it is written down what was found', async () => {
  const first = judged({ objects: 3 });
  const findings = ['0 of 3 objects are quarantined', 'there is no earlier run to compare the scores with'];
  expect(await first.judge()).toEqual({ findings });
  expect(first.judgement()).toEqual({ accepted: true, findings, faults: [] });
});

// The chance of at least so many among ten or twenty where one of ten fails: 4 of 10 come together in 1.3 %, 5 of 10 in 0.16 %.
test.each<[bad: number, objects: number, tolerated: number, accepted: boolean]>([
  [4, 10, 0.1, true],
  [5, 10, 0.1, false],
  [18, 1000, 0.01, true],
  [19, 1000, 0.01, false],
  [921, 1000, 0.9, true],
  [922, 1000, 0.9, false],
  [1, 1, 0.01, true],
  [1, 1, 0.009, false],
  [0, 10, 0, true],
  [1, 1000, 0, false],
  [10, 10, 1, true],
  [1000, 1000, 0.9, false],
])('%d of %d quarantined objects where %d is tolerated: %s', async (bad, objects, tolerated, expected) => {
  expect(await accepted({ bad, objects, tolerated })).toBe(expected);
});

test('a first partition with too many faults is rejected, and the message says what to do', async () => {
  const first = judged({ bad: 5, objects: 10, tolerated: 0.07 });
  await expect(first.judge()).rejects.toMatchObject({
    name: 'RejectedByJudge',
    message:
      '5 of 10 objects are quarantined, and 7 % are tolerated. The rest was not started. Where that is as it should be, start a run with ' +
      `{"judge": false, "resume": "${run.id}"}`,
  });
  expect(first.judgement()).toMatchObject({
    accepted: false,
    faults: ['5 of 10 objects are quarantined, and 7 % are tolerated'],
  });
});

const spread = (from: number, count: number): ScoreHistogram =>
  histogramOf(Array.from({ length: count }, (_, index) => from + index / count));

describe('scores beside those of the current run', () => {
  test('may be the same', async () => {
    expect(await judged({ scores: spread(1, 1000) }, spread(1, 5000)).judge()).toMatchObject({
      findings: [
        expect.any(String),
        expect.stringMatching(/^the stability index of the scores beside run old is 0\.00\d$/),
      ],
    });
  });

  test('may not have moved, and both faults are told where there are two', async () => {
    const first = judged({ bad: 9, scores: spread(1.5, 1000) }, spread(1, 5000));
    await expect(first.judge()).rejects.toMatchObject({
      name: 'RejectedByJudge',
      message: expect.stringMatching(
        /^9 of 10 objects are quarantined, and 1 % are tolerated; the stability index of the scores beside run old is \d+\.\d{3}, allowed is 0\.250\. The rest/,
      ) as string,
    });
  });

  test('may have moved as much as is set', async () => {
    expect(await accepted({ scores: spread(1.5, 1000) }, spread(1, 5000), { maxShift: 10 })).toBe(true);
    expect(await accepted({ scores: spread(1.05, 1000) }, spread(1, 5000), { maxShift: 0.001 })).toBe(false);
  });

  test('may have moved as much as chance explains, where there are few', async () => {
    // In tenths: 25, 15, 25, 15... beside equal ones is more than 0.001, and less than what chance explains.
    const few = histogramOf(Array.from({ length: 250 }, (_, index) => 1 + ((index * 0.618034) % 1)));
    expect(await accepted({ scores: few }, spread(1, 5000), { maxShift: 0.0001 })).toBe(true);
  });

  test.each<[string, ScoreHistogram, ScoreHistogram, string]>([
    [
      'few here',
      spread(1, 199),
      spread(1, 5000),
      'run old has 5000, the first partition 199, and 200 that differ are needed',
    ],
    ['few there', spread(1, 5000), spread(1, 10), 'run old has 10, the first partition 5000'],
    ['all the same there', spread(1, 5000), histogramOf(Array<number>(500).fill(1)), 'run old has 500'],
  ])('are not compared where there are too few: %s', async (_, scores, earlier, finding) => {
    expect(await judged({ scores }, earlier).judge()).toEqual({
      findings: [expect.any(String), expect.stringContaining(`scores are not compared: ${finding}`)],
    });
  });

  test('are not compared where the summary of the current run is gone', async () => {
    const first = judged({ scores: spread(9, 1000) }, spread(1, 1000));
    first.store.files.delete('old/summary.json');
    expect((await first.judge()).findings[1]).toBe('there is no earlier run to compare the scores with');
  });
});

test.each<[string, (first: Judged) => void]>([
  ['is gone', ({ store }) => void store.files.delete(outcomeKey(run, 0))],
  ['is not complete', ({ store }) => void store.files.set(outcomeKey(run, 0), '{"complete":false,"outcomes":[]}')],
])('a first partition whose outcome %s cannot be judged', async (_, change) => {
  const first = judged({});
  change(first);
  await expect(first.judge()).rejects.toThrow(`the first partition of run ${run.id} has no outcome`);
});

test('judged again, a first partition gets the same judgement', async () => {
  const first = judged({ scores: spread(1, 1000) }, spread(1, 5000));
  const answer = await first.judge();
  const written = first.judgement();
  expect(await first.judge()).toEqual(answer);
  expect(first.judgement()).toEqual(written);
});
