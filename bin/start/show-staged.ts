import type { LocalCloud } from '../local-cloud/local-cloud';
import type { Release } from '../sample/breast-cancer';
import type { Stage } from './alias-watch';
import type { Progress } from './progress';
import { showScore } from './show-score';
import { type Deployed, STACK, StagedJourney, type StagedShipment } from './staged-journey';
import { MINUTE_SECONDS } from './start-local-cloud';
import type { TrafficReport } from './traffic';

/** Moves the serverless stack, found or made anew, from a canary to a staged rollout, and ships a good version and a bad one by that. */
export async function showStaged(cloud: LocalCloud, progress: Progress, found = false): Promise<void> {
  const journey = found
    ? await StagedJourney.resume(cloud)
    : await progress.during(`Deploying ${STACK} with model version 1.0.0, by canary`, () => StagedJourney.begin(cloud));
  showMove(
    progress,
    await progress.during('Moving it to a rollout in stages, under traffic', () =>
      journey.move({ rollout: 'staged' }, '1.0.0'),
    ),
  );
  await ship(journey, progress, '2.0.0', 'a better model, by 5, 20, 50 and 100 %');
  showScore(progress, await progress.during('Sending the held-out rows to what serves now', () => journey.score()));
  await ship(journey, progress, '3.0.0-throws', 'a model that fails on some rows');
  const { operations, status } = await progress.during(
    'Trying it once more, and giving it up, by the command line',
    () => journey.retryAndAbort(),
  );
  operations.forEach(({ command, output }) => progress.line(`$ ${command}\n${indented(output)}`));
  progress.line(`the rollout is over: ${status.outcome}, ${status.reason?.code}: ${status.reason?.text}`);
  await progress.during(`Removing ${STACK}`, () => journey.end());
}

async function ship(journey: StagedJourney, progress: Progress, version: Release, what: string): Promise<void> {
  const shipment = await progress.during(
    `Shipping ${version}: ${what} (a minute of the rollout is ${MINUTE_SECONDS} s here)`,
    () => journey.ship(version),
  );
  showStages(progress, shipment);
  const { command, output } = await journey.operate('status', '--trail', '4');
  progress.line(`$ ${command}\n${indented(output)}`);
}

function showMove(progress: Progress, { seconds, traffic }: Deployed): void {
  progress.line(`deployed in ${seconds.toFixed(0)} s; the alias is the controller's now. ${requests(traffic)}`);
}

function showStages(progress: Progress, { version, stages, evidence, status, serving }: StagedShipment): void {
  progress.table(
    ['alias', 'from', 'callers met'],
    stages.map((stage) => [sharesOf(stage), `${stage.at.toFixed(0)} s`, requests(stage.traffic)]),
    [34, 8, 78],
  );
  progress.line(`${evidence.length} objects of evidence in S3, the last ${evidence.at(-1)}`);
  progress.line(status.outcome === 'promoted' ? `${version} is live` : `${version} was rolled back; ${serving} serves`);
}

function sharesOf({ live, candidate, percent }: Stage): string {
  return candidate === undefined
    ? `version ${live} 100 %`
    : `version ${live} ${100 - percent} %, version ${candidate} ${percent} %`;
}

function requests({ requests: all, versions, failed }: TrafficReport): string {
  const answered = Object.entries(versions).map(([name, count]) => `${count} by ${name}`);
  return `${all} requests: ${[...answered, `${failed} failed`].join(', ')}`;
}

function indented(text: string): string {
  return text.trimEnd().replaceAll(/^/gm, '    ');
}
