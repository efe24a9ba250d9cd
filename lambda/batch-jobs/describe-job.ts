import { DescribeTransformJobCommand, type SageMakerClient } from '@aws-sdk/client-sagemaker';

/** What SageMaker says of a job; undefined where there is none of this name. */
export async function describeJob(
  client: SageMakerClient,
  job: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const { TransformJobStatus, FailureReason, TransformStartTime, TransformEndTime } = await client.send(
      new DescribeTransformJobCommand({ TransformJobName: job }),
    );
    return {
      TransformJobStatus,
      FailureReason,
      TransformStartTime: TransformStartTime?.toISOString(),
      TransformEndTime: TransformEndTime?.toISOString(),
    };
  } catch (error) {
    if (
      error instanceof Error &&
      error.name === 'ValidationException' &&
      /not found|could not find/i.test(error.message)
    ) {
      return undefined;
    }
    throw error;
  }
}
