import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { eventOf, perceptronPredictor } from './input';

const ROOT = join(__dirname, '..', '..', '..');

/** Megabytes at the peak of a process that consumes batches of 6,000 records. */
export async function peakOf(folder: string): Promise<number> {
  perceptronPredictor(folder);
  writeFileSync(join(folder, 'event.json'), JSON.stringify(eventOf(6_000)));
  const outfile = join(folder, 'memory-child.js');
  await build({
    entryPoints: [join(__dirname, 'memory-child.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    external: ['onnxruntime-node', 'onnxruntime-node/*'],
    logLevel: 'warning',
  });
  const output = execFileSync(process.execPath, [outfile, folder], {
    encoding: 'utf8',
    env: { ...process.env, NODE_PATH: join(ROOT, 'node_modules') },
  });
  return Number(output.trim());
}
