import { jsonText } from '../template/json-text';
import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import { at, Composed, isObject, type Resolved, textAt, Unknown } from '../template/resolved-value';
import { definitionOf, type State, STATE_MACHINE } from '../template/state-machine-definition';
import { partlyKnown } from './partly-known';
import { type Faults, messages, type Rule, type RuleDefinition } from './rule';

const SCHEDULE = 'AWS::Scheduler::Schedule';

/** A call of an API that AWS makes for a state machine or a schedule. */
export interface ApiCall {
  readonly resource: ResolvedResource;
  /** What makes it, in a sentence. */
  readonly called: string;
  readonly state?: State;
  /** As Step Functions calls it, such as `sagemaker` or `sqs`. */
  readonly service: string;
  readonly action: string;
  /** Whether the integration is made of the SDK, else it is one of those that Step Functions made for the service. */
  readonly sdk: boolean;
  readonly pattern?: 'sync' | 'waitForTaskToken';
  /** Its parameters; what an input gives is not known. */
  readonly parameters: Resolved;
  /** The same as they are written. */
  readonly written: Resolved;
}

/** What is called in a template whose calls are known. */
function apiCalls(template: ResolvedTemplate): readonly ApiCall[] {
  return [...template.ofType(STATE_MACHINE).flatMap(callsOf), ...template.ofType(SCHEDULE).flatMap(scheduledCall)];
}

const READ = new WeakMap<ResolvedResource, readonly ApiCall[]>();

/** What the states of a machine call. */
export function callsOf(machine: ResolvedResource): readonly ApiCall[] {
  const known = READ.get(machine);
  if (known !== undefined) {
    return known;
  }
  const calls = (definitionOf(machine)?.states ?? []).flatMap((state) => callOf(machine, state));
  READ.set(machine, calls);
  return calls;
}

/** A rule over each call. */
export function perCall(
  definition: RuleDefinition,
  faultsOf: (call: ApiCall, template: ResolvedTemplate) => Faults,
): Rule {
  return {
    ...definition,
    *check(template) {
      for (const call of apiCalls(template)) {
        for (const message of messages(faultsOf(call, template))) {
          yield { resource: call.resource.logicalId, message: `${call.called}: ${message}` };
        }
      }
    },
  };
}

function callOf(resource: ResolvedResource, state: State): readonly ApiCall[] {
  if (state.type !== 'Task') {
    return [];
  }
  const arn = partlyKnown(at(state.body, 'Resource')) ?? '';
  const [, sdk, service, action, pattern] =
    /^arn:[^:]+:states:[^:]*:[^:]*:(aws-sdk:)?([\w-]+):(\w+)(?:\.(sync|waitForTaskToken)(?::\d)?)?$/.exec(arn) ?? [];
  const written = at(state.body, state.jsonata ? 'Arguments' : 'Parameters');
  return service === undefined
    ? []
    : [
        {
          resource,
          called: `state '${state.name}'`,
          state,
          service,
          action,
          sdk: sdk !== undefined,
          pattern: pattern as ApiCall['pattern'],
          parameters: withoutInputs(written, state.jsonata),
          written,
        },
      ];
}

function scheduledCall(resource: ResolvedResource): readonly ApiCall[] {
  const arn = partlyKnown(at(resource.properties, 'Target', 'Arn')) ?? '';
  const [, service, action] = /^arn:[^:]+:scheduler:::aws-sdk:([\w-]+):(\w+)$/.exec(arn) ?? [];
  const json = jsonText(at(resource.properties, 'Target', 'Input'));
  return service === undefined || json === undefined || 'broken' in json
    ? []
    : [{ resource, called: 'Target', service, action, sdk: true, parameters: json.value, written: json.value }];
}

/** Parameters in which all that comes from an input is not known: members that end in `.$`, and expressions. */
function withoutInputs(value: Resolved, jsonata: boolean): Resolved {
  if (typeof value === 'string' || value instanceof Composed) {
    return jsonata && partlyKnown(value)!.startsWith('{%') ? new Unknown('an expression') : value;
  }
  if (Array.isArray(value)) {
    return (value as readonly Resolved[]).map((item) => withoutInputs(item, jsonata));
  }
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map((entry) => withoutInput(entry, jsonata)))
    : value;
}

function withoutInput([member, value]: readonly [string, Resolved], jsonata: boolean): readonly [string, Resolved] {
  return !jsonata && member.endsWith('.$')
    ? [member.slice(0, -2), new Unknown('a part of the input')]
    : [member, withoutInputs(value, jsonata)];
}

/** What is written for a parameter, whether it is a value or a path. */
export function writtenAt(
  { written }: ApiCall,
  member: string,
): { readonly path: string } | { readonly value: Resolved } {
  const path = isObject(written) ? textAt(written, `${member}.$`) : undefined;
  return path === undefined ? { value: at(written, member) } : { path };
}
