/**
 * Plans one run in a fresh process: `plan-child.js memory|ENDPOINT incremental|all`. Prints seconds, megabytes at the peak and
 * before, and what was planned, as JSON.
 */
import { S3Client } from '@aws-sdk/client-s3';
import type { InputObject, RunSettings } from '../../../lambda/batch/contract';
import type { RunStore } from '../../../lambda/batch/run-store';
import { S3RunStore } from '../../../lambda/batch/s3-run-store';
import { plan } from '../../../lambda/batch-control/plan';
import { bytesOf, etagOf, keyOf, OBJECTS } from './input';
import { SETTINGS } from './planned-run';

const [, , where, mode] = process.argv;

/** The listing as it comes, and writing without a network: what planning itself takes. */
const withoutNetwork: RunStore = {
  // eslint-disable-next-line @typescript-eslint/require-await
  async *listInput(): AsyncIterable<InputObject> {
    for (let number = 0; number < OBJECTS; number++) {
      yield { key: keyOf(number), bytes: bytesOf(number), etag: etagOf(number) };
    }
  },
  findInput: () => Promise.resolve(undefined),
  readBytes: () => Promise.resolve(undefined),
  readJson: () => Promise.resolve(undefined),
  writeJson: (_, value) => Promise.resolve(void JSON.stringify(value)),
  updateJson: () => Promise.resolve(),

  async *readLines() {},
  writeLines: () => Promise.resolve(),

  async *listKeys() {},
};

const peak = (): number => process.resourceUsage().maxRSS / 1024;

async function main(): Promise<void> {
  const store =
    where === 'memory'
      ? withoutNetwork
      : new S3RunStore(
          new S3Client({
            endpoint: where,
            region: 'eu-west-1',
            forcePathStyle: true,
            credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
          }),
          SETTINGS.output.bucket,
        );
  const settings: RunSettings = { ...SETTINGS, incremental: mode === 'incremental' };
  const before = peak();
  const started = performance.now();
  const answer = await plan(
    {
      action: 'plan',
      settings,
      execution: { Id: 'arn', Name: 'bench', StartTime: new Date().toISOString(), Input: {} },
    },
    store,
    { now: () => new Date(), inTime: () => true },
  );
  if (!answer.planned) {
    throw new Error('it was interrupted');
  }
  const seconds = (performance.now() - started) / 1000;
  console.log(JSON.stringify({ seconds, before, peak: peak(), objects: answer.objects, rest: answer.rest }));
}

void main();
