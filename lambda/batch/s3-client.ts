import { S3Client } from '@aws-sdk/client-s3';

/** When a silent S3 counts as gone, in milliseconds. Without, a connection that is dead would be waited for until the function is ended. */
export interface S3Timeouts {
  readonly connect: number;
  /** Until the answer begins. */
  readonly answer: number;
  /** Between two pieces of an object: longer, as an object is read no faster than it is scored. */
  readonly silence: number;
}

const TIMEOUTS: S3Timeouts = { connect: 3_000, answer: 30_000, silence: 120_000 };

export function s3Client(timeouts = TIMEOUTS): S3Client {
  return new S3Client({
    requestHandler: {
      connectionTimeout: timeouts.connect,
      requestTimeout: timeouts.answer,
      socketTimeout: timeouts.silence,
      throwOnRequestTimeout: true,
    },
  });
}
