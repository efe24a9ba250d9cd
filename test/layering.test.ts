import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';

const ROOT = path.join(__dirname, '..');

/** Folders of `lib/`, and what each may import from. Patterns never import each other; a folder may always import itself. */
const SHARED = ['model', 'api', 'rollout', 'scaling', 'monitoring', 'checks/bounds', 'private', '.'];
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  '.': ['model', 'monitoring', 'rollout', 'api', 'serverless', 'endpoint', 'batch', 'streaming', 'scaling', 'checks'],
  checks: ['checks/bounds', 'checks/changes', 'checks/rules', 'checks/template', 'private'],
  'checks/changes': ['checks/rules', 'checks/template'],
  'checks/rules': ['checks/bounds', 'checks/catalogue', 'checks/template'],
  'checks/template': [],
  'checks/catalogue': ['checks/bounds'],
  'checks/bounds': [],
  private: ['checks/bounds'],
  model: ['checks/bounds', 'checks/catalogue', 'private'],
  rollout: ['model', 'scaling', 'checks/bounds', 'private'],
  scaling: ['checks/bounds', 'private'],
  monitoring: ['checks/bounds', 'private'],
  api: ['model', 'monitoring', 'checks/bounds', 'private', '.'],
  serverless: SHARED,
  endpoint: SHARED,
  batch: SHARED,
  streaming: SHARED,
};
const PATTERNS = ['serverless', 'endpoint', 'batch', 'streaming', 'edge'];
const FORBIDDEN_NAMES = /^(utils?|helpers?|managers?|commons?|misc|tools?)$/;
const MAX_LINES = 400;

interface Import {
  readonly file: string;
  readonly from: string;
  readonly typeOnly: boolean;
}

function sources(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);
    return entry.isDirectory()
      ? entry.name === 'node_modules'
        ? []
        : sources(name)
      : /\.ts$/.test(entry.name) && !/\.d\.ts$/.test(entry.name)
        ? [name]
        : [];
  });
}

/** What a file imports, exports from or requires; relative paths from the root of the project. */
function importsOf(file: string): Import[] {
  const text = readFileSync(path.join(ROOT, file), 'utf8').replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, '');
  const found = [
    ...text.matchAll(
      /(?:\b(import|export)\s+(type\s)?[^'"();]*?\bfrom\s*|\bimport\s*|\b(?:require|import)\s*\(\s*)['"]([^'"]+)['"]/g,
    ),
  ];
  return found.map(([, , type, target]) => ({
    file,
    from: target.startsWith('.') ? path.posix.join(path.posix.dirname(file), target) : target,
    typeOnly: type !== undefined,
  }));
}

const LIB = sources('lib');
const LAMBDA = sources('lambda');
const CONTAINER = sources('container');
const BIN = sources('bin');

function folderOf(file: string): string {
  const [, first, second] = file.split('/');
  if (file.split('/').length === 2) {
    return '.';
  }
  return first === 'checks' && !second.endsWith('.ts') ? `checks/${second}` : first;
}

const told = (broken: readonly Import[]): string[] => broken.map(({ file, from }) => `${file} imports ${from}`);

test('the parser sees every kind of import', () => {
  const file = 'test/layering.test.ts';
  expect(importsOf(file).map(({ from }) => from)).toEqual(expect.arrayContaining(['node:fs', 'node:path']));
  expect(LIB.flatMap(importsOf).length).toBeGreaterThan(150);
  expect(told(importsOf('lib/model/compile-validator.ts'))).toEqual(
    expect.arrayContaining(['lib/model/compile-validator.ts imports ajv/dist/standalone']),
  );
});

test('handlers and containers never import the CDK: it would be in their bundle', () => {
  expect(CONTAINER.length).toBeGreaterThan(5);
  expect(
    told(
      [...LAMBDA, ...CONTAINER].flatMap(importsOf).filter(({ from }) => /^(aws-cdk-lib|constructs)(\/|$)/.test(from)),
    ),
  ).toEqual([]);
});

test('handlers never import constructs or the sample app', () => {
  expect(told(LAMBDA.flatMap(importsOf).filter(({ from }) => /^(lib|bin|test)(\/|$)/.test(from)))).toEqual([]);
});

test('containers import handlers, never the other way round, and nothing else of the project', () => {
  const own = /^(lambda\/predict|container\/[\w-]+)\//;
  const project = /^(lib|bin|test|lambda|container)(\/|$)/;
  expect(told(CONTAINER.flatMap(importsOf).filter(({ from }) => project.test(from) && !own.test(from)))).toEqual([]);
  expect(told([...LAMBDA, ...LIB].flatMap(importsOf).filter(({ from }) => from.startsWith('container/')))).toEqual([]);
});

