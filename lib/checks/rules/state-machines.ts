import {
  at,
  Composed,
  has,
  isMissing,
  listAt,
  numberAt,
  Reference,
  type Resolved,
  textAt,
} from '../template/resolved-value';
import { type State, STATE_MACHINE } from '../template/state-machine-definition';
import { callsOf } from './api-call';
import { partlyKnown } from './partly-known';
import { perResource, type Rule } from './rule';
import { perDefinition, perState } from './state-language';

const TYPES = 'https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html';
const DISTRIBUTED = 'https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html';
const INLINE = 'https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html';
const THRESHOLD = 'https://docs.aws.amazon.com/step-functions/latest/dg/maprun-fail-threshold.html';
const LOGS = 'https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html';
const DESTINATION =
  'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-stepfunctions-statemachine-cloudwatchlogsloggroup.html';
const CHOICE = 'https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html';

/** Members of a Map that only a distributed one has. */
const OF_DISTRIBUTED = [
  'ItemReader',
  'ItemBatcher',
  'ResultWriter',
  'ToleratedFailurePercentage',
  'ToleratedFailureCount',
];

/** Members of a Map that say what happens when an item fails. */
const ON_FAILURE = [
  'Retry',
  'ToleratedFailurePercentage',
  'ToleratedFailurePercentagePath',
  'ToleratedFailureCount',
  'ToleratedFailureCountPath',
];

const processor = ({ body }: State): Resolved => at(body, 'ItemProcessor', 'ProcessorConfig');
const isDistributed = (state: State): boolean =>
  state.type === 'Map' && textAt(processor(state), 'Mode') === 'DISTRIBUTED';
const isInline = (state: State): boolean =>
  state.type === 'Map' &&
  (isMissing(state.body, 'ItemProcessor', 'ProcessorConfig', 'Mode') || textAt(processor(state), 'Mode') === 'INLINE');

/** Whether the states run as an express workflow: those of the machine, or those that a Map starts for each item. */
const runsExpress = ({ within }: State, machine: Resolved): boolean => {
  const starter = within.find(isDistributed);
  return (
    (starter === undefined ? textAt(machine, 'StateMachineType') : textAt(processor(starter), 'ExecutionType')) ===
    'EXPRESS'
  );
};

const isActivity = ({ body }: State): boolean =>
  /^arn:[^:]+:states:.*:activity:/.test(partlyKnown(at(body, 'Resource')) ?? '');

/** Names of states, for a sentence. */
const named = (states: readonly State[]): string => states.map(({ name }) => `'${name}'`).join(', ');

