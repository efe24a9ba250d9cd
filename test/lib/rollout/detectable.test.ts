import * as fc from 'fast-check';
import { judgeOnTime, judgeRule } from '../../../bin/simulate/rules/judge-rule';
import type { Rule } from '../../../bin/simulate/rules/rule';
import type { Scenario } from '../../../bin/simulate/scenario';
import { simulate } from '../../../bin/simulate/simulate';
import type { JudgeOptions, MetricOptions } from '../../../lambda/rollout-judge/contract';
import { judgeSettings } from '../../../lambda/rollout-judge/judge-settings';
import { detection, type Detection, type Sought } from '../../../lib/rollout/detectable';
import { detectionHint } from '../../../lib/rollout/detection-hint';

const SEED = 20_260_101;

interface Plan {
  readonly percents?: readonly number[];
  readonly bake?: number;
  readonly rate: number;
  readonly base: number;
  readonly ratio: number;
  /** Without that of the steps. */
  readonly minRequests?: number;
  readonly judge?: Partial<JudgeOptions>;
}

function soughtOf({ percents = [5, 20, 50, 100], bake = 10, rate, base, ratio, minRequests, judge }: Plan): Sought {
  const steps = percents.map((percent) => ({
    percent,
    bakeMinutes: bake,
    ...(minRequests !== undefined && { minRequests }),
  }));
  return {
    judge: { metrics: [{ name: 'errors' }], ...judge, steps },
    metric: 'errors',
    requestsPerMinute: rate,
    baseRate: base,
    ratio,
  };
}

const detect = (plan: Plan): Detection => detection(soughtOf(plan));
const hint = (plan: Plan): string | undefined => detectionHint(soughtOf(plan), detect(plan));
const last = ({ steps }: Detection): Detection['steps'][number] => steps[steps.length - 1];

function played(plan: Plan, rule: (name: string, options?: Partial<JudgeOptions>) => Rule, runs: number): number {
  const { judge, requestsPerMinute, baseRate, ratio } = soughtOf(plan);
  const scenario: Scenario = {
    requestsPerMinute,
    steps: judge.steps,
    errorRate: baseRate,
    newErrorRate: baseRate * ratio,
    burstiness: 0,
    reactionMinutes: 1,
  };
  return simulate(scenario, rule('judge', plan.judge), runs, SEED).rolledBack;
}

/**
 * Chance of a rollback before all traffic is the new version's: as computed; by the judge, when each step ends with its bake; and by the
 * judge as it is, which extends a step in doubt. The last two are 2,000 simulated rollouts each.
 */
const TABLE: readonly (readonly [plan: Plan, computed: number, inBake: number, extended: number])[] = [
  [{ rate: 800, base: 0.005, ratio: 2 }, 0.354, 0.366, 0.591],
  [{ rate: 1500, base: 0.005, ratio: 2 }, 0.77, 0.763, 0.923],
  [{ rate: 2600, base: 0.005, ratio: 2 }, 0.966, 0.972, 0.995],
  [{ rate: 150, base: 0.005, ratio: 5 }, 0.819, 0.793, 0.935],
  [{ rate: 700, base: 0.001, ratio: 5 }, 0.725, 0.749, 0.915],
  [{ rate: 200, base: 0.001, ratio: 10 }, 0.686, 0.703, 0.879],
  [{ rate: 24, base: 0.001, ratio: 50, minRequests: 1 }, 0.706, 0.644, 0.874],
  [{ rate: 1400, base: 0.01, ratio: 1.7 }, 0.769, 0.725, 0.9],
  [{ rate: 900, base: 0.01, ratio: 2, percents: [20, 50, 100] }, 0.789, 0.794, 0.933],
  [{ rate: 220, base: 0.01, ratio: 2, bake: 30 }, 0.796, 0.766, 0.894],
  [{ rate: 430, base: 0.05, ratio: 2, percents: [5, 100], bake: 30 }, 0.774, 0.807, 0.923],
  [{ rate: 1200, base: 0.01, ratio: 2, percents: [50, 100] }, 0.583, 0.572, 0.848],
  [{ rate: 1800, base: 0.01, ratio: 2, percents: [1, 5, 25, 100], judge: { alpha: 0.001 } }, 0.749, 0.725, 0.892],
  [{ rate: 700, base: 0.01, ratio: 2, judge: { looks: 1, tempering: false } }, 0.809, 0.822, 0.922],
  [{ rate: 1700, base: 0.01, ratio: 2, judge: { toleratedRatio: 1.25 } }, 0.805, 0.774, 0.922],
  // What is said of traffic that is too small, and the remedies that are named.
  [{ rate: 60, base: 0.005, ratio: 2 }, 0, 0.013, 0.006],
  [{ rate: 60, base: 0.005, ratio: 2, bake: 201 }, 0.801, 0.774, 0.866],
  [{ rate: 600, base: 0.005, ratio: 2 }, 0.19, 0.22, 0.401],
  [{ rate: 600, base: 0.005, ratio: 2, bake: 23 }, 0.804, 0.794, 0.911],
  [{ rate: 600, base: 0.005, ratio: 2, bake: 43, percents: [50, 100] }, 0.808, 0.826, 0.935],
];
/** Computed and measured chances lie that near each other. */
const NEAR = 0.07;

