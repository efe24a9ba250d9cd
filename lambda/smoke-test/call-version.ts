import { setTimeout as sleep } from 'node:timers/promises';
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { CallModel } from './core';

/** Errors that say "later": throttling, and a version whose network or code is still being set up. */
const RETRYABLE = new Set([
  'TooManyRequestsException',
  'ResourceConflictException',
  'ResourceNotReadyException',
  'EC2ThrottledException',
  'ServiceException',
]);

export function isLater(error: unknown): boolean {
  return error instanceof Error && RETRYABLE.has(error.name);
}

const PAUSE_MILLISECONDS = 1_000;

/** Calls one function version, again and again while Lambda asks to come back later, until the signal says stop. */
export function callVersion(client: LambdaClient, versionArn: string, signal: AbortSignal): CallModel {
  return async (payload) => {
    for (;;) {
      try {
        const command = new InvokeCommand({ FunctionName: versionArn, Payload: Buffer.from(payload) });
        const { FunctionError, Payload } = await client.send(command, { abortSignal: signal });
        const text = Buffer.from(Payload ?? []).toString('utf8');
        if (FunctionError !== undefined) {
          throw new Error(`the function failed: ${text.slice(0, 1_000)}`);
        }
        return JSON.parse(text) as unknown;
      } catch (error) {
        if (signal.aborted) {
          throw new Error('no answer within the time of the smoke test', { cause: error });
        }
        if (!isLater(error)) {
          throw error;
        }
        await sleep(PAUSE_MILLISECONDS, undefined, { signal }).catch(() => undefined);
      }
    }
  };
}
