import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { zipSync, type Zippable } from 'fflate';
import type { BenchResult } from '../bench-result';

const ROOT = path.join(__dirname, '..', '..', '..');
const DIST = path.join(ROOT, 'dist');
const MEBIBYTE = 1024 * 1024;

/** What is uploaded, and what is downloaded by npm. */
export function benchSize(): BenchResult {
  const limits = [
    {
      name: 'handler zip',
      measured: zipped(path.join(DIST, 'handlers', 'predict')) / MEBIBYTE,
      limit: 1.5,
      unit: 'MiB',
    },
    { name: 'runtime layer, x64', measured: layer('x64'), limit: 18, unit: 'MiB' },
    { name: 'runtime layer, arm64', measured: layer('arm64'), limit: 11, unit: 'MiB' },
    { name: 'npm package', measured: packed() / MEBIBYTE, limit: 35, unit: 'MiB' },
  ];
  return { name: 'size', rows: [], limits };
}

function layer(architecture: string): number {
  return fs.statSync(path.join(DIST, 'layers', `onnxruntime-${architecture}.zip`)).size / MEBIBYTE;
}

function zipped(directory: string): number {
  const files: Zippable = Object.fromEntries(
    fs.readdirSync(directory).map((name) => [name, new Uint8Array(fs.readFileSync(path.join(directory, name)))]),
  );
  return zipSync(files, { level: 9 }).length;
}

/** The package as it would be published: compiled first, so that nothing is missing in it. */
function packed(): number {
  const env = { ...process.env, JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: process.versions.node.split('.')[0] };
  execFileSync(process.execPath, [require.resolve('jsii/bin/jsii')], { cwd: ROOT, env, stdio: 'ignore' });
  const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return (JSON.parse(output) as { size: number }[])[0].size;
}
