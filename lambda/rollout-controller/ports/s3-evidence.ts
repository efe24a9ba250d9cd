import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { TrailEntry } from '../../rollout/contract';
import type { Evidence } from '../../rollout/ports';
import type { Judgement } from '../../rollout-judge/contract';

const MINUTE = 60_000;

/** Judgements and entries of the trail, an object for each, in order of time by their keys. Each is written under the same key again. */
export class S3Evidence implements Evidence {
  constructor(
    private readonly s3: S3Client,
    private readonly bucket: string,
    private readonly target: string,
  ) {}

  public async look(attempt: number, judgement: Judgement): Promise<void> {
    await this.put(attempt, `${timeIn(judgement.minute * MINUTE)}-look`, judgement);
  }

  public async trail(entries: readonly TrailEntry[]): Promise<void> {
    for (const entry of entries) {
      await this.put(
        entry.attempt,
        `${timeIn(entry.time)}-${String(entry.place).padStart(6, '0')}-${entry.what}`,
        entry,
      );
    }
  }

  private async put(attempt: number, name: string, content: object): Promise<void> {
    await this.s3.send(
      new PutObjectCommand({
        Bucket: this.bucket,
        Key: `${evidencePrefix(this.target)}${String(attempt).padStart(4, '0')}/${name}.json`,
        Body: JSON.stringify({ target: this.target, ...content }),
        ContentType: 'application/json',
      }),
    );
  }
}

/** Where all evidence of a target lies. No name of a function or an endpoint has a dot, so that no two targets share it. */
export function evidencePrefix(target: string): string {
  return `rollouts/${target.replaceAll(/[/:]/g, '.')}/`;
}

/** Such as 20261122T163501Z. */
function timeIn(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replaceAll(/[-:]|\.\d+/g, '');
}
