import { DEFAULTS, type JudgeOptions } from '../../../lambda/rollout-judge/contract';
import { fingerprint, judgeSettings } from '../../../lambda/rollout-judge/judge-settings';
import { OPTIONS } from './counts';

test('steps and metrics alone are enough', () => {
  const { steps, metrics, ...rest } = judgeSettings(OPTIONS);
  expect(steps.map(({ minRequests, maxBakeMinutes }) => [minRequests, maxBakeMinutes])).toEqual([
    [100, 30],
    [300, 30],
    [600, 30],
    [600, 30],
  ]);
  expect(metrics).toEqual([{ name: 'errors', ...DEFAULTS.metric }]);
  expect(rest).toEqual({
    alpha: 0.01,
    toleratedRatio: 1,
    tempering: true,
    looks: 2,
    warmupMinutes: 1,
    fastPath: { bad: 20, rate: 0.25, ratio: 5 },
    maxHoldMinutes: 15,
    allowUnhealthyBaseline: false,
    onInconclusive: 'pause',
  });
});

test('nothing that is told is lost: 0, false, and never', () => {
  const told: JudgeOptions = {
    ...OPTIONS,
    tempering: false,
    warmupMinutes: 0,
    fastPath: undefined,
    metrics: [
      { name: 'a', minBad: 0, minDifference: 0, ceiling: undefined },
      { name: 'b', critical: false },
    ],
  };
  const { metrics, ...settings } = judgeSettings(told);
  expect(settings).toMatchObject({ tempering: false, warmupMinutes: 0, fastPath: undefined });
  expect(metrics[0]).toMatchObject({ minBad: 0, minDifference: 0 });
  expect(metrics[0]).not.toHaveProperty('ceiling');
  expect(metrics[1].critical).toBe(false);
});

test('events that are good have no ceiling', () => {
  expect(judgeSettings({ ...OPTIONS, metrics: [{ name: 'a', direction: 'decrease' }] }).metrics[0].ceiling).toBe(
    undefined,
  );
});

const steps = (...percents: number[]): Partial<JudgeOptions> => ({
  steps: percents.map((percent) => ({ percent, bakeMinutes: 10 })),
});
const metric = (other: object): Partial<JudgeOptions> => ({ metrics: [{ name: 'a', ...other }] });

test.each<[Partial<JudgeOptions>, RegExp]>([
  [steps(), /steps has 0 entries, and may have 1 to 20/],
  [steps(...Array.from({ length: 21 }, (_, place) => (place + 1) * 4)), /steps has 21 entries/],
  [steps(0, 100), /steps is 0, 100, and each must be above the one before, and above 0/],
  [steps(20, 20, 100), /steps is 20, 20, 100, and each must be above/],
  [steps(5, 50), /steps is 5, 50, and the last must be 100/],
  [steps(5, NaN, 100), /each must be above/],
  [{ steps: [{ percent: 100, bakeMinutes: 0 }] }, /bakeMinutes of step 1 is 0, and must be 1 to 14400/],
  [{ steps: [{ percent: 100, bakeMinutes: 1.5 }] }, /bakeMinutes of step 1 is 1.5, and must be a whole number/],
  [
    { steps: [{ percent: 100, bakeMinutes: 9, maxBakeMinutes: 8 }] },
    /maxBakeMinutes of step 1 is 8, and must be 9 to 144000/,
  ],
  [{ steps: [{ percent: 100, bakeMinutes: 9, minRequests: 0 }] }, /minRequests of step 1 is 0/],
  [{ metrics: [] }, /metrics has none that is critical .* add one, such as errors/],
  [metric({ observeOnly: true }), /metrics has none that is critical/],
  [{ metrics: [{ name: 'a' }, { name: 'a' }] }, /metrics has 'a' twice/],
  [metric({ direction: 'up' }), /direction of metric 'a' is 'up', and must be one of increase, decrease/],
  [metric({ missingData: 'ignore' }), /missingData of metric 'a' is 'ignore', and must be one of missing/],
  [metric({ weight: 0 }), /weight of metric 'a' is 0/],
  [metric({ minBad: -1 }), /minBad of metric 'a' is -1, and must be at least 0/],
  [metric({ minRatio: 0.5 }), /minRatio of metric 'a' is 0.5, and must be at least 1/],
  [metric({ minDifference: 2 }), /minDifference of metric 'a' is 2, and must be 0 to 1/],
  [metric({ ceiling: 0 }), /ceiling of metric 'a' is 0/],
  [metric({ direction: 'decrease', ceiling: 0.5 }), /ceiling of metric 'a' is 0.5, and its events are good/],
  [metric({ direction: 'decrease', missingData: 'breaching' }), /its events are good: use notBreaching/],
  [{ alpha: 0 }, /alpha is 0/],
  [{ alpha: NaN }, /alpha is NaN/],
  [{ toleratedRatio: 0.9 }, /toleratedRatio is 0.9, and must be 1 to 10/],
  [{ looks: 0 }, /looks is 0, and must be 1 to 10/],
  [{ warmupMinutes: -1 }, /warmupMinutes is -1/],
  [{ maxHoldMinutes: 0 }, /maxHoldMinutes is 0/],
  [{ onInconclusive: 'wait' as 'pause' }, /onInconclusive is 'wait', and must be one of pause, rollback, promote/],
  [{ fastPath: { bad: 0, rate: 0, ratio: 0 } }, /fastPath.bad is 0.*fastPath.rate is 0.*fastPath.ratio is 0/],
])('%j is refused', (options, message) => {
  expect(() => judgeSettings({ ...OPTIONS, ...options })).toThrow(message);
});

test('all that is at fault is named at once', () => {
  expect(() => judgeSettings({ ...OPTIONS, ...steps(5), looks: 0, alpha: 7 })).toThrow(
    /^a rollout cannot be judged by these settings: alpha .*; looks .*; steps /,
  );
});

test('every setting is part of the fingerprint', () => {
  const base = judgeSettings(OPTIONS);
  const others: JudgeOptions[] = [
    { ...OPTIONS, alpha: 0.02 },
    { ...OPTIONS, fastPath: undefined },
    { ...OPTIONS, metrics: [{ name: 'errors', minBad: 4 }] },
    { ...OPTIONS, metrics: [{ name: 'faults' }] },
    { ...OPTIONS, steps: [...OPTIONS.steps.slice(0, 3), { percent: 100, bakeMinutes: 11 }] },
  ];
  const prints = [base, ...others.map(judgeSettings)].map(fingerprint);
  expect(new Set(prints).size).toBe(prints.length);
  expect(fingerprint(judgeSettings(base))).toBe(prints[0]);
});
