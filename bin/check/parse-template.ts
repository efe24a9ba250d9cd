import { type CollectionTag, LineCounter, Pair, parseDocument, type Scalar, type ScalarTag, YAMLMap } from 'yaml';

/** Functions that have a short form in YAML; `Ref` and `Condition` are spelt without `Fn::`. */
const SHORT_FORMS = [
  'And',
  'Base64',
  'Cidr',
  'Equals',
  'FindInMap',
  'ForEach',
  'GetAtt',
  'GetAZs',
  'GetStackOutput',
  'If',
  'ImportValue',
  'Join',
  'Length',
  'Not',
  'Or',
  'Select',
  'Split',
  'Sub',
  'ToJsonString',
  'Transform',
];
const TAGS = [...SHORT_FORMS.map((name) => [name, `Fn::${name}`]), ['Ref', 'Ref'], ['Condition', 'Condition']].flatMap(
  ([name, key]) => shortForm(`!${name}`, key),
);

const YAML = { customTags: TAGS, version: '1.2', schema: 'core' } as const;

/**
 * A CloudFormation template, as JSON or YAML, with short forms spelt out.
 *
 * @throws with the file and the place, when it is none
 */
export function parseTemplate(file: string, text: string): unknown {
  const template = parseText(file, text);
  const resources = isObject(template) ? template.Resources : undefined;
  if (!isObject(resources)) {
    throw new Error(`${file} is no CloudFormation template: it has no Resources`);
  }
  return template;
}

/** The same of what synthesis wrote: a stack of an app may have no resources. */
export function parseText(file: string, text: string): unknown {
  try {
    const template: unknown = JSON.parse(text);
    // What synthesis writes is JSON, and this reads it many times faster; it keeps the last of several keys, though.
    if (keysIn(text) === keysOf(template)) {
      return template;
    }
  } catch {
    // YAML, or broken: the parser of YAML reads JSON as well, and says where something is wrong.
  }
  return parseYaml(file, text);
}

/** How many keys are written in valid JSON. */
function keysIn(text: string): number {
  return [...text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter(([, colon]) => colon !== undefined).length;
}

/** How many keys are left of them. */
function keysOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) {
    return 0;
  }
  const inner = Object.values(value).reduce<number>((sum, each) => sum + keysOf(each), 0);
  return Array.isArray(value) ? inner : inner + Object.keys(value).length;
}

function parseYaml(file: string, text: string): unknown {
  const document = attempt(file, () => parseDocument(text, { ...YAML, prettyErrors: true }));
  const [fault] = document.errors;
  if (fault !== undefined) {
    const [{ line, col } = { line: 1, col: 1 }] = fault.linePos ?? [];
    const [reason] = fault.message.split(/ at line |;/);
    throw new Error(`${file}:${line}:${col}: cannot be read as JSON or YAML: ${reason}`);
  }
  return attempt(file, () => document.toJS() as unknown);
}

/** What is nested too deeply, or refers to itself too often, is refused while it is read. */
function attempt<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** The line of each resource of a template, counted from 1. */
export function linesOfResources(text: string): ReadonlyMap<string, number> {
  const counter = new LineCounter();
  const resources = parseDocument(text, { ...YAML, lineCounter: counter }).get('Resources');
  const items = resources instanceof YAMLMap ? (resources.items as Pair<Scalar>[]) : [];
  return new Map(items.map(({ key }) => [String(key.value), counter.linePos(key.range?.[0] ?? 0).line]));
}

function shortForm(tag: string, key: string): (ScalarTag | CollectionTag)[] {
  const spelt = (value: unknown): YAMLMap => {
    const map = new YAMLMap();
    map.add(new Pair(key, value));
    return map;
  };
  return [
    { tag, resolve: (text: string) => ({ [key]: text }) },
    { tag, collection: 'seq', resolve: (list) => spelt(list) },
    { tag, collection: 'map', resolve: (map) => spelt(map) },
  ];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
