import { createHash } from 'node:crypto';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { s3Client } from '../../batch/s3-client';
import type { QuarantinedRecord } from '../../stream/contract';
import type { Deadline, EncodedPrediction, Quarantine, Sink } from '../ports';

/** Room for what an invocation may predict in one object: an event has at most 6 MB, so a single record is never more than this. */
const MAX_BYTES = 64 * 1024 * 1024;

interface Place {
  readonly bucket: string;
  readonly prefix: string;
}

interface Identified {
  readonly inferenceId: string;
  readonly sequenceNumber: string;
}

/**
 * Predictions as JSON Lines, an object for what an invocation predicted. The same predictions again overwrite the same object. Where
 * the invocation is repeated with other bounds, a prediction may be in two objects; its inference id is the same in both.
 */
export class S3Sink implements Sink {
  public readonly name: string;
  public readonly idempotent = false;
  public readonly maxBytes = MAX_BYTES;

  public constructor(
    private readonly client: S3Client,
    private readonly place: Place,
  ) {
    this.name = `s3:${place.bucket}`;
  }

  public async write(predictions: readonly EncodedPrediction[], deadline: Deadline): Promise<number> {
    const lines = predictions.map(({ json }) => json);
    const records = predictions.map(({ prediction }) => prediction);
    await putLines(this.client, this.place, records, lines, deadline);
    return predictions.length;
  }
}

/** Records at fault as JSON Lines, with all that was in them, by a key of which the same holds. */
export class S3Quarantine implements Quarantine {
  public constructor(
    private readonly client: S3Client,
    private readonly place: Place,
  ) {}

  public async write(records: readonly QuarantinedRecord[], deadline: Deadline): Promise<void> {
    const lines = records.map((record) => JSON.stringify(record));
    await putLines(this.client, this.place, records, lines, deadline);
  }
}

async function putLines(
  client: S3Client,
  { bucket, prefix }: Place,
  records: readonly Identified[],
  lines: readonly string[],
  deadline: Deadline,
): Promise<void> {
  if (records.length === 0) {
    return;
  }
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: `${prefix}${objectName(records)}`,
    Body: `${lines.join('\n')}\n`,
    ContentType: 'application/jsonlines',
  });
  await client.send(command, { abortSignal: deadline.signal });
}

/**
 * `<stream>/<shard>/<first sequence number>-<last>-<digest>.jsonl`. With the digest of all ids, as two invocations may begin and end
 * with the same records and not have the same ones between them: neither may overwrite the other.
 */
function objectName(records: readonly Identified[]): string {
  const [stream, shard] = records[0].inferenceId.split(':');
  const digest = createHash('sha256');
  records.forEach(({ inferenceId }) => digest.update(`${inferenceId}\n`));
  const last = records[records.length - 1];
  return `${stream}/${shard}/${records[0].sequenceNumber}-${last.sequenceNumber}-${digest.digest('hex').slice(0, 16)}.jsonl`;
}

/** A silent S3 is asked again by the SDK, as the same object may be written any number of times. */
export function sinkClient(): S3Client {
  return s3Client({ connect: 3_000, answer: 10_000, silence: 30_000 });
}
