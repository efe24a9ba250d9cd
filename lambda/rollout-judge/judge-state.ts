import type { Gate, JudgeSettings } from './contract';
import { type CountProcess, emptyProcess } from './count-process';
import { emptyWatch, type RateWatch } from './rate-watch';
import { fingerprint } from './judge-settings';

/**
 * What the judge knows of a rollout: plain JSON, to be kept between minutes. Its size does not depend on how long the rollout takes: some
 * 3 kB for each metric.
 */
export interface JudgeState {
  /** Of this shape itself: another cannot be read. */
  readonly shape: number;
  /** Fingerprint of the settings. */
  readonly settings: string;
  readonly progress: Progress;
}

export interface Progress {
  /** The last minute that was told; null before the first. */
  minute: number | null;
  step: number;
  /** Minutes of this step that were told, and how many of them count for its bake. */
  stepMinutes: number;
  bakedMinutes: number;
  /** Minutes in a row in which both arms were bad. */
  heldMinutes: number;
  /** Looks in a row at which all critical metrics together were worse for sure. */
  looks: number;
  /** The most evidence of all critical metrics so far, as a logarithm, at least 0. */
  mostLogEvidence: number;
  /** Why it is rolled back: for good. */
  rolledBack: Gate | null;
  readonly metrics: MetricState[];
}

export interface MetricState {
  /** Requests of the minutes that were compared. */
  candidateRequests: number;
  baselineRequests: number;
  /** Of the candidate, in this step, with data. */
  stepRequests: number;
  readonly process: CountProcess;
  readonly watch: RateWatch;
  /** The most evidence so far, as a logarithm, at least 0. */
  mostLogEvidence: number;
  /** Looks in a row at which this metric alone was worse for sure, by enough. */
  looks: number;
  /** One minute was enough. */
  fast: boolean;
}

/** Goes up when states of before cannot be read any more. */
const SHAPE = 1;

export function emptyProgress(settings: JudgeSettings): Progress {
  return {
    minute: null,
    step: 0,
    stepMinutes: 0,
    bakedMinutes: 0,
    heldMinutes: 0,
    looks: 0,
    mostLogEvidence: 0,
    rolledBack: null,
    metrics: settings.metrics.map(() => ({
      candidateRequests: 0,
      baselineRequests: 0,
      stepRequests: 0,
      process: emptyProcess(),
      watch: emptyWatch(),
      mostLogEvidence: 0,
      looks: 0,
      fast: false,
    })),
  };
}

export function stateOf(settings: JudgeSettings, progress: Progress): JudgeState {
  return { shape: SHAPE, settings: fingerprint(settings), progress: structuredClone(progress) };
}

/** Progress to go on with, of one's own. Refuses that of other settings: what was seen so far was judged by those. */
export function resumeProgress(settings: JudgeSettings, { shape, settings: before, progress }: JudgeState): Progress {
  if (shape !== SHAPE) {
    throw new Error(
      `the state of this rollout has shape ${JSON.stringify(shape)}, and this judge reads ${SHAPE}: abort the rollout and start it again`,
    );
  }
  const own = fingerprint(settings);
  if (before !== own) {
    throw new Error(
      `the settings were changed in the middle of a rollout (they were ${before} when it began, and are ${own}), ` +
        'and the chance of a false rollback holds for one set of them alone: let the rollout end, or abort it, then change them',
    );
  }
  return structuredClone(progress);
}
