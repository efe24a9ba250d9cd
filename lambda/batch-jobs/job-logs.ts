import {
  type CloudWatchLogsClient,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { JOB_LOG_GROUP } from '../batch/contract';

const DATA_LOG = '/data-log';
const MOST_LINES = 20_000;

/** Lines arrive some seconds after the end of a job. */
const LOOKS = 3;
const BETWEEN_LOOKS = 5_000;

/** What a job's own log says of its objects, once it is enough, or nothing else is to be waited for; nothing where the container never answered. */
export async function jobLogLines(
  client: CloudWatchLogsClient,
  job: string,
  enough: (lines: readonly string[]) => boolean,
  sleep: (ms: number) => Promise<void> = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
): Promise<readonly string[]> {
  for (let look = 1; ; look++) {
    const lines = await readLines(client, job);
    if (look === LOOKS || lines.length >= MOST_LINES || enough(lines)) {
      return lines;
    }
    await sleep(BETWEEN_LOOKS);
  }
}

/** Only the streams that are asked for are read: beside them lies all that the containers print. */
async function readLines(client: CloudWatchLogsClient, job: string): Promise<readonly string[]> {
  const lines: string[] = [];
  const logStreamNames = await dataLogs(client, job);
  if (logStreamNames.length === 0) {
    return lines;
  }
  let nextToken: string | undefined;
  do {
    const page = await client.send(
      new FilterLogEventsCommand({ logGroupName: JOB_LOG_GROUP, logStreamNames, nextToken }),
    );
    lines.push(...(page.events ?? []).flatMap(({ message }) => message ?? []));
    nextToken = page.nextToken;
  } while (nextToken !== undefined && lines.length < MOST_LINES);
  return lines;
}

/** One for each instance, of which a job has 100 at most. */
async function dataLogs(client: CloudWatchLogsClient, job: string): Promise<string[]> {
  const names: string[] = [];
  let nextToken: string | undefined;
  try {
    do {
      const page = await client.send(
        // With the slash: job 12 is not job 1.
        new DescribeLogStreamsCommand({ logGroupName: JOB_LOG_GROUP, logStreamNamePrefix: `${job}/`, nextToken }),
      );
      names.push(...(page.logStreams ?? []).flatMap(({ logStreamName }) => logStreamName ?? []));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  } catch (error) {
    // The first job of an account makes the group.
    if (!(error instanceof Error && error.name === 'ResourceNotFoundException')) {
      throw error;
    }
  }
  return names.filter((name) => name.endsWith(DATA_LOG)).slice(0, 100);
}
