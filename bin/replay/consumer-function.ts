import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { METRICS } from '../../lambda/stream/contract';
import type { Invoked } from './put-through';
import { messageOf } from './read-objects';

/** A function runs for a quarter of an hour at most, and answers in the end. */
const LONGEST_ANSWER = 16 * 60_000;

export function lambdaClient(region: string | undefined): LambdaClient {
  return new LambdaClient({
    ...(region === undefined ? {} : { region }),
    // Attempts are counted, and waited between, where it is known what is left of a batch.
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 5_000,
      requestTimeout: LONGEST_ANSWER,
      throwOnRequestTimeout: true,
    }),
  });
}

/** Calls the consumer, and waits for what it has to say of the records. */
export async function invokeConsumer(client: LambdaClient, functionName: string, event: string): Promise<Invoked> {
  // The end of the log has the line of metrics, which says what became of the records.
  const command = new InvokeCommand({
    FunctionName: functionName,
    InvocationType: 'RequestResponse',
    LogType: 'Tail',
    Payload: Buffer.from(event),
  });
  let answer;
  try {
    answer = await client.send(command);
  } catch (error) {
    if (mayPass(error)) {
      return { kind: 'refused', cause: `the function cannot be called: ${messageOf(error)}` };
    }
    throw new Error(`${functionName} cannot be called: ${messageOf(error)}`, { cause: error });
  }
  const { FunctionError, Payload, ExecutedVersion: version, LogResult } = answer;
  const text = Buffer.from(Payload ?? []).toString('utf8');
  if (FunctionError !== undefined) {
    return { kind: 'failed', cause: `the function failed: ${errorOf(text)}` };
  }
  return { kind: 'answered', failures: failuresOf(text, functionName), version, became: becameOf(LogResult) };
}

/** Throttled, not ready yet, a fault of the service, or no answer at all. Whoever has no credentials will have none later. */
function mayPass(error: unknown): boolean {
  const { name, code, $metadata } = error as { name?: string; code?: unknown; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  return status === undefined
    ? name === 'TimeoutError' || (typeof code === 'string' && /^E[A-Z_]+$/.test(code))
    : status === 429 || status === 409 || status >= 500;
}

function errorOf(text: string): string {
  try {
    const { errorType, errorMessage } = JSON.parse(text) as { errorType?: string; errorMessage?: string };
    return [errorType, errorMessage]
      .filter((part) => part !== undefined)
      .join(': ')
      .slice(0, 500);
  } catch {
    return text.slice(0, 500);
  }
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html */
function failuresOf(text: string, functionName: string): unknown[] {
  let failures: unknown;
  try {
    failures = (JSON.parse(text) as { batchItemFailures?: unknown } | null)?.batchItemFailures;
  } catch {
    failures = undefined;
  }
  if (!Array.isArray(failures)) {
    throw new Error(
      `${functionName} answers without batchItemFailures: it consumes no stream; give the consumer to --function`,
    );
  }
  return failures.map((failure: { itemIdentifier?: unknown } | null) => failure?.itemIdentifier);
}

function becameOf(log: string | undefined): { readonly predicted: number; readonly quarantined: number } | undefined {
  const lines = Buffer.from(log ?? '', 'base64')
    .toString('utf8')
    .split('\n');
  for (const line of lines.filter((each) => each.includes(METRICS.quarantined)).reverse()) {
    try {
      const metrics = JSON.parse(line.slice(line.indexOf('{'))) as Record<string, unknown>;
      const [predicted, quarantined] = [metrics[METRICS.predictions], metrics[METRICS.quarantined]];
      if (typeof predicted === 'number' && typeof quarantined === 'number') {
        return { predicted, quarantined };
      }
    } catch {
      // Cut off, as only the last 4 KB of the log are there.
    }
  }
  return undefined;
}