describe('beside the simulator', () => {
  test.each(TABLE)('%j: the chance that is computed is near that of the judge within its bakes', (...row) => {
    const [plan, computed, inBake, extended] = row;
    const { chance, found } = last(detect(plan));
    expect(chance).toBeCloseTo(computed, 2);
    expect(Math.abs(chance - inBake)).toBeLessThan(NEAR);
    // Those who are told that it is found get it found, and the others are not told for nothing.
    expect(found ? extended >= 0.8 : inBake < 0.81).toBe(true);
  });

  test.each(TABLE.filter((_, place) => place % 4 === 3))('%j: the table is as measured', (...row) => {
    const [plan, , inBake, extended] = row;
    const runs = 150;
    const error = (share: number): number => 3.1 * Math.sqrt((share * (1 - share)) / runs) + 0.01;
    expect(Math.abs(played(plan, judgeOnTime, runs) - inBake)).toBeLessThan(error(inBake));
    expect(Math.abs(played(plan, judgeRule, runs) - extended)).toBeLessThan(error(extended));
  });

  test('one metric among several needs more, as evidence is the average of all', () => {
    // As the simulator has it: errors have half of the weight, three parts of latency the rest.
    const weighed: Plan = {
      rate: 1900,
      base: 0.005,
      ratio: 2,
      judge: {
        metrics: [
          { name: 'errors', weight: 0.5 },
          { name: 'slow', weight: 0.5 },
        ],
      },
    };
    const { chance } = last(detect(weighed));
    expect(chance).toBeLessThan(last(detect({ ...weighed, judge: {} })).chance - 0.03);
    const { judge, requestsPerMinute } = soughtOf(weighed);
    const scenario: Scenario = {
      requestsPerMinute,
      steps: judge.steps,
      errorRate: 0.005,
      newErrorRate: 0.01,
      latencyFactor: 1,
      burstiness: 0,
      reactionMinutes: 1,
    };
    expect(Math.abs(simulate(scenario, judgeOnTime('judge'), 300, SEED).rolledBack - chance)).toBeLessThan(0.12);
  });

  test('good events that become fewer are found by the same arithmetic', () => {
    const metrics: MetricOptions[] = [{ name: 'bought', direction: 'decrease' }];
    const plan: Plan = { rate: 350, base: 0.04, ratio: 2, judge: { metrics } };
    const { chance } = last(detection({ ...soughtOf(plan), metric: 'bought' }));
    const { judge, requestsPerMinute } = soughtOf(plan);
    const scenario: Scenario = {
      requestsPerMinute,
      steps: judge.steps,
      errorRate: 0.04,
      newErrorRate: 0.02,
      burstiness: 0,
      reactionMinutes: 1,
    };
    expect(chance).toBeGreaterThan(0.5);
    expect(Math.abs(simulate(scenario, judgeOnTime('judge', { metrics }), 300, SEED).rolledBack - chance)).toBeLessThan(
      0.1,
    );
  });
});

