import type { Fault, Range } from './fault';

const LIMITS = 'https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html';

/** Share of traffic in one increment. 100 % would be no gradual shift at all. */
export const TRAFFIC_INCREMENT: Range = { min: 1, max: 99, unit: '%', see: LIMITS };

/** Minutes between the first and the last shift of traffic to a new Lambda version. */
export const LAMBDA_SHIFT_MINUTES: Range = { min: 1, max: 2880, see: LIMITS };

/** Alarms that one deployment group can watch. The API's own model says 10; the quota page's 50 is not usable. */
export const ALARMS_PER_GROUP = 10;

/** The steps of a linear shift: what share is on the new version after each, in percent. */
export function linearShares(percent: number): number[] {
  const steps = Math.ceil(100 / percent);
  return Array.from({ length: steps }, (_, step) => Math.min(100, percent * (step + 1)));
}

/** A linear shift is over after its last increment; together the waits must fit what CodeDeploy allows. */
export function linearShiftTooLong(percent: number, everyMinutes: number): Fault[] {
  const total = (linearShares(percent).length - 1) * everyMinutes;
  if (total <= LAMBDA_SHIFT_MINUTES.max) {
    return [];
  }
  return [
    {
      id: 'codedeploy-shift-too-long',
      message: `${percent} % every ${everyMinutes} minutes takes ${total} minutes, allowed are ${LAMBDA_SHIFT_MINUTES.max}`,
      fix: `shift at least ${Math.ceil(100 / (1 + Math.floor(LAMBDA_SHIFT_MINUTES.max / everyMinutes)))} % at a time, or more often`,
      see: LIMITS,
    },
  ];
}

/** A deployment group refuses an eleventh alarm only when the stack is deployed. */
export function tooManyAlarms(count: number): Fault[] {
  if (count <= ALARMS_PER_GROUP) {
    return [];
  }
  return [
    {
      id: 'codedeploy-alarm-count',
      message: `the rollout watches ${count} alarms, allowed are ${ALARMS_PER_GROUP}`,
      fix: 'combine some of them in one metric-math alarm',
      see: LIMITS,
    },
  ];
}
