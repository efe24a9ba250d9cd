import type { LocalCloud } from '../local-cloud/local-cloud';
import type { Release } from '../sample/breast-cancer';
import type { Progress } from './progress';
import { MINUTE_SECONDS } from './start-local-cloud';
import type { DeploymentReport } from '../local-cloud/local-cloud';
import type { Shipment } from './journey';
import { ServerlessJourney, STACK } from './serverless-journey';
import { showScore } from './show-score';

/**
 * Deploys the serverless stack, scores it on the held-out rows, and ships a good version and a bad one. A stack that is left for what
 * comes next keeps its first version: the good one is shipped there.
 */
export async function showServerless(cloud: LocalCloud, progress: Progress, leave = false): Promise<void> {
  const journey = await progress.during(`Deploying ${STACK} with model version 1.0.0`, () =>
    ServerlessJourney.begin(cloud),
  );
  showScore(
    progress,
    await progress.during(`Sending ${journey.rows.length} held-out rows through the API`, () => journey.score()),
  );

  console.log('\nBad input gets:');
  const refusals = await journey.sendBadInput();
  progress.table(
    ['sent', 'status', 'answer'],
    refusals.map(({ what, answer }) => [what, String(answer.status), JSON.stringify(answer.body)]),
    [30, 8, 100],
  );

  if (!leave) {
    await ship(journey, progress, '2.0.0', 'a better model, by canary');
    showScore(progress, await progress.during('Sending the held-out rows to what serves now', () => journey.score()));
  }
  await ship(journey, progress, '3.0.0-throws', 'a model that fails on some rows');
  showScore(progress, await progress.during('Sending the held-out rows to what serves now', () => journey.score()));
  if (!leave) {
    await progress.during(`Removing ${STACK}`, () => journey.end());
  }
}

async function ship(journey: ServerlessJourney, progress: Progress, version: Release, what: string): Promise<void> {
  const shipment = await progress.during(
    `Shipping ${version}: ${what} (a minute of CodeDeploy is ${MINUTE_SECONDS} s here)`,
    () => journey.ship(version),
  );
  showShipment(progress, shipment);
}

function showShipment(
  progress: Progress,
  { version, succeeded, traffic, deployments, alarms, serving }: Shipment<DeploymentReport>,
): void {
  for (const { id, status, error, weights, created } of deployments) {
    const shares = weights.map(({ at, weights: shares }) => {
      const split = Object.entries(shares).map(([name, share]) => `version ${name} ${Math.round(100 * share)} %`);
      return `${(at - created).toFixed(0)} s: ${split.join(', ')}`;
    });
    progress.line(`CodeDeploy ${id} ${status}; ${shares.join(' -> ')}`);
    if (error !== null) {
      progress.line(`  ${error.code}: ${error.message}`);
    }
  }
  alarms
    .filter(({ to }) => to === 'ALARM')
    .forEach(({ alarm, reason }) => progress.line(`  alarm ${alarm}: ${reason}`));
  const answered = Object.entries(traffic.versions).map(([name, count]) => `${count} by ${name}`);
  progress.line(`${traffic.requests} requests meanwhile: ${answered.join(', ')}, ${traffic.failed} failed`);
  progress.line(succeeded ? `${version} is live` : `${version} was rolled back; ${serving} serves again`);
}
