import type { S3Client } from '@aws-sdk/client-s3';
import type { KinesisStreamRecord } from 'aws-lambda';
import { type FoundObject, listObjects, messageOf, readObject } from './read-objects';
import { RecentIds } from './recent-ids';
import { type Notice, parsed, type Reader, type Replayable, replayable } from './replayable';
import type { FailedSettings } from './settings';

/** `aws/lambda/<mapping>/<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<random>`: what is before the random part. */
const SECOND = /^(.*\/\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d)-[\da-fA-F-]+$/;

/** What Lambda puts to the destination: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html */
interface GivenUp {
  readonly requestContext?: { readonly condition?: string };
  readonly KinesisBatchInfo?: { readonly startSequenceNumber?: string };
  /** The event: as escaped JSON, or as it is. */
  readonly payload?: unknown;
  /** Why it is no such object. */
  readonly fault?: string;
}

/**
 * Batches that an event source mapping gave up on. Keys are in the order of shards and seconds; those of one second are put in the order
 * of their first sequence numbers, as the rest of the key is chance.
 */
export function failedReader(client: S3Client, settings: FailedSettings): Reader {
  return async function* (notice, signal) {
    const read = async (found: FoundObject): Promise<GivenUp> =>
      givenUp(await readObject(client, settings.bucket, found, signal));
    const ids = new RecentIds();
    let goOn = settings.after;
    for await (const second of bySecond(listObjects(client, settings, notice, signal))) {
      const documents = second.length === 1 ? second : await inOrder(second, read);
      let last: Replayable | undefined;
      for (const found of documents) {
        notice.opened();
        for (const record of recordsOf(await read(found), `s3://${settings.bucket}/${found.key}`, notice)) {
          if (ids.has(record.id)) {
            notice.twice();
          } else {
            if (last !== undefined) {
              yield { ...last, goOn };
            }
            last = record;
          }
        }
      }
      goOn = second[second.length - 1].key;
      if (last !== undefined) {
        yield { ...last, goOn };
      }
    }
  };
}

async function* bySecond(objects: AsyncIterable<FoundObject>): AsyncGenerator<readonly FoundObject[], void, undefined> {
  let second: FoundObject[] = [];
  for await (const found of objects) {
    if (second.length > 0 && secondOf(found) !== secondOf(second[0])) {
      yield second;
      second = [];
    }
    second.push(found);
  }
  if (second.length > 0) {
    yield second;
  }
}

function secondOf({ key }: FoundObject): string {
  return SECOND.exec(key)?.[1] ?? key;
}

/** Each is read twice, so that no more than one of them is in memory. */
async function inOrder(
  second: readonly FoundObject[],
  read: (found: FoundObject) => Promise<GivenUp>,
): Promise<readonly FoundObject[]> {
  const placed: { readonly found: FoundObject; readonly start: bigint }[] = [];
  for (const found of second) {
    const start = (await read(found)).KinesisBatchInfo?.startSequenceNumber;
    placed.push({ found, start: start !== undefined && /^\d+$/.test(start) ? BigInt(start) : 0n });
  }
  return placed
    .sort((one, other) => (one.start < other.start ? -1 : Number(one.start > other.start)))
    .map(({ found }) => found);
}

/** An object that tells of no batch is one that has no records, and is said to be none when they are asked for. */
function givenUp(content: Buffer | { readonly why: string }): GivenUp {
  if (!Buffer.isBuffer(content)) {
    return { fault: content.why };
  }
  try {
    return (parsed(content.toString('utf8')) as GivenUp | null) ?? {};
  } catch (error) {
    return { fault: messageOf(error) };
  }
}

function* recordsOf({ payload, requestContext, fault }: GivenUp, where: string, notice: Notice): Generator<Replayable> {
  let records: unknown;
  try {
    const event = (typeof payload === 'string' ? parsed(payload) : payload) as { Records?: unknown } | null | undefined;
    records = event?.Records;
  } catch {
    records = undefined;
  }
  if (!Array.isArray(records)) {
    notice.unreadable({ where, why: fault ?? 'its payload is no event with Records' });
    return;
  }
  for (const [place, record] of (records as KinesisStreamRecord[]).entries()) {
    try {
      yield replayable(record, { reason: requestContext?.condition });
    } catch (error) {
      notice.unreadable({ where: `${where}, record ${place + 1}`, why: messageOf(error) });
    }
  }
}
