import { CloudWatchClient, DescribeAlarmHistoryCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeEndpointCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { Context } from 'aws-lambda';
import type { CheckEvent } from './contract';
import { type AlarmTransition, type EndpointState, explainMismatch, isUndecided } from './core';

const POLL_MILLISECONDS = 5_000;
/** Kept free for the report of a failure. */
const REPORT_MILLISECONDS = 15_000;
/** A deployment is at most eight hours long. */
const HISTORY_MILLISECONDS = 8 * 3600 * 1000;
/** CloudFormation shows the beginning of a reason, and no more. */
const MAX_REASON = 900;

const sagemaker = new SageMakerClient({ maxAttempts: 5 });
const cloudwatch = new CloudWatchClient({ maxAttempts: 5 });

/** Fails the resource, and with it the stack, when an endpoint does not run what the stack has just asked for. */
export async function handler(
  event: CheckEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<{ PhysicalResourceId: string }> {
  const { EndpointName, EndpointConfigName, AlarmNames } = event.ResourceProperties;
  const answer = { PhysicalResourceId: event.PhysicalResourceId ?? `${EndpointName}-deployment` };
  if (event.RequestType === 'Delete') {
    return answer;
  }
  let state = await describe(EndpointName);
  while (isUndecided(state) && context.getRemainingTimeInMillis() > POLL_MILLISECONDS + REPORT_MILLISECONDS) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
    state = await describe(EndpointName);
  }
  if (explainMismatch(EndpointName, EndpointConfigName, state, []) === undefined) {
    return answer;
  }
  const transitions = (await Promise.all(AlarmNames.map(wentOff))).flat();
  throw new Error(explainMismatch(EndpointName, EndpointConfigName, state, transitions)?.slice(0, MAX_REASON));
}

async function describe(endpointName: string): Promise<EndpointState> {
  const { EndpointStatus, EndpointConfigName, FailureReason } = await sagemaker.send(
    new DescribeEndpointCommand({ EndpointName: endpointName }),
  );
  return {
    status: EndpointStatus ?? 'unknown',
    configName: EndpointConfigName ?? 'unknown',
    failureReason: FailureReason,
  };
}

/** When an alarm went off last; what cannot be found out is no reason to hide that the deployment failed. */
async function wentOff(alarmName: string): Promise<AlarmTransition[]> {
  try {
    const { AlarmHistoryItems } = await cloudwatch.send(
      new DescribeAlarmHistoryCommand({
        AlarmName: alarmName,
        HistoryItemType: 'StateUpdate',
        StartDate: new Date(Date.now() - HISTORY_MILLISECONDS),
        EndDate: new Date(),
        ScanBy: 'TimestampDescending',
      }),
    );
    const last = (AlarmHistoryItems ?? []).find(({ HistorySummary }) => /to ALARM$/.test(HistorySummary ?? ''));
    return last?.Timestamp === undefined ? [] : [{ alarmName, at: last.Timestamp, reason: reasonOf(last.HistoryData) }];
  } catch (error) {
    console.error(`the history of the alarm ${alarmName} could not be read`, error);
    return [];
  }
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
