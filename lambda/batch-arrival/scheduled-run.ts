import {
  ConflictException,
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  GetScheduleCommand,
  ResourceNotFoundException,
  type SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import { SCHEDULE_NAME } from './contract';
import type { WaitingRun } from './core';
import type { Waiting } from './next-step';

/** How the run is started. */
export interface Start {
  readonly group: string;
  readonly role: string;
  readonly alias: string;
  readonly deadLetters: string;
  readonly action: string;
}

/** A run that waits as a schedule that EventBridge Scheduler removes when it has started it. */
export class ScheduledRun implements WaitingRun {
  public constructor(
    private readonly client: SchedulerClient,
    private readonly start: Start,
  ) {}

  public async read(): Promise<Waiting | undefined> {
    try {
      const { ScheduleExpression, Description } = await this.client.send(
        new GetScheduleCommand({ GroupName: this.start.group, Name: SCHEDULE_NAME }),
      );
      const [, time] = /^at\((.+)\)$/.exec(ScheduleExpression!)!;
      const due = Date.parse(`${time}Z`);
      const first = Date.parse(Description ?? '');
      return { due, first: Number.isNaN(first) ? due : first };
    } catch (error) {
      if (error instanceof ResourceNotFoundException) {
        return undefined;
      }
      throw error;
    }
  }

  public async create(waiting: Waiting): Promise<boolean> {
    try {
      await this.client.send(new CreateScheduleCommand(this.schedule(waiting)));
      return true;
    } catch (error) {
      if (error instanceof ConflictException) {
        return false;
      }
      throw error;
    }
  }

  public async move(waiting: Waiting, withinMilliseconds: number): Promise<boolean> {
    try {
      await this.client.send(new UpdateScheduleCommand(this.schedule(waiting)), {
        abortSignal: AbortSignal.timeout(Math.max(1, withinMilliseconds)),
      });
      return true;
    } catch (error) {
      if (error instanceof ConflictException || error instanceof ResourceNotFoundException) {
        return false;
      }
      throw error;
    }
  }

  private schedule({ due, first }: Waiting): CreateScheduleCommandInput {
    const { group, role, alias, deadLetters, action } = this.start;
    const time = new Date(due).toISOString().slice(0, 19);
    return {
      GroupName: group,
      Name: SCHEDULE_NAME,
      Description: new Date(first).toISOString(),
      ScheduleExpression: `at(${time})`,
      ScheduleExpressionTimezone: 'UTC',
      FlexibleTimeWindow: { Mode: 'OFF' },
      ActionAfterCompletion: 'DELETE',
      Target: {
        Arn: action,
        RoleArn: role,
        // A schedule may start something twice. Under one name, Step Functions does not.
        Input: JSON.stringify({ StateMachineArn: alias, Name: `arrival-${time.replace(/[-:]/g, '')}Z`, Input: '{}' }),
        RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 185 },
        DeadLetterConfig: { Arn: deadLetters },
      },
    };
  }
}
