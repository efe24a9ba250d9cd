import type { Context } from 'aws-lambda';
import type { ScoreAnswer, ScoreRequest } from '../batch/contract';
import { s3Client } from '../batch/s3-client';
import { S3ObjectStore } from '../batch/s3-object-store';
import { S3RunStore } from '../batch/s3-run-store';
import { start } from '../predict/start';
import { scorePartition } from './score-partition';

/** Milliseconds that are kept for writing down what became of the objects. */
const TO_WRITE_DOWN = 15_000;

/** Share of the time after which no other object is begun. */
const TAKE = 0.8;

const { predictor } = start(process.env.LAMBDA_TASK_ROOT ?? __dirname, process.env);
const client = s3Client();

/** Scores one partition, or as much of it as the time allows. */
export async function handler(
  request: ScoreRequest,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<ScoreAnswer> {
  const finish = Math.max(0, context.getRemainingTimeInMillis() - TO_WRITE_DOWN);
  return scorePartition(request, {
    predictor: await predictor(),
    runs: new S3RunStore(client, request.run.bucket),
    objects: new S3ObjectStore(client),
    time: { take: finish * TAKE, finish },
  });
}
