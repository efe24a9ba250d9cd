import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Notice, Unreadable } from './replayable';
import type { ObjectsSettings } from './settings';

/** What an object is looked at for. */
export interface FoundObject {
  readonly key: string;
  readonly bytes: number;
}

/** More is no object of one invocation, and would not fit into memory. */
const MOST_BYTES = 256 * 1024 * 1024;
/** An object that breaks off in the middle is read again so many times. */
const READS = 3;

/** The objects that were written within the range, by key. */
export async function* listObjects(
  client: S3Client,
  { from, bucket, prefix, after, since, until }: ObjectsSettings,
  notice: Notice,
  signal: AbortSignal,
): AsyncGenerator<FoundObject, void, undefined> {
  let token: string | undefined;
  do {
    const command = new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: prefix,
      StartAfter: after,
      ContinuationToken: token,
    });
    const page = await named(`${from} cannot be listed`, () => client.send(command, { abortSignal: signal }));
    for (const { Key: key, LastModified, Size: bytes = 0 } of page.Contents ?? []) {
      const written = LastModified?.getTime() ?? since;
      if (key === undefined || key.endsWith('/')) {
        continue;
      }
      if (written < since || written >= until) {
        notice.outside();
      } else {
        yield { key, bytes };
      }
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
}

/** A whole object, as a body that waits while its records are put through would break off. */
export async function readObject(
  client: S3Client,
  bucket: string,
  { key, bytes }: FoundObject,
  signal: AbortSignal,
): Promise<Buffer | Unreadable> {
  const where = `s3://${bucket}/${key}`;
  if (bytes > MOST_BYTES) {
    return { where, why: `it has ${bytes} bytes, which no invocation leaves behind` };
  }
  for (let read = 1; ; read++) {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key });
    const { Body } = await named(`${where} cannot be read`, () => client.send(command, { abortSignal: signal }));
    try {
      return Buffer.from(await Body!.transformToByteArray());
    } catch (error) {
      if (read === READS || signal.aborted) {
        throw new Error(`${where} cannot be read: ${messageOf(error)}`, { cause: error });
      }
      await sleep(1_000 * read);
    }
  }
}

export async function named<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw new Error(`${what}: ${messageOf(error)}`, { cause: error });
  }
}

export function messageOf(error: unknown): string {
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  // Some refusals of S3 have no words but their name.
  return message === '' || message === 'UnknownError' ? name : message;
}
