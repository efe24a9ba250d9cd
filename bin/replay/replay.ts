import '../start/quiet-sdk';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { setTimeout as sleep } from 'node:timers/promises';
import { batchesOf, EVENT_BYTES } from './batching';
import { invokeConsumer, lambdaClient } from './consumer-function';
import { partsOfFunction } from './function-name';
import { ProgressLine, type Terminal } from './progress-line';
import { type Consumer, putThrough, type Stopped } from './put-through';
import { RateLimit, type ReplayTime } from './rate-limit';
import { failedReader } from './read-failed';
import { messageOf } from './read-objects';
import { quarantineReader } from './read-quarantine';
import { streamReader } from './read-stream';
import type { Reader, Region, Replayable } from './replayable';
import type { ReplaySettings } from './settings';
import { summaryText } from './summary-text';
import { type ReplaySummary, Tally } from './tally';

/** What a replay needs of the world. */
export interface ReplayWorld {
  readonly reader: Reader;
  readonly invoke: Consumer['invoke'];
  readonly time: ReplayTime;
  readonly chance: () => number;
  readonly signal: AbortSignal;
  readonly terminal: Terminal;
}

/** Everything is put through; something is left. Input that cannot be used is an error, and the command line's affair. */
export const EXIT = { done: 0, left: 1 } as const;

const REAL_TIME: ReplayTime = {
  now: () => Date.now(),
  sleep: async (milliseconds, signal) => {
    if (milliseconds > 0) {
      await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
    }
  },
};

/** Puts through what the settings name, prints what became of it, and answers the exit code. */
export async function run(settings: ReplaySettings): Promise<number> {
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort();
  // Once: whoever does not want to wait for the batch under way asks again.
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    const summary = await replay(settings, await realWorld(settings, interruption.signal));
    console.log(settings.json ? JSON.stringify(summary, undefined, 2) : summaryText(summary, settings));
    return exitCode(summary);
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

export function exitCode({ left, tooLarge, unreadable, stopped }: ReplaySummary): number {
  return left + tooLarge + unreadable > 0 || stopped !== undefined ? EXIT.left : EXIT.done;
}

/** Reads, batch by batch, and puts through what it read before it reads on. Rejects where nothing could be done at all. */
export async function replay(settings: ReplaySettings, world: ReplayWorld): Promise<ReplaySummary> {
  const { time, signal } = world;
  const progress = new ProgressLine(world.terminal, time.now);
  const tally = new Tally((line) => progress.line(line));
  const consumer: Consumer = {
    invoke: world.invoke,
    rate: settings.rate === undefined ? undefined : new RateLimit(settings.rate, time),
    time,
    chance: world.chance,
    attempts: settings.attempts,
    signal,
    told: tally,
  };
  const began = time.now();
  const howFar = (): string => {
    const rate = tally.putThrough / Math.max(1, (time.now() - began) / 1000);
    const through = settings.dryRun ? '' : `, ${tally.putThrough} put through (${rate.toFixed(0)}/s)`;
    return `${tally.read} read${through}${tally.goOn === undefined ? '' : `, at ${tally.goOn}`}`;
  };
  async function* counted(records: AsyncIterable<Replayable>): AsyncGenerator<Replayable, void, undefined> {
    for await (const record of records) {
      tally.add(record);
      progress.at(howFar);
      yield record;
    }
  }
  const stop = async (): Promise<Stopped | undefined> => {
    const limits = { records: settings.batchSize, bytes: EVENT_BYTES };
    for await (const batch of batchesOf(counted(world.reader(tally, signal)), limits)) {
      const stopped = settings.dryRun ? undefined : await putThrough(batch, consumer);
      progress.at(howFar);
      if (stopped !== undefined || signal.aborted) {
        return stopped ?? { interrupted: true };
      }
    }
    return signal.aborted ? { interrupted: true } : undefined;
  };
  try {
    return tally.summary(settings.dryRun, await stop());
  } catch (error) {
    if (signal.aborted) {
      return tally.summary(settings.dryRun, { interrupted: true });
    }
    if (tally.putThrough === 0) {
      throw error;
    }
    return tally.summary(settings.dryRun, messageOf(error));
  } finally {
    progress.end();
  }
}

async function realWorld(settings: ReplaySettings, signal: AbortSignal): Promise<ReplayWorld> {
  const lambda = lambdaClient(partsOfFunction(settings.functionName ?? '')?.region?.region);
  return {
    reader: await openReader(settings),
    invoke: (event) => invokeConsumer(lambda, settings.functionName!, event),
    time: REAL_TIME,
    chance: Math.random,
    signal,
    terminal: process.stderr,
  };
}

async function openReader(settings: ReplaySettings): Promise<Reader> {
  if (settings.source === 'stream') {
    const kinesis = new KinesisClient({
      ...(settings.region === undefined ? {} : { region: settings.region.region }),
      // The stream's readers share five calls a second.
      maxAttempts: 10,
      requestHandler: new NodeHttpHandler({
        connectionTimeout: 5_000,
        requestTimeout: 30_000,
        throwOnRequestTimeout: true,
      }),
    });
    return streamReader(kinesis, settings, settings.region ?? (await regionOf(kinesis)), REAL_TIME);
  }
  const s3 = new S3Client({ followRegionRedirects: true });
  return settings.source === 'failed'
    ? failedReader(s3, settings)
    : quarantineReader(s3, settings, settings.region ?? (await regionOf(s3)));
}

/** Where neither the function nor the stream is given by its ARN, nobody says whose account it is; the consumer does not ask. */
async function regionOf({ config }: { readonly config: { region(): Promise<string> } }): Promise<Region> {
  const region = await config.region().catch((error: unknown) => {
    throw new Error(`${messageOf(error)}: set AWS_REGION, or give --function by its ARN`, { cause: error });
  });
  return { partition: 'aws', region, account: '' };
}
