import * as fs from 'node:fs';
import * as path from 'node:path';
import ts from 'typescript';

const ROOT = path.join(__dirname, '..');
const BLOCKS = [...fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(
  ([, code]) => code,
);

/** Type-checks snippets as modules of a project that has the library installed. */
function faultsOf(snippets: readonly string[]): string[][] {
  const files = new Map(snippets.map((code, index) => [path.join(ROOT, `readme-${index}.ts`), code]));
  const { config } = ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), (file) => fs.readFileSync(file, 'utf8')) as {
    config: { compilerOptions: unknown };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
  const host = ts.createCompilerHost({ ...options, noEmit: true });
  const readFile = host.getSourceFile.bind(host);
  host.getSourceFile = (name, target) =>
    files.has(name) ? ts.createSourceFile(name, files.get(name)!, target) : readFile(name, target);
  host.resolveModuleNameLiterals = (literals, containing, _redirect, compilerOptions) =>
    literals.map(({ text }) =>
      text === 'cdk-inference-patterns'
        ? { resolvedModule: { resolvedFileName: path.join(ROOT, 'lib', 'index.ts'), extension: ts.Extension.Ts } }
        : ts.resolveModuleName(text, containing, compilerOptions, ts.sys, undefined, undefined, ts.ModuleKind.CommonJS),
    );
  const program = ts.createProgram(
    [...files.keys()],
    { ...options, noEmit: true, noUnusedLocals: false, types: ['node'] },
    host,
  );
  return [...files.keys()].map((file) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(file))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
  );
}

describe('the snippets of the README', () => {
  let faults: string[][];

  beforeAll(() => {
    // The last one is broken on purpose: it shows that a mistake would be found.
    faults = faultsOf([...BLOCKS, BLOCKS[0].replace('bake:', 'baek:')]);
  }, 120_000);

  test('there are some, and every one compiles', () => {
    expect(BLOCKS.length).toBeGreaterThanOrEqual(2);
    expect(faults.slice(0, -1).flat()).toEqual([]);
  });

  test('one with a prop that does not exist would not', () => {
    expect(faults.at(-1)!.join()).toMatch(/baek/);
  });
});

test('the README names the commands that the gate runs', () => {
  const gate = fs.readFileSync(path.join(ROOT, '.ci', 'run'), 'utf8');
  expect(gate).toMatch(/^npm ci\nnpm test$/m);
  expect(fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8')).toContain('npm ci && npm test');
});
