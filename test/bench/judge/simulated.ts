import { fixedAlarm } from '../../../bin/simulate/rules/fixed-alarm';
import { judgeOnTime } from '../../../bin/simulate/rules/judge-rule';
import { mannWhitney } from '../../../bin/simulate/rules/mann-whitney';
import { zTest } from '../../../bin/simulate/rules/z-test';
import { isRegression, type Scenario } from '../../../bin/simulate/scenario';
import { type Outcomes, simulate } from '../../../bin/simulate/simulate';
import type { BenchResult } from '../bench-result';

const SEED = 1;
const runsAt = (requestsPerMinute: number): number => (requestsPerMinute >= 6000 ? 600 : 1500);

/** Rollbacks in percent as published with the method, by rule. */
interface Case {
  readonly requests: number;
  readonly before: number;
  readonly after: number;
  readonly bursts?: number;
  readonly incident?: boolean;
  readonly published: { readonly alarm?: number; readonly z?: number; readonly test: number; readonly judge?: number };
}

const CASES: readonly Case[] = [
  ...alike(60, [1.4, 29.8, 63.8, 96.2], [7.6, 6.9, 6.9, 6.5], [0, 0.3, 0.1, 0.4]),
  ...alike(600, [1.3, 52.2, 99.3, 100], [13.5, 11.2, 10.7, 8.7], [0.3, 0.3, 0.1, 0.2]),
  ...alike(6000, [0, 17.2, 100, 100], [15.8, 9.8, 10, 11], [0, 0.3, 0, 0]),
  { ...one(60, 0.1, 0.1), incident: true, published: { alarm: 11.5, z: 1.3, test: 0.2 } },
  { ...one(600, 0.1, 0.1), incident: true, published: { alarm: 89, z: 15.5, test: 0.2 } },
  { ...one(6000, 0.1, 0.1), incident: true, published: { alarm: 100, z: 43.3, test: 0 } },
  { ...one(600, 1, 1), bursts: 0.5, published: { test: 1.6, judge: 0.3 } },
  { ...one(600, 1, 1), bursts: 1, published: { test: 8.3, judge: 2.4 } },
  { ...one(6000, 1, 1), bursts: 0.5, published: { test: 21.7, judge: 1.4 } },
  { ...one(6000, 1, 1), bursts: 1, published: { test: 60.5, judge: 7.9 } },
  { ...one(60, 0.1, 5), published: { alarm: 100, z: 100, test: 99.8, judge: 99.9 } },
  { ...one(60, 0.1, 50), published: { alarm: 100, z: 100, test: 100 } },
  { ...one(600, 0.1, 1), published: { alarm: 99.5, z: 100, test: 100 } },
  { ...one(600, 0.1, 5), published: { test: 100, judge: 100 } },
  { ...one(600, 0.1, 50), published: { alarm: 100, z: 100, test: 100, judge: 100 } },
  { ...one(6000, 0.1, 0.3), published: { alarm: 2.5, z: 100, test: 100 } },
  { ...one(6000, 1, 2), published: { test: 100, judge: 100 } },
];

const TEST = judgeOnTime('test', {
  tempering: false,
  looks: 1,
  warmupMinutes: 0,
  fastPath: undefined,
  metrics: [{ name: 'errors', minBad: 0, minRatio: 1, minDifference: 0 }],
});
const JUDGE = judgeOnTime('judge', { warmupMinutes: 0 });

/**
 * The simulation that is published with the method, played with this judge: steps of 5, 20 and 50 % for ten minutes each, a look each
 * minute, and one more minute until a rollback has its effect.
 */
