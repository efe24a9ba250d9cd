import type { InputObject, Outcome, PartitionOutcome, RunSettings } from '../../../lambda/batch/contract';
import { currentKey, manifestKey, outcomeKey, runPlace } from '../../../lambda/batch/run-paths';
import { histogramOf } from '../../../lambda/batch/score-histogram';
import { scoringOf } from '../../../lambda/batch/scoring';
import type { MemoryStore } from '../batch/memory-store';
import { SETTINGS } from './planned';

export const EARLIER = '20260228T020000000Z-nightly';
export const earlier = runPlace(SETTINGS.output, EARLIER);

export const resultOf = ({ output }: { readonly output: string }): string => output.slice('s3://lake/'.length);

export function storeResult(store: MemoryStore, outcome: Outcome): void {
  if (outcome.status !== 'quarantined') {
    store.files.set(resultOf(outcome), '');
  }
}

/** Makes an earlier run that was accepted. */
export function accept(
  store: MemoryStore,
  outcomes: readonly Outcome[],
  settings: Partial<RunSettings> = {},
  scores = histogramOf([]),
): void {
  const { model, ...decisive } = { ...SETTINGS, ...settings };
  const summary = `${earlier.prefix}summary.json`;
  const scoring = scoringOf({ model, ...decisive });
  const current = { run: EARLIER, model, scoring, summary, manifest: manifestKey(earlier) };
  store.files.set(summary, JSON.stringify({ scores }));
  outcomes.forEach((outcome) => storeResult(store, outcome));
  store.files.set(currentKey(SETTINGS.output), JSON.stringify(current));
  store.files.set(manifestKey(earlier), outcomes.map((outcome) => `${JSON.stringify(outcome)}\n`).join(''));
}

/** Makes an earlier run that ended somewhere. */
export function leave(
  store: MemoryStore,
  partitions: readonly (readonly Outcome[])[],
  settings: Partial<RunSettings> = {},
  scores = histogramOf([]),
  inherited = histogramOf([]),
): void {
  const { model, ...decisive } = { ...SETTINGS, ...settings };
  const scoring = scoringOf({ model, ...decisive });
  store.files.set(`${earlier.prefix}plan.json`, JSON.stringify({ model, scoring, inherited }));
  partitions.forEach((outcomes, index) => {
    outcomes.forEach((outcome) => storeResult(store, outcome));
    const left: PartitionOutcome = { index, complete: index % 2 === 0, outcomes, scores };
    store.files.set(outcomeKey(earlier, index), JSON.stringify(left));
  });
}

export const quarantined = (object: InputObject): Outcome => ({
  ...object,
  status: 'quarantined',
  reason: 'it is empty',
});