describe('more of anything finds no less', () => {
  const plans = fc.record({
    percents: fc.constantFrom(
      [5, 20, 50, 100],
      [20, 50, 100],
      [1, 5, 25, 100],
      [50, 100],
      [10, 20, 30, 40, 50, 60, 70, 80, 90, 100],
    ),
    bake: fc.integer({ min: 2, max: 200 }),
    rate: fc.double({ min: 1, max: 1e5, noNaN: true }),
    base: fc.constantFrom(0.0005, 0.002, 0.01, 0.1),
    ratio: fc.double({ min: 1.6, max: 9, noNaN: true }),
  });
  // Steps that wait for their requests end sooner with more traffic, a part of a minute's requests apart.
  const fewRequests = { minRequests: 1e-9 };
  const times = fc.double({ min: 1, max: 10, noNaN: true });
  const chanceOf = (plan: Plan): number => last(detect({ ...plan, ...fewRequests })).chance;

  test('traffic', () => {
    fc.assert(
      fc.property(plans, times, (plan, more) => {
        expect(chanceOf({ ...plan, rate: plan.rate * more })).toBeGreaterThanOrEqual(chanceOf(plan) - 1e-6);
      }),
    );
  });

  test('bake', () => {
    fc.assert(
      fc.property(plans, times, (plan, more) => {
        expect(chanceOf({ ...plan, bake: Math.round(plan.bake * more) })).toBeGreaterThanOrEqual(chanceOf(plan) - 1e-6);
      }),
    );
  });

  test('effect', () => {
    fc.assert(
      fc.property(plans, times, (plan, more) => {
        expect(chanceOf({ ...plan, ratio: plan.ratio * more })).toBeGreaterThanOrEqual(chanceOf(plan) - 1e-6);
      }),
    );
  });
});

test('says by which step, after how many minutes, and how many requests it takes', () => {
  expect(detect({ rate: 6000, base: 0.005, ratio: 2 })).toMatchObject({
    steps: [
      { percent: 5, minutes: 10, requests: 2700, needed: 6900, found: false, starved: false },
      { percent: 20, requests: 13_500, needed: 8700, found: true },
      { percent: 50, requests: 40_500, needed: 8700, found: true },
    ],
    foundIn: 1,
    minutes: 16,
    remedies: [],
  });
});

test('a step goes on until it has its requests, and ends the rollout where they do not come', () => {
  const [first, second] = detect({ rate: 100, base: 0.01, ratio: 2 }).steps;
  expect([first, second]).toMatchObject([
    { minutes: 21, requests: 100, starved: false },
    { minutes: 16, requests: 400, starved: false },
  ]);
  const starved = detect({ rate: 60, base: 0.05, ratio: 20 });
  expect(starved.steps[0]).toMatchObject({ minutes: 30, starved: true });
  // What is found before is found all the same.
  expect(starved.foundIn).toBe(0);
  const blind = detect({ rate: 60, base: 0.005, ratio: 10 });
  expect([blind.foundIn, last(blind).chance]).toEqual([undefined, blind.steps[0].chance]);
});

test('each remedy would do, and a minute less would not', () => {
  const plan: Plan = { rate: 600, base: 0.005, ratio: 2 };
  const { remedies } = detect(plan);
  expect(remedies).toEqual([
    { percents: [5, 20, 50, 100], bakeMinutes: 23 },
    { percents: [20, 50, 100], bakeMinutes: 26 },
    { percents: [50, 100], bakeMinutes: 43 },
  ]);
  for (const { percents, bakeMinutes } of remedies) {
    const judge = { steps: percents.map((percent) => ({ percent, bakeMinutes })) };
    // Requests that a step must have are those of its place.
    expect(detect({ ...plan, percents, bake: bakeMinutes, judge }).foundIn).toBe(percents.length - 2);
    expect(detect({ ...plan, percents, bake: bakeMinutes - 1 }).foundIn).toBeUndefined();
  }
});

