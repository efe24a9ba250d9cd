/** Errors of Lambda itself, and of being throttled: these pass. */
export const PASSING = [
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
];

/** Waits 2, 4, 8... seconds, at most 10 minutes, each time somewhere in between, so that many do not come back at once. */
export function retry(errors: readonly string[], attempts: number): object {
  return attempts === 0
    ? { ErrorEquals: errors, MaxAttempts: 0 }
    : {
        ErrorEquals: errors,
        IntervalSeconds: 2,
        BackoffRate: 2,
        MaxDelaySeconds: 600,
        MaxAttempts: attempts,
        JitterStrategy: 'FULL',
      };
}

/** Calls a function, and waits for its answer. */
export function invocation(partition: string, functionArn: string, payload: object): object {
  return {
    Type: 'Task',
    Resource: `arn:${partition}:states:::lambda:invoke`,
    Parameters: { FunctionName: functionArn, Payload: payload },
  };
}
