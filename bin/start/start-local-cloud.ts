import { LocalCloud } from '../local-cloud/local-cloud';
import type { Progress } from './progress';

/**
 * Real seconds for a minute of CodeDeploy and of alarms. Longer, and the canary of five minutes drags; shorter, and a
 * minute no longer holds enough requests to judge.
 */
export const MINUTE_SECONDS = 2;

/** Starts the local cloud and bootstraps it for the CDK; undefined, with the reason said, without Python. */
export async function startLocalCloud(progress: Progress): Promise<LocalCloud | undefined> {
  const cloud = await progress.during('Starting the local cloud', () =>
    LocalCloud.start({ minuteSeconds: MINUTE_SECONDS, report: (line) => progress.line(line) }),
  );
  if (cloud !== undefined) {
    const bootstrapped = await progress.during('Bootstrapping it for the CDK', () => cloud.bootstrap());
    if (!bootstrapped.succeeded) {
      await cloud.stop();
      throw new Error(`cdk bootstrap failed:\n${bootstrapped.output}`);
    }
  }
  return cloud;
}
