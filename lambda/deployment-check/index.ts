import { CloudWatchClient, DescribeAlarmHistoryCommand } from '@aws-sdk/client-cloudwatch';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { Context } from 'aws-lambda';
import type { CheckEvent, DeploymentCheckProperties } from './contract';
import { type AlarmTransition, explainMismatch, isAsAsked } from './core';
import { settled } from './endpoint-state';
import { scaleOut } from './scale-out';

/** A deployment is at most eight hours long. */
const HISTORY_MILLISECONDS = 8 * 3600 * 1000;
/** CloudFormation shows the beginning of a reason, and no more. */
const MAX_REASON = 900;

const sagemaker = new SageMakerClient({ maxAttempts: 5 });
const cloudwatch = new CloudWatchClient({ maxAttempts: 5 });

/** Called for every endpoint of a stack: before it is updated where instances must run by then, and after. */
export async function handler(
  event: CheckEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<{ PhysicalResourceId: string }> {
  const { ResourceProperties: properties, RequestType, PhysicalResourceId } = event;
  const before = 'Floors' in properties;
  if (RequestType !== 'Delete') {
    await (before ? scaleOut(sagemaker, properties, context) : check(properties, context));
  }
  const physicalResourceId = PhysicalResourceId ?? `${properties.EndpointName}-${before ? 'scale-out' : 'deployment'}`;
  return { PhysicalResourceId: physicalResourceId };
}

/** Fails the resource, and with it the stack, when an endpoint does not run what the stack has just asked for. */
async function check(
  { EndpointName, EndpointConfigName, AlarmNames }: DeploymentCheckProperties,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<void> {
  const state = await settled(sagemaker, EndpointName, context);
  if (isAsAsked(EndpointConfigName, state)) {
    return;
  }
  const unread: string[] = [];
  const wentOff = await Promise.all(
    AlarmNames.map((name) =>
      lastGoneOff(name).catch((error: unknown) => {
        // What cannot be found out is no reason to hide that the deployment failed.
        console.error(`the history of the alarm ${name} could not be read`, error);
        unread.push(name);
        return [];
      }),
    ),
  );
  const reason = explainMismatch(EndpointName, EndpointConfigName, state, { wentOff: wentOff.flat(), unread });
  throw new Error(reason.slice(0, MAX_REASON));
}

/** When an alarm went off, if it did during the deployment, or is red since before. */
async function lastGoneOff(alarmName: string): Promise<AlarmTransition[]> {
  const { AlarmHistoryItems: newestFirst = [] } = await cloudwatch.send(
    new DescribeAlarmHistoryCommand({
      AlarmName: alarmName,
      HistoryItemType: 'StateUpdate',
      ScanBy: 'TimestampDescending',
    }),
  );
  const index = newestFirst.findIndex(({ HistorySummary }) => /to ALARM$/.test(HistorySummary ?? ''));
  const at = newestFirst[index]?.Timestamp;
  const concerns = at !== undefined && (index === 0 || at.getTime() > Date.now() - HISTORY_MILLISECONDS);
  return concerns ? [{ alarmName, at, reason: reasonOf(newestFirst[index].HistoryData) }] : [];
}

/** The history's data is JSON in a string. */
function reasonOf(data: string | undefined): string {
  try {
    const { newState } = JSON.parse(data ?? '{}') as { newState?: { stateReason?: string } };
    return newState?.stateReason ?? 'no reason given';
  } catch {
    return 'no reason given';
  }
}
