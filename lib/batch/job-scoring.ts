import type { JobSettings } from '../../lambda/batch/contract';
import type { Scoring } from './scoring';
import { invocation, PASSING, retry } from './task';

/** What the states of a transform job are made of. */
export interface JobScoringOptions {
  readonly partition: string;
  readonly jobs: JobSettings;
  /** ARN of a published version of the function that says which job is next. */
  readonly advanceFunctionArn: string;
  /** Of CreateTransformJob, but its name, its objects, and where its answers and what it captures go. */
  readonly request: {
    readonly input: object;
    readonly output: object;
    readonly capture?: object;
    readonly others: object;
  };
  readonly timeoutSeconds: number;
}

/**
 * A function reads what the last job answered and says which is next; the state machine begins it and waits for its end. A job of
 * which nothing is known at once is waited for:
 *
 * ```
 * Begin -> Advance -> Advanced -> Job -> Advance
 *                        |  ^------- Wait -> Waited
 * ```
 *
 * Nothing is retried here: a name serves for one job only, so a second request would hide what became of the first. The function looks.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
 */
export function scoreByJobs(options: JobScoringOptions): Scoring {
  const { partition, jobs, request } = options;
  return (settings, { suffix, subject, lasting, next, failed }) => {
    const named = (name: string) => `${name}${suffix}`;
    const [advance, advanced, wait, waited, job] = ['Advance', 'Advanced', 'Wait', 'Waited', 'Job'].map(named);
    const begun = { Variable: '$.last.answer.job', IsPresent: true, Next: job };
    return {
      start: named('Begin'),
      states: {
        [named('Begin')]: { Type: 'Pass', Parameters: { ...lasting, last: { answer: {} }, ended: {} }, Next: advance },
        [advance]: {
          ...invocation(partition, options.advanceFunctionArn, {
            settings,
            jobs,
            ...subject,
            'last.$': '$.last.answer',
            'ended.$': '$.ended',
          }),
          Retry: [retry(['JobRefused'], 0), retry(PASSING, 19), retry(['States.ALL'], 5)],
          ...(failed === undefined ? {} : { Catch: [{ ErrorEquals: ['States.ALL'], Next: failed }] }),
          ResultSelector: { 'answer.$': '$.Payload' },
          ResultPath: '$.last',
          Next: advanced,
        },
        [advanced]: {
          Type: 'Choice',
          Choices: [
            { Variable: '$.last.answer.complete', BooleanEquals: true, Next: next },
            { Variable: '$.last.answer.wait', IsPresent: true, Next: wait },
            begun,
          ],
          Default: advance,
        },
        [wait]: { Type: 'Wait', SecondsPath: '$.last.answer.wait', Next: waited },
        [waited]: { Type: 'Choice', Choices: [begun], Default: advance },
        [job]: {
          Type: 'Task',
          Resource: `arn:${partition}:states:::sagemaker:createTransformJob.sync`,
          Parameters: {
            'TransformJobName.$': '$.last.answer.name',
            TransformInput: {
              DataSource: { S3DataSource: { S3DataType: 'ManifestFile', 'S3Uri.$': '$.last.answer.job.manifest' } },
              ...request.input,
            },
            TransformOutput: { 'S3OutputPath.$': '$.last.answer.job.output', ...request.output },
            ...(request.capture === undefined
              ? {}
              : { DataCaptureConfig: { 'DestinationS3Uri.$': '$.last.answer.job.capture', ...request.capture } }),
            ...request.others,
          },
          TimeoutSeconds: options.timeoutSeconds,
          ResultPath: '$.ended',
          Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.ended', Next: advance }],
          Next: advance,
        },
      },
    };
  };
}
