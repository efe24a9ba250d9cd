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

const ATTEMPTS = 3;

/**
 * Downloads the artifact and checks its digest on the way. The target appears only when it is complete and right, so an
 * execution environment that was stopped in between starts afresh.
 */
export async function fetchArtifact(model: ServedModel, object: ArtifactObject, target: string): Promise<void> {
  const client = new S3Client({
    // The digest of the whole artifact is checked below.
    responseChecksumValidation: 'WHEN_REQUIRED',
    // A silent connection counts as broken: one that was open while the environment was frozen may be dead.
    requestHandler: {
      connectionTimeout: 3_000,
      socketTimeout: 5_000,
      requestTimeout: 10_000,
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
    try {
      const { Body } = await client.send(
        new GetObjectCommand({ Bucket: object.bucket, Key: object.key, VersionId: object.versionId }),
      );
      const hash = createHash('sha256');
      await pipeline(
        Body as Readable,
        async function* (chunks: AsyncIterable<Buffer>) {
          for await (const chunk of chunks) {
            hash.update(chunk);
            yield chunk;
          }
        },
        createWriteStream(target),
      );
      return hash.digest('hex');
    } catch (cause) {
      const answered = typeof cause === 'object' && cause !== null && '$fault' in cause;
      if (answered || attempt === ATTEMPTS) {
        const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
        throw new StartError(`cannot fetch the artifact s3://${object.bucket}/${object.key}: ${reason}`, { cause });
      }
    }
  }
}
