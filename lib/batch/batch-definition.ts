import { RUN_ERRORS, type RunSettings } from '../../lambda/batch/contract';

/** What the definition of a batch's state machine is made of. */
export interface BatchDefinitionOptions {
  readonly settings: RunSettings;
  /** ARN of a published version: a run that is redriven after a later deployment goes on with what it began with. */
  readonly controlFunctionArn: string;
  /** ARN of a published version. */
  readonly scoreFunctionArn: string;
  readonly partition: string;
  /** Topic that is told of each run that succeeded. */
  readonly topicArn?: string;
  readonly timeoutSeconds: number;
}

/** Errors of Lambda itself, and of being throttled: these pass. */
const PASSING = [
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
];

/**
 * The state machine of a batch in the Amazon States Language:
 *
 * ```
 * Plan -> AnythingToJudge -> ScoreFirst <-> FirstScored -> Judge -> AnythingLeft -> ScoreRest -> Finish -> AllFinished -> Done
 * ```
 *
 * A partition that fails in spite of its retries does not stop the others: `Finish` counts what has a result, and fails the
 * execution where something has none. Redriven, it answers with a plan of just these partitions.
 *
 * @see https://states-language.net/spec.html
 */
export function batchDefinition(options: BatchDefinitionOptions): object {
  const { settings, partition, topicArn } = options;
  const control = (action: string, payload: object, next: object): object => ({
    ...invocation(options, options.controlFunctionArn, { action, settings, ...payload }),
    Retry: [retry(Object.values(RUN_ERRORS), 0), retry(PASSING, 8), retry(['States.ALL'], 3)],
    ...next,
  });
  const score = (payload: object, next: object): object => ({
    ...invocation(options, options.scoreFunctionArn, { settings, ...payload }),
    // Throttled by the account's concurrency, a partition waits its turn for about an hour. An object that kills the function is
    // found by the fourth attempt, and a second one by the sixth.
    Retry: [retry(PASSING, 19), retry(['States.ALL'], 5)],
    ResultSelector: { 'complete.$': '$.Payload.complete' },
    ResultPath: '$.scored',
    ...next,
  });

  return {
    Comment: `Scores everything below s3://${settings.input.bucket}/${settings.input.prefix} with ${settings.model.name} ${settings.model.version}`,
    TimeoutSeconds: options.timeoutSeconds,
    StartAt: 'Plan',
    States: {
      Plan: control(
        'plan',
        { 'execution.$': '$$.Execution' },
        { ResultSelector: { 'plan.$': '$.Payload' }, Next: 'AnythingToJudge' },
      ),
      AnythingToJudge: {
        Type: 'Choice',
        Choices: [{ Variable: '$.plan.first', IsPresent: true, Next: 'ScoreFirst' }],
        Default: 'AnythingLeft',
      },
      ScoreFirst: score({ 'run.$': '$.plan.run', 'partition.$': '$.plan.first' }, { Next: 'FirstScored' }),
      FirstScored: {
        Type: 'Choice',
        Choices: [{ Variable: '$.scored.complete', BooleanEquals: true, Next: 'Judge' }],
        Default: 'ScoreFirst',
      },
      Judge: control(
        'judge',
        { 'plan.$': '$.plan' },
        { ResultSelector: { 'findings.$': '$.Payload.findings' }, ResultPath: '$.judgement', Next: 'AnythingLeft' },
      ),
      AnythingLeft: {
        Type: 'Choice',
        Choices: [{ Variable: '$.plan.restCount', NumericGreaterThan: 0, Next: 'ScoreRest' }],
        Default: 'Finish',
      },
      ScoreRest: {
        Type: 'Map',
        Label: 'Partitions',
        MaxConcurrency: settings.maxConcurrency,
        ItemReader: {
          Resource: `arn:${partition}:states:::s3:getObject`,
          ReaderConfig: { InputType: 'JSON' },
          Parameters: { Bucket: settings.output.bucket, 'Key.$': '$.plan.rest' },
        },
        ItemSelector: { 'run.$': '$.plan.run', 'partition.$': '$$.Map.Item.Value' },
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          StartAt: 'Score',
          States: {
            Score: score(
              { 'run.$': '$.run', 'partition.$': '$.partition' },
              { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'LeftForLater' }], Next: 'Scored' },
            ),
            Scored: {
              Type: 'Choice',
              Choices: [{ Variable: '$.scored.complete', BooleanEquals: true, Next: 'PartitionDone' }],
              Default: 'Score',
            },
            // Answers of all partitions together may have 256 KiB, so each of them is empty.
            PartitionDone: { Type: 'Pass', Result: {}, End: true },
            LeftForLater: { Type: 'Pass', Result: {}, End: true },
          },
        },
        ResultPath: null,
        Next: 'Finish',
      },
      Finish: control(
        'finish',
        { 'plan.$': '$.plan', 'execution.$': '$$.Execution' },
        { ResultSelector: { 'answer.$': '$.Payload' }, ResultPath: '$.finished', Next: 'AllFinished' },
      ),
      AllFinished: {
        Type: 'Choice',
        Choices: [
          {
            Variable: '$.finished.answer.complete',
            BooleanEquals: true,
            Next: topicArn === undefined ? 'Done' : 'Tell',
          },
        ],
        Default: 'Again',
      },
      Again: { Type: 'Pass', Parameters: { 'plan.$': '$.finished.answer.plan' }, Next: 'ScoreRest' },
      ...(topicArn === undefined
        ? {}
        : {
            Tell: {
              Type: 'Task',
              Resource: `arn:${partition}:states:::sns:publish`,
              Parameters: { TopicArn: topicArn, 'Message.$': '$.finished.answer.summary' },
              Retry: [retry(['States.ALL'], 5)],
              ResultPath: null,
              Next: 'Done',
            },
          }),
      Done: { Type: 'Pass', InputPath: '$.finished.answer.summary', End: true },
    },
  };
}

function invocation({ partition }: BatchDefinitionOptions, functionArn: string, payload: object): object {
  return {
    Type: 'Task',
    Resource: `arn:${partition}:states:::lambda:invoke`,
    Parameters: { FunctionName: functionArn, Payload: payload },
  };
}

/** Waits 2, 4, 8... seconds, at most 10 minutes, each time somewhere in between, so that many do not come back at once. */
function retry(errors: readonly string[], attempts: number): object {
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
