/** How a job came to its end, or did not begin. */
export type JobEnd =
  /** Nobody told: what is there counts, and what is missing is done again. */
  | { readonly kind: 'unknown' }
  | ({ readonly kind: 'completed' } & Lasted)
  /** Some of its objects failed, or all of them. */
  | ({ readonly kind: 'failed'; readonly reason: string } & Lasted)
  | ({ readonly kind: 'timedOut' } & Lasted)
  /** Not let begin now: by the quota of instances, or by too many requests. */
  | { readonly kind: 'atQuota' | 'throttled' }
  /** By no fault of its objects: it is done again. */
  | ({ readonly kind: 'interrupted'; readonly reason: string } & Lasted)
  /** No job would do better. */
  | ({ readonly kind: 'refused'; readonly reason: string } & Lasted);

interface Lasted {
  /** Seconds for which its instances are paid. */
  readonly seconds: number;
}

interface Description {
  readonly TransformJobStatus?: unknown;
  readonly FailureReason?: unknown;
  readonly TransformStartTime?: unknown;
  readonly TransformEndTime?: unknown;
}

/** Reasons by SageMaker itself. Anything else is told by the objects that are missing. */
const INTERRUPTED = /^(InternalServerError|CapacityError)/;
const NEVER_SERVED = /respond to ping/;
/** Answers to a request that may be repeated: if the job was begun all the same, its name is in use. */
const PASSING = /Throttling|Rate exceeded|Status Code: 5\d\d|ServiceUnavailable|SdkClientException/;

/** "The account-level service limit '...' is 0 Instances, with current utilization of 0 Instances and a request delta of 1 Instances." */
const QUOTA = /is (\d+) Instances?\b(?:.*\bdelta of (\d+))?/s;

/**
 * Reads what Step Functions gives of a job: its description, or an error with a cause.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
 */
export function jobEnd(ended: Readonly<Record<string, unknown>>): JobEnd {
  const { Error: error, Cause: cause } = ended;
  if (typeof error !== 'string') {
    return typeof ended.TransformJobStatus === 'string' ? endOf(ended) : { kind: 'unknown' };
  }
  const told = typeof cause === 'string' ? cause : '';
  switch (error) {
    case 'States.Timeout':
      return { kind: 'timedOut', seconds: 0 };
    case 'States.TaskFailed':
      return endOf(parsed(told));
    case 'SageMaker.ResourceLimitExceededException':
      return isBeyondQuota(told) ? { kind: 'refused', reason: `${error}: ${told}`, seconds: 0 } : { kind: 'atQuota' };
    // A job of this name was begun before: its answer was lost.
    case 'SageMaker.ResourceInUseException':
      return { kind: 'unknown' };
    default:
      return PASSING.test(`${error}: ${told}`)
        ? { kind: 'throttled' }
        : { kind: 'refused', reason: `${error}: ${told}`, seconds: 0 };
  }
}

/** Whether the job would be over the quota also where no other runs: it is 0 for many types until somebody asks for more. */
function isBeyondQuota(told: string): boolean {
  const [, quota, wanted] = QUOTA.exec(told) ?? [];
  return quota !== undefined && Number(quota) < Number(wanted ?? 1);
}

function endOf(description: Description): JobEnd {
  const seconds = lasted(description);
  const reason = typeof description.FailureReason === 'string' ? description.FailureReason : 'unknown';
  switch (description.TransformJobStatus) {
    case 'Completed':
      return { kind: 'completed', seconds };
    case 'Failed':
      return NEVER_SERVED.test(reason)
        ? { kind: 'refused', reason, seconds }
        : INTERRUPTED.test(reason)
          ? { kind: 'interrupted', reason, seconds }
          : { kind: 'failed', reason, seconds };
    case 'Stopped':
      return { kind: 'interrupted', reason: 'somebody stopped the job', seconds };
    default:
      return { kind: 'unknown' };
  }
}

function parsed(cause: string): Description {
  try {
    return (JSON.parse(cause) ?? {}) as Description;
  } catch {
    // A long one is cut off: SageMaker is asked.
    return {};
  }
}

function lasted({ TransformStartTime: start, TransformEndTime: end }: Description): number {
  const [from, to] = [moment(start), moment(end)];
  return from === undefined || to === undefined ? 0 : Math.max(0, (to - from) / 1000);
}

/** Step Functions writes milliseconds, other integrations seconds or text. */
function moment(time: unknown): number | undefined {
  const ms =
    typeof time === 'string' ? Date.parse(time) : typeof time === 'number' ? (time < 1e11 ? time * 1000 : time) : NaN;
  return Number.isFinite(ms) ? ms : undefined;
}
