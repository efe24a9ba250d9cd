import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

const ROOT = path.join(__dirname, '..');
const SOURCES = ['lib', 'lambda', 'package.json', 'tsconfig.json', 'tsconfig.jsii.json', 'README.md', 'LICENSE'];

/** In a copy: jsii writes its output beside the sources. */
describe('the published API', () => {
  let copy: string;

  beforeAll(() => {
    copy = fs.mkdtempSync(path.join(os.tmpdir(), 'published-api-'));
    SOURCES.forEach((name) =>
      fs.cpSync(path.join(ROOT, name), path.join(copy, name), {
        recursive: true,
        filter: (file) => !/\.(js|d\.ts)$/.test(file),
      }),
    );
    fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));
  });

  afterAll(() => fs.rmSync(copy, { recursive: true, force: true }));

  test('keeps the rules of jsii without a warning, so that all its languages have it', () => {
    const { status, output } = run('jsii/bin/jsii', ['--fail-on-warnings', '--silence-warnings', 'reserved-word']);
    expect(output).not.toMatch(/warning JSII|error JSII/);
    expect(status).toBe(0);
  }, 120_000);

  test('is described by API.md as it is now (npm run build writes it)', () => {
    const { status } = run('jsii-docgen/bin/jsii-docgen', ['-o', 'API.md']);
    expect(status).toBe(0);
    expect(fs.readFileSync(path.join(copy, 'API.md'), 'utf8')).toBe(fs.readFileSync(path.join(ROOT, 'API.md'), 'utf8'));
  }, 120_000);

  function run(script: string, args: readonly string[]): { status: number | null; output: string } {
    const env = { ...process.env, JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: process.versions.node.split('.')[0] };
    const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(ROOT, 'node_modules', script), ...args], {
      cwd: copy,
      env,
      encoding: 'utf8',
    });
    return { status, output: stdout + stderr };
  }
});
