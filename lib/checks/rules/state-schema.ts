import type { ValidateFunction } from 'ajv';
import type { State } from '../template/state-machine-definition';
import {
  Composed,
  has,
  isObject,
  Reference,
  type Resolved,
  type ResolvedObject,
  Unknown,
} from '../template/resolved-value';

const SCHEMAS = [
  'common',
  'paths',
  'jsonata',
  'choice',
  'fail',
  'parallel',
  'pass',
  'succeed',
  'task',
  'wait',
  'map',
  'errors',
];
const TYPES = ['Choice', 'Fail', 'Map', 'Parallel', 'Pass', 'Succeed', 'Task', 'Wait'];
const BASE = 'http://asl-validator.cloud';

/** Members of which a state has exactly one, by its type; the schemas leave these to their caller. */
const ONE_OF: Readonly<Record<string, readonly (readonly string[])[]>> = {
  Wait: [
    ['Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'],
    ['Next', 'End'],
  ],
  Map: [
    ['ItemProcessor', 'Iterator'],
    ['Next', 'End'],
  ],
  Task: [['Next', 'End']],
  Pass: [['Next', 'End']],
  Parallel: [['Next', 'End']],
};

/** Members of which a state has one at most: a value, or the path of one. */
const AT_MOST_ONE = [
  ['TimeoutSeconds', 'TimeoutSecondsPath'],
  ['HeartbeatSeconds', 'HeartbeatSecondsPath'],
  ['MaxConcurrency', 'MaxConcurrencyPath'],
  ['ToleratedFailureCount', 'ToleratedFailureCountPath'],
  ['ToleratedFailurePercentage', 'ToleratedFailurePercentagePath'],
  ['Cause', 'CausePath'],
  ['Error', 'ErrorPath'],
];

/** What is given to a service or to another state: not part of the language, whatever is in it. */
const PAYLOAD = /^(Parameters|Arguments|ResultSelector|ItemSelector|BatchInput|Assign|Output|Result|Credentials)$/;

/** What follows is not judged: Step Functions takes more of JSONPath than any library for its language knows. */
const PATH = /^\$/;
const PATH_OR_FUNCTION = /^(\$|States\.[A-Z][A-Za-z0-9]+\([^]*\)$)/;

let validators: ((name: string, jsonata: boolean) => ValidateFunction) | undefined;

/** What the language does not allow in a state, by itself; undefined where there is nothing, or it is not known. */
export function faultyState({ type, body: given, jsonata }: State): string | undefined {
  const { End, ...others } = given;
  const body = End === false ? others : given;
  if (type === undefined) {
    return has(body, 'Type') ? undefined : 'it has no Type';
  }
  if (!TYPES.includes(type)) {
    return `Type is '${type}', which is none of ${TYPES.join(', ')}`;
  }
  const several = [...(ONE_OF[type] ?? []), ...AT_MOST_ONE].find(
    (members) => members.filter((member) => has(body, member)).length > 1,
  );
  if (several !== undefined) {
    return `it has more than one of ${several.join(', ')}`;
  }
  const none = ONE_OF[type]?.find((members) => !members.some((member) => has(body, member)));
  if (none !== undefined) {
    return `it has none of ${none.join(', ')}`;
  }
  const broken = jsonata ? brokenExpression(body) : undefined;
  if (broken !== undefined) {
    return broken;
  }
  const plain = plainState(body, jsonata);
  validators ??= compiler();
  const validate = validators(type, jsonata);
  return plain === undefined || validate(plain) ? undefined : told(validate, type);
}

/** Compiles what is asked for: most machines have a few types of states, written in one way. */
function compiler(): (type: string, jsonata: boolean) => ValidateFunction {
  // Loaded when the first state machine is met, so that an app without one does not wait for it.
  const { Ajv } = require('ajv') as typeof import('ajv');
  const addFormats = (require('ajv-formats') as { default: (ajv: unknown) => void }).default;
  const ajv = new Ajv({ allowUnionTypes: true, validateSchema: false });
  addFormats(ajv);
  ['asl_path', 'asl_ref_path', 'asl_result_path'].forEach((name) => ajv.addFormat(name, PATH));
  ajv.addFormat('asl_payload_template', PATH_OR_FUNCTION);
  ajv.addFormat('asl_arn', /^arn:[\w-]+:[\w-]+:[^:]*:\d*:./);
  // Expressions are judged by themselves.
  ajv.addFormat('jsonata_string', true);
  ajv.addFormat('maybe_jsonata_string', true);
  // Each of these is a file of its own in the package; its own entry point compiles all of them for each definition.
  SCHEMAS.forEach((name) => ajv.addSchema(require(`asl-validator/dist/src/schemas/${name}.json`) as object));
  // What is inside of a Map or a Parallel is judged state by state.
  for (const name of ['base-state-machine', 'state-machine']) {
    ajv.addSchema({ $id: `${BASE}/${name}.json#`, type: 'object' });
  }
  return (type, isJsonata) => ajv.getSchema(`${BASE}/${type.toLowerCase()}.json#/oneOf/${isJsonata ? 1 : 0}`)!;
}

