import type { ArmCounts, JudgeSettings, MinuteCounts } from './contract';
import type { Progress } from './judge-state';

/** Throws for a minute that cannot be the next one. */
export function checkMinute(settings: JudgeSettings, state: Progress, counts: MinuteCounts): void {
  const { minute, step } = counts;
  if (!Number.isSafeInteger(minute)) {
    throw new Error(`the minute is ${minute}, and must be a whole number of minutes`);
  }
  if (state.minute !== null && minute <= state.minute) {
    throw new Error(
      `minute ${minute} came after minute ${state.minute}: each is told once, in order, when its counts do not change any more`,
    );
  }
  if (!Number.isSafeInteger(step) || step < state.step || step >= settings.steps.length) {
    throw new Error(
      `minute ${minute} is of step ${step}, and the rollout is at ${state.step} of 0 to ${settings.steps.length - 1}: ` +
        'it goes on or ends, and never goes back a step',
    );
  }
  checkArm(settings, minute, 'candidate', counts.candidate);
  checkArm(settings, minute, 'baseline', counts.baseline);
}

function checkArm({ metrics }: JudgeSettings, minute: number, arm: string, { requests, bad }: ArmCounts): void {
  if (!isCount(requests)) {
    throw new Error(`requests of the ${arm} in minute ${minute} are ${requests}, and must be a whole number from 0`);
  }
  if (bad.length !== metrics.length) {
    throw new Error(
      `the ${arm} has ${bad.length} counts in minute ${minute}, and needs one for each metric: ${metrics.map(({ name }) => name).join(', ')}`,
    );
  }
  for (let place = 0; place < bad.length; place++) {
    const count = bad[place];
    if (count !== null && !isCount(count)) {
      throw new Error(
        `'${metrics[place].name}' of the ${arm} in minute ${minute} is ${count}, and must be a whole number from 0, or null ` +
          'without data; CloudWatch may count parts, which are to be rounded',
      );
    }
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
