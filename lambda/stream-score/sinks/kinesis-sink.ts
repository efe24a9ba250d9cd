import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Deadline, EncodedPrediction, Sink } from '../ports';
import { REAL_TIME, type Time } from '../time';
import { type Entry, type Put, writeInOrder } from './ordered-write';

const MEBIBYTE = 1024 * 1024;

/**
 * A request has at most 500 records and 10 MiB, keys included; a record has at most 1 MiB with its key, unless its stream is set to more.
 *
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
 */
const LIMITS = { entries: 500, bytes: 10 * MEBIBYTE, calls: 1 };
/** A key has at most 256 characters, of up to four bytes. */
const MAX_BYTES = MEBIBYTE - 4 * 256;

interface StreamRecord extends Entry {
  readonly data: Uint8Array;
}

/**
 * Predictions as records of a stream, each under the key of the record that it is for, in their order. A record whose writing was
 * not confirmed is written again: whoever reads the stream finds the inference id twice then.
 */
export class KinesisSink implements Sink {
  public readonly name: string;
  public readonly idempotent = false;
  public readonly maxBytes = MAX_BYTES;

  public constructor(
    private readonly client: KinesisClient,
    private readonly streamName: string,
    private readonly time: Time = REAL_TIME,
  ) {
    this.name = `kinesis:${streamName}`;
  }

  public write(predictions: readonly EncodedPrediction[], deadline: Deadline): Promise<number> {
    const records = predictions.map(({ prediction: { key }, json }): StreamRecord => {
      const data = Buffer.from(json);
      return { key, data, bytes: data.length + Buffer.byteLength(key) };
    });
    return writeInOrder(records, this.put, LIMITS, deadline, this.time);
  }

  private readonly put: Put<StreamRecord> = async (records, milliseconds) => {
    const command = new PutRecordsCommand({
      StreamName: this.streamName,
      Records: records.map(({ key, data }) => ({ PartitionKey: key, Data: data })),
    });
    const { Records: results = [] } = await this.client.send(command, {
      abortSignal: AbortSignal.timeout(Math.ceil(milliseconds)),
    });
    // An error of a single record is a throttle or a fault of the service, never of the record.
    return records.map((_, index) => results[index] !== undefined && results[index].ErrorCode === undefined);
  };
}

/**
 * One attempt for each call, as {@link writeInOrder} knows better what to try again. Over HTTP/1.1: this client alone would take HTTP/2,
 * whose session is dead after an environment was frozen for long.
 */
export function kinesisClient(): KinesisClient {
  return new KinesisClient({
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 3_000,
      requestTimeout: 10_000,
      throwOnRequestTimeout: true,
    }),
  });
}
