import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PythonEnvironment } from '../../../bin/local-cloud/python-environment';
import type { BenchResult, Limit } from '../bench-result';
import { cleanEnvironment, compileChildren, ensureNode22, ensurePython, timeFirstAnswer } from './competitors';
import { writeScenario, type Scenario } from './scenario';
import { median, percentile } from './statistics';

const ROOT = join(__dirname, '..', '..', '..');
const FOLDER = join(ROOT, '.cache', 'bench-handler');
const PEER = join(__dirname, 'peer.py');

const COLD_RUNS = 15;
/** While a limit in milliseconds is broken, more starts are timed: on a busy machine it takes longer to catch a quiet moment. */
const MAX_COLD_RUNS = 60;
const WARM_ROUNDS = 3;
/** Milliseconds over the start of Node.js itself within which the first answer must be out. */
const COLD_OVER_BOOT = { before22: 90, since22: 60 };
/** What the parts may lose in being put together; the whole handler may lose nothing over core and metrics line. */
const CORE_OVER_PARTS = 1.2;
const HANDLER_OVER_CORE_AND_METRICS = 1;

const PARTS = ['parse', 'validate', 'tensor', 'run', 'serialise'] as const;

/** Samples by competitor. */
type Samples = Map<string, number[]>;

/**
 * The prediction handler beside its peers: fresh process to first answer, and warm per request. Every figure is taken in turns
 * with those that it is compared to, because only their ratios mean something on a busy machine.
 */
export async function benchHandler(report: (line: string) => void = console.error): Promise<BenchResult> {
  const scenario = writeScenario(FOLDER, join(ROOT, 'dist', 'handlers', 'predict'));
  const children = await compileChildren(FOLDER);
  const python = await ensurePython(report);
  const node22 = ensureNode22(report);
  const cold = timeColdStarts(scenario, children.naive, node22, python);
  const warm = timeWarm(scenario, children.warm, python);
  return {
    name: 'prediction handler, MLP 64-256-256-1, JSON in and out',
    rows: [...coldRows(cold), ...warmRows(warm)],
    limits: [...coldLimits(cold, scenario.events), ...warmLimits(warm, scenario)],
  };
}

function timeColdStarts(
  { asset, events, eventsFile }: Scenario,
  naive: string,
  node22: string | undefined,
  python: PythonEnvironment | undefined,
): Samples {
  const child = join(__dirname, 'cold-child.js');
  const environment = cleanEnvironment({ LAMBDA_TASK_ROOT: asset });
  const competitors = new Map<string, () => number>();
  const addNode = (label: string, executable: string): void => {
    competitors.set(`${label} alone`, () => timeFirstAnswer(executable, [child], environment));
    for (const [name, file] of Object.entries({ handler: join(asset, 'index.js'), naive })) {
      for (const { batch } of events) {
        const args = [child, file, eventsFile, String(batch)];
        competitors.set(`${label} ${name} ${batch}`, () => timeFirstAnswer(executable, args, environment));
      }
    }
  };
  addNode('node', process.execPath);
  if (node22 !== undefined && node22 !== process.execPath) {
    addNode('node22', node22);
  }
  if (python !== undefined) {
    const env = cleanEnvironment(python.env);
    for (const { batch } of events) {
      const args = [PEER, asset, eventsFile, 'cold', String(batch)];
      competitors.set(`python ${batch}`, () => timeFirstAnswer(python.executable, args, env));
    }
  }
  const samples: Samples = new Map([...competitors.keys()].map((name) => [name, []]));
  const enough = (run: number): boolean =>
    run >= MAX_COLD_RUNS ||
    (run >= COLD_RUNS && coldLimits(samples, events).every(({ measured, limit }) => measured <= limit));
  for (let run = -1; !enough(run); run++) {
    for (const [name, measure] of competitors) {
      const milliseconds = measure();
      // The first round fills the caches of the file system.
      if (run >= 0) {
        samples.get(name)?.push(milliseconds);
      }
    }
  }
  return samples;
}

