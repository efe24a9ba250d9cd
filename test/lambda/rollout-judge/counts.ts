import type { JudgeOptions, MinuteCounts } from '../../../lambda/rollout-judge/contract';
import { addCounts, type CountProcess, emptyProcess } from '../../../lambda/rollout-judge/count-process';
import { eventWeights, ratioGrid } from '../../../lambda/rollout-judge/ratio-grid';

/** Requests of the candidate and of the baseline, then their bad events. */
export type Row = readonly [number, number, number, number];

export function processOf(rows: readonly Row[], tolerated = 1): CountProcess {
  const process = emptyProcess();
  const grid = ratioGrid(tolerated);
  const weights: number[] = [];
  for (const [candidate, baseline, suspected, other] of rows) {
    const share = candidate / (candidate + baseline);
    eventWeights(grid, share, weights);
    addCounts(process, share, weights, suspected, other);
  }
  return process;
}

/** 5, 20, 50, 100 %, ten minutes each; errors alone. */
export const OPTIONS: JudgeOptions = {
  steps: [5, 20, 50, 100].map((percent) => ({ percent, bakeMinutes: 10 })),
  metrics: [{ name: 'errors' }],
};

export function minuteOf(minute: number, step: number, [candidate, baseline, mine, others]: Row): MinuteCounts {
  return {
    minute,
    step,
    candidate: { requests: candidate, bad: [mine] },
    baseline: { requests: baseline, bad: [others] },
  };
}
