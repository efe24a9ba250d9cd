import { type CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';

/** Where SageMaker writes what became of the objects of transform jobs. */
export const JOB_LOG_GROUP = '/aws/sagemaker/TransformJobs';

const DATA_LOG = '/data-log';
const MOST_LINES = 20_000;

/** Lines arrive some seconds after the end of a job. */
const LOOKS = 3;
const BETWEEN_LOOKS = 5_000;

/** What a job's own log says of its objects; nothing where the container never answered. */
export async function jobLogLines(
  client: CloudWatchLogsClient,
  job: string,
  sleep: (ms: number) => Promise<void> = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
): Promise<readonly string[]> {
  for (let look = 1; ; look++) {
    const lines = await readLines(client, job);
    if (lines.length > 0 || look === LOOKS) {
      return lines;
    }
    await sleep(BETWEEN_LOOKS);
  }
}

async function readLines(client: CloudWatchLogsClient, job: string): Promise<readonly string[]> {
  const lines: string[] = [];
  let nextToken: string | undefined;
  try {
    do {
      // With the slash: job 12 is not job 1.
      const page = await client.send(
        new FilterLogEventsCommand({ logGroupName: JOB_LOG_GROUP, logStreamNamePrefix: `${job}/`, nextToken }),
      );
      for (const { logStreamName, message } of page.events ?? []) {
        if (logStreamName?.endsWith(DATA_LOG) === true && message !== undefined) {
          lines.push(message);
        }
      }
      nextToken = page.nextToken;
    } while (nextToken !== undefined && lines.length < MOST_LINES);
  } catch (error) {
    // The first job of an account makes the group.
    if (!(error instanceof Error && error.name === 'ResourceNotFoundException')) {
      throw error;
    }
  }
  return lines;
}
