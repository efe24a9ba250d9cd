import type { LocalCloud } from '../local-cloud/local-cloud';
import { BatchJourney, type Run, STACK } from './batch-journey';
import type { Progress } from './progress';

/** Deploys the batch stack, scores what arrived, and ships a version whose scores the judge does not accept. */
export async function showBatch(cloud: LocalCloud, progress: Progress): Promise<void> {
  const journey = await progress.during(
    `Deploying ${STACK} with model version 1.0.0, and uploading a dozen objects of held-out rows (each row four times) and two bad ones`,
    () => BatchJourney.begin(cloud),
  );
  const run = await progress.during('Running it: half of the objects first, judged, then the rest', () =>
    journey.run(),
  );
  showRun(progress, run);
  console.log('\nIn quarantine, with the reason:');
  progress.table(
    ['object', 'reason'],
    (await journey.quarantined()).map(({ key, reason }) => [key, reason]),
    [26, 100],
  );
  const { records, accuracy } = await journey.verdict();
  progress.line(`${records} predictions beside their labels: accuracy ${(100 * accuracy).toFixed(1)} %`);

  const before = await journey.current();
  await progress.during('Shipping 3.0.0-order: a model that takes its features in the wrong order', () =>
    journey.ship('3.0.0-order'),
  );
  showRun(progress, await progress.during('Running it', () => journey.run()));
  const after = await journey.current();
  progress.line(
    after.run === before.run
      ? `current.json still names the run of ${after.model.version}, and its results`
      : `current.json names the run of ${after.model.version}`,
  );
  await progress.during(`Removing ${STACK}`, () => journey.end());
}

function showRun(progress: Progress, { status, error, cause, summary, seconds }: Run): void {
  if (summary === undefined) {
    progress.line(`the run ${status} after ${seconds.toFixed(1)} s`);
    progress.line(`  ${error}: ${cause}`);
    return;
  }
  const { objects, records, bytes, cost, model } = summary;
  progress.table(
    ['run', 'version', 'objects scored', 'quarantined', 'kept', 'records', 'bytes', 'seconds', 'about $'],
    [
      [
        status,
        model.version,
        String(objects.scored),
        String(objects.quarantined),
        String(objects.kept),
        String(records.out),
        String(bytes),
        seconds.toFixed(1),
        (cost.usd ?? 0).toFixed(6),
      ],
    ],
  );
}
