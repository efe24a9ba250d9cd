import { type Duration, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Fault, Range } from '../checks/bounds/fault';
import { ENVIRONMENT_BYTES } from '../checks/bounds/lambda';
import { fraction, integer, minutes, mustBeKnown } from '../private/validation';
import type { StagedRolloutOptions } from './staged-options';
import { stagedPace } from './staged-pace';

const MAX_STEPS = 20;
/** One request of the controller asks for the states of so many alarms. */
const MAX_ALARMS = 100;
/** The controller's executions go on as new ones, so nothing but patience ends a rollout. */
const DEADLINE: Range = { min: 1, max: 90 * 24 * 60 };
/**
 * CloudFormation waits an hour for a custom resource, and some of that is needed before and after the steps.
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-cloudformation-customresource.html
 */
const LONGEST_WAIT_MINUTES = 50;
const DAY_MINUTES = 24 * 60;

/** What a staged rollout may not be told, whatever it is for. */
export function faultyStages(options: StagedRolloutOptions): Fault[] {
  const unknown = [
    ...(options.steps ?? []).flatMap((percent) => mustBeKnown('rollout-unknown-steps', 'steps', percent, PLANNED)),
    ...(['bake', 'finalBake', 'deadline', 'maxPause'] as const).flatMap((prop) =>
      mustBeKnown('rollout-unknown-steps', prop, options[prop], PLANNED),
    ),
    ...mustBeKnown('rollout-unknown-steps', 'analysis.extension', options.analysis?.extension, PLANNED),
  ];
  if (unknown.length > 0) {
    return unknown;
  }
  const faults = [
    ...faultySteps(options.steps),
    ...watches('bake', options.bake),
    ...watches('finalBake', options.finalBake),
    ...faultyAnalysis(options),
    ...faultyAlarms(options.rollbackAlarms ?? []),
    ...minutes('rollout-max-pause', 'maxPause', options.maxPause, { min: 1, max: DAY_MINUTES }),
  ];
  return faults.length > 0 ? faults : [...faultyApprovals(options), ...faultyDeadline(options), ...longWait(options)];
}

const PLANNED = 'the steps are planned before';

function faultySteps(steps: readonly number[] | undefined): Fault[] {
  if (steps === undefined) {
    return [];
  }
  const got = `'steps' is ${steps.length === 0 ? 'empty' : steps.join(', ')}`;
  const fix = 'give shares that grow to 100, such as [5, 20, 50, 100]';
  const fault = (what: string): Fault[] => [{ id: 'rollout-steps', message: `${got}, ${what}`, fix }];
  if (steps.length === 0) {
    return fault('and at least one is needed');
  }
  if (steps.length > MAX_STEPS) {
    return fault(`which are ${steps.length} steps, allowed are ${MAX_STEPS}`);
  }
  if (!steps.every((percent) => Number.isInteger(percent) && percent >= 1 && percent <= 100)) {
    return fault('allowed are whole numbers from 1 to 100');
  }
  if (steps.some((percent, place) => place > 0 && percent <= steps[place - 1])) {
    return fault('and each step must be larger than the one before');
  }
  return steps[steps.length - 1] === 100 ? [] : fault('and the last step must be 100: all traffic');
}

/** Shorter, nothing of the step could be known when it is over. */
function watches(prop: string, bake: Duration | undefined): Fault[] {
  const { lagMinutes } = stagedPace({});
  return [...minutes('rollout-bake', prop, bake, { min: lagMinutes, max: 14_400 })].map((fault) => ({
    ...fault,
    fix: `set '${prop}' within that range: the counts of a minute are complete, and can be compared, after ${lagMinutes} minutes`,
  }));
}

function faultyAnalysis({ analysis = {} }: StagedRolloutOptions): Fault[] {
  const { expected } = analysis;
  const unjudged = analysis.metrics?.every(({ _options }) => _options.critical === false || _options.observeOnly);
  const names = (analysis.metrics ?? []).map(({ _kind, _options }) => _options.name ?? _kind);
  const twice = names.filter((name, place) => names.indexOf(name) !== place);
  return [
    ...fraction('rollout-false-rollback', 'analysis.falseRollback', analysis.falseRollback, { min: 0.0001, max: 0.05 }),
    ...fraction('rollout-tolerated-ratio', 'analysis.toleratedRatio', analysis.toleratedRatio, { min: 1, max: 10 }),
    ...integer('rollout-min-requests', 'analysis.minRequests', analysis.minRequests, { min: 1, max: 1_000_000_000 }),
    ...integer('rollout-extension', 'analysis.extension', analysis.extension, { min: 1, max: 100 }),
    ...minutes('rollout-max-hold', 'analysis.maxHold', analysis.maxHold, { min: 1, max: DAY_MINUTES }),
    ...fraction('rollout-expected', 'analysis.expected.requestsPerMinute', expected?.requestsPerMinute, {
      min: 0.001,
      max: 100_000_000,
    }),
    ...fraction('rollout-expected', 'analysis.expected.errorRate', expected?.errorRate, { min: 0.000_001, max: 0.5 }),
    ...fraction('rollout-expected', 'analysis.expected.timesAsBad', expected?.timesAsBad, { min: 1.01, max: 1000 }),
    ...(unjudged === true
      ? [
          {
            id: 'rollout-nothing-critical',
            message:
              "'analysis.metrics' has none that may roll back: each is 'critical: false' or 'observeOnly', or there is none",
            fix: 'add one that may, such as RolloutMetric.failures()',
          },
        ]
      : []),
    ...[...new Set(twice)].map((name) => ({
      id: 'rollout-metric-twice',
      message: `'analysis.metrics' has ${name} twice`,
      fix: 'leave one out',
    })),
  ];
}

