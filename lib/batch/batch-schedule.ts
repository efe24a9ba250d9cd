import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import type { BatchAlias } from './batch-alias';

/** A role that only EventBridge Scheduler takes, and only for schedules of this account. */
export function schedulerRole(scope: Construct, id: string, description: string): iam.Role {
  return new iam.Role(scope, id, {
    assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
    description,
  });
}

/** Starts runs at the times of a schedule. */
export function scheduleRuns(
  scope: Construct,
  alias: BatchAlias,
  expression: scheduler.ScheduleExpression,
  { modelName, encryptionKey }: { readonly modelName: string; readonly encryptionKey?: kms.IKey },
): scheduler.Schedule {
  // Without the model's version: a schedule that is not changed goes on, and what it has missed stays known.
  const description = `Starts runs of ${modelName}`;
  // By itself the target would make a role on the stack.
  const role = schedulerRole(scope, 'ScheduleRole', description);
  return new scheduler.Schedule(scope, 'Schedule', {
    schedule: expression,
    description,
    key: encryptionKey,
    target: alias.scheduleTarget(role, scheduler.ScheduleTargetInput.fromObject({})),
  });
}
