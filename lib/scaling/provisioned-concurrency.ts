import type { CfnAlias } from 'aws-cdk-lib/aws-lambda';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { ProvisionedEnvironments } from '../../lambda/rollout-target/contract';
import type { Fault } from '../checks/bounds/fault';
import type { Scaling } from './scaling';

const DEFAULT_TARGET_UTILIZATION = 0.7;

/** What became of a scaling on an alias. */
export interface BoundScaling {
  readonly enabled: boolean;
  /** For the rollout plan. */
  readonly notes: string[];
}

/**
 * Provisions environments for an alias: a fixed number in the alias itself, or a range followed by target tracking and
 * schedules. With a range the alias states no number, so that a deployment does not undo what scaling did.
 */
export function bindProvisionedConcurrency(alias: lambda.Alias, scaling: Scaling | undefined): BoundScaling {
  const asked = scaling?._provisionedConcurrency;
  if (asked === undefined) {
    return { enabled: false, notes: [] };
  }
  const { min, schedules } = asked;
  const max = asked.max ?? min;
  if (min === max && schedules === undefined) {
    (alias.node.defaultChild as CfnAlias).provisionedConcurrencyConfig = { provisionedConcurrentExecutions: min };
    return {
      enabled: true,
      notes: [
        "AWS Lambda refuses to change the provisioned concurrency while traffic is split: change 'scaling' and the model version in separate deployments",
      ],
    };
  }
  const target = alias.addAutoScaling({ minCapacity: min, maxCapacity: max });
  target.scaleOnUtilization({
    utilizationTarget: asked.targetUtilization ?? DEFAULT_TARGET_UTILIZATION,
    scaleInCooldown: asked.scaleInCooldown,
  });
  for (const [name, { schedule, timeZone, min: minCapacity, max: maxCapacity }] of Object.entries(schedules ?? {})) {
    target.scaleOnSchedule(name, { schedule, timeZone, minCapacity, maxCapacity });
  }
  return {
    enabled: true,
    notes: [
      'AWS Lambda refuses to change the provisioned concurrency while traffic is split: scaling pauses at the number it has until the rollout ends',
    ],
  };
}

/** What a controller is told, that has versions scaled itself; undefined for no such scaling. */
export function provisionedEnvironments(scaling: Scaling | undefined): ProvisionedEnvironments | undefined {
  const asked = scaling?._provisionedConcurrency;
  if (asked === undefined) {
    return undefined;
  }
  const { min, max, targetUtilization, scaleInCooldown, schedules } = asked;
  return {
    min,
    max: max ?? min,
    targetUtilization: targetUtilization ?? DEFAULT_TARGET_UTILIZATION,
    scaleInCooldownSeconds: scaleInCooldown?.toSeconds(),
    schedules: Object.entries(schedules ?? {}).map(([name, schedule]) => ({
      name,
      schedule: schedule.schedule.expressionString,
      timeZone: schedule.timeZone?.timezoneName,
      min: schedule.min,
      max: schedule.max,
    })),
  };
}

/** Provisioned environments are taken out of the reserved concurrency; those of two versions where both have them. */
export function moreProvisionedThanReserved(
  scaling: Scaling | undefined,
  reservedConcurrency: number | undefined,
  versions: 1 | 2 = 1,
): Fault[] {
  const asked = scaling?._provisionedConcurrency;
  const ofOne =
    asked === undefined
      ? undefined
      : Math.max(asked.max ?? asked.min, ...Object.values(asked.schedules ?? {}).map((schedule) => schedule.max));
  const max = ofOne === undefined ? undefined : versions * ofOne;
  if (
    max === undefined ||
    reservedConcurrency === undefined ||
    !(max > reservedConcurrency && reservedConcurrency >= 0)
  ) {
    return [];
  }
  return [
    {
      id: 'lambda-provisioned-over-reserved',
      message: `'scaling' provisions up to ${ofOne} environments${versions === 2 ? ' for each of two versions during a staged rollout' : ''}, 'reservedConcurrency' allows ${reservedConcurrency}`,
      fix: `set 'reservedConcurrency' to ${max} or more`,
      see: 'https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html',
    },
  ];
}
