import { KinesisClient } from '@aws-sdk/client-kinesis';
import { GetObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { setTimeout as pause } from 'node:timers/promises';
import type { LocalCloud } from '../../bin/local-cloud/local-cloud';
import type { LabelledRow } from '../../bin/start/score';
import { StreamTraffic } from '../../bin/start/stream-traffic';
import type { StreamPrediction } from '../../lambda/stream/contract';

const STACK = 'InferenceEndpointStreaming';
const PATIENCE_MS = 45_000;

/** Deploys the stream beside the endpoint, sends each row once, and answers what came out of it. */
export async function streamThroughEndpoint(
  cloud: LocalCloud,
  rows: readonly LabelledRow[],
): Promise<{ readonly records: number; readonly accuracy: number; readonly models: readonly string[] }> {
  const { succeeded, output, outputs } = await cloud.deploy(STACK, { context: { modelVersion: '1.0.0' } });
  if (!succeeded) {
    throw new Error(output);
  }
  const kinesis = new KinesisClient({ ...cloud.clientConfig, requestHandler: new NodeHttpHandler() });
  const traffic = new StreamTraffic(kinesis, outputs.StreamName);
  await traffic.send(rows.length, (index) => JSON.stringify(rows[index].input));
  const s3 = new S3Client({ ...cloud.clientConfig, forcePathStyle: true });
  const end = performance.now() + PATIENCE_MS;
  let found = await predictions(s3, outputs.LakeName);
  while (found.size < rows.length && performance.now() < end) {
    await pause(500);
    found = await predictions(s3, outputs.LakeName);
  }
  const right = traffic.taken.filter(
    ({ inferenceId, index }) =>
      (found.get(inferenceId)?.prediction as { malignant: number } | undefined)?.malignant === rows[index].malignant,
  );
  await cloud.destroy(STACK);
  return {
    records: found.size,
    accuracy: right.length / rows.length,
    models: [...new Set([...found.values()].map(({ model: { name, version } }) => `${name} ${version}`))],
  };
}

async function predictions(s3: S3Client, Bucket: string): Promise<Map<string, StreamPrediction>> {
  const found = new Map<string, StreamPrediction>();
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket })) {
    for (const { Key } of Contents) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      const text = await Body!.transformToString();
      for (const line of text.trimEnd().split('\n')) {
        const prediction = JSON.parse(line) as StreamPrediction;
        found.set(prediction.inferenceId, prediction);
      }
    }
  }
  return found;
}
