import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { SNSClient } from '@aws-sdk/client-sns';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Context } from 'aws-lambda';
import { ENV, type LoopInput, type TargetDescription, type TickAnswer } from '../rollout/contract';
import type { Ports } from '../rollout/ports';
import { CASES_FILE, type SmokeTestCases } from '../smoke-test/contract';
import { CloudWatchCounts } from './cloudwatch-counts';
import type { Answered } from './ports/ask-in-turn';
import { CloudWatchAlarms } from './ports/cloudwatch-alarms';
import { DynamoStore } from './ports/dynamo-store';
import { EventNotifier } from './ports/event-notifier';
import { FunctionHooks } from './ports/function-hooks';
import { S3Evidence } from './ports/s3-evidence';
import { VariantCounts } from './ports/variant-counts';
import { VariantExamples } from './ports/variant-examples';
import { VersionExamples } from './ports/version-examples';
import { RolloutMetrics } from './rollout-metrics';
import { LambdaAlias } from './targets/lambda-alias';
import { SageMakerVariant } from './targets/sagemaker-variant';
import { tick } from './tick';

/** What a tick leaves of its time for all that comes after a question that takes long. */
const RESERVED_MILLISECONDS = 15_000;
const LONGEST_QUESTION_MILLISECONDS = 40_000;

const clients = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
};
const lambda = new LambdaClient(clients);
/** Asks functions that may take their time; each call is given up by a signal, and none is repeated within a tick. */
const asking = new LambdaClient({ maxAttempts: 1, requestHandler: { connectionTimeout: 2_000 } });
const sagemaker = new SageMakerClient(clients);
// By itself this client would take HTTP/2.
const runtime = new SageMakerRuntimeClient({
  maxAttempts: 1,
  requestHandler: new NodeHttpHandler({ connectionTimeout: 2_000 }),
});
const scaling = new ApplicationAutoScalingClient(clients);
const cloudwatch = new CloudWatchClient(clients);
const dynamo = new DynamoDBClient(clients);
const s3 = new S3Client(clients);
const eventBridge = new EventBridgeClient(clients);
const sns = new SNSClient(clients);

const answered: Answered = new Map();
const counted = new Set<string>();

/** One turn of the loop, called by its state machine. */
export async function handler(
  input: LoopInput,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<TickAnswer> {
  const metrics = new RolloutMetrics(counted);
  const ports = portsOf(process.env, context);
  try {
    const { store, notifier } = ports;
    const watched = { store: metrics.watchStore(store), notifier: metrics.watchNotifier(notifier) };
    return await tick({ ...ports, ...watched }, input, randomUUID());
  } catch (error) {
    console.error('the tick failed, and will come again', error);
    throw error;
  } finally {
    metrics.publish(Date.now());
  }
}

function portsOf(env: NodeJS.ProcessEnv, context: Pick<Context, 'getRemainingTimeInMillis'>): Ports {
  const description = JSON.parse(given(env, ENV.target)) as TargetDescription;
  const { target: name, alarms } = description;
  const time = (): number =>
    Math.min(LONGEST_QUESTION_MILLISECONDS, context.getRemainingTimeInMillis() - RESERVED_MILLISECONDS);
  return {
    ...targetOf(description, time),
    alarms: new CloudWatchAlarms(cloudwatch, alarms),
    store: new DynamoStore(dynamo, given(env, ENV.table), name),
    hooks: new FunctionHooks(asking, name, time),
    notifier: new EventNotifier(eventBridge, sns, env[ENV.topicArn]),
    evidence: new S3Evidence(s3, given(env, ENV.evidenceBucket), name),
    clock: { now: () => Date.now() },
  };
}

/** What is different for each kind of target. */
type OfTarget = Pick<Ports, 'target' | 'checks' | 'counts'>;

function targetOf(description: TargetDescription, time: () => number): OfTarget {
  const counts = new CloudWatchCounts(cloudwatch, description);
  switch (description.kind) {
    case 'lambda-alias':
      return {
        target: new LambdaAlias(lambda, scaling, description),
        checks: new VersionExamples(asking, description.functionName, cases(), time, answered),
        counts,
      };
    case 'sagemaker-variant': {
      const target = new SageMakerVariant(sagemaker, scaling, description);
      return {
        target,
        checks: new VariantExamples(runtime, description.endpointName, target, cases(), time, answered),
        counts: new VariantCounts(counts, target),
      };
    }
  }
}

/** Beside the code, where the version is to be asked the model's examples. */
function cases(): SmokeTestCases | undefined {
  const file = join(process.env.LAMBDA_TASK_ROOT ?? __dirname, CASES_FILE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as SmokeTestCases) : undefined;
}

function given(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (value === undefined || value === '') {
    throw new Error(`the environment variable ${name} is missing`);
  }
  return value;
}