export function benchSimulated(): BenchResult {
  const played = CASES.map((one) => {
    const scenario = scenarioOf(one);
    const by = (rule: Parameters<typeof simulate>[1]): Outcomes => simulate(scenario, rule, runsAt(one.requests), SEED);
    return {
      ...one,
      scenario,
      alarm: by(fixedAlarm(0.01)),
      z: by(zTest()),
      mannWhitney: by(mannWhitney()),
      test: by(TEST),
      judge: by(JUDGE),
    };
  });
  const calm = played.filter(({ scenario, bursts }) => !isRegression(scenario) && bursts === undefined);
  const broken = played.filter(({ after, requests }) => after === 50 && requests >= 600);
  const most = (values: readonly number[]): number => Math.max(...values);
  const apart = played.flatMap(({ published, requests, alarm, z, test, judge }) =>
    (
      [
        [published.alarm, alarm],
        [published.z, z],
        [published.test, test],
        [published.judge, judge],
      ] as const
    ).map(([percent, { rolledBack }]) => (percent === undefined ? 0 : errors(percent / 100, rolledBack, requests))),
  );
  return {
    name: 'rollbacks of simulated rollouts, % (and minutes to it / errors that the old version would not have had)',
    rows: played.map((one) => ({
      'requests/min': one.requests,
      'errors, %': one.before === one.after ? one.before : `${one.before} -> ${one.after}`,
      '': [one.bursts === undefined ? '' : `bursts ${one.bursts}`, one.incident === true ? 'incident' : '']
        .join(' ')
        .trim(),
      'alarm 1 %': told(one.alarm, one.published.alarm, one.scenario),
      'z-test': told(one.z, one.published.z, one.scenario),
      'Mann-Whitney': told(one.mannWhitney, undefined, one.scenario),
      'the test alone': told(one.test, one.published.test, one.scenario),
      'the judge': told(one.judge, one.published.judge, one.scenario),
      'z-test / judge, false': isRegression(one.scenario) ? '' : ratio(one.z, one.judge),
    })),
    limits: [
      {
        name: 'false rollbacks without over-dispersion, of any rate',
        measured: most(calm.map(({ judge }) => judge.rolledBack * 100)),
        limit: 1,
        unit: '%',
      },
      {
        name: 'the same by the test alone',
        measured: most(calm.map(({ test }) => test.rolledBack * 100)),
        limit: 1,
        unit: '%',
      },
      {
        name: 'minutes until a version of which half is broken is stopped',
        measured: most(broken.map(({ judge }) => judge.minutesToRollback ?? Infinity)),
        limit: 2,
        unit: 'min',
      },
      {
        name: 'versions of which half is broken that are not stopped',
        measured: most(broken.map(({ judge }) => (1 - judge.rolledBack) * 100)),
        limit: 0,
        unit: '%',
      },
      { name: 'farthest from a published share', measured: most(apart), limit: 4, unit: 'standard errors' },
    ],
  };
}

function alike(
  requests: number,
  alarm: readonly number[],
  z: readonly number[],
  test: readonly number[],
): readonly Case[] {
  return [0.1, 0.5, 1, 2].map((rate, at) => ({
    ...one(requests, rate, rate),
    published: { alarm: alarm[at], z: z[at], test: test[at] },
  }));
}

function one(requests: number, before: number, after: number): Pick<Case, 'requests' | 'before' | 'after'> {
  return { requests, before, after };
}

function scenarioOf({ requests, before, after, bursts, incident }: Case): Scenario {
  return {
    requestsPerMinute: requests,
    steps: [5, 20, 50, 100].map((percent) => ({ percent, bakeMinutes: 10 })),
    errorRate: before / 100,
    newErrorRate: after / 100,
    burstiness: bursts ?? 0,
    reactionMinutes: 1,
    ...(incident === true && { incident: { rate: 0.03, from: 7, minutes: 5 } }),
  };
}

/** How many standard errors of both simulations a share is from the published one, of as many runs. */
function errors(published: number, measured: number, requests: number): number {
  const runs = runsAt(requests);
  // Of neither share is known more than that it may have been one run more.
  const variance = (share: number): number => Math.max(share * (1 - share), 1 / runs) / runs;
  return Math.abs(measured - published) / Math.sqrt(variance(published) + variance(measured));
}

function told(
  { rolledBack, minutesToRollback, excessErrors }: Outcomes,
  published: number | undefined,
  scenario: Scenario,
): string {
  const percent = `${round(rolledBack * 100)}${published === undefined ? '' : ` [${published}]`}`;
  return isRegression(scenario) ? `${percent} (${minutesToRollback ?? '-'} / ${round(excessErrors)})` : percent;
}

function ratio(more: Outcomes, less: Outcomes): string {
  return less.rolledBack === 0
    ? `${round(more.rolledBack * 100)} : 0`
    : String(round(more.rolledBack / less.rolledBack));
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