/** How state machines run. */
export const STATE_MACHINE_RULES: readonly Rule[] = [
  perDefinition(
    {
      id: 'states-express-waits',
      severity: 'error',
      title: 'An express workflow waits for nothing but an answer',
      fix: 'set StateMachineType to STANDARD (ExecutionType, within a distributed Map), or call without .sync and .waitForTaskToken',
      see: TYPES,
    },
    ({ states }, machine) => {
      const express = (state: State): boolean => runsExpress(state, machine.properties);
      const waiting = callsOf(machine).filter(
        ({ state, pattern }) => state !== undefined && pattern !== undefined && express(state),
      );
      return [
        ...waiting.map(({ called, pattern }) => ({
          message: `${called} waits with .${pattern}, in an express workflow`,
        })),
        ...states
          .filter((state) => isActivity(state) && express(state))
          .map(({ name }) => ({ message: `state '${name}' waits for an activity, in an express workflow` })),
      ];
    },
  ),
  perDefinition(
    {
      id: 'states-express-distributed',
      severity: 'error',
      title: 'An express workflow has no distributed Map',
      fix: 'set StateMachineType to STANDARD, or Mode to INLINE',
      see: TYPES,
    },
    ({ states }, { properties }) => {
      const within = states.filter((state) => isDistributed(state) && runsExpress(state, properties));
      return within.length > 0 ? `${named(within)} is DISTRIBUTED, in an express workflow` : undefined;
    },
  ),
  perResource(
    [STATE_MACHINE],
    {
      id: 'states-express-unlogged',
      severity: 'warning',
      title: 'An express workflow is logged, since nothing else keeps what it did',
      fix: 'set LoggingConfiguration with a Level of ERROR or more, and a log group in Destinations',
      see: LOGS,
    },
    ({ properties }) => {
      const level = textAt(properties, 'LoggingConfiguration', 'Level');
      return textAt(properties, 'StateMachineType') === 'EXPRESS' &&
        (level === 'OFF' || isMissing(properties, 'LoggingConfiguration', 'Level'))
        ? 'LoggingConfiguration writes no log, and an express workflow has no other history'
        : undefined;
    },
  ),
  perResource(
    [STATE_MACHINE],
    {
      id: 'states-log-destination',
      severity: 'error',
      title: 'The log of a state machine is named by the ARN of its group, with :* at the end',
      fix: 'give LogGroupArn as Fn::GetAtt of the log group and its Arn, which ends in :*',
      see: DESTINATION,
    },
    ({ properties }) => {
      const logging = at(properties, 'LoggingConfiguration');
      const level = textAt(logging, 'Level');
      if (level !== undefined && level !== 'OFF' && isMissing(logging, 'Destinations')) {
        return `Level is ${level}, and LoggingConfiguration has no Destinations`;
      }
      const bad = listAt(logging, 'Destinations').find((each) =>
        isNoLogGroup(at(each, 'CloudWatchLogsLogGroup', 'LogGroupArn')),
      );
      return bad === undefined ? undefined : 'LogGroupArn is not an ARN that ends in :*';
    },
  ),
  perState(
    {
      id: 'states-map-unbounded',
      severity: 'warning',
      title: 'A distributed Map does so much at a time as its services bear',
      fix: 'set MaxConcurrency to what the endpoint, the function or the quota of jobs bears',
      see: DISTRIBUTED,
    },
    (state) =>
      isDistributed(state) &&
      isMissing(state.body, 'MaxConcurrencyPath') &&
      (isMissing(state.body, 'MaxConcurrency') || numberAt(state.body, 'MaxConcurrency') === 0)
        ? `MaxConcurrency is ${numberAt(state.body, 'MaxConcurrency') ?? 'missing'}: up to 10000 items are done at a time`
        : undefined,
  ),
  perDefinition(
    {
      id: 'states-map-tolerates-nothing',
      severity: 'warning',
      title: 'A distributed Map bears that an item fails once',
      fix: 'give the tasks for each item a Retry, or set ToleratedFailurePercentage or ToleratedFailureCount',
      see: THRESHOLD,
    },
    ({ states }) =>
      states
        .filter((map) => isDistributed(map) && ON_FAILURE.every((member) => isMissing(map.body, member)))
        .filter((map) => {
          const inner = states.filter(({ within }) => within.includes(map));
          return inner.length > 0 && inner.every(({ body }) => isMissing(body, 'Retry') && isMissing(body, 'Catch'));
        })
        .map(({ name }) => ({
          message: `state '${name}': nothing in it has a Retry or Catch and no failure is tolerated, so one item that fails once stops all`,
        })),
  ),
  perState(
    {
      id: 'states-tolerates-everything',
      severity: 'warning',
      title: 'A Map in which everything fails does not succeed',
      fix: 'lower ToleratedFailurePercentage, or keep what failed by ResultWriter and look at it',
      see: THRESHOLD,
    },
    ({ body }) =>
      numberAt(body, 'ToleratedFailurePercentage') === 100 &&
      ['ToleratedFailureCount', 'ToleratedFailureCountPath', 'ResultWriter'].every((member) => isMissing(body, member))
        ? 'ToleratedFailurePercentage is 100 and there is no ResultWriter: it succeeds when every item fails'
        : undefined,
  ),
  perState(
    {
      id: 'states-inline-map',
      severity: 'error',
      title: 'Only a distributed Map reads, groups and writes items by itself',
      fix: 'set Mode in ProcessorConfig to DISTRIBUTED, with an ExecutionType',
      see: INLINE,
    },
    (state) => {
      const bad = isInline(state) ? OF_DISTRIBUTED.filter((member) => has(state.body, member)) : [];
      return bad.length > 0 ? `${bad.join(', ')} is given, and the Map is not DISTRIBUTED` : undefined;
    },
  ),
  perState(
    {
      id: 'states-choice-without-default',
      severity: 'warning',
      title: 'A Choice leads somewhere whatever comes',
      fix: 'set Default',
      see: CHOICE,
    },
    ({ type, body }) =>
      type === 'Choice' && isMissing(body, 'Default') && listAt(body, 'Choices').length === 1
        ? 'there is one choice and no Default: whatever does not match fails with States.NoChoiceMatched'
        : undefined,
  ),
];

function isNoLogGroup(arn: Resolved): boolean {
  if (arn instanceof Reference) {
    return arn.resource.type === 'AWS::Logs::LogGroup' && arn.attribute === undefined;
  }
  const end = arn instanceof Composed ? arn.parts.at(-1) : arn;
  return typeof end === 'string' && !end.endsWith(':*');
}
