import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { ServedModel } from './contract';
import { checkDigest } from './digest';
import { StartError } from './errors';

/** The object that holds the artifact. */
export interface ArtifactObject {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
}

/** When a silent S3 counts as gone, in milliseconds: a connection that was open while the environment was frozen may be dead. */
export interface FetchTimeouts {
  readonly connect: number;
  /** Between two pieces of an answer. */
  readonly silence: number;
  /** Until the answer begins. */
  readonly answer: number;
}

const TIMEOUTS: FetchTimeouts = { connect: 3_000, silence: 5_000, answer: 10_000 };

/** How often the object is read when its body breaks off. */
const ATTEMPTS = 3;

/**
 * Downloads the artifact and checks its digest on the way. The target appears only when it is complete and right, so an
 * execution environment that was stopped in between starts afresh.
 */
export async function fetchArtifact(
  model: ServedModel,
  object: ArtifactObject,
  target: string,
  timeouts = TIMEOUTS,
): Promise<void> {
  const client = new S3Client({
    // The digest of the whole artifact is checked below.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: timeouts.connect,
      socketTimeout: timeouts.silence,
      requestTimeout: timeouts.answer,
      throwOnRequestTimeout: true,
    },
  });
  try {
    const digest = await download(client, object, `${target}.partial`);
    checkDigest(model, digest);
    await rename(`${target}.partial`, target);
  } catch (error) {
    await rm(`${target}.partial`, { force: true });
    throw error;
  } finally {
    client.destroy();
  }
}

/** The SDK repeats requests that fail, but not a body that breaks off in the middle. */
async function download(client: S3Client, object: ArtifactObject, target: string): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const body = await get(client, object);
    try {
      return await save(body, target);
    } catch (cause) {
      if (attempt === ATTEMPTS) {
        throw failed(object, cause);
      }
    }
  }
}

async function get(client: S3Client, { bucket, key, versionId }: ArtifactObject): Promise<Readable> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));
    return Body as Readable;
  } catch (cause) {
    throw failed({ bucket, key }, cause);
  }
}

/** Writes the body to a file, and gives its digest. */
async function save(body: Readable, target: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(
    body,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(target),
  );
  return hash.digest('hex');
}

function failed({ bucket, key }: ArtifactObject, cause: unknown): StartError {
  const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new StartError(`cannot fetch the artifact s3://${bucket}/${key}: ${reason}`, { cause });
}