/** Microseconds by `<subject> <batch>`. */
function timeWarm({ asset, eventsFile }: Scenario, child: string, python: PythonEnvironment | undefined): Samples {
  const samples: Samples = new Map();
  const add = (key: string, values: readonly number[]): void => {
    samples.set(key, [...(samples.get(key) ?? []), ...values]);
  };
  const resultFile = join(FOLDER, 'warm.json');
  const run = <T>(command: string, args: readonly string[], env: NodeJS.ProcessEnv): T => {
    execFileSync(command, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
    return JSON.parse(readFileSync(resultFile, 'utf8')) as T;
  };
  for (let round = 0; round < WARM_ROUNDS; round++) {
    const environment = cleanEnvironment({ LAMBDA_TASK_ROOT: asset });
    const ours = run<Record<string, Record<string, number[]>>>(
      process.execPath,
      [child, eventsFile, resultFile],
      environment,
    );
    for (const [batch, bySubject] of Object.entries(ours)) {
      Object.entries(bySubject).forEach(([subject, values]) => add(`${subject} ${batch}`, values));
    }
    if (python !== undefined) {
      const args = [PEER, asset, eventsFile, 'warm', resultFile];
      const theirs = run<Record<string, number[]>>(python.executable, args, cleanEnvironment(python.env));
      Object.entries(theirs).forEach(([batch, values]) => add(`python ${batch}`, values));
    }
  }
  return samples;
}

function coldRows(samples: Samples): BenchResult['rows'] {
  return [...samples].map(([name, values]) => ({
    what: `cold: ${name.replace(/ (\d+)$/, ', batch $1')}`,
    unit: 'ms',
    p10: round(undisturbed(values)),
    p50: round(median(values)),
    p99: round(percentile(values, 0.99)),
  }));
}

function warmRows(samples: Samples): BenchResult['rows'] {
  return [...samples].map(([name, values]) => ({
    what: `warm: ${name.replace(/ (\d+)$/, ', batch $1')}`,
    unit: 'us',
    p10: round(undisturbed(values)),
    p50: round(median(values)),
    p99: round(percentile(values, 0.99)),
  }));
}

function coldLimits(samples: Samples, events: Scenario['events']): Limit[] {
  const at = (name: string): number => undisturbed(samples.get(name) ?? [NaN]);
  const here = Number(process.versions.node.split('.')[0]) < 22 ? COLD_OVER_BOOT.before22 : COLD_OVER_BOOT.since22;
  return events.flatMap(({ batch }) => {
    const overBoot = (label: string, limit: number): Limit => ({
      name: `cold start over ${label} alone, batch ${batch}`,
      measured: at(`${label} handler ${batch}`) - at(`${label} alone`),
      limit,
      unit: 'ms',
    });
    const share = (of: string, competitor: string): Limit => ({
      name: `cold start, share of ${of}, batch ${batch}`,
      measured: at(`node handler ${batch}`) / at(competitor),
      limit: 1,
      unit: '',
    });
    return [
      overBoot('node', here),
      ...(samples.has('node22 alone') ? [overBoot('node22', COLD_OVER_BOOT.since22)] : []),
      share('the naive bundle', `node naive ${batch}`),
      ...(samples.has(`python ${batch}`) ? [share('Python', `python ${batch}`)] : []),
    ];
  });
}

function warmLimits(samples: Samples, { events }: Scenario): Limit[] {
  return events.flatMap(({ batch }) => {
    const at = (name: string): number => undisturbed(samples.get(`${name} ${batch}`) ?? [NaN]);
    const parts = PARTS.reduce((sum, part) => sum + at(part), 0);
    const limits = [
      {
        name: `core over the sum of its parts, batch ${batch}`,
        measured: at('core') / parts,
        limit: CORE_OVER_PARTS,
        unit: '',
      },
      {
        name: `handler over core and one metrics line, batch ${batch}`,
        measured: at('handler') / (at('core') + at('metrics')),
        limit: HANDLER_OVER_CORE_AND_METRICS,
        unit: '',
      },
    ];
    // The core is like with like: the peer writes no metrics.
    const beside = (name: string): Limit => ({
      name: `${name}, share of Python, batch ${batch}`,
      measured: at(name) / at('python'),
      limit: 1,
      unit: '',
    });
    return samples.has(`python ${batch}`) ? [...limits, beside('core'), beside('handler')] : limits;
  });
}

/** Other programs on the machine can only make a run slower: limits are held against the tenth that met the least of them. */
function undisturbed(values: readonly number[]): number {
  return percentile(values, 0.1);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
