import type { LocalCloud } from '../local-cloud/local-cloud';
import type { Progress } from './progress';
import { MINUTE_SECONDS } from './start-local-cloud';
import { type Account, STACK, StreamingJourney } from './streaming-journey';

/** Deploys the streaming stack, sends records and poison, ships a model that fails on some, and puts those through again. */
export async function showStreaming(cloud: LocalCloud, progress: Progress): Promise<void> {
  const journey = await progress.during(`Deploying ${STACK} with model version 1.0.0`, () =>
    StreamingJourney.begin(cloud),
  );
  const count = 4 * journey.held;
  showAccount(
    progress,
    await progress.during(`Sending ${count} records, some of them poison, and waiting for what becomes of them`, () =>
      journey.send(count),
    ),
  );

  const shipment = await progress.during(
    `Shipping 3.0.0-throws: a model that fails on some records (a minute of CodeDeploy is ${MINUTE_SECONDS} s here)`,
    () => journey.ship('3.0.0-throws'),
  );
  shipment.alarms
    .filter(({ to }) => to === 'ALARM')
    .forEach(({ alarm, reason }) => progress.line(`  alarm ${alarm}: ${reason}`));
  progress.line(shipment.succeeded ? `${shipment.version} is live` : `${shipment.version} was rolled back`);
  showAccount(progress, await journey.settled());

  const said = await progress.during(
    'Putting through again, by `inference-patterns replay quarantine`, what the bad model failed on',
    () => journey.replay('MODEL_ERROR'),
  );
  said
    .trim()
    .split('\n')
    .forEach((line) => progress.line(`  ${line}`));
  showAccount(progress, await journey.settled());
  await progress.during(`Removing ${STACK}`, () => journey.end());
}

function showAccount(progress: Progress, account: Account): void {
  const told = (counts: Record<string, number>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ');
  progress.table(
    ['records', 'predicted', 'in quarantine', 'lost', 'keys out of order', 'by version', 'accuracy'],
    [
      [
        String(account.taken),
        String(account.predicted),
        told(account.quarantined),
        String(account.lost),
        String(account.disorderedKeys),
        told(account.versions),
        `${(100 * account.accuracy).toFixed(1)} %`,
      ],
    ],
  );
}
