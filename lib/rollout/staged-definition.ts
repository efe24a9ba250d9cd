import { TICKS_OF_AN_EXECUTION } from '../../lambda/rollout/contract';

/** Seconds after a tick that failed as a whole, however often. */
const AFTER_FAILURE = 30;

const EXISTS = 'StepFunctions.ExecutionAlreadyExistsException';

export interface StagedLoop {
  /** Of AWS: tokens and all. */
  readonly partition: string;
  readonly functionArn: string;
  /** Of the loop itself. */
  readonly stateMachineArn: string;
}

/**
 * The loop of a staged rollout, in the Amazon States Language: a tick, a wait of as many seconds as it asked for, a tick. It counts its ticks
 * and goes on as a new execution before its history is full (25,000 events, after which an execution fails); the name of that is made of
 * its own, so that a repeat starts none. Whatever fails, it goes on: only a tick ends it.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
 */
export function stagedDefinition({ partition, functionArn, stateMachineArn }: StagedLoop): Record<string, unknown> {
  const goOn = { Type: 'Pass', Result: { done: false, wait: AFTER_FAILURE }, ResultPath: '$.answer' };
  const failed = [{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'TickFailed' }];
  return {
    StartAt: 'Count',
    States: {
      Count: {
        Type: 'Pass',
        Parameters: {
          'name.$': '$.name',
          'wake.$': '$.wake',
          'generation.$': '$.generation',
          'ticks.$': 'States.MathAdd($.ticks, 1)',
        },
        Next: 'Tick',
      },
      Tick: {
        Type: 'Task',
        Resource: `arn:${partition}:states:::lambda:invoke`,
        Parameters: { FunctionName: functionArn, 'Payload.$': '$' },
        ResultSelector: { 'done.$': '$.Payload.done', 'wait.$': '$.Payload.wait' },
        ResultPath: '$.answer',
        // One repeat at once, as a tick may be about to go back; each adds to the history.
        Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 2, MaxAttempts: 2, BackoffRate: 2 }],
        Catch: failed,
        Next: 'Decide',
      },
      TickFailed: { ...goOn, Next: 'Decide' },
      Decide: {
        Type: 'Choice',
        Choices: [
          { Variable: '$.answer.done', BooleanEquals: true, Next: 'Done' },
          { Variable: '$.ticks', NumericGreaterThanEquals: TICKS_OF_AN_EXECUTION, Next: 'Continue' },
        ],
        Default: 'Wait',
      },
      Wait: { Type: 'Wait', SecondsPath: '$.answer.wait', Next: 'Count' },
      Continue: {
        Type: 'Task',
        Resource: `arn:${partition}:states:::states:startExecution`,
        Parameters: {
          StateMachineArn: stateMachineArn,
          'Name.$': "States.Format('{}-{}', $.name, States.MathAdd($.generation, 1))",
          Input: {
            'name.$': '$.name',
            'wake.$': '$.wake',
            'generation.$': 'States.MathAdd($.generation, 1)',
            ticks: 0,
          },
        },
        ResultPath: '$.continued',
        Retry: [
          { ErrorEquals: [EXISTS], MaxAttempts: 0 },
          { ErrorEquals: ['States.ALL'], IntervalSeconds: 5, MaxAttempts: 5, BackoffRate: 2 },
        ],
        Catch: [
          { ErrorEquals: [EXISTS], ResultPath: '$.continued', Next: 'Done' },
          // Rather a history that gets longer than a rollout that nobody drives.
          { ErrorEquals: ['States.ALL'], ResultPath: '$.continued', Next: 'Wait' },
        ],
        Next: 'Done',
      },
      Done: { Type: 'Succeed' },
    },
  };
}
