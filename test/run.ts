/** `npm test`: everything, in the order in which a mistake is cheapest to find; ends with the number of tests. */
import { spawn, spawnSync } from 'node:child_process';
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

/** Runs a check beside others; what it says comes when it has ended, in one piece. */
function check(what: string, script: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [path.join(ROOT, 'node_modules', script), ...args], { cwd: ROOT });
    const said: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
    child.on('error', (error) => said.push(Buffer.from(`${error.message}\n`)));
    child.on('close', (status) => {
      process.stdout.write(`\n> ${what}\n${Buffer.concat(said).toString('utf8')}`);
      resolve(status === 0);
    });
  });
}

function runJest(what: string, results: string, args: readonly string[]): JestResults {
  const passed = run(what, 'jest/bin/jest.js', [...args, '--json', '--outputFile', results]);
  const counts = JSON.parse(fs.readFileSync(results, 'utf8')) as JestResults;
  // A suite that never ran is a failure too, whatever its tests would have said.
  const broken = counts.numRuntimeErrorTestSuites + (passed || counts.numFailedTests > 0 ? 0 : 1);
  return { ...counts, numFailedTests: counts.numFailedTests + broken };
}

async function main(): Promise<number> {
  const checks = await Promise.all([
    check('types', 'typescript/bin/tsc', ['--noEmit']),
    check('lint', 'eslint/bin/eslint.js', ['.', '--cache', '--max-warnings', '0']),
    check('format', 'prettier/bin/prettier.cjs', ['--check', '.', '--log-level', 'warn']),
  ]);
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'test-results-'));
  const unit = runJest('unit, synthesis and handler tests', path.join(directory, 'unit.json'), []);
  const journey = runJest('end to end on a local cloud', path.join(directory, 'e2e.json'), [
    '--config',
    'test/e2e/jest.config.js',
  ]);
  fs.rmSync(directory, { recursive: true });

  const passed = unit.numPassedTests + journey.numPassedTests + checks.filter(Boolean).length;
  const failed = unit.numFailedTests + journey.numFailedTests + checks.filter((good) => !good).length;
  const skipped = unit.numPendingTests + journey.numPendingTests;
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failed === 0 ? 0 : 1;
}

void main().then((status) => (process.exitCode = status));
