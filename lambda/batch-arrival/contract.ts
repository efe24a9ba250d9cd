/** What the construct of a batch tells the function that hears of arrivals. This file imports nothing. */
export const ENV = {
  /** Name of the schedule group in which a run waits for its time. */
  group: 'SCHEDULE_GROUP',
  /** Role by which EventBridge Scheduler starts the run. */
  role: 'SCHEDULE_ROLE_ARN',
  /** ARN of the alias of the state machine. */
  alias: 'ALIAS_ARN',
  /** ARN of the queue that is told of a run that could not be started. */
  deadLetters: 'DEAD_LETTER_ARN',
  /** `arn:<partition>:scheduler:::aws-sdk:sfn:startExecution` */
  action: 'START_EXECUTION_ARN',
  quietSeconds: 'QUIET_SECONDS',
  maxWaitSeconds: 'MAX_WAIT_SECONDS',
} as const;

/** The one schedule of the group. */
export const SCHEDULE_NAME = 'arrivals';
