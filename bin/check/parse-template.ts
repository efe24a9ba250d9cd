import { parseDocument, type ScalarTag, type CollectionTag, YAMLMap, type YAMLSeq, Pair } from 'yaml';

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

/**
 * A CloudFormation template, as JSON or YAML, with short forms spelt out.
 *
 * @throws with the file and the place, when it is none
 */
export function parseTemplate(file: string, text: string): unknown {
  const template = parse(file, text);
  const resources = isObject(template) ? template.Resources : undefined;
  if (!isObject(resources)) {
    throw new Error(`${file} is no CloudFormation template: it has no Resources`);
  }
  return template;
}

function parse(file: string, text: string): unknown {
  try {
    // What synthesis writes is JSON, and this reads it many times faster.
    return JSON.parse(text);
  } catch {
    return parseYaml(file, text);
  }
}

/** JSON is YAML: whatever is wrong with either, this says where. */
function parseYaml(file: string, text: string): unknown {
  const document = parseDocument(text, { customTags: TAGS, version: '1.2', schema: 'core', prettyErrors: true });
  const [fault] = document.errors;
  if (fault !== undefined) {
    const [{ line, col } = { line: 1, col: 1 }] = fault.linePos ?? [];
    throw new Error(`${file}:${line}:${col}: neither JSON nor YAML: ${fault.message.split(' at line ')[0]}`);
  }
  try {
    return document.toJS();
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** The line of each resource of a template, counted from 1. */
export function linesOfResources(text: string): ReadonlyMap<string, number> {
  const document = parseDocument(text, { customTags: TAGS, version: '1.2', schema: 'core' });
  const resources = document.get('Resources');
  const lines = new Map<string, number>();
  if (resources instanceof YAMLMap) {
    for (const { key } of resources.items as Pair<{ value: unknown; range?: [number, number, number] }>[]) {
      lines.set(String(key.value), text.slice(0, key.range?.[0] ?? 0).split('\n').length);
    }
  }
  return lines;
}

function shortForm(tag: string, key: string): (ScalarTag | CollectionTag)[] {
  const spelt = (value: unknown): YAMLMap => {
    const map = new YAMLMap();
    map.add(new Pair(key, value));
    return map;
  };
  return [
    { tag, resolve: (text: string) => ({ [key]: text }) },
    { tag, collection: 'seq', resolve: (list) => spelt(untagged(list as YAMLSeq)) },
    { tag, collection: 'map', resolve: (map) => spelt(untagged(map as YAMLMap)) },
  ];
}

/** The short form is spelt out around the value, so the value itself has no tag any more. */
function untagged<T extends YAMLSeq | YAMLMap>(node: T): T {
  node.tag = undefined;
  return node;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
