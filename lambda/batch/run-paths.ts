import { createHash } from 'node:crypto';
import type { Place, RunPlace } from './contract';

/** S3 takes no longer keys; bytes of UTF-8. */
const MAX_KEY_BYTES = 1024;
/** As many digits as the most partitions of a run need, so that keys are listed in order. */
const DIGITS = 5;

/** Where the run of this id keeps everything. */
export function runPlace(output: Place, id: string): RunPlace {
  return { bucket: output.bucket, prefix: `${runsPrefix(output)}${id}/`, id };
}

/** What every key of every run of this output begins with. */
export function runsPrefix(output: Place): string {
  return `${output.prefix}runs/`;
}

/** Points to the last run that was complete and accepted. */
export function currentKey(output: Place): string {
  return `${output.prefix}current.json`;
}

export function planKey(run: RunPlace): string {
  return `${run.prefix}plan.json`;
}

/** Objects of the input from after a key on, as far as one invocation came. */
export function listingKey(run: RunPlace, redrives: number, after = ''): string {
  return `${run.prefix}listing/${redrives}/${createHash('sha256').update(after).digest('hex')}.jsonl`;
}

export function partitionKey(run: RunPlace, index: number): string {
  return `${run.prefix}partitions/${padded(index)}.json`;
}

/** What there is to do in a round: a JSON array of `PartitionRef`. */
export function restKey(run: RunPlace, round: number): string {
  return `${run.prefix}rest-${round}.json`;
}

/** What every key of an outcome of this run begins with. */
export function outcomesPrefix(run: RunPlace): string {
  return `${run.prefix}outcomes/`;
}

export function outcomeKey(run: RunPlace, index: number): string {
  return `${outcomesPrefix(run)}${padded(index)}.json`;
}

/** Where the predictions for an object go: named as the object, or by its digest where that would be too long for S3. */
export function resultKey(run: RunPlace, index: number, objectKey: string): string {
  const folder = `${run.prefix}results/${padded(index)}/`;
  const named = `${folder}${objectKey}.out`;
  return Buffer.byteLength(named) <= MAX_KEY_BYTES
    ? named
    : `${folder}${createHash('sha256').update(objectKey).digest('hex')}.out`;
}

/** Where the answers of a transform job go: each job has a folder of its own. */
export function jobResultsPrefix(run: RunPlace, index: number, job: string): string {
  return `${run.prefix}results/${padded(index)}/${job}/`;
}

/** The objects of a transform job. */
export function jobManifestKey(run: RunPlace, job: string): string {
  return `${run.prefix}jobs/${job}.json`;
}

/** What the containers of transform jobs got and answered, where that is kept. */
export function capturePrefix(run: RunPlace): string {
  return `${run.prefix}capture/`;
}

/** What was found out about the first partition. */
export function judgementKey(run: RunPlace): string {
  return `${run.prefix}judgement.json`;
}

/** The objects that are kept from an earlier run: JSON Lines of `Kept`. */
export function skippedKey(run: RunPlace): string {
  return `${run.prefix}skipped.jsonl`;
}

/** What became of every object: JSON Lines of `Outcome`. */
export function manifestKey(run: RunPlace): string {
  return `${run.prefix}manifest.jsonl`;
}

export function summaryKey(run: RunPlace): string {
  return `${run.prefix}summary.json`;
}

function padded(index: number): string {
  return String(index).padStart(DIGITS, '0');
}
