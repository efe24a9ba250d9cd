import { RUN_ERRORS, type RunSettings } from '../../lambda/batch/contract';
import type { Scoring } from './scoring';
import { invocation, PASSING, retry } from './task';

/** What the definition of a batch's state machine is made of. */
export interface BatchDefinitionOptions {
  readonly settings: RunSettings;
  /** ARN of a published version: a run that is redriven after a later deployment goes on with what it began with. */
  readonly controlFunctionArn: string;
  readonly scoring: Scoring;
  readonly partition: string;
  /** Topic that is told of each run that succeeded. */
  readonly topicArn?: string;
  readonly timeoutSeconds: number;
}

/**
 * The state machine of a batch in the Amazon States Language:
 *
 * ```
 * Plan <-> Planned -> AnythingToJudge -> (first partition) -> Judge -> AnythingLeft -> ScoreRest (each partition) -> Finish -> AllFinished -> Done
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
    ...invocation(partition, options.controlFunctionArn, { action, settings, ...payload }),
    Retry: [retry(Object.values(RUN_ERRORS), 0), retry(PASSING, 8), retry(['States.ALL'], 3)],
    ...next,
  });
  const first = options.scoring(settings, {
    suffix: 'First',
    subject: { 'run.$': '$.plan.run', 'partition.$': '$.plan.first' },
    lasting: { 'plan.$': '$.plan' },
    next: 'Judge',
  });
  const each = options.scoring(settings, {
    suffix: '',
    subject: { 'run.$': '$.run', 'partition.$': '$.partition' },
    lasting: { 'run.$': '$.run', 'partition.$': '$.partition' },
    next: 'PartitionDone',
    failed: 'LeftForLater',
  });

  return {
    Comment: `Scores everything below s3://${settings.input.bucket}/${settings.input.prefix} with ${settings.model.name} ${settings.model.version}`,
    TimeoutSeconds: options.timeoutSeconds,
    StartAt: 'Plan',
    States: {
      Plan: control(
        'plan',
        { 'execution.$': '$$.Execution' },
        { ResultSelector: { 'plan.$': '$.Payload' }, Next: 'Planned' },
      ),
      // An input that takes longer to list than one invocation has goes on where the last one ended.
      Planned: {
        Type: 'Choice',
        Choices: [{ Variable: '$.plan.planned', BooleanEquals: true, Next: 'AnythingToJudge' }],
        Default: 'Plan',
      },
      AnythingToJudge: {
        Type: 'Choice',
        Choices: [{ Variable: '$.plan.first', IsPresent: true, Next: first.start }],
        Default: 'AnythingLeft',
      },
      ...first.states,
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
          StartAt: each.start,
          States: {
            ...each.states,
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
