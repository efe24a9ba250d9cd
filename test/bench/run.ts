/**
 * `npm run bench [names...]`: the benchmarks, their figures as tables and as JSON in `.cache/bench/results.json`. Exits
 * with 1 if a limit is broken. Figures are ratios within one run; run it on a quiet machine.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import Table from 'cli-table3';
import { bundle } from '../../bin/bundle';
import { benchBatchPlan } from './batch';
import { benchBatchScore } from './batch/score';
import { benchBatchRun } from './batch/whole-run';
import { isBroken, type BenchResult } from './bench-result';
import { benchChecks } from './checks';
import { benchContainer } from './container';
import { benchHandler } from './handler';
import { benchJudge } from './judge';
import { benchSimulated } from './judge/simulated';
import { benchRollout } from './rollout';
import { benchSize } from './size/bench-size';
import { benchStream } from './stream';
import { benchSynth } from './synth/bench-synth';

const ROOT = path.join(__dirname, '..', '..');
const RESULTS = path.join(ROOT, '.cache', 'bench', 'results.json');

const BENCHMARKS: Record<string, () => BenchResult | Promise<BenchResult>> = {
  size: benchSize,
  synth: () => benchSynth('serverless'),
  'synth-endpoint': () => benchSynth('endpoint'),
  checks: benchChecks,
  'batch-plan': benchBatchPlan,
  'batch-run': benchBatchRun,
  'batch-score': benchBatchScore,
  stream: benchStream,
  handler: benchHandler,
  judge: benchJudge,
  'judge-simulated': benchSimulated,
  rollout: benchRollout,
  container: benchContainer,
};

async function main(names: readonly string[]): Promise<void> {
  await bundle(path.join(ROOT, 'dist'));
  const results: BenchResult[] = [];
  for (const name of names) {
    const result = await BENCHMARKS[name]();
    print(result);
    results.push(result);
  }
  fs.mkdirSync(path.dirname(RESULTS), { recursive: true });
  fs.writeFileSync(RESULTS, `${JSON.stringify(results, undefined, 2)}\n`);
  const broken = results.flatMap(({ limits }) => limits).filter(isBroken);
  console.log(`\n${RESULTS}\n${broken.length === 0 ? 'every limit holds' : `${broken.length} limits are broken`}`);
  process.exitCode = broken.length === 0 ? 0 : 1;
}

function print({ name, rows, limits }: BenchResult): void {
  console.log(`\n${name}`);
  if (rows.length > 0) {
    const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    const table = new Table({ head: columns, style: { head: [], border: [] } });
    table.push(...rows.map((row) => columns.map((column) => format(row[column]))));
    console.log(table.toString());
  }
  const table = new Table({ head: ['limit', 'measured', 'at most', ''], style: { head: [], border: [] } });
  table.push(
    ...limits.map((limit) => [
      limit.name,
      `${format(limit.measured)} ${limit.unit}`,
      `${limit.limit} ${limit.unit}`,
      isBroken(limit) ? 'BROKEN' : 'holds',
    ]),
  );
  console.log(table.toString());
}

function format(value: string | number | undefined): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(3))) : (value ?? '');
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in BENCHMARKS));
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(', ')}: choose of ${Object.keys(BENCHMARKS).join(', ')}`);
  process.exitCode = 2;
} else {
  void main(asked.length === 0 ? Object.keys(BENCHMARKS) : asked);
}
