import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ensurePythonEnvironment } from '../../../bin/local-cloud/python-environment';
import type { BenchResult, Limit } from '../bench-result';
import { writeScenario } from '../handler/scenario';
import { median, percentile } from '../handler/statistics';
import { load, type LoadResult, type RunningServer, startFloor, startOurs, startPeers } from './servers';

const ROOT = join(__dirname, '..', '..', '..');
const FOLDER = join(ROOT, '.cache', 'bench-container');

const CONCURRENCY = [1, 16] as const;
const TURN_MILLISECONDS = 1_500;
const ROUNDS = 5;
/** While a limit is broken, more turns are taken: on a busy machine it takes longer to catch a quiet moment. */
const MAX_ROUNDS = 20;
/** Requests per second of Python's best, in ours. */
const SHARE_OF_OURS = 1 / 2;
/** Of what the load generator can do, so that it is the servers that are measured. */
const SHARE_OF_FLOOR = 0.6;

/** Results by `<server> <concurrency>`. */
type Samples = Map<string, LoadResult[]>;

/** The server of the image over HTTP, in turns with the same server in Python: one instance in each request, JSON in and out. */
export async function benchContainer(report: (line: string) => void = console.error): Promise<BenchResult> {
  const scenario = writeScenario(FOLDER, join(ROOT, 'dist', 'containers', 'onnx-server'));
  const program = join(FOLDER, 'load.js');
  await build({
    entryPoints: [join(__dirname, 'load.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  const bodyFile = join(FOLDER, 'body.json');
  writeFileSync(bodyFile, scenario.events[0].event.body);
  const python = await ensurePythonEnvironment('bench-container', join(__dirname, 'requirements.txt'), report);
  const peers = python === undefined ? [] : startPeers(python, join(scenario.asset, 'model.onnx'));
  const starting = [startOurs(scenario.asset), startFloor(), ...peers];
  const samples: Samples = new Map();
  try {
    const servers = await Promise.all(starting);
    await checkAnswers(servers.filter(({ name }) => name !== 'floor'));
    const holds = (): boolean => limitsOf(samples).every(({ measured, limit }) => measured <= limit);
    for (let round = 0; round < ROUNDS || (round < MAX_ROUNDS && !holds()); round++) {
      for (const concurrency of CONCURRENCY) {
        for (const server of servers) {
          const result = await load(program, server, concurrency, TURN_MILLISECONDS, bodyFile);
          const key = `${server.name} ${concurrency}`;
          samples.set(key, [...(samples.get(key) ?? []), result]);
        }
      }
    }
  } finally {
    await Promise.all(
      starting.map((server) =>
        server.then(
          ({ stop }) => stop(),
          () => undefined,
        ),
      ),
    );
  }
  return {
    name: 'server of the image, MLP 64-256-256-1, JSON in and out',
    rows: rowsOf(samples),
    limits: limitsOf(samples),
  };
}

/** All of them must compute the same, or nothing is compared. */
async function checkAnswers(servers: readonly RunningServer[]): Promise<void> {
  const instances = [Array.from({ length: 64 }, (_, index) => Math.sin(index) / 1000)];
  const predictions = await Promise.all(
    servers.map(async ({ name, port }) => {
      const answer = await fetch(`http://127.0.0.1:${port}/invocations`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ instances }),
      });
      const {
        predictions: [prediction],
      } = (await answer.json()) as { predictions: number[] };
      return { name, prediction };
    }),
  );
  const [{ prediction: expected }] = predictions;
  const other = predictions.find(({ prediction }) => !(Math.abs(prediction - expected) < 1e-5));
  if (other !== undefined || expected <= 0 || expected >= 1) {
    throw new Error(`the servers do not agree: ${JSON.stringify(predictions)}`);
  }
}

function rowsOf(samples: Samples): BenchResult['rows'] {
  return [...samples].map(([key, results]) => {
    const [, server, concurrency] = /^(.*) (\d+)$/.exec(key)!;
    const milliseconds = (share: number): number =>
      median(results.map((result) => percentile(result.milliseconds, share)));
    return {
      server: server === 'floor' ? 'load generator alone' : server,
      concurrency: Number(concurrency),
      'requests/s': Math.round(median(results.map(({ requestsPerSecond }) => requestsPerSecond))),
      'at best': Math.round(best(results)),
      'p50 ms': milliseconds(0.5),
      'p99 ms': milliseconds(0.99),
    };
  });
}

function limitsOf(samples: Samples): Limit[] {
  const [largest] = CONCURRENCY.slice(-1);
  const at = (name: string, concurrency: number): number => best(samples.get(`${name} ${concurrency}`) ?? []);
  const peers = [...new Set([...samples.keys()].map((key) => key.replace(/ \d+$/, '')))].filter((name) =>
    name.startsWith('python'),
  );
  const shares = CONCURRENCY.flatMap((concurrency) =>
    peers.length === 0
      ? []
      : [
          {
            name: `requests/s of Python, share of ours, concurrency ${concurrency}`,
            measured: Math.max(...peers.map((name) => at(name, concurrency))) / at('ours', concurrency),
            limit: SHARE_OF_OURS,
            unit: '',
          },
        ],
  );
  const generator = {
    name: `ours, share of what the load generator can do, concurrency ${largest}`,
    measured: at('ours', largest) / at('floor', largest),
    limit: SHARE_OF_FLOOR,
    unit: '',
  };
  return [...shares, generator];
}

/** Other programs on the machine can only make a turn slower: limits are held against the turn that met the least of them. */
function best(results: readonly LoadResult[]): number {
  return results.length === 0 ? NaN : Math.max(...results.map(({ requestsPerSecond }) => requestsPerSecond));
}
