import { Readable } from 'node:stream';
import {
  type _Object,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { InputObject, Place } from './contract';
import type { RunStore } from './run-store';
import { splitLines } from './split-lines';

/** Lines are joined to pieces of this many characters: a piece for each of a million lines would cost more than the lines. */
const PIECE = 64 * 1024;

/** So many others in a row that write the same object are no chance any more. */
const MOST_UPDATES = 10;

/** The runs of an output, in S3. */
export class S3RunStore implements RunStore {
  public constructor(
    private readonly client: S3Client,
    private readonly bucket: string,
  ) {}

  public async *listInput({ bucket, prefix }: Place, after?: string): AsyncIterable<InputObject> {
    for await (const object of this.list(bucket, prefix, after)) {
      yield inputObject(object);
    }
  }

  /** By a listing, for which the content need not be readable. */
  public async findInput(bucket: string, key: string): Promise<InputObject | undefined> {
    const { Contents } = await this.client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: key, MaxKeys: 1 }));
    // Of all that begin with it, the key itself comes first.
    const object = Contents?.[0];
    return object?.Key === key ? inputObject(object) : undefined;
  }

  public async readBytes(key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    return (await this.open(key))?.content as unknown as AsyncIterable<Uint8Array> | undefined;
  }

  public async *listKeys(prefix: string): AsyncIterable<string> {
    for await (const { Key: key } of this.list(this.bucket, prefix)) {
      yield key!;
    }
  }

  public async readJson<T>(key: string): Promise<T | undefined> {
    return (await this.readTagged<T>(key))?.value;
  }

  public writeJson(key: string, value: unknown): Promise<void> {
    return this.put(key, value);
  }

  public async updateJson<T>(key: string, change: (before: T | undefined) => T | undefined): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const before = await this.readTagged<T>(key);
      const value = change(before?.value);
      if (value === undefined) {
        return;
      }
      try {
        return await this.put(key, value, before === undefined ? { IfNoneMatch: '*' } : { IfMatch: before.etag });
      } catch (error) {
        if (!isOvertaken(error) || attempt === MOST_UPDATES) {
          throw error;
        }
      }
    }
  }

  public async *readLines(key: string): AsyncIterable<string> {
    const body = await this.open(key);
    if (body !== undefined) {
      yield* splitLines((body.content as unknown as Readable).setEncoding('utf8') as AsyncIterable<string>);
    }
  }

  public async writeLines(key: string, lines: Iterable<string> | AsyncIterable<string>): Promise<void> {
    await upload(this.client, this.bucket, key, pieces(lines), 'application/jsonlines');
  }

  private async *list(bucket: string, prefix: string, after?: string): AsyncIterable<_Object> {
    let token: string | undefined;
    do {
      const page = await this.client.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, StartAfter: after, ContinuationToken: token }),
      );
      yield* page.Contents ?? [];
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  private async readTagged<T>(key: string): Promise<{ readonly value: T; readonly etag?: string } | undefined> {
    const body = await this.open(key);
    return body === undefined
      ? undefined
      : { value: JSON.parse(await body.content.transformToString()) as T, etag: body.etag };
  }

  private async put(
    key: string,
    value: unknown,
    condition: Pick<PutObjectCommandInput, 'IfMatch' | 'IfNoneMatch'> = {},
  ): Promise<void> {
    await this.client.send(
      new PutObjectCommand({
        Bucket: this.bucket,
        Key: key,
        Body: JSON.stringify(value),
        ContentType: 'application/json',
        ...condition,
      }),
    );
  }

  private async open(key: string) {
    try {
      const { Body, ETag } = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
      return { content: Body!, etag: ETag };
    } catch (error) {
      if (error instanceof Error && error.name === 'NoSuchKey') {
        return undefined;
      }
      throw error;
    }
  }
}

function inputObject({ Key, Size: bytes = 0, ETag: etag = '' }: _Object): InputObject {
  return { key: Key!, bytes, etag };
}

/**
 * Whether somebody else wrote or deleted an object between reading and writing it.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
function isOvertaken(error: unknown): boolean {
  return (
    error instanceof Error && ['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey'].includes(error.name)
  );
}

/** Uploads content of any length, in parts where it is long; nothing is left where the content ends with an error, or the signal aborts. */
export async function upload(
  client: S3Client,
  bucket: string,
  key: string,
  content: AsyncIterable<Buffer>,
  contentType: string,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  const body = Readable.from(content, { objectMode: false });
  // The end of the content with an error, and not of the upload: only then it takes back the parts before it is done.
  const abort = (): void => void body.destroy(signal?.reason as Error);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await new Upload({
      client,
      params: { Bucket: bucket, Key: key, Body: body, ContentType: contentType },
    }).done();
  } finally {
    signal?.removeEventListener('abort', abort);
    body.destroy();
  }
}

async function* pieces(lines: Iterable<string> | AsyncIterable<string>): AsyncIterable<Buffer> {
  let piece = '';
  for await (const line of lines) {
    piece += `${line}\n`;
    if (piece.length >= PIECE) {
      yield Buffer.from(piece);
      piece = '';
    }
  }
  if (piece !== '') {
    yield Buffer.from(piece);
  }
}
