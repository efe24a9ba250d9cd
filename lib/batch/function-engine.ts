import { Size, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { sizeFor } from '../model/function-sizing';
import type { OnnxModel } from '../model/model';
import { isFetchedAtStart, onnxHandlerParts } from '../model/onnx-handler';
import { AlarmSeverity } from '../monitoring/alarm-settings';
import { inMebibytes } from '../private/validation';
import type { FunctionEngineOptions } from './batch-engine';
import { batchFunctionProps } from './batch-function';
import type { BoundEngine, EngineSurroundings } from './bound-engine';
import { grantGet, grantMiss, grantPut } from './bucket-access';
import { scoreByFunction } from './function-scoring';

const DEFAULT_CONCURRENCY = 20;
const DEFAULT_OBJECT_SIZE = Size.mebibytes(256);
const DEFAULT_THROUGHPUT = Size.kibibytes(512);

/** An invocation has 15 minutes; a slow one needs room. */
const PARTITION_SECONDS = 600;

/**
 * Dollars for a second of a gigabyte in us-east-1, before any tier.
 *
 * @see https://aws.amazon.com/lambda/pricing/
 */
const USD = { arm64: 0.0000133334, x86: 0.0000166667 };

/** A function that scores partitions with an ONNX model. */
export function bindFunctions(
  scope: Construct,
  model: OnnxModel,
  options: FunctionEngineOptions,
  { props, kept }: EngineSurroundings,
): BoundEngine {
  const architecture = options.architecture ?? lambda.Architecture.ARM_64;
  const sizing = sizeFor(inMebibytes(model.size), isFetchedAtStart(model));
  const memory = options.memorySize ?? sizing.memorySize;
  const common = batchFunctionProps(scope, 'Score', `Scores partitions with ${model.identity}`, kept);
  const parts = onnxHandlerParts(scope, 'batch-score', { model, architecture, role: common.role });
  const score = new lambda.Function(scope, 'Score', {
    ...common,
    code: parts.code,
    layers: parts.layers,
    environment: parts.environment,
    architecture,
    memorySize: inMebibytes(memory),
    ephemeralStorageSize: sizing.ephemeralStorage,
  });
  const { input, output } = props;
  const runs = `${output.prefix ?? ''}runs/`;
  grantMiss(input.bucket, score);
  grantGet(input.bucket, input.prefix ?? '', score);
  grantMiss(output.bucket, score);
  grantGet(output.bucket, runs, score);
  grantPut(output.bucket, runs, score);
  const usd = architecture === lambda.Architecture.ARM_64 ? USD.arm64 : USD.x86;
  return {
    scoring: scoreByFunction(Stack.of(scope).partition, score.currentVersion.functionArn),
    scoreFunction: score,
    settings: {
      maxConcurrency: options.maxConcurrency ?? DEFAULT_CONCURRENCY,
      maxObjectBytes: (props.maxObjectSize ?? DEFAULT_OBJECT_SIZE).toBytes(),
      bytesPerSecond: (props.throughput ?? DEFAULT_THROUGHPUT).toBytes(),
      startSeconds: 0,
      partitionSeconds: PARTITION_SECONDS,
      ...(memory.isUnresolved() ? {} : { usdPerSecond: rounded((usd * inMebibytes(memory)) / 1024) }),
    },
    allow: () => undefined,
    addAlarms: (alarms) =>
      alarms.add('ThrottledPartitions', {
        evaluationPeriods: 3,
        datapointsToAlarm: 3,
        severity: AlarmSeverity.WARNING,
        description:
          "Partitions wait for the account's concurrency of AWS Lambda. Lower 'maxConcurrency', or ask for more of it: they are tried again for about an hour.",
        metric: score.metricThrottles({ statistic: Stats.SUM }),
        threshold: 0,
      }),
  };
}

/** No more digits than a price has. */
function rounded(usd: number): number {
  return Number(usd.toPrecision(6));
}
