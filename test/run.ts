/** `npm test`: everything, in the order in which a mistake is cheapest to find; ends with the number of tests. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

const ROOT = path.join(__dirname, '..');

interface JestResults {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

function run(what: string, script: string, args: readonly string[]): boolean {
  console.log(`\n> ${what}`);
  const { status } = spawnSync(process.execPath, [path.join(ROOT, 'node_modules', script), ...args], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  return status === 0;
}

function runJest(what: string, results: string, args: readonly string[]): JestResults {
  const passed = run(what, 'jest/bin/jest.js', [...args, '--json', '--outputFile', results]);
  const counts = JSON.parse(fs.readFileSync(results, 'utf8')) as JestResults;
  // A suite that never ran is a failure too, whatever its tests would have said.
  const broken = counts.numRuntimeErrorTestSuites + (passed || counts.numFailedTests > 0 ? 0 : 1);
  return { ...counts, numFailedTests: counts.numFailedTests + broken };
}

function main(): number {
  const types = run('types', 'typescript/bin/tsc', ['--noEmit']);
  const lint = run('lint', 'eslint/bin/eslint.js', ['.', '--cache', '--max-warnings', '0']);
  const format = run('format', 'prettier/bin/prettier.cjs', ['--check', '.', '--log-level', 'warn']);
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'test-results-'));
  const unit = runJest('unit, synthesis and handler tests', path.join(directory, 'unit.json'), []);
  const journey = runJest('end to end on a local cloud', path.join(directory, 'e2e.json'), [
    '--config',
    'test/e2e/jest.config.js',
  ]);
  fs.rmSync(directory, { recursive: true });

  const checks = [types, lint, format];
  const passed = unit.numPassedTests + journey.numPassedTests + checks.filter(Boolean).length;
  const failed = unit.numFailedTests + journey.numFailedTests + checks.filter((check) => !check).length;
  const skipped = unit.numPendingTests + journey.numPendingTests;
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = main();
