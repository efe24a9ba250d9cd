import fc from 'fast-check';
import type { Decision, JudgeOptions, MinuteCounts } from '../../../lambda/rollout-judge/contract';
import { judgeSettings } from '../../../lambda/rollout-judge/judge-settings';
import type { JudgeState } from '../../../lambda/rollout-judge/judge-state';
import { RolloutJudge } from '../../../lambda/rollout-judge/rollout-judge';
import { minuteOf, OPTIONS, type Row } from './counts';

const GOOD: Row = [30, 570, 0, 1];

/** A judge, and what it says to so many minutes like this one. */
function judgeOf(options: Partial<JudgeOptions> = {}): {
  judge: RolloutJudge;
  tell: (times: number, row: Row, step?: number) => Decision;
} {
  const judge = new RolloutJudge(judgeSettings({ ...OPTIONS, ...options }));
  let minute = 0;
  return {
    judge,
    tell(times, row, step = 0) {
      let last: Decision | undefined;
      for (let time = 0; time < times; time++) {
        last = judge.take(minuteOf((minute += 1), step, row));
      }
      return last!;
    },
  };
}

test('a version as good as the baseline goes on when the bake is over, and not before', () => {
  const { tell } = judgeOf();
  expect(tell(9, GOOD)).toEqual({ verdict: 'HOLD', gate: 'bake' });
  expect(tell(1, GOOD)).toEqual({ verdict: 'PROMOTE', gate: 'none' });
  expect(tell(1, [120, 480, 0, 1], 1)).toEqual({ verdict: 'HOLD', gate: 'no-data' });
});

test('a version of which half is broken goes back after two minutes of data, or after one where that has enough', () => {
  const little = judgeOf();
  expect(little.tell(2, [30, 570, 15, 1])).toEqual({ verdict: 'HOLD', gate: 'second-look' });
  expect(little.tell(1, [30, 570, 15, 1])).toEqual({ verdict: 'ROLLBACK', gate: 'evidence' });
  const much = judgeOf();
  expect(much.tell(2, [300, 5700, 150, 6])).toEqual({ verdict: 'ROLLBACK', gate: 'fast-path' });
});

test('the minute of a change of weights is not compared', () => {
  const { judge, tell } = judgeOf();
  tell(1, [300, 5700, 300, 0]);
  expect(judge.judgement().metrics[0]).toMatchObject({ candidate: { requests: 0, bad: 0, rate: null }, ratio: null });
  tell(10, GOOD);
  tell(1, [1200, 4800, 1200, 0], 1);
  expect(judge.judgement().metrics[0].candidate).toEqual({ requests: 300, bad: 0, rate: 0 });
});

test('a rollback stands with what it rests on, whatever comes later', () => {
  const { judge, tell } = judgeOf();
  tell(3, [30, 570, 15, 1]);
  const { metrics } = judge.judgement();
  expect(tell(200, [30, 570, 0, 50])).toEqual({ verdict: 'ROLLBACK', gate: 'evidence' });
  expect(judge.judgement()).toMatchObject({ minute: 203, metrics });
});

test.each<[string, Row, Decision['gate']]>([
  ['no traffic at all', [0, 0, 0, 0], 'no-data'],
  ['no traffic of the candidate', [0, 600, 0, 6], 'no-data'],
  ['no traffic of the baseline', [30, 0, 0, 0], 'no-data'],
  ['too little traffic', [1, 19, 0, 0], 'samples'],
])('with %s the step is extended, and then asks', (_, row, gate) => {
  const { tell } = judgeOf();
  expect(tell(29, row)).toEqual({ verdict: 'HOLD', gate });
  expect(tell(1, row)).toEqual({ verdict: 'INCONCLUSIVE', gate, action: 'pause' });
});

test('a step that was extended goes on as soon as there is enough', () => {
  const { tell } = judgeOf();
  expect(tell(20, [1, 19, 0, 0]).verdict).toBe('HOLD');
  expect(tell(3, [30, 570, 0, 0])).toEqual({ verdict: 'PROMOTE', gate: 'none' });
});

test.each(['pause', 'rollback', 'promote'] as const)('without a word on the version, it is to %s', (onInconclusive) => {
  expect(judgeOf({ onInconclusive }).tell(30, [1, 19, 0, 0])).toMatchObject({ action: onInconclusive });
});

