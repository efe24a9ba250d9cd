/** Reads the schemas that the clients of the AWS SDK carry: which requests there are, what they hold, and how they travel. */

/** Kinds of schemas that are written as a list. */
const SIMPLE = 0;
const LIST = 1;
const MAP = 2;
const STRUCTURE = 3;
const UNION = 4;
const OPERATION = 9;
const ERROR = -3;

/** Plain values are numbers; a list or a map of them has this added. */
const LIST_OF = 64;
const MAP_OF = 128;
const PLAIN: Readonly<Record<number, string>> = { 0: 'string', 1: 'number', 2: 'boolean', 4: 'number' };

/** Traits that are told by a bit. */
const IN_PATH = 1;
const IS_PAYLOAD = 16;
const IS_STATUS = 32;

type Schema = readonly [kind: number, namespace: string, name: string, traits: unknown, ...rest: unknown[]];
type Traits = Readonly<Record<string, unknown>> | number | undefined;
export type Values = Record<string, unknown>;

/** Where a member of a request or an answer travels. */
export interface Member {
  readonly name: string;
  readonly place: 'path' | 'query' | 'header' | 'payload' | 'status' | 'body';
  /** Its name there. */
  readonly as: string;
  readonly schema: unknown;
}

export interface Operation {
  readonly name: string;
  readonly http?: readonly [method: string, path: string, status: number];
  readonly input: readonly Member[];
  readonly output: readonly Member[];
  readonly faults: (input: Values) => readonly string[];
}

/** All requests of a client, such as `require('@aws-sdk/client-lambda')`, by name. */
export function operationsOf(client: Values): ReadonlyMap<string, Operation> {
  const found = new Map<string, Operation>();
  for (const schema of Object.values(client)) {
    if (isSchema(schema) && schema[0] === OPERATION) {
      const [, , name, traits, input, output] = schema;
      const { http } = traits as { http?: Operation['http'] };
      found.set(name, {
        name,
        http,
        input: membersOf(input),
        output: membersOf(output),
        faults: (values) => faultsIn(input, values, name),
      });
    }
  }
  return found;
}

/** The status of each error that the client knows. */
export function errorsOf(client: Values): ReadonlyMap<string, number> {
  return new Map(
    Object.values(client)
      .filter((schema): schema is Schema => isSchema(schema) && schema[0] === ERROR)
      .map(([, , name, traits]) => [name, (traits as { httpError?: number }).httpError ?? 400]),
  );
}

const isSchema = (value: unknown): value is Schema =>
  Array.isArray(value) && typeof value[0] === 'number' && typeof value[1] === 'string';

/** Members may be given by a function, and by a pair of what they hold and their traits. */
function resolved(given: unknown): { readonly schema: unknown; readonly traits: Traits } {
  if (typeof given === 'function') {
    return resolved((given as () => unknown)());
  }
  if (Array.isArray(given) && !isSchema(given)) {
    return { schema: resolved(given[0]).schema, traits: given[1] as Traits };
  }
  return { schema: given, traits: undefined };
}

function membersOf(structure: unknown): Member[] {
  const { schema } = resolved(structure);
  if (!isSchema(schema) || schema[0] !== STRUCTURE) {
    return [];
  }
  const [names, members] = schema.slice(4) as [readonly string[], readonly unknown[]];
  return names.map((name, index) => {
    const { schema: inner, traits } = resolved(members[index]);
    return { name, schema: inner, ...placeOf(name, traits) };
  });
}

function placeOf(name: string, traits: Traits): Pick<Member, 'place' | 'as'> {
  if (typeof traits === 'number') {
    const place = traits & IN_PATH ? 'path' : traits & IS_PAYLOAD ? 'payload' : traits & IS_STATUS ? 'status' : 'body';
    return { place, as: name };
  }
  const { httpQuery, httpHeader, jsonName } = (traits ?? {}) as Record<string, string | undefined>;
  return httpQuery !== undefined
    ? { place: 'query', as: httpQuery }
    : httpHeader !== undefined
      ? { place: 'header', as: httpHeader.toLowerCase() }
      : { place: 'body', as: jsonName ?? name };
}

/** What is wrong with a value: unknown or missing members, and wrong types. */
function faultsIn(given: unknown, value: unknown, at: string): string[] {
  const { schema } = resolved(given);
  if (typeof schema === 'number') {
    const listed = schema & (LIST_OF | MAP_OF);
    if (listed !== 0) {
      const plain = schema & ~(LIST_OF | MAP_OF);
      return faultsOfAll(listed === LIST_OF ? LIST : MAP, plain, value, at);
    }
    return PLAIN[schema] === undefined || typeof value === PLAIN[schema]
      ? []
      : [`${at} is ${JSON.stringify(value)}, not a ${PLAIN[schema]}`];
  }
  if (!isSchema(schema)) {
    return [];
  }
  switch (schema[0]) {
    case SIMPLE:
      return faultsIn(schema[4], value, at);
    case LIST:
      return faultsOfAll(LIST, schema[4], value, at);
    case MAP:
      return faultsOfAll(MAP, schema[5], value, at);
    case STRUCTURE:
    case UNION:
      return faultsOfStructure(schema, value, at);
    default:
      return [];
  }
}

function faultsOfAll(kind: number, inner: unknown, value: unknown, at: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) !== (kind === LIST)) {
    return [`${at} is ${JSON.stringify(value)}, not a ${kind === LIST ? 'list' : 'map'}`];
  }
  return Object.entries(value).flatMap(([key, each]) => faultsIn(inner, each, `${at}.${key}`));
}

function faultsOfStructure(schema: Schema, value: unknown, at: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [`${at} is ${JSON.stringify(value)}, not a structure`];
  }
  const [names, members, required = 0] = schema.slice(4) as [readonly string[], readonly unknown[], number?];
  const held = value as Values;
  return [
    ...names.slice(0, required).flatMap((name) => (held[name] === undefined ? [`${at}.${name} is missing`] : [])),
    ...Object.entries(held).flatMap(([name, each]) =>
      each === undefined
        ? []
        : names.includes(name)
          ? faultsIn(members[names.indexOf(name)], each, `${at}.${name}`)
          : [`${at}.${name} is not known`],
    ),
  ];
}