function faultyAlarms(alarms: readonly cloudwatch.IAlarm[]): Fault[] {
  const tooMany =
    alarms.length > MAX_ALARMS
      ? [
          {
            id: 'rollout-alarm-count',
            message: `'rollbackAlarms' has ${alarms.length} alarms, allowed are ${MAX_ALARMS}`,
            fix: 'give composite alarms over some of them',
          },
        ]
      : [];
  const blind = alarms.filter(withoutDimensions).map((alarm) => ({
    id: 'rollout-alarm-dimensions',
    message: `'rollbackAlarms' has '${alarm.node.path}', whose metric of an AWS service has no dimensions: it is of the whole account, and others' trouble would roll this deployment back`,
    fix: 'give its metric the dimensions of what it is to watch',
  }));
  return [...tooMany, ...blind];
}

function withoutDimensions(alarm: cloudwatch.IAlarm): boolean {
  const metric = alarm instanceof cloudwatch.Alarm ? alarm.metric : undefined;
  return (
    metric instanceof cloudwatch.Metric &&
    !Token.isUnresolved(metric.namespace) &&
    metric.namespace.startsWith('AWS/') &&
    Object.keys(metric.dimensions ?? {}).length === 0
  );
}

/** The controller is told by its environment what it moves, where the counts are, and which alarms roll back. */
export function tooMuchToTell(bytes: number): Fault[] {
  return bytes <= ENVIRONMENT_BYTES
    ? []
    : [
        {
          id: 'rollout-settings-size',
          message: `the settings of the rollout's controller have about ${bytes} bytes, and AWS Lambda has room for ${ENVIRONMENT_BYTES}: each of 'analysis.metrics' and 'rollbackAlarms' takes some`,
          fix: 'give fewer metrics of your own, and one composite alarm over many',
          see: 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html',
        },
      ];
}

function faultyApprovals({ approvals = [], steps }: StagedRolloutOptions): Fault[] {
  const { shares } = stagedPace({ steps });
  return approvals
    .filter((percent) => !shares.includes(percent))
    .map((percent) => ({
      id: 'rollout-approval',
      message: `'approvals' has ${percent}, which is none of the steps ${shares.join(', ')}`,
      fix: `give the shares that somebody has to approve, such as [${shares[shares.length - 1]}]`,
    }));
}

function faultyDeadline(options: StagedRolloutOptions): Fault[] {
  const { shortestMinutes } = stagedPace(options);
  const range = minutes('rollout-deadline', 'deadline', options.deadline, DEADLINE);
  if (range.length > 0 || options.deadline === undefined || options.deadline.toMinutes() >= shortestMinutes) {
    return [...range];
  }
  return [
    {
      id: 'rollout-deadline',
      message: `'deadline' is ${options.deadline.toMinutes()} minutes, and the steps alone take ${shortestMinutes}`,
      fix: `set 'deadline' to more than ${shortestMinutes} minutes, or make 'bake' shorter`,
    },
  ];
}

function longWait(options: StagedRolloutOptions): Fault[] {
  const { longestMinutes } = stagedPace(options);
  if (options.waitForRollout !== true) {
    return [];
  }
  if ((options.approvals ?? []).length > 0) {
    return [
      {
        id: 'rollout-wait-approvals',
        message: "'waitForRollout' is set, and 'approvals' wait for somebody: CloudFormation gives up after an hour",
        fix: "leave one of them out; 'inference-patterns rollout status --watch' waits as long as you like",
      },
    ];
  }
  return longestMinutes <= LONGEST_WAIT_MINUTES
    ? []
    : [
        {
          id: 'rollout-wait-too-long',
          message: `'waitForRollout' is set, and with all extensions the steps take up to ${longestMinutes} minutes: CloudFormation waits an hour, of which ${LONGEST_WAIT_MINUTES} minutes are for the steps`,
          fix: "make 'bake' or 'analysis.extension' smaller, take fewer steps, or leave 'waitForRollout' out",
        },
      ];
}
