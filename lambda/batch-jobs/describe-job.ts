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
    if (isUnknown(error)) {
      return undefined;
    }
    throw error;
  }
}

/** Documented is ResourceNotFound; what SageMaker says is ValidationException: "Could not find requested job with name: ...". */
function isUnknown(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === 'ResourceNotFound' ||
      (error.name === 'ValidationException' && /could not find/i.test(error.message)))
  );
}
