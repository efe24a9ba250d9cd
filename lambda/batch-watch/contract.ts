/** What the construct of a batch tells the function that watches it. This file imports nothing. */
export const ENV = {
  /** ARN of the state machine. */
  stateMachine: 'STATE_MACHINE_ARN',
  /** Seconds from the start of a run to when it should be done. */
  deadline: 'DEADLINE_SECONDS',
  /** Name of the schedule in the group `default`; absent where there is none. */
  schedule: 'SCHEDULE_NAME',
} as const;

/** How often it looks, in minutes. */
export const EVERY_MINUTES = 15;
