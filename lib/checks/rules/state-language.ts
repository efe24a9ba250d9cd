import type { ResolvedResource } from '../template/resolved-template';
import { at, has, isMissing, isObject, listAt, type Resolved, textAt } from '../template/resolved-value';
import {
  brokenDefinition,
  type Definition,
  definitionOf,
  type Flow,
  type State,
  STATE_MACHINE,
} from '../template/state-machine-definition';
import { type Faults, perResource, type Rule, type RuleDefinition } from './rule';
import { faultyState } from './state-schema';

const LANGUAGE = 'https://states-language.net/spec.html';
const GUIDE = 'https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html';
const DIAGNOSTICS =
  'https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinitionDiagnostic.html';
const ERRORS = 'https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html';

/** A rule over each state machine whose definition can be read. */
export function perDefinition(
  definition: RuleDefinition,
  faultsOf: (definition: Definition, machine: ResolvedResource) => Faults,
): Rule {
  return perResource([STATE_MACHINE], definition, (machine) => {
    const found = definitionOf(machine);
    return found === undefined ? undefined : faultsOf(found, machine);
  });
}

/** A rule over each state of a state machine. */
export function perState(
  definition: RuleDefinition,
  faultOf: (state: State, machine: ResolvedResource) => string | undefined,
): Rule {
  return perDefinition(definition, ({ states }, machine) =>
    states.flatMap((state) => {
      const fault = faultOf(state, machine);
      return fault === undefined ? [] : [{ message: `state '${state.name}': ${fault}` }];
    }),
  );
}

/** A rule over the states that lead to each other. */
function perFlow(definition: RuleDefinition, faultsOf: (flow: Flow) => readonly string[]): Rule {
  return perDefinition(definition, ({ flows }) =>
    flows.flatMap((flow) => faultsOf(flow).map((message) => ({ message: `${placeOf(flow)}${message}` }))),
  );
}

const placeOf = ({ within }: Flow): string => (within.length === 0 ? '' : `in '${within[0].name}': `);

const isEnd = ({ type, body }: State): boolean =>
  type === 'Succeed' || type === 'Fail' || (has(body, 'End') && at(body, 'End') !== false);

/** What a state leads to. */
const nextOf = ({ body }: State): readonly Resolved[] =>
  [body, ...listAt(body, 'Choices'), ...listAt(body, 'Catch')]
    .map((from) => at(from, 'Next'))
    .concat([at(body, 'Default')])
    .filter((next) => next !== undefined && next !== null);

/** Whether all states of a flow are known, and all that they lead to are there. */
const isClear = (flow: Flow): boolean =>
  flow.complete &&
  typeof at(flow.body, 'StartAt') === 'string' &&
  flow.states.every(
    (state) =>
      nextOf(state).every((next) => flow.states.some(({ name }) => name === next)) &&
      ['Choices', 'Catch'].every((list) => !has(state.body, list) || isKnownList(at(state.body, list))),
  );

const isKnownList = (value: Resolved): boolean =>
  Array.isArray(value) && value.every((item) => isObject(item as Resolved));

function reached({ body, states }: Flow): ReadonlySet<string> {
  const byName = new Map(states.map((state) => [state.name, state]));
  const found = new Set<string>();
  const open = [textAt(body, 'StartAt')];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const state = byName.get(name);
    if (state !== undefined && !found.has(name)) {
      found.add(name);
      open.push(...nextOf(state).map((next) => (typeof next === 'string' ? next : undefined)));
    }
  }
  return found;
}

/** Whether a list of retriers or catchers names all errors beside others, or before others. */
function misplacedAll(list: readonly Resolved[]): string | undefined {
  const equals = list.map((each) => listAt(each, 'ErrorEquals'));
  const beside = equals.find((errors) => errors.includes('States.ALL') && errors.length > 1);
  if (beside !== undefined) {
    return 'States.ALL stands beside other errors';
  }
  return equals.slice(0, -1).some((errors) => errors.includes('States.ALL'))
    ? 'States.ALL stands before others, which are never reached'
    : undefined;
}

/** What the language of state machines allows. */
export const STATE_LANGUAGE_RULES: readonly Rule[] = [
  perResource(
    [STATE_MACHINE],
    {
      id: 'states-not-json',
      severity: 'error',
      title: 'The definition of a state machine is JSON',
      fix: 'correct DefinitionString, or write the definition as an object in Definition',
      see: GUIDE,
    },
    (machine) => {
      const broken = brokenDefinition(machine);
      return broken === undefined ? undefined : `DefinitionString is not JSON: ${broken}`;
    },
  ),
  perState(
    {
      id: 'states-invalid',
      severity: 'error',
      title: 'A state has what its type takes',
      fix: 'correct the state in Definition or DefinitionString',
      see: LANGUAGE,
    },
    faultyState,
  ),
  perFlow(
    {
      id: 'states-missing-target',
      severity: 'error',
      title: 'A state leads to one that is there',
      fix: 'correct StartAt, Next or Default, or add the state; states of another branch cannot be reached',
      see: LANGUAGE,
    },
    (flow) => {
      const names = new Set(flow.states.map(({ name }) => name));
      const isGone = (next: Resolved): next is string => typeof next === 'string' && !names.has(next);
      const start = at(flow.body, 'StartAt');
      return flow.complete
        ? [
            ...(isMissing(flow.body, 'StartAt') ? ['StartAt is missing'] : []),
            ...(isGone(start) ? [`StartAt is '${start}', and there is no such state`] : []),
            ...flow.states.flatMap((state) =>
              nextOf(state)
                .filter(isGone)
                .map((next) => `state '${state.name}' leads to '${next}', and there is no such state`),
            ),
          ]
        : [];
    },
  ),
  perFlow(
    {
      id: 'states-unreachable',
      severity: 'error',
      title: 'Every state is reached',
      fix: 'lead to the state by Next, Default, Choices or Catch, or leave it out',
      see: LANGUAGE,
    },
    (flow) => {
      const found = reached(flow);
      return isClear(flow) && found.size > 0
        ? flow.states.filter(({ name }) => !found.has(name)).map(({ name }) => `nothing leads to state '${name}'`)
        : [];
    },
  ),
  perFlow(
    {
      id: 'states-no-end',
      severity: 'error',
      title: 'A state machine can come to an end',
      fix: 'give a state End, or add one of Type Succeed or Fail',
      see: DIAGNOSTICS,
    },
    (flow) => {
      const found = reached(flow);
      const mayEnd = flow.states.some((state) => found.has(state.name) && (isEnd(state) || state.type === undefined));
      return isClear(flow) && found.size > 0 && !mayEnd ? ['no state ends it, so it goes in a circle'] : [];
    },
  ),
  perDefinition(
    {
      id: 'states-same-name',
      severity: 'error',
      title: 'The name of a state is its own in the whole state machine',
      fix: 'give each state a name of its own, those of branches and of Map states too',
      see: LANGUAGE,
    },
    ({ states }) => {
      const names = states.map(({ name }) => name);
      return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map((name) => ({
        message: `several states have the name '${name}'`,
      }));
    },
  ),
  perState(
    {
      id: 'states-all-not-last',
      severity: 'error',
      title: 'All errors are caught alone, and last',
      fix: 'give States.ALL a retrier or catcher of its own, at the end of the list',
      see: ERRORS,
    },
    ({ body }) => misplacedAll(listAt(body, 'Retry')) ?? misplacedAll(listAt(body, 'Catch')),
  ),
];
