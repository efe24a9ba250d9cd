import { GetScheduleCommand, ResourceNotFoundException, type SchedulerClient } from '@aws-sdk/client-scheduler';
import {
  DescribeMapRunCommand,
  ListMapRunsCommand,
  type MapRunListItem,
  paginateListExecutions,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import type { Batch, Execution } from './core';
import type { Schedule } from './last-due';
import type { Progress } from './projected-lateness';

/** A batch as Step Functions and EventBridge Scheduler show it. */
export class SeenBatch implements Batch {
  public constructor(
    private readonly states: SFNClient,
    private readonly scheduler: SchedulerClient,
    private readonly stateMachineArn: string,
    private readonly scheduleName: string | undefined,
  ) {}

  public async schedule(): Promise<Schedule | undefined> {
    try {
      const found = await this.scheduler.send(new GetScheduleCommand({ Name: this.scheduleName }));
      return {
        expression: found.ScheduleExpression!,
        timeZone: found.ScheduleExpressionTimezone ?? 'UTC',
        enabled: found.State !== 'DISABLED',
        changed: (found.LastModificationDate ?? found.CreationDate!).getTime(),
        start: found.StartDate?.getTime(),
        end: found.EndDate?.getTime(),
        windowMinutes: found.FlexibleTimeWindow?.MaximumWindowInMinutes ?? 0,
      };
    } catch (error) {
      if (error instanceof ResourceNotFoundException) {
        return undefined;
      }
      throw error;
    }
  }

  public async *executions(statusFilter?: 'RUNNING'): AsyncIterable<Execution> {
    const pages = paginateListExecutions(
      { client: this.states },
      { stateMachineArn: this.stateMachineArn, statusFilter },
    );
    for await (const { executions = [] } of pages) {
      for (const { executionArn, startDate, redriveDate } of executions) {
        yield { arn: executionArn!, begun: startDate!.getTime(), redriven: redriveDate?.getTime() };
      }
    }
  }

  public async partitions(executionArn: string): Promise<Progress['partitions']> {
    // A run that was redriven has several, as each does what the one before has left.
    const { mapRuns = [] } = await this.states.send(new ListMapRunsCommand({ executionArn }));
    const last = mapRuns.reduce<MapRunListItem | undefined>(
      (latest, each) => (latest === undefined || each.startDate! > latest.startDate! ? each : latest),
      undefined,
    );
    if (last === undefined) {
      return undefined;
    }
    const { itemCounts, startDate } = await this.states.send(new DescribeMapRunCommand({ mapRunArn: last.mapRunArn }));
    const { total, succeeded, failed, timedOut, aborted, running } = itemCounts!;
    return {
      begun: startDate!.getTime(),
      total: total!,
      done: succeeded! + failed! + timedOut! + aborted!,
      running: running!,
    };
  }
}