test('a version that looks worse is held, and never promoted by onInconclusive', () => {
  const { judge, tell } = judgeOf({ onInconclusive: 'promote' });
  tell(10, [30, 570, 0, 0]);
  tell(1, [30, 570, 2, 0]);
  expect(judge.judgement().logEvidence).toBeGreaterThan(Math.log(10));
  expect(tell(10, [30, 570, 0, 0])).toEqual({ verdict: 'HOLD', gate: 'warning' });
  expect(tell(9, [30, 570, 0, 0])).toEqual({ verdict: 'INCONCLUSIVE', gate: 'warning', action: 'pause' });
});

test.each([
  ['minBad', { minBad: 50 }, [30, 570, 4, 1]],
  ['minRatio', { minRatio: 1000 }, [30, 570, 4, 1]],
  ['minDifference', { minDifference: 0.05 }, [3000, 57_000, 60, 200]],
] as const)('however sure a regression is, %s must be reached', (part, bound, row) => {
  const { judge, tell } = judgeOf({ metrics: [{ name: 'errors', ...bound }] });
  expect(tell(8, row)).toEqual({ verdict: 'HOLD', gate: 'effect' });
  expect(judge.judgement().metrics[0].tooSmall).toEqual([part]);
});

describe('a baseline that is bad as well', () => {
  const BAD: Row = [60, 540, 30, 270];

  test('holds, stops the clock of the bake, and goes back when that takes too long', () => {
    const { judge, tell } = judgeOf();
    expect(tell(15, BAD)).toEqual({ verdict: 'HOLD', gate: 'baseline-bad' });
    expect(judge.judgement()).toMatchObject({ bakedMinutes: 1, heldMinutes: 14 });
    expect(tell(1, BAD)).toEqual({ verdict: 'ROLLBACK', gate: 'hold-over' });
  });

  test('lets the step go on where it left off when both have recovered', () => {
    const { tell } = judgeOf();
    tell(6, GOOD);
    tell(5, BAD);
    expect(tell(3, GOOD)).toMatchObject({ verdict: 'HOLD', gate: 'bake' });
    expect(tell(1, GOOD)).toEqual({ verdict: 'PROMOTE', gate: 'none' });
  });

  test('is no reason to wait when the candidate is well, or when that is allowed', () => {
    expect(judgeOf().tell(10, [60, 540, 0, 270])).toEqual({ verdict: 'PROMOTE', gate: 'none' });
    expect(judgeOf({ allowUnhealthyBaseline: true }).tell(10, BAD)).toEqual({ verdict: 'PROMOTE', gate: 'none' });
  });

  test('does not keep one that is much worse', () => {
    expect(judgeOf().tell(6, [60, 540, 60, 150]).verdict).toBe('ROLLBACK');
  });
});

test('with all traffic, the candidate is judged by itself', () => {
  const { tell } = judgeOf();
  tell(11, [600, 0, 6, 0], 3);
  expect(tell(1, [600, 0, 6, 0], 3)).toEqual({ verdict: 'PROMOTE', gate: 'none' });
  expect(tell(1, [600, 0, 200, 0], 3).verdict).toBe('PROMOTE');
  expect(tell(1, [600, 0, 200, 0], 3)).toEqual({ verdict: 'ROLLBACK', gate: 'ceiling' });
});

