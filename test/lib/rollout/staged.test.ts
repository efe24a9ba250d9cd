import { Duration, Lazy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as fc from 'fast-check';
import { judgeSettings } from '../../../lambda/rollout-judge/judge-settings';
import { MissingCounts, OnInconclusive, Rollout, RolloutMetric, type StagedRolloutOptions } from '../../../lib';
import { bindMetric, type PublishedCounts } from '../../../lib/rollout/published-counts';
import { stagedPace } from '../../../lib/rollout/staged-pace';
import { stagedPlan } from '../../../lib/rollout/staged-plan';
import { stagedSettings } from '../../../lib/rollout/staged-settings';
import { tinyModel } from '../../fakes/models';

const minutes = (count: number) => Duration.minutes(count);

function refusal(options: StagedRolloutOptions): string {
  try {
    Rollout.staged(options);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

const COUNTS: PublishedCounts = {
  requests: { parts: [] },
  duration: { namespace: 'N', metricName: 'Duration', dimensions: {}, versionDimension: 'V' },
  durationUnit: 'milliseconds',
  maxLatency: Duration.seconds(1),
  counts: {
    failures: { source: { parts: [] } },
    quarantinedRecords: { source: { parts: [] }, options: { ceiling: null } },
  },
  defaults: [RolloutMetric.failures(), RolloutMetric.slowAnswers()],
  delay: minutes(2),
};
const TARGET = { delaySeconds: 120, asked: 'published', capacity: { min: 3 } } as const;

test('by default traffic grows by 5-20-50-100 %, each step watched for ten minutes', () => {
  const rollout = Rollout.staged();
  expect(rollout.description).toBe('staged 5-20-50-100 %, each step watched for 10 minutes or more');
  expect(rollout._shift.kind).toBe('staged');
  expect(stagedPace({})).toMatchObject({
    shares: [5, 20, 50, 100],
    bakes: [10, 10, 10, 10],
    longestBakes: [30, 30, 30, 30],
    shortestMinutes: 52,
    deadlineMinutes: 216,
  });
});

test('other strategies are not staged', () => {
  for (const rollout of [Rollout.allAtOnce(), Rollout.canary({ percent: 5 })]) {
    expect(rollout._staged).toBeUndefined();
  }
});

test.each<[string, StagedRolloutOptions, string]>([
  ['no steps', { steps: [] }, "'steps' is empty, and at least one is needed"],
  ['steps that do not grow', { steps: [5, 5, 100] }, "'steps' is 5, 5, 100, and each step must be larger"],
  ['steps that fall', { steps: [50, 20, 100] }, 'and each step must be larger than the one before'],
  ['steps that end early', { steps: [5, 50] }, "'steps' is 5, 50, and the last step must be 100: all traffic"],
  ['a step of nothing', { steps: [0, 100] }, 'allowed are whole numbers from 1 to 100'],
  ['a step of more than all', { steps: [50, 101] }, 'allowed are whole numbers from 1 to 100'],
  ['half a percent', { steps: [0.5, 100] }, 'allowed are whole numbers from 1 to 100'],
  ['too many steps', { steps: Array.from({ length: 21 }, (_, i) => 80 + i) }, 'which are 21 steps, allowed are 20'],
  ['a bake shorter than the delay of metrics', { bake: minutes(2) }, "'bake' is 2 minutes, allowed is a whole number"],
  ['a final bake shorter than that', { finalBake: minutes(1) }, "'finalBake' is 1 minutes"],
  ['half a minute', { bake: Duration.seconds(330) }, "'bake' is 5.5 minutes"],
  ['a bake of weeks', { bake: Duration.days(11) }, "'bake' is 15840 minutes"],
  ['a plan over its deadline', { deadline: minutes(51) }, 'and the steps alone take 52'],
  ['a deadline of a year', { deadline: Duration.days(365) }, "'deadline' is 525600 minutes"],
  ['an approval of no step', { approvals: [30] }, "'approvals' has 30, which is none of the steps 5, 20, 50, 100"],
  ['a wait beyond CloudFormation', { waitForRollout: true }, 'the steps take up to 132 minutes'],
  [
    'a wait for somebody',
    { waitForRollout: true, bake: minutes(3), approvals: [100] },
    "'waitForRollout' is set, and 'approvals' wait for somebody",
  ],
  ['a false rollback in five rollouts', { analysis: { falseRollback: 0.2 } }, "'analysis.falseRollback' is 0.2"],
  ['a tolerance of nothing', { analysis: { toleratedRatio: 0.5 } }, "'analysis.toleratedRatio' is 0.5"],
  ['no requests at all', { analysis: { minRequests: 0 } }, "'analysis.minRequests' is 0"],
  ['an extension of nothing', { analysis: { extension: 0 } }, "'analysis.extension' is 0"],
  ['a hold of days', { analysis: { maxHold: Duration.days(2) } }, "'analysis.maxHold' is 2880 minutes"],
  ['no traffic expected', { analysis: { expected: { requestsPerMinute: 0 } } }, 'requestsPerMinute'],
  ['an effect of none', { analysis: { expected: { requestsPerMinute: 9, timesAsBad: 1 } } }, 'timesAsBad'],
  ['nothing that may roll back', { analysis: { metrics: [] } }, 'has none that may roll back'],
  [
    'metrics without a say',
    { analysis: { metrics: [RolloutMetric.failures({ observeOnly: true }), RolloutMetric.refusedRequests()] } },
    'has none that may roll back',
  ],
  [
    'a metric twice',
    { analysis: { metrics: [RolloutMetric.failures(), RolloutMetric.failures()] } },
    "'analysis.metrics' has failures twice",
  ],
  ['a pause of no length', { maxPause: minutes(0) }, "'maxPause' is 0 minutes"],
])('refuses %s', (_, options, message) => {
  expect(refusal(options)).toContain(message);
  expect(refusal(options)).toMatch(/^Rollout.staged cannot be used as configured/);
});

test.each<[string, StagedRolloutOptions]>([
  ['one step', { steps: [100] }],
  ['twenty steps', { steps: Array.from({ length: 20 }, (_, i) => 81 + i) }],
  ['the shortest bake', { bake: minutes(3) }],
  ['a deadline of just the steps', { deadline: minutes(52) }],
  ['a wait that fits', { waitForRollout: true, bake: minutes(3) }],
  ['bounds known at deployment', { analysis: { minRequests: Lazy.number({ produce: () => 5 }) } }],
])('accepts %s', (_, options) => {
  expect(refusal(options)).toBe('');
});

test('steps and times that are known only at deployment are refused: they are planned before', () => {
  const token = Lazy.number({ produce: () => 5 });
  expect(refusal({ steps: [token, 100] })).toContain("'steps' is known only at deployment");
  expect(refusal({ bake: minutes(token) })).toContain("'bake' is known only at deployment");
  expect(refusal({ maxPause: minutes(token) })).toContain("'maxPause' is known only at deployment");
  expect(refusal({ analysis: { extension: token } })).toContain("'analysis.extension' is known only at deployment");
  expect(() => RolloutMetric.slowAnswers({ threshold: Duration.millis(token) })).toThrow(
    "'threshold' is known only at deployment",
  );
});

test('an alarm on a metric of an AWS service without dimensions is refused, others are not', () => {
  const stack = new Stack();
  const alarm = (id: string, namespace: string, dimensionsMap?: Record<string, string>) =>
    new cloudwatch.Alarm(stack, id, {
      metric: new cloudwatch.Metric({ namespace, metricName: 'Errors', dimensionsMap }),
      threshold: 1,
      evaluationPeriods: 1,
    });
  expect(refusal({ rollbackAlarms: [alarm('Account', 'AWS/Lambda')] })).toContain(
    "'rollbackAlarms' has 'Default/Account', whose metric of an AWS service has no dimensions",
  );
  const imported = cloudwatch.Alarm.fromAlarmArn(stack, 'I', 'arn:aws:cloudwatch:us-east-1:111111111111:alarm:x');
  expect(
    refusal({ rollbackAlarms: [alarm('One', 'AWS/Lambda', { FunctionName: 'f' }), alarm('Own', 'Mine'), imported] }),
  ).toBe('');
  expect(refusal({ rollbackAlarms: Array.from({ length: 101 }, () => imported) })).toContain(
    "'rollbackAlarms' has 101 alarms, allowed are 100",
  );
});

test.each<[string, () => unknown, string]>([
  ['an effect below none', () => RolloutMetric.failures({ minRatio: 0.5 }), "'minRatio' is 0.5"],
  ['events below one', () => RolloutMetric.failures({ minEvents: 0 }), "'minEvents' is 0"],
  ['a ceiling above all requests', () => RolloutMetric.failures({ ceiling: 1.5 }), "'ceiling' is 1.5"],
  [
    'the version among the dimensions',
    () =>
      RolloutMetric.custom({
        name: 'declined',
        namespace: 'N',
        metricName: 'M',
        versionDimension: 'V',
        dimensions: { V: '1' },
      }),
    "'dimensions' has 'V', which is the 'versionDimension'",
  ],
])('a metric refuses %s', (_, make, message) => {
  expect(make).toThrow(message);
});

test('whatever is accepted, the judge accepts too, also by way of JSON', () => {
  fc.assert(
    fc.property(
      fc.record(
        {
          steps: fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 19 }),
          bake: fc.integer({ min: 3, max: 14_400 }),
          extension: fc.integer({ min: 1, max: 10 }),
          minRequests: fc.integer({ min: 1, max: 1_000_000 }),
          falseRollback: fc.double({ min: 0.0001, max: 0.05, noNaN: true }),
          fastRollback: fc.boolean(),
          onInconclusive: fc.constantFrom(...Object.values(OnInconclusive)),
          ceiling: fc.double({ min: 0.001, max: 1, noNaN: true }),
        },
        { requiredKeys: ['steps', 'bake'] },
      ),
      ({ steps, bake, onInconclusive, ceiling, ...analysis }) => {
        const options: StagedRolloutOptions = {
          steps: [...steps.sort((one, other) => one - other), 100],
          bake: minutes(bake),
          onInconclusive,
          analysis: { ...analysis, metrics: [RolloutMetric.failures({ ceiling }), RolloutMetric.slowAnswers()] },
        };
        Rollout.staged(options);
        const metrics = options.analysis!.metrics!.map((metric) => bindMetric(metric, COUNTS));
        const told = JSON.parse(JSON.stringify(stagedSettings(options, metrics, TARGET))) as ReturnType<
          typeof stagedSettings
        >;
        const settings = judgeSettings(told.judge);
        expect(settings.steps.map(({ percent }) => percent)).toEqual(options.steps);
        expect(settings.fastPath === undefined).toBe(analysis.fastRollback === false);
        expect(settings.metrics[0].ceiling).toBe(ceiling ?? 0.25);
      },
    ),
    { numRuns: 200 },
  );
});

test('each option reaches the controller', () => {
  const stack = new Stack();
  const hook = lambda.Function.fromFunctionArn(stack, 'Hook', 'arn:aws:lambda:us-east-1:111111111111:function:hook');
  const options: StagedRolloutOptions = {
    steps: [10, 100],
    bake: minutes(5),
    finalBake: minutes(20),
    approvals: [100],
    hooks: { before: hook, after: hook },
    deadline: Duration.hours(3),
    onInconclusive: OnInconclusive.ROLLBACK,
    analysis: {
      falseRollback: 0.005,
      toleratedRatio: 1.2,
      minRequests: 50,
      extension: 4,
      maxHold: minutes(7),
      unhealthyBaseline: true,
    },
  };
  expect(stagedSettings(options, [], { ...TARGET, asked: 'staged' })).toEqual({
    judge: {
      steps: [
        { percent: 10, bakeMinutes: 5, maxBakeMinutes: 20, minRequests: 50 },
        { percent: 100, bakeMinutes: 20, maxBakeMinutes: 80, minRequests: 50 },
      ],
      metrics: [],
      alpha: 0.005,
      toleratedRatio: 1.2,
      maxHoldMinutes: 7,
      allowUnhealthyBaseline: true,
      onInconclusive: 'rollback',
    },
    gates: [1],
    hooks: { before: hook.functionArn, after: hook.functionArn },
    deadlineMinutes: 180,
    metricDelaySeconds: 120,
    asked: 'staged',
    capacity: { min: 3 },
    maxFailures: 20,
  });
});

test('metrics have the names, statistics and bounds that they were told', () => {
  expect(bindMetric(RolloutMetric.slowAnswers(), COUNTS)).toEqual({
    judged: { name: 'slowAnswers', missingData: 'notBreaching' },
    source: { parts: [{ ...COUNTS.duration, statistic: 'TC(1000:)' }] },
  });
  const inMicroseconds = { ...COUNTS, durationUnit: 'microseconds' as const };
  expect(
    bindMetric(RolloutMetric.slowAnswers({ threshold: Duration.millis(250) }), inMicroseconds).source.parts[0],
  ).toMatchObject({ statistic: 'TC(250000:)' });
  expect(bindMetric(RolloutMetric.quarantinedRecords({ minEvents: 9 }), COUNTS).judged).toEqual({
    name: 'quarantinedRecords',
    ceiling: null,
    minBad: 9,
  });
  const sold = RolloutMetric.custom({
    name: 'sold',
    namespace: 'Shop',
    metricName: 'Sold',
    versionDimension: 'Version',
    dimensions: { Shop: 'a' },
    goodEvents: true,
    missingCounts: MissingCounts.NOT_BREACHING,
    observeOnly: true,
  });
  expect(bindMetric(sold, COUNTS)).toEqual({
    judged: { name: 'sold', direction: 'decrease', missingData: 'notBreaching', observeOnly: true },
    source: {
      parts: [
        {
          namespace: 'Shop',
          metricName: 'Sold',
          statistic: 'Sum',
          dimensions: { Shop: 'a' },
          versionDimension: 'Version',
        },
      ],
    },
  });
});

test('the plan says when each step begins, at the earliest and at the latest', () => {
  const { steps, duration, notes, before } = stagedPlan(
    { approvals: [100] },
    { model: tinyModel(), metrics: ['failures'], notes: ['so it is'] },
  );
  expect(
    steps.map(({ percent, startsAfter, startsBy }) => [percent, startsAfter.toMinutes(), startsBy!.toMinutes()]),
  ).toEqual([
    [5, 0, 0],
    [20, 13, 33],
    [50, 26, 66],
    [100, 39, 99],
  ]);
  expect(duration.toMinutes()).toBe(52);
  expect(before).toHaveLength(1);
  expect(notes).toEqual(expect.arrayContaining(["100 % wait for somebody's approval", 'so it is']));
});