test('constructs meet handlers at their contracts alone', () => {
  const crossing = LIB.flatMap(importsOf).filter(({ from }) => from.startsWith('lambda/'));
  expect(crossing.length).toBeGreaterThan(0);
  expect(told(crossing.filter(({ from }) => !/^lambda\/[\w-]+\/contract$/.test(from)))).toEqual([]);
});

test('a contract imports nothing but types of another contract', () => {
  const contracts = [...LAMBDA, ...CONTAINER].filter((file) => file.endsWith('/contract.ts'));
  const others = ({ from, typeOnly }: Import): boolean => !typeOnly || !/^lambda\/[\w-]+\/contract$/.test(from);
  expect(told(contracts.flatMap(importsOf).filter(others))).toEqual([]);
});

test('constructs import neither the sample app nor tests', () => {
  expect(told(LIB.flatMap(importsOf).filter(({ from }) => /^(bin|test|dist)(\/|$)/.test(from)))).toEqual([]);
});

test('bounds import nothing but each other', () => {
  const bounds = LIB.filter((file) => file.startsWith('lib/checks/bounds/'));
  expect(bounds.length).toBeGreaterThan(0);
  expect(told(bounds.flatMap(importsOf).filter(({ from }) => !from.startsWith('lib/checks/bounds/')))).toEqual([]);
});

test('patterns never import each other', () => {
  const crossing = LIB.flatMap(importsOf).filter(
    ({ file, from }) =>
      PATTERNS.includes(folderOf(file)) &&
      from.startsWith('lib/') &&
      PATTERNS.includes(folderOf(`${from}.ts`)) &&
      folderOf(file) !== folderOf(`${from}.ts`),
  );
  expect(told(crossing)).toEqual([]);
});

test('every folder of lib is known here, and imports only what lies below it', () => {
  expect([...new Set(LIB.map(folderOf))].filter((folder) => !(folder in MAY_IMPORT))).toEqual([]);
  const upward = LIB.flatMap(importsOf).filter(({ file, from }) => {
    const target = folderOf(`${from}.ts`);
    return from.startsWith('lib/') && target !== folderOf(file) && !MAY_IMPORT[folderOf(file)].includes(target);
  });
  expect(told(upward)).toEqual([]);
});

test('the one file at the root of lib beside the index holds types alone', () => {
  const root = LIB.filter((file) => folderOf(file) === '.' && file !== 'lib/index.ts');
  expect(told(root.flatMap(importsOf).filter(({ typeOnly }) => !typeOnly))).toEqual([]);
});

test('no import leads in a circle, types aside', () => {
  const edges = new Map(
    LIB.map((file) => [
      file,
      importsOf(file)
        .filter(({ typeOnly, from }) => !typeOnly && from.startsWith('lib/'))
        .map(({ from }) => `${from}.ts`),
    ]),
  );
  const circles: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    if (trail.includes(file)) {
      circles.push([...trail.slice(trail.indexOf(file)), file].join(' -> '));
      return;
    }
    (edges.get(file) ?? []).forEach((next) => visit(next, [...trail, file]));
  };
  visit('lib/index.ts', []);
  expect(circles).toEqual([]);
});

test('the index exports and does nothing else', () => {
  const lines = readFileSync(path.join(ROOT, 'lib/index.ts'), 'utf8').split('\n');
  const statements = lines.filter((line) => line.trim() !== '' && !line.startsWith('//')).join('\n');
  expect(statements.replace(/export \{[^}]*\} from '[^']+';/g, '').trim()).toBe('');
});

test(`no file is longer than ${MAX_LINES} lines`, () => {
  const long = [...LIB, ...LAMBDA, ...CONTAINER, ...BIN].map(
    (file) => [file, readFileSync(path.join(ROOT, file), 'utf8').split('\n').length - 1] as const,
  );
  expect(long.filter(([, lines]) => lines > MAX_LINES)).toEqual([]);
});

test('no file or folder has a name that says nothing', () => {
  const names = [...LIB, ...LAMBDA, ...CONTAINER, ...BIN].flatMap((file) =>
    file
      .replace(/\.ts$/, '')
      .split('/')
      .slice(1)
      .map((part) => [file, part] as const),
  );
  expect(names.filter(([, part]) => FORBIDDEN_NAMES.test(part))).toEqual([]);
  expect(
    LIB.flatMap((file) => file.replace(/\.ts$/, '').split('/')).filter((part) => !/^[a-z][a-z0-9-]*$/.test(part)),
  ).toEqual([]);
});

test('nothing of the project reads from beside it', () => {
  const files = [...LIB, ...LAMBDA, ...CONTAINER, ...BIN, ...sources('test')];
  const outside = files.flatMap(importsOf).filter(({ from }) => from.startsWith('..'));
  expect(told(outside)).toEqual([]);
});