describe('several metrics', () => {
  const two = (metric: Partial<JudgeOptions['metrics'][0]>, options: Partial<JudgeOptions> = {}) =>
    new RolloutJudge(
      judgeSettings({ ...OPTIONS, ...options, metrics: [{ name: 'errors' }, { name: 'slow', ...metric }] }),
    );
  const minuteOfTwo = (at: number, errors: Row, slow: readonly [number | null, number | null]): MinuteCounts => ({
    minute: at,
    step: 0,
    candidate: { requests: errors[0], bad: [errors[2], slow[0]] },
    baseline: { requests: errors[1], bad: [errors[3], slow[1]] },
  });
  const tell = (judge: RolloutJudge, times: number, errors: Row, slow: readonly [number | null, number | null]) => {
    let last: Decision | undefined;
    for (let at = 1; at <= times; at++) {
      last = judge.take(minuteOfTwo(at, errors, slow));
    }
    return last!;
  };

  test('roll back by one, which needs as much more evidence as its weight is less', () => {
    const judge = two({});
    expect(tell(judge, 4, GOOD, [12, 10])).toEqual({ verdict: 'ROLLBACK', gate: 'evidence' });
    expect(judge.judgement().metrics.map(({ verdict }) => verdict)).toEqual(['HOLD', 'ROLLBACK']);
  });

  test('add up: two that are each too little by themselves are enough together', () => {
    const judge = two({});
    let minute = 0;
    let decision: Decision;
    do {
      decision = judge.take(minuteOfTwo((minute += 1), [30, 570, 2, 11], [2, 11]));
    } while (decision.verdict !== 'ROLLBACK');
    const { metrics, logEvidence, pValue } = judge.judgement();
    expect(decision.gate).toBe('evidence');
    expect(metrics.map(({ verdict }) => verdict)).toEqual(['HOLD', 'HOLD']);
    expect(logEvidence).toBeGreaterThan(Math.log(100));
    expect(metrics.map((one) => one.logEvidence)).toEqual([
      expect.closeTo(logEvidence, 9),
      expect.closeTo(logEvidence, 9),
    ]);
    expect(pValue).toBeCloseTo(Math.exp(-logEvidence), 12);
  });

  test('one that is not critical holds and asks, and one that is only observed has no say', () => {
    expect(tell(two({ critical: false }), 20, GOOD, [12, 10])).toEqual({ verdict: 'HOLD', gate: 'warning' });
    expect(tell(two({ critical: false }), 30, GOOD, [12, 10])).toEqual({
      verdict: 'INCONCLUSIVE',
      gate: 'warning',
      action: 'pause',
    });
    const observed = two({ observeOnly: true });
    expect(tell(observed, 10, GOOD, [12, 10])).toEqual({ verdict: 'PROMOTE', gate: 'none' });
    expect(observed.judgement().metrics[1]).toMatchObject({ verdict: 'ROLLBACK', gate: 'evidence', observeOnly: true });
  });

  test.each([
    ['missing', 'no-data', 'HOLD'],
    ['notBreaching', 'none', 'PROMOTE'],
    ['breaching', 'fast-path', 'ROLLBACK'],
  ] as const)('no data of the candidate for one counts as %s', (missingData, gate, verdict) => {
    expect(tell(two({ missingData }), 10, GOOD, [null, 0])).toEqual({ verdict, gate });
  });

  test('no data of the baseline for one is nothing to compare with', () => {
    expect(tell(two({}), 10, GOOD, [5, null])).toEqual({ verdict: 'HOLD', gate: 'no-data' });
  });

  test('good events that become fewer are as much evidence as bad ones that become more in the other arm', () => {
    const fewer = two({ direction: 'decrease' });
    tell(fewer, 6, [50, 50, 0, 0], [10, 40]);
    const more = two({});
    tell(more, 6, [50, 50, 0, 0], [40, 10]);
    const [a, b] = [fewer, more].map((judge) => judge.judgement().metrics[1]);
    expect(a).toEqual({ ...b, candidate: b.baseline, baseline: b.candidate });
    expect(a.verdict).toBe('ROLLBACK');
  });
});

const counts = fc
  .tuple(
    fc.integer({ min: 0, max: 300 }),
    fc.integer({ min: 0, max: 3000 }),
    fc.array(fc.option(fc.integer({ min: 0, max: 30 }), { nil: null, freq: 9 }), { minLength: 8, maxLength: 8 }),
    fc.boolean(),
  )
  .map(([candidate, baseline, bad, next]) => ({ candidate, baseline, bad, next }));

