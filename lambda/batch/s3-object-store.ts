import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { InputObject } from './contract';
import type { ObjectStore } from './object-store';
import { upload } from './s3-run-store';

/** Objects of the input and of the results, in S3. */
export class S3ObjectStore implements ObjectStore {
  public constructor(private readonly client: S3Client) {}

  public async read(
    bucket: string,
    { key, etag }: InputObject,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const { Body } = await this.client.send(new GetObjectCommand({ Bucket: bucket, Key: key, IfMatch: etag }), {
      abortSignal: signal,
    });
    return Body as unknown as AsyncIterable<Uint8Array>;
  }

  public write(bucket: string, key: string, content: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void> {
    return upload(this.client, bucket, key, content, 'application/jsonlines', signal);
  }
}
