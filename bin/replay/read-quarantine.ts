import type { S3Client } from '@aws-sdk/client-s3';
import { listObjects, messageOf, readObject } from './read-objects';
import { RecentIds } from './recent-ids';
import { fromQuarantine, type Notice, type Reader, type Region, type Replayable } from './replayable';
import type { QuarantineSettings } from './settings';

const LINE_FEED = 0x0a;

/**
 * Records out of quarantine. Keys begin with stream, shard and first sequence number, so what comes is in the order of each shard. A
 * record is in several objects where its batch came again with other bounds.
 */
export function quarantineReader(client: S3Client, settings: QuarantineSettings, region: Region): Reader {
  return async function* (notice, signal) {
    const ids = new RecentIds();
    let goOn = settings.after;
    for await (const found of listObjects(client, settings, notice, signal)) {
      notice.opened();
      const where = `s3://${settings.bucket}/${found.key}`;
      const content = await readObject(client, settings.bucket, found, signal);
      if (!Buffer.isBuffer(content)) {
        notice.unreadable(content);
        continue;
      }
      // One behind, as only the last one of the object is where another replay may go on.
      let last: Replayable | undefined;
      for (const record of recordsOf(content, where, region, notice)) {
        if (!isWanted(record, settings)) {
          notice.leftOut();
        } else if (ids.has(record.id)) {
          notice.twice();
        } else {
          if (last !== undefined) {
            yield { ...last, goOn };
          }
          last = record;
        }
      }
      goOn = found.key;
      if (last !== undefined) {
        yield { ...last, goOn };
      }
    }
  };
}

function isWanted({ reason }: Replayable, { reasons }: QuarantineSettings): boolean {
  return reasons.length === 0 || (reason !== undefined && reasons.includes(reason));
}

/** Line by line, as an object of many small records is larger in pieces than as a whole. */
function* recordsOf(content: Buffer, where: string, region: Region, notice: Notice): Generator<Replayable> {
  for (let start = 0, number = 1; start < content.length; number++) {
    const feed = content.indexOf(LINE_FEED, start);
    const end = feed < 0 ? content.length : feed;
    const line = content.toString('utf8', start, end).trim();
    start = end + 1;
    if (line !== '') {
      try {
        yield fromQuarantine(line, region);
      } catch (error) {
        notice.unreadable({ where: `${where}, line ${number}`, why: messageOf(error) });
      }
    }
  }
}
