import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SETTINGS_VARIABLE, type StreamSettings } from '../../../lambda/stream/contract';
import { cleanEnvironment, timeFirstAnswer } from '../handler/competitors';
import { percentile } from '../handler/statistics';
import { eventOf, perceptronPredictor, recordOf } from './input';

const HANDLERS = join(__dirname, '..', '..', '..', 'dist', 'handlers');
const CHILD = join(__dirname, 'cold-child.js');
const RUNS = 21;
const BATCH = 100;

export const NODE = 'Node.js alone';
export const PREDICT = 'predict, asked directly';
export const DIRECT = 'consumer, asked directly';
export const STREAMED = `consumer, a batch of ${BATCH} into a stream`;

const SETTINGS: StreamSettings = {
  format: 'json',
  aggregated: false,
  withInput: false,
  maxRecordBytes: 1024 * 1024,
  tensorBatch: 256,
  sinks: [{ kind: 'kinesis', streamName: 'scores' }],
  quarantine: { bucket: 'quarantine', prefix: '' },
};

/** Milliseconds from the start of a process to its first answer, on the same model and in turns; a tenth of the runs took less. */
export async function coldStarts(folder: string): Promise<Readonly<Record<string, number>>> {
  const ask = join(folder, 'ask.json');
  const batch = join(folder, 'batch.json');
  const [predict, consumer] = ['predict', 'stream-score'].map((name) => {
    const asset = join(folder, name);
    perceptronPredictor(asset);
    cpSync(join(HANDLERS, name), asset, { recursive: true });
    return asset;
  });
  writeFileSync(ask, JSON.stringify({ instances: [recordOf(1)] }));
  writeFileSync(batch, JSON.stringify(eventOf(BATCH)));
  // A process of its own, as this one waits for the children without answering anybody.
  const sink = spawn(process.execPath, [join(__dirname, 'sink-child.js')], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [port] = (await once(sink.stdout, 'data')) as [Buffer];
    const environment = (asset: string): NodeJS.ProcessEnv =>
      cleanEnvironment({
        LAMBDA_TASK_ROOT: asset,
        [SETTINGS_VARIABLE]: JSON.stringify(SETTINGS),
        AWS_REGION: 'eu-west-1',
        AWS_ACCESS_KEY_ID: 'bench',
        AWS_SECRET_ACCESS_KEY: 'bench',
        AWS_ENDPOINT_URL: `http://127.0.0.1:${port.toString().trim()}`,
        NODE_OPTIONS: '--no-warnings',
      });
    const start = (asset: string, ...event: string[]): number =>
      timeFirstAnswer(
        process.execPath,
        event.length === 0 ? [CHILD] : [CHILD, join(asset, 'index.js'), ...event],
        environment(asset),
      );
    return inTurns({
      [NODE]: () => start(predict),
      [PREDICT]: () => start(predict, ask),
      [DIRECT]: () => start(consumer, ask),
      [STREAMED]: () => start(consumer, batch),
    });
  } finally {
    sink.kill();
  }
}

function inTurns(measures: Readonly<Record<string, () => number>>): Readonly<Record<string, number>> {
  const samples = Object.fromEntries(Object.keys(measures).map((name) => [name, [] as number[]]));
  // The first round fills the caches of the file system.
  for (let run = -1; run < RUNS; run++) {
    for (const [name, measure] of Object.entries(measures)) {
      const milliseconds = measure();
      if (run >= 0) {
        samples[name].push(milliseconds);
      }
    }
  }
  // Other programs on the machine can only make a run slower.
  return Object.fromEntries(Object.entries(samples).map(([name, each]) => [name, percentile(each, 0.1)]));
}