function told({ errors }: ValidateFunction, type: string): string {
  const [{ instancePath, keyword, params, message }] = errors!;
  const where = instancePath === '' ? '' : `${instancePath.slice(1).replaceAll('/', '.')}: `;
  switch (keyword) {
    case 'additionalProperties':
      return `${where}'${(params as { additionalProperty: string }).additionalProperty}' is not a member of a ${type} state`;
    case 'required':
      return `${where}${(params as { missingProperty: string }).missingProperty} is missing`;
    case 'format':
      return `${where}this is not ${FORMATS[(params as { format: string }).format] ?? 'what is allowed'}`;
    default:
      return `${where}this ${message}`;
  }
}

const FORMATS: Readonly<Record<string, string>> = {
  asl_path: 'a path',
  asl_ref_path: 'a path',
  asl_result_path: 'a path',
  asl_payload_template: 'a path or an intrinsic function',
  asl_arn: 'the ARN of something to do',
};

/** A state in which something stands for all that only the deployment knows, or undefined where that cannot be. */
function plainState(body: ResolvedObject, jsonata: boolean): object | undefined {
  const state: Record<string, unknown> = {};
  for (const [member, value] of Object.entries(body)) {
    const plain = plainValue(member, value);
    if (plain === undefined) {
      return undefined;
    }
    state[member] = plain;
  }
  const writer = state.ResultWriter;
  if (typeof writer === 'object' && writer !== null) {
    // A writer may just say how results look, and store none.
    state.ResultWriter = { Resource: 'arn:aws:states:::s3:putObject', ...writer };
  }
  return { ...state, QueryLanguage: jsonata ? 'JSONata' : 'JSONPath' };
}

function plainValue(member: string, value: Resolved): unknown {
  if (PAYLOAD.test(member)) {
    return Object.fromEntries(pathsIn(value));
  }
  if (value instanceof Reference || value instanceof Unknown) {
    return standIn(member);
  }
  if (value instanceof Composed) {
    const text = withStandIns(value);
    return isExpression(text)
      ? ANY_EXPRESSION
      : (standIn(member) ?? (member.startsWith('Timestamp') ? undefined : text));
  }
  if (Array.isArray(value)) {
    if (member === 'Branches') {
      return value.map(() => ({}));
    }
    const items = (value as readonly Resolved[]).map((item) => plainValue(member, item));
    return items.includes(undefined) ? undefined : items;
  }
  if (!isObject(value)) {
    const isCondition = member === 'Condition' && typeof value === 'boolean';
    return isCondition || (typeof value === 'string' && isExpression(value)) ? ANY_EXPRESSION : value;
  }
  if (member === 'ItemProcessor' || member === 'Iterator') {
    const { ProcessorConfig: config } = value;
    const plain = config === undefined ? {} : plainValue('ProcessorConfig', config);
    return config === undefined || plain === undefined ? plain : { ProcessorConfig: plain };
  }
  const entries = Object.entries(value).map(([key, item]) => [key, plainValue(key, item)] as const);
  return entries.some(([, item]) => item === undefined) ? undefined : Object.fromEntries(entries);
}

/** What is taken from the input: the paths of a payload, each by the way that leads to it. */
function pathsIn(value: Resolved, at: readonly string[] = []): readonly (readonly [string, unknown])[] {
  if (Array.isArray(value)) {
    return (value as readonly Resolved[]).flatMap((item, index) => pathsIn(item, [...at, String(index)]));
  }
  if (!isObject(value)) {
    return [];
  }
  return Object.entries(value).flatMap(([key, item]) => {
    if (!key.endsWith('.$')) {
      return pathsIn(item, [...at, key]);
    }
    const path = item instanceof Composed ? withStandIns(item) : item;
    return path instanceof Reference || path instanceof Unknown ? [] : [[[...at, key].join('.'), path] as const];
  });
}

const withStandIns = (text: Composed): string =>
  text.parts.map((part) => (typeof part === 'string' ? part : 'x')).join('');

/** Something of the kind that a member takes. */
function standIn(member: string): unknown {
  if (member.endsWith('Path')) {
    return '$.x';
  }
  if (/^(Comment|Next|Default|Cause|Error|Label|String\w+)$/.test(member)) {
    return 'x';
  }
  if (member === 'Resource') {
    return 'arn:aws:states:::x';
  }
  return /Seconds$|^Max|^Tolerated|^Numeric/.test(member) ? 1 : undefined;
}

/** Stands for an expression, which is judged by itself. */
const ANY_EXPRESSION = '{% x %}';
const isExpression = (text: string): boolean => /^\{%[^]*%\}$/.test(text);

/** The first expression of a state that is none. */
function brokenExpression(value: Resolved): string | undefined {
  if (typeof value === 'string') {
    return isExpression(value) ? whyBroken(value) : undefined;
  }
  if (value instanceof Composed || value instanceof Reference || value instanceof Unknown) {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  for (const [member, inner] of Object.entries(value)) {
    // What is inside of a Map or a Parallel is judged state by state.
    const broken = member === 'States' ? undefined : brokenExpression(inner);
    if (broken !== undefined) {
      return broken;
    }
  }
  return undefined;
}

function whyBroken(expression: string): string | undefined {
  const jsonata = require('jsonata') as (expression: string) => unknown;
  try {
    jsonata(expression.slice(2, -2));
    return undefined;
  } catch (problem) {
    return `'${expression}' is not a JSONata expression: ${(problem as { message?: string }).message}`;
  }
}
