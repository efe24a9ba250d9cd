import { Readable } from 'node:stream';
import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { HttpResponse } from '@smithy/core/protocols';
import type { Sink } from '../../../lambda/stream-score/ports';
import { KinesisSink } from '../../../lambda/stream-score/sinks/kinesis-sink';
import type { WriteOne } from './subjects';

const SHARD = 'shardId-000000000000';
const HEADERS = { 'content-type': 'application/x-amz-json-1.1' };

export interface StubbedSink {
  readonly sink: Sink;
  readonly writeOne: WriteOne;
  calls: number;
}

/** Kinesis with the real client, and an answer where its socket would be. */
export function stubbedSink(): StubbedSink {
  const stub = { calls: 0 };
  const handle = (request: { readonly headers: Record<string, string>; readonly body?: Uint8Array }) => {
    stub.calls++;
    const one = JSON.stringify({ ShardId: SHARD, SequenceNumber: '1' });
    const many = request.headers['x-amz-target'].endsWith('PutRecords');
    const count = many ? countOf(Buffer.from(request.body!).toString(), '"PartitionKey"') : 0;
    const body = many ? `{"FailedRecordCount":0,"Records":[${new Array(count).fill(one).join(',')}]}` : one;
    const response = new HttpResponse({ statusCode: 200, headers: HEADERS, body: Readable.from([Buffer.from(body)]) });
    return Promise.resolve({ response });
  };
  const client = new KinesisClient({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
    requestHandler: { handle },
  });
  const writeOne: WriteOne = async (key, json) => {
    await client.send(new PutRecordCommand({ StreamName: 'scores', PartitionKey: key, Data: Buffer.from(json) }));
  };
  return Object.assign(stub, { sink: new KinesisSink(client, 'scores'), writeOne });
}

function countOf(text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) {
    count++;
  }
  return count;
}
