import type { EndpointDeploymentReport, LocalCloud } from '../local-cloud/local-cloud';
import type { Release } from '../sample/breast-cancer';
import { EndpointJourney, STACK } from './endpoint-journey';
import type { Shipment } from './journey';
import type { Progress } from './progress';
import { showScore } from './show-score';
import { MINUTE_SECONDS } from './start-local-cloud';

/** Deploys the endpoint stack, scores it on the held-out rows, and ships a good version and a bad one. */
export async function showEndpoint(cloud: LocalCloud, progress: Progress): Promise<void> {
  const journey = await progress.during(
    `Deploying ${STACK} with model version 1.0.0 and its challenger 2.0.0 (no image is built: their servers run here)`,
    () => EndpointJourney.begin(cloud),
  );
  const send = () =>
    progress.during(`Sending ${journey.rows.length} held-out rows through the API`, () => journey.score());
  showScore(progress, await send());

  console.log('\nBad input gets:');
  const refusals = await journey.sendBadInput();
  progress.table(
    ['sent', 'status', 'answer'],
    refusals.map(({ what, answer }) => [what, String(answer.status), JSON.stringify(answer.body)]),
    [44, 8, 100],
  );

  await ship(journey, progress, '2.0.0', 'a better model, one instance first');
  showScore(progress, await send());
  await ship(journey, progress, '3.0.0-throws', 'a model that fails on some rows');
  showScore(progress, await send());
  await progress.during(`Removing ${STACK}`, () => journey.end());
}

async function ship(journey: EndpointJourney, progress: Progress, version: Release, what: string): Promise<void> {
  const shipment = await progress.during(
    `Shipping ${version}: ${what} (a minute of SageMaker is ${MINUTE_SECONDS} s here)`,
    () => journey.ship(version),
  );
  showShipment(progress, shipment);
}

function showShipment(
  progress: Progress,
  { version, succeeded, output, traffic, deployments, alarms }: Shipment<EndpointDeploymentReport>,
): void {
  for (const { status, reason, shares, begun } of deployments) {
    const steps = shares.map(({ at, share }) => `${(at - begun).toFixed(0)} s: new fleet ${Math.round(100 * share)} %`);
    progress.line(`SageMaker ${status}; ${steps.join(' -> ')}`);
    if (reason !== null) {
      progress.line(`  ${reason}`);
    }
  }
  alarms
    .filter(({ to }) => to === 'ALARM')
    .forEach(({ alarm, reason }) => progress.line(`  alarm ${alarm}: ${reason}`));
  const answered = Object.entries(traffic.versions).map(([name, count]) => `${count} by ${name}`);
  progress.line(`${traffic.requests} requests meanwhile: ${answered.join(', ')}, ${traffic.failed} failed`);
  const said = /the endpoint .* was rolled back by SageMaker[^\n]*/.exec(output)?.[0];
  if (said !== undefined) {
    progress.line(`  the stack says: ${said}`);
  }
  progress.line(succeeded ? `${version} is live` : `${version} was rolled back, and the stack with it`);
}
