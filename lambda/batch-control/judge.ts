import {
  type CurrentRun,
  type JudgeAnswer,
  type JudgeRequest,
  type PartitionOutcome,
  type RunSummary,
} from '../batch/contract';
import { percent } from '../batch/percent';
import { RunError } from '../batch/run-error';
import { currentKey, judgementKey, outcomeKey } from '../batch/run-paths';
import type { RunStore } from '../batch/run-store';
import { LEAST_SCORES, scoreShift } from './score-shift';

/** More failures than tolerated are taken for chance where so few would come together at least this often. */
const CHANCE = 0.01;

/**
 * Compares the first partition with what is tolerated and with the last run that was accepted. Throws when it is worse, so that
 * the rest does not start and the last good run stays the current one.
 */
export async function judge({ settings, plan }: JudgeRequest, store: RunStore): Promise<JudgeAnswer> {
  const { run, first, toleratedFailure } = plan;
  const partition =
    first === undefined ? undefined : await store.readJson<PartitionOutcome>(outcomeKey(run, first.index));
  if (partition?.complete !== true) {
    throw new Error(`the first partition of run ${run.id} has no outcome, and nothing can be judged`);
  }
  const { outcomes, scores } = partition;
  const failed = outcomes.filter(({ status }) => status === 'quarantined').length;
  const faults: string[] = [];
  const findings = [`${failed} of ${outcomes.length} objects are quarantined`];
  if (failed > 0 && atLeast(failed, outcomes.length, toleratedFailure) < CHANCE) {
    faults.push(`${findings[0]}, and ${percent(toleratedFailure)} are tolerated`);
  }
  const reference = await referenceOf(store, currentKey(settings.output));
  const shift = reference === undefined ? undefined : scoreShift(reference.scores, scores);
  if (reference === undefined) {
    findings.push('there is no earlier run to compare the scores with');
  } else if (shift === undefined) {
    findings.push(
      `scores are not compared: run ${reference.run} has ${reference.scores.count}, the first partition ${scores.count}, and ${LEAST_SCORES} that differ are needed`,
    );
  } else {
    const text = `the stability index of the scores beside run ${reference.run} is ${shift.index.toFixed(3)}`;
    findings.push(text);
    if (shift.index > Math.max(settings.maxShift, shift.byChance)) {
      faults.push(`${text}, allowed is ${Math.max(settings.maxShift, shift.byChance).toFixed(3)}`);
    }
  }
  await store.writeJson(judgementKey(run), { accepted: faults.length === 0, findings, faults });
  if (faults.length > 0) {
    throw new RunError(
      'rejected',
      `${faults.join('; ')}. The rest was not started. Where that is as it should be, start a run with {"judge": false, "resume": "${run.id}"}`,
    );
  }
  return { findings };
}

async function referenceOf(store: RunStore, key: string): Promise<RunSummary | undefined> {
  const current = await store.readJson<CurrentRun>(key);
  return current === undefined ? undefined : store.readJson<RunSummary>(current.summary);
}

/** Chance of at least so many failures among `count` where each fails with this probability. */
function atLeast(failures: number, count: number, probability: number): number {
  if (probability <= 0 || probability >= 1) {
    return probability <= 0 ? 0 : 1;
  }
  let below = 0;
  let term = count * Math.log1p(-probability);
  for (let k = 0; k < failures; k++) {
    below += Math.exp(term);
    term += Math.log((count - k) / (k + 1)) + Math.log(probability) - Math.log1p(-probability);
  }
  return Math.max(0, 1 - below);
}