test('to go on from the state as JSON, minute by minute, is bit for bit to replay all minutes', () => {
  const settings = judgeSettings({
    ...OPTIONS,
    metrics: [
      { name: 'errors', weight: 3 },
      { name: 'good', direction: 'decrease', missingData: 'notBreaching' },
      { name: 'slow', critical: false },
      { name: 'odd', observeOnly: true, missingData: 'breaching' },
    ],
  });
  fc.assert(
    fc.property(fc.array(counts, { minLength: 1, maxLength: 60 }), (told) => {
      let step = 0;
      const minutes = told.map(({ candidate, baseline, bad, next }, minute): MinuteCounts => {
        step = next && minute % 5 === 4 ? Math.min(3, step + 1) : step;
        return {
          minute,
          step,
          candidate: { requests: candidate, bad: bad.slice(0, 4) },
          baseline: { requests: baseline, bad: bad.slice(4) },
        };
      });
      const replay = new RolloutJudge(settings);
      let state: string | undefined;
      for (const one of minutes) {
        const judge = new RolloutJudge(settings, state === undefined ? undefined : (JSON.parse(state) as JudgeState));
        const decision = judge.take(one);
        expect(replay.take(one)).toEqual(decision);
        expect(replay.judgement()).toEqual(judge.judgement());
        expect(replay.judgement()).toMatchObject(decision);
        state = JSON.stringify(judge.snapshot());
      }
      expect(JSON.stringify(replay.snapshot())).toBe(state);
    }),
    { numRuns: 60 },
  );
});

test('the state of ten days of a pause is no larger than that of an hour', () => {
  const { judge, tell } = judgeOf();
  tell(60, [30, 570, 1, 12]);
  const hour = JSON.stringify(judge.snapshot()).length;
  for (let time = 0; time < 14_400; time++) {
    tell(1, [20 + (time % 20), 560 + (time % 31), time % 2, 5 + (time % 7)]);
  }
  expect(JSON.stringify(judge.snapshot()).length).toBeLessThan(3000);
  expect(hour).toBeGreaterThan(1000);
});

test('settings that were changed in the middle of a rollout are refused, in whatever order they are written', () => {
  const { judge, tell } = judgeOf();
  tell(3, GOOD);
  const state = judge.snapshot();
  const settings = judgeSettings(OPTIONS);
  const reversed = Object.fromEntries(Object.entries(settings).reverse()) as unknown as typeof settings;
  expect(new RolloutJudge(reversed, state).judgement()).toEqual(judge.judgement());
  expect(() => new RolloutJudge(judgeSettings({ ...OPTIONS, alpha: 0.02 }), state)).toThrow(
    /settings were changed in the middle of a rollout .* abort it, then change them/,
  );
  expect(() => new RolloutJudge(settings, { ...state, shape: 0 })).toThrow(/has shape 0, and this judge reads 1/);
});

test('a judge keeps its state to itself', () => {
  const { judge, tell } = judgeOf();
  tell(3, GOOD);
  const state = judge.snapshot();
  const before = JSON.stringify(state);
  new RolloutJudge(judgeSettings(OPTIONS), state).take(minuteOf(9, 0, GOOD));
  tell(1, GOOD);
  expect(JSON.stringify(state)).toBe(before);
});

test.each<[string, (one: MinuteCounts) => unknown, RegExp]>([
  [
    'the same minute again',
    (one) => ({ ...one, minute: 5 }),
    /minute 5 came after minute 5: each is told once, in order/,
  ],
  ['a part of a minute', (one) => ({ ...one, minute: 6.5 }), /the minute is 6.5, and must be a whole number/],
  ['a step back', (one) => ({ ...one, step: 0 }), /is of step 0, and the rollout is at 1 of 0 to 3/],
  ['a step that is none', (one) => ({ ...one, step: 4 }), /is of step 4, and the rollout is at 1 of 0 to 3/],
  [
    'requests below 0',
    (one) => ({ ...one, candidate: { requests: -1, bad: [0] } }),
    /requests of the candidate in minute 6 are -1/,
  ],
  [
    'a count too few',
    (one) => ({ ...one, baseline: { requests: 1, bad: [] } }),
    /the baseline has 0 counts in minute 6, and needs one for each metric: errors/,
  ],
  [
    'a part of an event',
    (one) => ({ ...one, candidate: { requests: 9, bad: [0.4] } }),
    /'errors' of the candidate in minute 6 is 0.4, and must be a whole number from 0, or null without data; .* rounded/,
  ],
])('%s is refused, and changes nothing', (_, change, message) => {
  const { judge } = judgeOf();
  judge.take(minuteOf(5, 1, GOOD));
  const before = judge.snapshot();
  expect(() => judge.take(change(minuteOf(6, 1, GOOD)) as MinuteCounts)).toThrow(message);
  expect(judge.snapshot()).toEqual(before);
});

test('before the first minute there is nothing to judge by', () => {
  expect(() => judgeOf().judge.judgement()).toThrow(/no minute was told/);
});
