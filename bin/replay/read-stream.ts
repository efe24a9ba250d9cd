import {
  ExpiredIteratorException,
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
  type Shard,
  ShardFilterType,
  ShardIteratorType,
} from '@aws-sdk/client-kinesis';
import type { ReplayTime } from './rate-limit';
import { named } from './read-objects';
import { eventRecord, type Reader, type Region, type Replayable, replayable, streamArn } from './replayable';
import { shardsInOrder } from './shards-in-order';
import type { StreamSettings } from './settings';

/** A shard answers five times in a second, to all that read it together: others keep three. */
const PAUSE = 500;

/**
 * Records of a stream that arrived within the range, shard after shard, and parents before the shards that they were split into or
 * merged to: so records of one key are in the order in which they arrived.
 */
export function streamReader(
  client: KinesisClient,
  settings: StreamSettings,
  region: Region,
  time: ReplayTime,
): Reader {
  return async function* (notice, signal) {
    const shards = shardsInOrder(await listShards(client, settings, signal)).map(({ ShardId }) => ShardId!);
    const { after } = settings;
    const first = after === undefined ? 0 : shards.indexOf(after.shard);
    if (first < 0) {
      throw new Error(
        `--after names the shard '${after?.shard}', and ${settings.stream} has no records of it since then; give a later --since instead`,
      );
    }
    for (const shard of shards.slice(first)) {
      notice.opened();
      yield* readShard({ client, settings, region, time, signal, shard });
    }
  };
}

async function listShards(client: KinesisClient, settings: StreamSettings, signal: AbortSignal): Promise<Shard[]> {
  const shards: Shard[] = [];
  let token: string | undefined;
  do {
    const from = {
      ...streamOf(settings),
      // Also those that are closed and still hold the range.
      ShardFilter: { Type: ShardFilterType.FROM_TIMESTAMP, Timestamp: new Date(settings.since) },
    };
    const command = new ListShardsCommand(token === undefined ? from : { NextToken: token });
    const page = await named(`${settings.stream} has no shards to read`, () =>
      client.send(command, { abortSignal: signal }),
    );
    shards.push(...(page.Shards ?? []));
    token = page.NextToken;
  } while (token !== undefined);
  return shards;
}

interface ShardReading {
  readonly client: KinesisClient;
  readonly settings: StreamSettings;
  readonly region: Region;
  readonly time: ReplayTime;
  readonly signal: AbortSignal;
  readonly shard: string;
}

async function* readShard(reading: ShardReading): AsyncGenerator<Replayable, void, undefined> {
  const { settings, time, signal, shard } = reading;
  let last = settings.after?.shard === shard ? settings.after.sequenceNumber : undefined;
  let iterator = await iteratorAt(reading, last);
  let asked = -Infinity;
  while (iterator !== undefined && !signal.aborted) {
    await time.sleep(asked + PAUSE - time.now(), signal);
    asked = time.now();
    const page = await recordsAt(reading, iterator);
    if (page === undefined) {
      iterator = await iteratorAt(reading, last);
      continue;
    }
    let within = 0;
    for (const record of page.Records ?? []) {
      const arrived = record.ApproximateArrivalTimestamp?.getTime() ?? settings.since;
      if (arrived >= settings.since && arrived < settings.until) {
        within++;
        yield readRecord(reading, record, arrived);
      }
      last = record.SequenceNumber;
    }
    if (isPast(page, within, settings.until, time.now())) {
      return;
    }
    iterator = page.NextShardIterator;
  }
}

/** Times of arrival are approximate and need not ascend: it takes a whole page of later ones. An empty one says how far behind it is. */
function isPast(
  { Records = [], MillisBehindLatest }: GetRecordsCommandOutput,
  within: number,
  until: number,
  now: number,
): boolean {
  return Records.length > 0
    ? within === 0 && Records.every(({ ApproximateArrivalTimestamp: at }) => at !== undefined && at.getTime() >= until)
    : MillisBehindLatest !== undefined && now - MillisBehindLatest >= until;
}

function readRecord(
  { settings, region, shard }: ShardReading,
  { Data, PartitionKey, SequenceNumber }: NonNullable<GetRecordsCommandOutput['Records']>[number],
  arrived: number,
): Replayable {
  const record = eventRecord({
    arn: settings.stream.startsWith('arn:') ? settings.stream : streamArn(region, settings.stream),
    region: region.region,
    shard,
    key: PartitionKey!,
    sequenceNumber: SequenceNumber!,
    subSequence: 0,
    arrived: arrived / 1000,
    data: Buffer.from(Data!).toString('base64'),
  });
  return replayable(record, { goOn: record.eventID });
}

async function iteratorAt(
  { client, settings, signal, shard }: ShardReading,
  last?: string,
): Promise<string | undefined> {
  const start =
    last === undefined
      ? { ShardIteratorType: ShardIteratorType.AT_TIMESTAMP, Timestamp: new Date(settings.since) }
      : { ShardIteratorType: ShardIteratorType.AFTER_SEQUENCE_NUMBER, StartingSequenceNumber: last };
  const command = new GetShardIteratorCommand({ ...streamOf(settings), ShardId: shard, ...start });
  const { ShardIterator } = await named(`${settings.stream} cannot be read in ${shard}`, () =>
    client.send(command, { abortSignal: signal }),
  );
  return ShardIterator;
}

/** Undefined where the iterator has expired: it is good for five minutes, and what it read may have taken longer. */
async function recordsAt(
  { client, settings, signal, shard }: ShardReading,
  iterator: string,
): Promise<GetRecordsCommandOutput | undefined> {
  // By the ARN where it is known, as some policies ask for it.
  const stream = settings.stream.startsWith('arn:') ? { StreamARN: settings.stream } : {};
  const command = new GetRecordsCommand({ ...stream, ShardIterator: iterator });
  return named(`${settings.stream} cannot be read in ${shard}`, async () => {
    try {
      return await client.send(command, { abortSignal: signal });
    } catch (error) {
      if (error instanceof ExpiredIteratorException) {
        return undefined;
      }
      throw error;
    }
  });
}

function streamOf({ stream }: StreamSettings): { readonly StreamARN: string } | { readonly StreamName: string } {
  return stream.startsWith('arn:') ? { StreamARN: stream } : { StreamName: stream };
}
