import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SFNClient } from '@aws-sdk/client-sfn';
import type { Context } from 'aws-lambda';
import type { RolloutProperties } from '../rollout/contract';
import { DynamoStore } from '../rollout-controller/ports/dynamo-store';
import { startLoop } from '../rollout-controller/ports/start-loop';
import { progressOf, type ResourceRequest } from './core';
import { type HandedOver, handOver } from './hand-over';

/** What the provider framework sends; the rest of it is not needed here. */
export interface ProviderEvent {
  readonly RequestType: ResourceRequest['type'];
  readonly PhysicalResourceId?: string;
  readonly ResourceProperties: RolloutProperties;
  readonly OldResourceProperties?: RolloutProperties;
}

/** What `onEvent` answers; the framework adds all of it to the event of `isComplete`. */
export interface ProviderAnswer {
  readonly PhysicalResourceId: string;
  readonly Data: { readonly Arn: string };
  readonly Since: number;
  readonly HandedOver: HandedOver;
}

/** Of the function's time, so much is kept for an answer. */
const RESERVED_MILLISECONDS = 10_000;
/** A permission that is not there by then will not come. */
const PERMITTED_MILLISECONDS = 60_000;
const PERMITTED_PAUSE_MILLISECONDS = 1_000;

const clients = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
};
const dynamo = new DynamoDBClient(clients);
const states = new SFNClient(clients);

/** Hands the desired version over to the controller. */
export async function onEvent(
  event: ProviderEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<ProviderAnswer> {
  const request = requestOf(event, Date.now());
  const { properties } = request;
  const handedOver = await told(context, () =>
    handOver(request, event.OldResourceProperties?.target, {
      store: storeOf(properties),
      start: (input) => startLoop(states, properties.stateMachineArn, input),
      now: () => Date.now(),
      sleep: (milliseconds) => sleep(milliseconds),
      remaining: () => context.getRemainingTimeInMillis() - RESERVED_MILLISECONDS,
    }),
  );
  return {
    // A deletion keeps the id that it came with.
    PhysicalResourceId: request.type === 'Delete' ? request.id : properties.controllerName,
    Data: { Arn: properties.arn },
    Since: request.since,
    HandedOver: handedOver,
  };
}

/** Asked again and again until it says so, or fails. */
export async function isComplete(
  event: ProviderEvent & Partial<Pick<ProviderAnswer, 'Since' | 'HandedOver'>>,
): Promise<{ readonly IsComplete: boolean }> {
  if (event.HandedOver?.nothing === true) {
    return { IsComplete: true };
  }
  const request = requestOf(event, event.Since ?? Date.now());
  let item;
  try {
    item = await storeOf(request.properties).load();
  } catch (error) {
    if (isForGood(error)) {
      throw withoutTrace(error);
    }
    // An error would be the end of the stack's patience.
    console.warn('the item could not be read, and will be again', error);
    return { IsComplete: false };
  }
  const progress = progressOf(request, item, Date.now());
  if (progress.kind === 'failed') {
    throw withoutTrace(new Error(progress.text));
  }
  if (progress.kind === 'waiting') {
    console.info(progress.text);
  }
  return { IsComplete: progress.kind === 'complete' };
}

function requestOf(
  { RequestType, PhysicalResourceId, ResourceProperties }: ProviderEvent,
  since: number,
): ResourceRequest {
  const { controllerName } = ResourceProperties;
  return {
    type: RequestType,
    id: RequestType === 'Create' ? controllerName : (PhysicalResourceId ?? controllerName),
    properties: ResourceProperties,
    since,
  };
}

function storeOf({ table, target }: RolloutProperties): DynamoStore {
  return new DynamoStore(dynamo, table, target);
}

/** What a repeat does not mend, such as a permission that is missing. */
function isForGood(error: unknown): boolean {
  const { $fault, $retryable } = error as { readonly $fault?: string; readonly $retryable?: unknown };
  const later = /Throttl|TooManyRequests|Exceeded|Timeout/.test((error as Error).name);
  return $fault === 'client' && $retryable === undefined && !later;
}

/**
 * A permission that the same deployment has just given may take some seconds to be there.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 */
async function told<T>(context: Pick<Context, 'getRemainingTimeInMillis'>, call: () => Promise<T>): Promise<T> {
  const until =
    Date.now() + Math.min(PERMITTED_MILLISECONDS, context.getRemainingTimeInMillis() - RESERVED_MILLISECONDS);
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const denied = /AccessDenied/.test(`${(error as Error).name} ${(error as Error).message}`);
      if (!denied || Date.now() >= until) {
        throw withoutTrace(error);
      }
      console.warn('a permission is missing, and may be on its way', (error as Error).message);
    }
    await sleep(PERMITTED_PAUSE_MILLISECONDS);
  }
}

/** CloudFormation shows the reason from its beginning, and the framework adds the trace to it. */
function withoutTrace(error: unknown): Error {
  const thrown = error instanceof Error ? error : new Error(String(error));
  thrown.stack = `${thrown.name}: ${thrown.message}`;
  return thrown;
}
