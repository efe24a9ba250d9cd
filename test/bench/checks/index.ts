import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import type { BenchResult } from '../bench-result';
import { median } from '../handler/statistics';
import { COMPILED, compileLibrary } from '../synth/bench-synth';

/** How often both patterns are in the template; four times is about 300 resources. */
const SIZES = [1, 4, 16] as const;
const REFERENCE = 4;
const RUNS = 3;

interface Sample {
  /** Milliseconds of the first run in a process, with all that is loaded for it, and of later ones. */
  readonly first: readonly number[];
  readonly later: readonly number[];
  readonly resources: number;
}

/** All rules over one template, beside the validator that aws-cdk-lib runs by itself. */
export function benchChecks(): BenchResult {
  compileLibrary();
  const samples = new Map<string, Sample[]>();
  // Interleaved, so that a busy moment of the machine meets both alike.
  for (let run = 0; run < RUNS; run++) {
    for (const variant of SIZES.flatMap((size) => [`ours ${size}`, `builtIn ${size}`])) {
      samples.set(variant, [...(samples.get(variant) ?? []), measure(variant)]);
    }
  }
  const time = (variant: string, which: 'first' | 'later') =>
    median(samples.get(variant)!.flatMap((sample) => sample[which]));
  const resources = (size: number) => samples.get(`ours ${size}`)![0].resources;
  const rows = SIZES.map((size) => ({
    resources: resources(size),
    'first run, ms': time(`ours ${size}`, 'first'),
    'later run, ms': time(`ours ${size}`, 'later'),
    "aws-cdk-lib's validator, first run, ms": time(`builtIn ${size}`, 'first'),
    'its later run, ms': time(`builtIn ${size}`, 'later'),
  }));
  const most = SIZES[SIZES.length - 1];
  return {
    name: 'InferenceChecks over one template',
    rows,
    limits: [
      ...(['first', 'later'] as const).map((which) => ({
        name: `${resources(REFERENCE)} resources, ${which} run: time beside aws-cdk-lib's validator`,
        measured: time(`ours ${REFERENCE}`, which) / time(`builtIn ${REFERENCE}`, which),
        limit: 0.1,
        unit: 'x',
      })),
      {
        name: `growth exponent, ${resources(REFERENCE)} to ${resources(most)} resources`,
        measured:
          Math.log(time(`ours ${most}`, 'later') / time(`ours ${REFERENCE}`, 'later')) /
          Math.log(resources(most) / resources(REFERENCE)),
        limit: 1.1,
        unit: '',
      },
    ],
  };
}

function measure(variant: string): Sample {
  const output = execFileSync(
    process.execPath,
    [path.join(COMPILED, 'test', 'bench', 'checks', 'measure.js'), ...variant.split(' '), COMPILED],
    { cwd: path.join(COMPILED, '..', '..', '..'), encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  return JSON.parse(output.trim().split('\n').at(-1)!) as Sample;
}
