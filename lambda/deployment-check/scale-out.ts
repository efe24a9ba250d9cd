import { type SageMakerClient, UpdateEndpointWeightsAndCapacitiesCommand } from '@aws-sdk/client-sagemaker';
import type { Context } from 'aws-lambda';
import type { ScaleOutProperties } from './contract';
import { type EndpointState, isUndecided, variantsBelow } from './core';
import { settled } from './endpoint-state';

/** Starts instances until each variant has as many as it should before an update, and waits for them. */
export async function scaleOut(
  sagemaker: SageMakerClient,
  { EndpointName, Floors }: ScaleOutProperties,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<void> {
  let state = await existing(() => settled(sagemaker, EndpointName, context));
  if (state === undefined) {
    return; // The first deployment starts with what its configuration says.
  }
  for (const { variantName, instances } of variantsBelow(state, Floors)) {
    // The API takes the number of one variant at a time, and not while it is busy with another.
    await sagemaker.send(
      new UpdateEndpointWeightsAndCapacitiesCommand({
        EndpointName,
        DesiredWeightsAndCapacities: [{ VariantName: variantName, DesiredInstanceCount: instances }],
      }),
    );
    state = await settled(sagemaker, EndpointName, context);
    if (isUndecided(state)) {
      throw new Error(
        `variant ${variantName} of the endpoint ${EndpointName} did not get ${instances} instances in time, which there should be before a new version gets traffic: look whether the account's quota allows them, then deploy again`,
      );
    }
  }
}

async function existing(describe: () => Promise<EndpointState>): Promise<EndpointState | undefined> {
  try {
    return await describe();
  } catch (error) {
    // SageMaker has no error of its own for this.
    if (error instanceof Error && error.name === 'ValidationException' && /could not find/i.test(error.message)) {
      return undefined;
    }
    throw error;
  }
}
