import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { BenchResult } from '../bench-result';
import type { Timed } from './timed-child';

const FOLDER = join(__dirname, '..', '..', '..', '.cache', 'bench-judge');

/** Microseconds of a verdict on 60 minutes of 6 metrics, beside a Mann-Whitney judge on the same minutes. */
export async function benchJudge(): Promise<BenchResult> {
  mkdirSync(FOLDER, { recursive: true });
  const outfile = join(FOLDER, 'timed-child.js');
  await build({
    entryPoints: [join(__dirname, 'timed-child.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  const cases = [1, 1.2, 3].map((ratio) => ({
    ratio,
    ...(JSON.parse(execFileSync(process.execPath, [outfile, String(ratio)], { encoding: 'utf8' })) as Timed),
  }));
  const worst = (of: (one: Timed) => number): number => Math.max(...cases.map(of));
  return {
    name: 'a verdict on 6 metrics and 60 minutes',
    rows: cases.map(({ ratio, replay, minute, evidence, replayWithEvidence, mannWhitney }) => ({
      'times as bad': ratio,
      'replay, µs': replay,
      'with all evidence, µs': replayWithEvidence,
      'one more minute, µs': minute,
      'its evidence, µs': evidence,
      'Mann-Whitney, µs': mannWhitney,
      'Mann-Whitney / replay with evidence': mannWhitney / replayWithEvidence,
      'Mann-Whitney / one more minute': mannWhitney / minute,
    })),
    limits: [
      { name: 'replay', measured: worst(({ replay }) => replay), limit: 200, unit: 'µs' },
      { name: 'one more minute', measured: worst(({ minute }) => minute), limit: 5, unit: 'µs' },
      {
        name: 'replay with all evidence, of a version as good',
        measured: cases[0].replayWithEvidence,
        limit: 200,
        unit: 'µs',
      },
    ],
  };
}
