import { type SageMakerClient, StopTransformJobCommand } from '@aws-sdk/client-sagemaker';

/** Stops a job. Of one that has just ended this is an error: the next attempt finds out how it ended. */
export async function stopJob(client: SageMakerClient, job: string): Promise<void> {
  await client.send(new StopTransformJobCommand({ TransformJobName: job }));
}
