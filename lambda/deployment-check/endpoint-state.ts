import { DescribeEndpointCommand, type SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { Context } from 'aws-lambda';
import { type EndpointState, isUndecided } from './core';

const POLL_MILLISECONDS = 5_000;
/** A permission that was given a moment ago may take so long to be in force everywhere. */
const DENIALS = 12;
/** Kept free for the report of a failure. */
const REPORT_MILLISECONDS = 15_000;

/** What an endpoint has come to; what it is on its way to when there is no more time to wait for it. */
export async function settled(
  sagemaker: SageMakerClient,
  endpointName: string,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<EndpointState> {
  let state = await allowed(() => describe(sagemaker, endpointName));
  while (isUndecided(state) && context.getRemainingTimeInMillis() > POLL_MILLISECONDS + REPORT_MILLISECONDS) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
    state = await describe(sagemaker, endpointName);
  }
  return state;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency */
async function allowed<T>(call: () => Promise<T>): Promise<T> {
  for (let denials = 1; ; denials++) {
    try {
      return await call();
    } catch (error) {
      const denied = error instanceof Error && error.name === 'AccessDeniedException';
      if (!denied || denials === DENIALS) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
    }
  }
}

async function describe(sagemaker: SageMakerClient, endpointName: string): Promise<EndpointState> {
  const { EndpointStatus, EndpointConfigName, FailureReason, ProductionVariants } = await sagemaker.send(
    new DescribeEndpointCommand({ EndpointName: endpointName }),
  );
  return {
    status: EndpointStatus ?? 'unknown',
    configName: EndpointConfigName ?? 'unknown',
    failureReason: FailureReason,
    instances: Object.fromEntries(
      (ProductionVariants ?? []).map(({ VariantName, DesiredInstanceCount, CurrentInstanceCount }) => [
        VariantName!,
        DesiredInstanceCount ?? CurrentInstanceCount ?? 0,
      ]),
    ),
  };
}
