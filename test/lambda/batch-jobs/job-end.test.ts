import { jobEnd } from '../../../lambda/batch-jobs/job-end';

/** As Step Functions gives it: built from an event, with times in milliseconds and tags as a map. */
const described = (fields: object) => ({
  TransformJobName: 'churn-1',
  CreationTime: 1585397644473,
  TransformStartTime: 1585397700000,
  TransformEndTime: 1585397790500,
  Tags: { MANAGED_BY_AWS: 'STARTED_BY_STEP_FUNCTIONS' },
  ...fields,
});
const failed = (FailureReason?: string) => described({ TransformJobStatus: 'Failed', FailureReason });
const taskFailed = (description: object) => ({ Error: 'States.TaskFailed', Cause: JSON.stringify(description) });

describe('the description of a job', () => {
  test('that completed says for how long its instances are paid', () => {
    expect(jobEnd(described({ TransformJobStatus: 'Completed' }))).toEqual({ kind: 'completed', seconds: 90.5 });
  });

  test.each([
    [1585397700, 1585397790.5],
    ['2020-03-28T12:15:00.000Z', '2020-03-28T12:16:30.500Z'],
  ])('may have times as %p', (TransformStartTime, TransformEndTime) => {
    const description = described({ TransformJobStatus: 'Completed', TransformStartTime, TransformEndTime });
    expect(jobEnd(description)).toEqual({ kind: 'completed', seconds: 90.5 });
  });

  test.each([
    [undefined, 1585397790],
    [1585397700, undefined],
    ['some day', 1585397790],
    [1585397790, 1585397700],
  ])('that began at %p and ended at %p cost nothing that is known', (TransformStartTime, TransformEndTime) => {
    const description = described({ TransformJobStatus: 'Completed', TransformStartTime, TransformEndTime });
    expect(jobEnd(description)).toEqual({ kind: 'completed', seconds: 0 });
  });

  test.each([
    'ClientError: See job logs for more information',
    'AlgorithmError: See job logs for more information',
    'ClientError: Please use an instance type with more memory, or reduce the size of job data processed on an instance.',
    'something InternalServerError',
  ])('that failed with %p tells of its objects', (reason) => {
    expect(jobEnd(taskFailed(failed(reason)))).toEqual({ kind: 'failed', reason, seconds: 90.5 });
  });

  test('that failed without a reason is one that failed', () => {
    expect(jobEnd(failed())).toEqual({ kind: 'failed', reason: 'unknown', seconds: 90.5 });
  });

  test.each([
    'InternalServerError: We encountered an internal error.  Please try again.',
    'CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type.',
  ])('that failed with %p was interrupted', (reason) => {
    expect(jobEnd(taskFailed(failed(reason)))).toEqual({ kind: 'interrupted', reason, seconds: 90.5 });
  });

  test('whose container never answered is refused: no other job would do better', () => {
    const reason =
      'AlgorithmError: Model container failed to respond to ping. Please ensure /ping endpoint is implemented and responds with an HTTP 200 status code';
    expect(jobEnd(taskFailed(failed(reason)))).toEqual({ kind: 'refused', reason, seconds: 90.5 });
  });

  test('that was stopped was interrupted', () => {
    const stopped = described({ TransformJobStatus: 'Stopped' });
    expect(jobEnd(taskFailed(stopped))).toEqual({
      kind: 'interrupted',
      reason: 'somebody stopped the job',
      seconds: 90.5,
    });
  });

  test.each([{}, { TransformJobStatus: 'Deleting' }, { Tags: {} }, taskFailed({})])('of %p says nothing', (ended) => {
    expect(jobEnd(ended)).toEqual({ kind: 'unknown' });
  });

  test.each([JSON.stringify(failed('x'.repeat(40_000))).slice(0, 32_768), 'null', '"text"', '', undefined])(
    'that is cut off, or none, says nothing (%#)',
    (Cause) => {
      expect(jobEnd({ Error: 'States.TaskFailed', Cause })).toEqual({ kind: 'unknown' });
    },
  );
});

describe('an error of the state machine', () => {
  const ended = (Error: string, Cause?: string) => jobEnd({ Error, Cause });
  const service = (code: string, status = 400) =>
    `Something is so (Service: AmazonSageMaker; Status Code: ${status}; Error Code: ${code}; Request ID: 1-2; Proxy: null)`;

  test('of time is a job that was not done in time', () => {
    expect(ended('States.Timeout')).toEqual({ kind: 'timedOut', seconds: 0 });
  });

  test('of the quota lets the job wait', () => {
    expect(
      ended(
        'SageMaker.ResourceLimitExceededException',
        "The account-level service limit 'ml.m5.large for transform job usage' is 1 Instances, with current utilization of 1 Instances and a request delta of 1 Instances.",
      ),
    ).toEqual({ kind: 'atQuota' });
  });

  const limit = (quota: number, used: number, wanted: number) =>
    `The account-level service limit 'ml.g5.xlarge for transform job usage' is ${quota} Instances, with current utilization of ${used} Instances and a request delta of ${wanted} Instances. Please use AWS Service Quotas to request an increase for this quota.`;

  test.each([
    limit(0, 0, 1),
    limit(3, 0, 4),
    "The account-level service limit 'ml.g5.xlarge for transform job usage' is 0 Instances",
  ])('of a quota that has no room for the job at all refuses it (%#)', (cause) => {
    expect(ended('SageMaker.ResourceLimitExceededException', cause)).toEqual({
      kind: 'refused',
      reason: `SageMaker.ResourceLimitExceededException: ${cause}`,
      seconds: 0,
    });
  });

  test.each([limit(4, 1, 4), limit(10, 10, 1), 'Too many jobs', undefined])(
    'of a quota that others use lets the job wait (%#)',
    (cause) => {
      expect(ended('SageMaker.ResourceLimitExceededException', cause)).toEqual({ kind: 'atQuota' });
    },
  );

  test('of a name that is in use says nothing of the job', () => {
    expect(
      ended(
        'SageMaker.ResourceInUseException',
        'Job name must be unique within an AWS account and region, and a job with this name already exists (arn:aws:sagemaker:eu-west-1:1:transform-job/churn-1)',
      ),
    ).toEqual({ kind: 'unknown' });
  });

  test.each([
    ['SageMaker.AmazonSageMakerException', service('ThrottlingException')],
    ['SageMaker.AmazonSageMakerException', 'Rate exceeded'],
    ['SageMaker.AmazonSageMakerException', service('InternalFailure', 500)],
    ['SageMaker.AmazonSageMakerException', service('ServiceUnavailable', 503)],
    ['SageMaker.SdkClientException', 'Unable to execute HTTP request: Read timed out'],
  ])('%s: %s passes', (error, cause) => {
    expect(ended(error, cause)).toEqual({ kind: 'throttled' });
  });

  test.each([
    ['SageMaker.AmazonSageMakerException', `Could not find model "arn:...". ${service('ValidationException')}`],
    ['SageMaker.AmazonSageMakerException', service('AccessDeniedException')],
    ['States.Permissions', 'not authorized to events:PutRule'],
    ['States.DataLimitExceeded', undefined],
  ])('%s is refused, with what it says', (error, cause) => {
    expect(ended(error, cause)).toEqual({ kind: 'refused', reason: `${error}: ${cause ?? ''}`, seconds: 0 });
  });
});
