import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import ts from 'typescript';
import type { BenchResult, Limit } from '../bench-result';
import { median } from '../handler/statistics';

const ROOT = path.join(__dirname, '..', '..', '..');
export const COMPILED = path.join(ROOT, '.cache', 'bench', 'compiled');
const REFERENCES = path.join(ROOT, '.cache', 'bench', 'references');
const COUNTS = [1, 10, 50] as const;
const RUNS = 5;

interface Sample {
  readonly milliseconds: number;
  readonly resources: number;
}

/** What is deployed, how many resources each may have, and what it is compared with beside generated classes. */
const PATTERNS = {
  serverless: {
    name: 'synthesis of ServerlessInference with InferenceApi, rollout, alarms, dashboard',
    mostResources: 45,
    byHand: true,
  },
  endpoint: { name: 'synthesis of RealtimeEndpoint with everything on', mostResources: 40, byHand: false },
} as const;

type Pattern = keyof typeof PATTERNS;

/** Synthesis of whole deployments beside the same resources as generated classes, and what the import costs. */
export function benchSynth(pattern: Pattern): BenchResult {
  const { name, mostResources, byHand } = PATTERNS[pattern];
  compileLibrary();
  fs.rmSync(REFERENCES, { recursive: true, force: true });
  const times = new Map<string, number[]>();
  const resources = new Map<string, number>();
  COUNTS.forEach((n) => measure(`prepare ${n}`, pattern));
  const competitors = ['ours', 'plain', ...(byHand ? ['handWritten'] : [])];
  // Interleaved, so that a busy moment of the machine meets all variants alike.
  for (let run = 0; run < RUNS; run++) {
    for (const variant of ['import 0', ...COUNTS.flatMap((n) => competitors.map((each) => `${each} ${n}`))]) {
      const sample = measure(variant, pattern);
      times.set(variant, [...(times.get(variant) ?? []), sample.milliseconds]);
      resources.set(variant, sample.resources);
    }
  }
  const time = (variant: string) => median(times.get(variant)!);
  const perResource = (variant: string) => time(variant) / resources.get(variant)!;
  const rows = COUNTS.map((n) => ({
    'per app': n,
    'resources each': resources.get(`ours ${n}`)! / n,
    'ms per resource': perResource(`ours ${n}`),
    'as generated classes': perResource(`plain ${n}`),
    ...(byHand ? { "with aws-cdk-lib's own constructs, by hand": perResource(`handWritten ${n}`) } : {}),
  }));
  const limits: Limit[] = [
    { name: 'import beyond aws-cdk-lib', measured: time('import 0'), limit: 60, unit: 'ms' },
    ...rows.flatMap((row) => [
      {
        name: `${row['per app']} per app: resources each`,
        measured: row['resources each'],
        limit: mostResources,
        unit: '',
      },
      {
        name: `${row['per app']} per app: time beside generated classes`,
        measured: row['ms per resource'] / row['as generated classes'],
        limit: 1.3,
        unit: 'x',
      },
    ]),
    {
      name: 'growth exponent, 10 to 50 per app',
      measured: Math.log(time('ours 50') / time('ours 10')) / Math.log(50 / 10),
      limit: 1.1,
      unit: '',
    },
  ];
  return { name, rows, limits };
}

function measure(variant: string, pattern: Pattern): Sample {
  const reference = path.join(REFERENCES, variant.split(' ')[1]);
  fs.mkdirSync(reference, { recursive: true });
  const args = [
    path.join(COMPILED, 'test', 'bench', 'synth', 'measure.js'),
    ...variant.split(' '),
    COMPILED,
    reference,
    pattern,
  ];
  const output = execFileSync(process.execPath, args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return JSON.parse(output.trim().split('\n').at(-1)!) as Sample;
}

/**
 * The library as it is published, and the measurement with it: plain JavaScript, one file per source. Running the
 * sources directly would add source maps, which slow every construct's stack trace.
 */
export function compileLibrary(): void {
  fs.rmSync(COMPILED, { recursive: true, force: true });
  const options = ts.convertCompilerOptionsFromJson(
    (
      ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), (file) => fs.readFileSync(file, 'utf8')).config as {
        compilerOptions: unknown;
      }
    ).compilerOptions,
    ROOT,
  ).options;
  for (const folder of ['lib', 'lambda', 'bin/sample', 'test/bench/synth', 'test/bench/checks']) {
    for (const file of fs.readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
      if (file.endsWith('.ts') && !file.endsWith('.d.ts')) {
        const target = path.join(COMPILED, folder, file.replace(/\.ts$/, '.js'));
        fs.mkdirSync(path.dirname(target), { recursive: true });
        const source = fs.readFileSync(path.join(ROOT, folder, file), 'utf8');
        fs.writeFileSync(
          target,
          ts.transpileModule(source, {
            compilerOptions: {
              ...options,
              module: ts.ModuleKind.CommonJS,
              inlineSourceMap: false,
              inlineSources: false,
              declaration: false,
            },
          }).outputText,
        );
      }
    }
  }
  fs.cpSync(path.join(ROOT, 'bin', 'sample', 'models'), path.join(COMPILED, 'bin', 'sample', 'models'), {
    recursive: true,
  });
  fs.symlinkSync(path.join(ROOT, 'dist'), path.join(COMPILED, 'dist'));
}