test('a longest bake that was told grows with the bake of a remedy', () => {
  const sought = soughtOf({ rate: 60, base: 0.005, ratio: 2 });
  const steps = sought.judge.steps.map((step) => ({ ...step, maxBakeMinutes: 3 * step.bakeMinutes }));
  expect(detection({ ...sought, judge: { ...sought.judge, steps } }).remedies).toEqual(detection(sought).remedies);
  const rare = { ...sought, judge: { ...sought.judge, steps: steps.map((step) => ({ ...step, minRequests: 1500 })) } };
  // Its 30 minutes would never do; those of the remedy are as long as it takes to get so many requests at 5 %.
  expect(detection(rare).remedies[0].bakeMinutes * 3).toBeGreaterThanOrEqual(1500 / 3);
});

test("what is left out is by the judge's defaults", () => {
  for (const rate of [30, 60, 600, 6000]) {
    const sought = soughtOf({ rate, base: 0.005, ratio: 2 });
    expect(detection({ ...sought, judge: judgeSettings(sought.judge) })).toEqual(detection(sought));
  }
});

test('no traffic finds nothing, and all that is bad is found at once', () => {
  expect(detect({ rate: 0, base: 0.01, ratio: 2 })).toMatchObject({ remedies: [], steps: [{ starved: true }, {}, {}] });
  expect(detect({ rate: 1e6, base: 0.5, ratio: 5 })).toMatchObject({ foundIn: 0 });
});

test('a metric that there is not is refused by name', () => {
  expect(() => detection({ ...soughtOf({ rate: 1, base: 0.1, ratio: 2 }), metric: 'slow' })).toThrow(
    "no metric of the rollout is 'slow': there are 'errors'",
  );
});

describe('in one sentence', () => {
  test('nothing, when it is found', () => {
    expect(hint({ rate: 6000, base: 0.005, ratio: 2 })).toBeUndefined();
  });

  test('too little traffic, and steps that would do', () => {
    expect(hint({ rate: 600, base: 0.005, ratio: 2 })).toBe(
      "with 600 requests a minute the rollout does not find 'errors' that go from 0.5 % to 1 %: by steps 5-20-50-100 of 10 minutes " +
        'the new version serves 4,050 requests beside the old one, where 11,550 would be needed; 5-20-50-100 of 23 minutes would ' +
        'find them, or 50-100 of 43 minutes',
    );
  });

  test('so little that the first step is left undecided', () => {
    expect(hint({ rate: 60, base: 0.005, ratio: 2 })).toBe(
      "with 60 requests a minute the rollout does not find 'errors' that go from 0.5 % to 1 %: by steps 5-20-50-100 of 10 minutes it is " +
        'left undecided at 5 %, after 30 minutes with 87 requests of the new version, where 5,589 would be needed; 5-20-50-100 of 201 ' +
        'minutes would find them, or 50-100 of 375 minutes',
    );
  });

  test('bakes that differ are all named', () => {
    const sought = soughtOf({ rate: 100, base: 0.005, ratio: 2 });
    const steps = sought.judge.steps.map((step, place) => ({ ...step, bakeMinutes: 10 + place }));
    const uneven = { ...sought, judge: { ...sought.judge, steps } };
    expect(detectionHint(uneven, detection(uneven))).toContain('by steps 5-20-50-100 of 10, 11 and 12 minutes');
  });

  test.each<[Plan, RegExp]>([
    [
      { rate: 1e5, base: 0.01, ratio: 1.4 },
      /never goes back .* 1 % to 1\.4 %.*: that is 1\.4 times as bad, and minRatio is 1\.5$/,
    ],
    [{ rate: 1e5, base: 0.0005, ratio: 2 }, /: that is a difference of 0\.05 %, and minDifference is 0\.1 %$/],
    [
      { rate: 1e5, base: 0.01, ratio: 2, judge: { toleratedRatio: 2 } },
      /: that is 2 times as bad, and toleratedRatio is 2$/,
    ],
    [
      { rate: 1e5, base: 0.01, ratio: 2, judge: { metrics: [{ name: 'errors', critical: false }] } },
      /: the metric is not critical$/,
    ],
    [
      { rate: 0.01, base: 0.01, ratio: 2 },
      /those of ten days would not suffice; no bake of up to ten days would find them$/,
    ],
  ])('%j: why it never does', (plan, text) => {
    expect(hint(plan)).toMatch(text);
  });
});
