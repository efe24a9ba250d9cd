import { judgeOnTime, judgeRule } from '../../../bin/simulate/rules/judge-rule';
import type { Scenario } from '../../../bin/simulate/scenario';
import { simulate } from '../../../bin/simulate/simulate';

const SCENARIO: Scenario = {
  requestsPerMinute: 600,
  steps: [5, 20, 50, 100].map((percent) => ({ percent, bakeMinutes: 10 })),
  errorRate: 0.01,
  newErrorRate: 0.01,
  burstiness: 0,
  reactionMinutes: 1,
};
const INCIDENT = { rate: 0.03, from: 6, minutes: 5 };
const SEED = 20_260_101;

/** The test alone: no effect is too small, one look does. */
const PLAIN = judgeOnTime('test', {
  tempering: false,
  looks: 1,
  warmupMinutes: 0,
  fastPath: undefined,
  metrics: [{ name: 'errors', minBad: 0, minRatio: 1, minDifference: 0 }],
});
const DEFAULT = judgeOnTime('judge', { warmupMinutes: 0, fastPath: undefined });

/** So many of so many runs would hardly ever (once in a thousand times) be exceeded at this chance. */
function atMostByChance(chance: number, runs: number): number {
  return chance + (3.1 * Math.sqrt(chance * (1 - chance) * runs) + 1) / runs;
}

test.each([
  [60, 0.01, undefined],
  [600, 0.001, undefined],
  [600, 0.02, undefined],
  [6000, 0.005, undefined],
  [600, 0.001, INCIDENT],
])(
  'at %i requests a minute, %d errors and an incident of %j, a version as good is rolled back at most at alpha',
  (requestsPerMinute, rate, incident) => {
    const scenario: Scenario = {
      ...SCENARIO,
      requestsPerMinute,
      errorRate: rate,
      newErrorRate: rate,
      ...(incident !== undefined && { incident }),
    };
    // Alpha is a twentieth here, so that a few hundred runs could show a test that does not keep to it.
    const loose = judgeOnTime('test', {
      alpha: 0.05,
      tempering: false,
      looks: 1,
      warmupMinutes: 0,
      fastPath: undefined,
      metrics: [{ name: 'errors', minBad: 0, minRatio: 1, minDifference: 0 }],
    });
    expect(simulate(scenario, loose, 500, SEED).rolledBack).toBeLessThanOrEqual(atMostByChance(0.05, 500));
    expect(simulate(scenario, PLAIN, 500, SEED).rolledBack).toBeLessThanOrEqual(atMostByChance(0.01, 500));
    expect(simulate(scenario, DEFAULT, 500, SEED).rolledBack).toBeLessThanOrEqual(atMostByChance(0.005, 500));
  },
);

test('the same with three metrics of latency beside the errors', () => {
  const outcomes = simulate({ ...SCENARIO, latencyFactor: 1 }, judgeRule('judge'), 300, SEED);
  expect(outcomes.rolledBack).toBeLessThanOrEqual(atMostByChance(0.01, 300));
  expect(outcomes.promoted).toBeGreaterThan(0.9);
});

// Shares of rollbacks as published with the method, where the arms burst by themselves: the test alone is not made for that.
test.each([
  [600, 0.001, 0.5, 0.016, 0.003],
  [6000, 0.01, 0.5, 0.217, 0.014],
  [6000, 0.01, 1, 0.605, 0.079],
])(
  'at %i requests a minute, %d errors and bursts of %d, tempering, gate and two looks help as published',
  (requestsPerMinute, rate, burstiness, plain, full) => {
    const runs = 400;
    const scenario = { ...SCENARIO, requestsPerMinute, errorRate: rate, newErrorRate: rate, burstiness };
    const error = (share: number): number => 3.1 * Math.sqrt((share * (1 - share) + 0.002) / runs) + 0.005;
    expect(Math.abs(simulate(scenario, PLAIN, runs, SEED).rolledBack - plain)).toBeLessThan(error(plain));
    expect(Math.abs(simulate(scenario, DEFAULT, runs, SEED).rolledBack - full)).toBeLessThan(error(full));
  },
);

// Share of rollbacks, and minutes until half of them, as published.
test.each([
  [600, 0.001, 0.05, 1, 2, 1, 3],
  [600, 0.001, 0.5, 1, 1, 1, 2],
  [6000, 0.01, 0.02, 1, 7, 1, 9],
  [60, 0.001, 0.05, 0.998, 13, 0.999, 15],
])(
  'at %i requests a minute, %d errors that become %d are found as soon as published',
  (requestsPerMinute, errorRate, newErrorRate, plain, plainMinutes, full, fullMinutes) => {
    const scenario = { ...SCENARIO, requestsPerMinute, errorRate, newErrorRate };
    const byTest = simulate(scenario, PLAIN, 200, SEED);
    const byJudge = simulate(scenario, DEFAULT, 200, SEED);
    expect(byTest.rolledBack).toBeGreaterThanOrEqual(plain - 0.02);
    expect(byJudge.rolledBack).toBeGreaterThanOrEqual(full - 0.02);
    expect(Math.abs(byTest.minutesToRollback! - plainMinutes)).toBeLessThanOrEqual(1);
    expect(Math.abs(byJudge.minutesToRollback! - fullMinutes)).toBeLessThanOrEqual(1);
  },
);
