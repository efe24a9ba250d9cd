import { jsonText, replaceText } from './json-text';
import type { ResolvedResource } from './resolved-template';
import {
  at,
  Composed,
  isObject,
  listAt,
  Reference,
  type Resolved,
  type ResolvedObject,
  textAt,
  Unknown,
} from './resolved-value';

export const STATE_MACHINE = 'AWS::StepFunctions::StateMachine';

/** One state of a state machine. */
export interface State {
  readonly name: string;
  readonly body: ResolvedObject;
  readonly type?: string;
  /** Whether it is written with JSONata, not with paths. */
  readonly jsonata: boolean;
  /** The Map and Parallel states around it, the innermost first. */
  readonly within: readonly State[];
}

/** States that lead to each other: those of the machine itself, of a branch, or of what a Map does with each item. */
export interface Flow {
  readonly body: ResolvedObject;
  readonly states: readonly State[];
  /** Whether every state of it is known. */
  readonly complete: boolean;
  readonly within: readonly State[];
}

/** The definition of a state machine. */
export interface Definition {
  readonly body: ResolvedObject;
  readonly flows: readonly Flow[];
  readonly states: readonly State[];
}

const READ = new WeakMap<ResolvedResource, Definition | { readonly broken: string } | 'unknown'>();

/** What a state machine does, wherever its definition is written; undefined where that is not known. */
export function definitionOf(machine: ResolvedResource): Definition | undefined {
  const found = read(machine);
  return found === 'unknown' || 'broken' in found ? undefined : found;
}

/** Why a definition cannot be read as JSON. */
export function brokenDefinition(machine: ResolvedResource): string | undefined {
  const found = read(machine);
  return found !== 'unknown' && 'broken' in found ? found.broken : undefined;
}

function read(machine: ResolvedResource): Definition | { readonly broken: string } | 'unknown' {
  const known = READ.get(machine);
  if (known !== undefined) {
    return known;
  }
  const found = parse(machine);
  READ.set(machine, found);
  return found;
}

function parse({ properties }: ResolvedResource): Definition | { readonly broken: string } | 'unknown' {
  const substitute = substitution(at(properties, 'DefinitionSubstitutions'));
  const object = at(properties, 'Definition');
  if (isObject(object)) {
    return definition(replaceText(object, substitute));
  }
  const json = jsonText(replaceText(at(properties, 'DefinitionString'), substitute));
  if (json === undefined) {
    return 'unknown';
  }
  return 'broken' in json ? json : definition(json.value);
}

/** Replaces `${name}` by what DefinitionSubstitutions gives for it. */
function substitution(given: Resolved): (text: string) => readonly (string | Reference | Unknown)[] {
  return (text) =>
    text.split(/\$\{(\w+)\}/).flatMap((part, index) => {
      if (index % 2 === 0) {
        return [part];
      }
      const value = given === undefined || isObject(given) ? at(given, part) : new Unknown(part);
      if (value instanceof Composed) {
        return value.parts;
      }
      if (value instanceof Reference || value instanceof Unknown) {
        return [value];
      }
      return value === undefined || value === null || typeof value === 'object' ? [`\${${part}}`] : [String(value)];
    });
}

function definition(body: Resolved): Definition | 'unknown' {
  if (!isObject(body)) {
    return 'unknown';
  }
  const flows = flowsOf(body, textAt(body, 'QueryLanguage') === 'JSONata', []);
  return { body, flows, states: flows.flatMap(({ states }) => states) };
}

function flowsOf(body: Resolved, jsonata: boolean, within: readonly State[]): readonly Flow[] {
  const states = at(body, 'States');
  // Nothing is nested that deep; a template that is would end the program.
  if (!isObject(body) || !isObject(states) || within.length > 20) {
    return [];
  }
  const known = Object.entries(states).flatMap(([name, state]): readonly State[] =>
    isObject(state)
      ? [
          {
            name,
            body: state,
            type: textAt(state, 'Type'),
            jsonata: (textAt(state, 'QueryLanguage') ?? (jsonata ? 'JSONata' : '')) === 'JSONata',
            within,
          },
        ]
      : [],
  );
  const inner = known.flatMap((state) =>
    [at(state.body, 'ItemProcessor'), at(state.body, 'Iterator'), ...listAt(state.body, 'Branches')].flatMap((flow) =>
      flowsOf(flow, jsonata, [state, ...within]),
    ),
  );
  return [{ body, states: known, complete: known.length === Object.keys(states).length, within }, ...inner];
}
