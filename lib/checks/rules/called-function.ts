import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import { at, Composed, isMissing, numberAt, type Reference, type Resolved, textAt } from '../template/resolved-value';

export const FUNCTION = 'AWS::Lambda::Function';
export const ALIAS = 'AWS::Lambda::Alias';
export const VERSION = 'AWS::Lambda::Version';

/** Longest run of a function that says nothing, in seconds. */
const DEFAULT_TIMEOUT_SECONDS = 3;

/** What a name or an ARN calls. */
export interface CalledFunction {
  readonly function: ResolvedResource;
  /** The alias, where it is one of the app. */
  readonly alias?: ResolvedResource;
  /** Whether an alias or a version is called; else it is whatever was deployed last. */
  readonly qualified: boolean;
}

/** The function of the app that a value calls: by name or ARN, with or without a qualifier, or within the URI of an API. */
export function calledFunction(value: Resolved, template: ResolvedTemplate): CalledFunction | undefined {
  const [holder] = partsOf(value)
    .map((part) => template.referred(part, ALIAS, VERSION))
    .filter((resource) => resource !== undefined);
  if (holder !== undefined) {
    const fn = functionOf(holder);
    return fn === undefined
      ? undefined
      : { function: fn, qualified: true, ...(holder.type === ALIAS ? { alias: holder } : {}) };
  }
  const named = functionNamed(value, template);
  return named === undefined
    ? undefined
    : {
        function: named.function,
        alias: named.qualifier === undefined ? undefined : aliasNamed(named.function, named.qualifier),
        qualified: named.qualifier !== undefined && named.qualifier !== '$LATEST',
      };
}

/** Seconds after which a function is stopped, where they are known. */
export function timeoutOf({ properties }: ResolvedResource): number | undefined {
  return isMissing(properties, 'Timeout') ? DEFAULT_TIMEOUT_SECONDS : numberAt(properties, 'Timeout');
}

/** The aliases of a function, in all templates of the app. */
export function aliasesOf(fn: ResolvedResource): readonly ResolvedResource[] {
  return fn.template.everywhere(ALIAS).filter((alias) => functionOf(alias) === fn);
}

/** The versions of a function, in all templates of the app. */
export function versionsOf(fn: ResolvedResource): readonly ResolvedResource[] {
  return fn.template.everywhere(VERSION).filter((version) => functionOf(version) === fn);
}

/** How CodeDeploy moves an alias to a new version, where it does. */
export const shiftOf = ({ updatePolicy }: ResolvedResource): Resolved =>
  at(updatePolicy, 'CodeDeployLambdaAliasUpdate');

/** The function of an alias or a version, which name it without a qualifier. */
function functionOf({ properties, template }: ResolvedResource): ResolvedResource | undefined {
  return functionNamed(at(properties, 'FunctionName'), template)?.function;
}

/** A function, and what follows its name: an empty text where that is not known. */
interface NamedFunction {
  readonly function: ResolvedResource;
  readonly qualifier?: string;
}

function functionNamed(value: Resolved, template: ResolvedTemplate): NamedFunction | undefined {
  const parts = partsOf(value);
  const index = parts.findIndex((part) => template.referred(part, FUNCTION) !== undefined);
  if (index < 0) {
    return typeof value === 'string' ? functionByName(value, template) : undefined;
  }
  const { resource, attribute } = parts[index] as Reference;
  return attribute === undefined || attribute === 'Arn'
    ? { function: resource, qualifier: qualifierIn(parts[index + 1]) }
    : undefined;
}

function qualifierIn(next: Resolved): string | undefined {
  if (next === undefined || (typeof next === 'string' && !next.startsWith(':'))) {
    return undefined;
  }
  return (typeof next === 'string' ? /^:([^:/]+)/.exec(next)?.[1] : undefined) ?? '';
}

function functionByName(value: string, template: ResolvedTemplate): NamedFunction | undefined {
  const [, name, qualifier] = /^(?:arn:[\w-]+:lambda:[\w-]*:\d*:function:)?([\w-]+)(?::([\w$-]+))?$/.exec(value) ?? [];
  const fn = template
    .everywhere(FUNCTION)
    .find(({ properties }) => name !== undefined && textAt(properties, 'FunctionName') === name);
  return fn === undefined ? undefined : { function: fn, qualifier };
}

function aliasNamed(fn: ResolvedResource, name: string): ResolvedResource | undefined {
  return aliasesOf(fn).find(({ properties }) => textAt(properties, 'Name') === name);
}

const partsOf = (value: Resolved): readonly Resolved[] => (value instanceof Composed ? value.parts : [value]);
