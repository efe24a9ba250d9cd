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
  const parts = value instanceof Composed ? value.parts : [value];
  const index = parts.findIndex((part) => template.referred(part, FUNCTION, ALIAS, VERSION) !== undefined);
  if (index < 0) {
    return typeof value === 'string' ? calledByName(value, template) : undefined;
  }
  const reference = parts[index] as Reference;
  const { resource } = reference;
  if (resource.type === FUNCTION) {
    return reference.attribute === undefined || reference.attribute === 'Arn'
      ? withQualifier(resource, parts.slice(index + 1))
      : undefined;
  }
  const inner = calledFunction(at(resource.properties, 'FunctionName'), resource.template);
  return inner === undefined
    ? undefined
    : { function: inner.function, qualified: true, ...(resource.type === ALIAS ? { alias: resource } : {}) };
}

/** Seconds after which a function is stopped, where they are known. */
export function timeoutOf({ properties }: ResolvedResource): number | undefined {
  return isMissing(properties, 'Timeout') ? DEFAULT_TIMEOUT_SECONDS : numberAt(properties, 'Timeout');
}

/** The aliases of a function, in all templates of the app. */
export function aliasesOf(fn: ResolvedResource): readonly ResolvedResource[] {
  return fn.template
    .everywhere(ALIAS)
    .filter(({ properties, template }) => calledFunction(at(properties, 'FunctionName'), template)?.function === fn);
}

/** How CodeDeploy moves an alias to a new version, where it does. */
export const shiftOf = ({ updatePolicy }: ResolvedResource): Resolved =>
  at(updatePolicy, 'CodeDeployLambdaAliasUpdate');

function withQualifier(fn: ResolvedResource, rest: readonly unknown[]): CalledFunction {
  const [next] = rest;
  if (next === undefined || (typeof next === 'string' && !next.startsWith(':'))) {
    return { function: fn, qualified: false };
  }
  const name = typeof next === 'string' ? /^:([^:/]+)/.exec(next)?.[1] : undefined;
  return { function: fn, alias: aliasNamed(fn, name), qualified: name !== '$LATEST' };
}

function calledByName(value: string, template: ResolvedTemplate): CalledFunction | undefined {
  const [, name, qualifier] = /^(?:arn:[\w-]+:lambda:[\w-]*:\d*:function:)?([\w-]+)(?::([\w$-]+))?$/.exec(value) ?? [];
  const fn = template
    .everywhere(FUNCTION)
    .find(({ properties }) => name !== undefined && textAt(properties, 'FunctionName') === name);
  return fn === undefined
    ? undefined
    : { function: fn, alias: aliasNamed(fn, qualifier), qualified: qualifier !== undefined && qualifier !== '$LATEST' };
}

function aliasNamed(fn: ResolvedResource, name: string | undefined): ResolvedResource | undefined {
  return name === undefined ? undefined : aliasesOf(fn).find(({ properties }) => textAt(properties, 'Name') === name);
}
