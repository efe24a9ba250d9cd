import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { CurrentRun, Outcome, PartitionRef } from '../../../lambda/batch/contract';
import { currentKey, manifestKey, resultKey, runPlace } from '../../../lambda/batch/run-paths';
import { scoringOf } from '../../../lambda/batch/scoring';
import type { BenchResult } from '../bench-result';
import { bytesOf, etagOf, keyOf, OBJECTS } from './input';
import { LoopbackS3, RESULTS_IN_FOLDER } from './loopback-s3';
import { SETTINGS } from './planned-run';

const FOLDER = join(__dirname, '..', '..', '..', '.cache', 'bench-batch');
const EARLIER = '20260131T020000000Z-nightly';

interface Sample {
  readonly seconds: number;
  /** Megabytes. */
  readonly before: number;
  readonly peak: number;
  readonly objects: number;
  readonly rest: string;
}

/** Plans a million objects in fresh processes, beside partitions of as many objects each. */
export async function benchBatchPlan(): Promise<BenchResult> {
  const child = await compileChild();
  const s3 = new LoopbackS3(earlierRun(), (key) => key.includes('/rest-'));
  const endpoint = await s3.start();
  try {
    const alone = await run(child, 'memory', 'all');
    const throughClient = await run(child, endpoint, 'all');
    const refs = JSON.parse(s3.kept.get(throughClient.rest)!) as PartitionRef[];
    const requests = s3.requests;
    const incremental = await run(child, endpoint, 'incremental');
    const ours = imbalance(refs.map(({ bytes }) => bytes));
    const byCount = imbalance(evenByCount(refs.length));
    const row = (planned: string, { seconds, before, peak, objects }: Sample) => ({
      planned,
      'objects to score': objects,
      seconds,
      'peak, MB': peak,
      'of it before planning': before,
    });
    return {
      name: `planning a run of ${OBJECTS} objects`,
      rows: [
        row('without S3', alone),
        row('with the S3 client, over loopback', throughClient),
        row('the same, half of it kept from the current run', incremental),
        { planned: `${refs.length} partitions, fullest over mean`, imbalance: ours },
        { planned: 'as many of as many objects each', imbalance: byCount },
        { planned: 'requests of S3 for 1,000 objects', requests: requests / (OBJECTS / 1000) },
      ],
      limits: [
        ...[alone, throughClient, incremental].map(({ peak }, index) => ({
          name: `peak memory, ${['without S3', 'with the S3 client', 'half of it kept'][index]}`,
          measured: peak,
          limit: 512,
          unit: 'MB',
        })),
        { name: 'bytes of the fullest partition over the mean', measured: ours, limit: 1.05, unit: 'x' },
      ],
    };
  } finally {
    s3.stop();
  }
}

async function compileChild(): Promise<string> {
  mkdirSync(FOLDER, { recursive: true });
  const outfile = join(FOLDER, 'plan-child.js');
  await build({
    entryPoints: [join(__dirname, 'plan-child.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  return outfile;
}

/** The server of S3 is in this process, so it must not wait for the child. */
async function run(child: string, where: string, mode: string): Promise<Sample> {
  const planning = spawn(process.execPath, [child, where, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  for await (const chunk of planning.stdout) {
    output += String(chunk);
  }
  return JSON.parse(output.trim().split('\n').at(-1)!) as Sample;
}

/** A current run that scored everything: half of the objects have changed since. */
function earlierRun(): Readonly<Record<string, () => Iterable<string>>> {
  const earlier = runPlace(SETTINGS.output, EARLIER);
  const current: CurrentRun = {
    run: EARLIER,
    model: SETTINGS.model,
    scoring: scoringOf(SETTINGS),
    summary: `${earlier.prefix}summary.json`,
    manifest: manifestKey(earlier),
  };
  return {
    [currentKey(SETTINGS.output)]: () => [JSON.stringify(current)],
    *[manifestKey(earlier)]() {
      for (let number = 0; number < OBJECTS; number++) {
        const key = keyOf(number);
        const outcome: Outcome = {
          key,
          bytes: bytesOf(number),
          etag: number % 2 === 0 ? etagOf(number) : '"changed"',
          status: 'scored',
          output: `s3://${earlier.bucket}/${resultKey(earlier, Math.floor(number / RESULTS_IN_FOLDER), key)}`,
          recordsIn: 100,
          recordsOut: 100,
        };
        yield `${JSON.stringify(outcome)}\n`;
      }
    },
  };
}

/** Bytes of as many partitions, each of as many objects that follow each other. */
function evenByCount(partitions: number): number[] {
  const bytes = new Array<number>(partitions).fill(0);
  for (let number = 0; number < OBJECTS; number++) {
    bytes[Math.floor((number * partitions) / OBJECTS)] += bytesOf(number);
  }
  return bytes;
}

function imbalance(bytes: readonly number[]): number {
  return (Math.max(...bytes) * bytes.length) / bytes.reduce((sum, each) => sum + each, 0);
}
