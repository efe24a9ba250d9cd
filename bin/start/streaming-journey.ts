import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  type _Record as StreamRecord,
} from '@aws-sdk/client-kinesis';
import { GetObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { spawn } from 'node:child_process';
import * as path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { QuarantinedRecord, StreamPrediction } from '../../lambda/stream/contract';
import type { AlarmReport, DeploymentReport, LocalCloud, StreamFaults } from '../local-cloud/local-cloud';
import { heldOutRows, type Release } from '../sample/breast-cancer';
import { labelledRows } from './score';
import { StreamTraffic } from './stream-traffic';

export const STACK = 'InferenceStreaming';

const COMMAND = path.join(__dirname, '..', '..', 'dist', 'cli', 'inference-patterns.js');
/** Poison is every so many records. */
const POISON_EVERY = 57;
const POISON = ['{"mean_radius":', '{"mean_radius":"wide"}', '\u0000\u0001'];
/** Records of a batch of traffic while a version is shipped. */
const MEANWHILE = 10;
const PATIENCE_MS = 60_000;

/** What the table says of a prediction. */
interface Found {
  readonly version: string;
  readonly malignant: number;
}

/** What became of all records that the stream took. */
export interface Account {
  readonly taken: number;
  readonly predicted: number;
  /** By reason. */
  readonly quarantined: Record<string, number>;
  /** Neither predicted nor in quarantine. */
  readonly lost: number;
  /** Predicted and in quarantine: those of a replay. */
  readonly both: number;
  /** Predictions that the stream of predictions has more than once. */
  readonly repeated: number;
  /** Keys whose first predictions are not in the order of their records. */
  readonly disorderedKeys: number;
  /** Predictions by model version. */
  readonly versions: Record<string, number>;
  readonly accuracy: number;
}

/** One new version, shipped while records come. */
export interface StreamShipment {
  readonly version: Release;
  readonly succeeded: boolean;
  readonly output: string;
  readonly deployments: readonly DeploymentReport[];
  readonly alarms: AlarmReport['transitions'];
}

/** The classifier over a stream, in use on a local cloud: what `npm start` shows and the end-to-end tests assert. */
export class StreamingJourney {
  public static async begin(cloud: LocalCloud): Promise<StreamingJourney> {
    const deployed = await cloud.deploy(STACK, { context: { modelVersion: '1.0.0' } });
    if (!deployed.succeeded) {
      throw new Error(`the first deployment failed:\n${deployed.output}`);
    }
    return new StreamingJourney(cloud, deployed.outputs);
  }

  private readonly rows = labelledRows(heldOutRows());
  private readonly kinesis: KinesisClient;
  private readonly tables: DynamoDBClient;
  private readonly s3: S3Client;
  private readonly traffic: StreamTraffic;

  private constructor(
    private readonly cloud: LocalCloud,
    private readonly outputs: Record<string, string>,
  ) {
    // This client alone would take HTTP/2, which the local cloud does not speak.
    this.kinesis = new KinesisClient({ ...cloud.clientConfig, requestHandler: new NodeHttpHandler() });
    this.tables = new DynamoDBClient(cloud.clientConfig);
    this.s3 = new S3Client({ ...cloud.clientConfig, forcePathStyle: true });
    this.traffic = new StreamTraffic(this.kinesis, outputs.StreamName);
  }

  public get held(): number {
    return this.rows.length;
  }

  /** Sends records, some of which are poison, and waits until each is predicted or in quarantine. */
  public async send(count: number): Promise<Account> {
    await this.traffic.send(count, (index) => this.recordOrPoison(index));
    return this.settled();
  }

  /** The same while batches are throttled or come twice, and the stream of predictions refuses some. */
  public async sendInTrouble(count: number, faults: Omit<StreamFaults, 'source' | 'sink'>): Promise<Account> {
    const { StreamName: source, PredictionsName: sink } = this.outputs;
    await this.cloud.disturbStreams({ ...faults, source, sink });
    const account = await this.send(count);
    await this.cloud.disturbStreams();
    return account;
  }

  /** Deploys another version of the model while records come, none of them poison: by chance it would count against a version with few. */
  public async ship(version: Release): Promise<StreamShipment> {
    const before = { deployments: await this.cloud.deployments(), alarms: await this.cloud.alarms() };
    const { succeeded, output } = await this.traffic.during(
      this.cloud.deploy(STACK, { context: { modelVersion: version } }),
      MEANWHILE,
      (index) => this.recordAt(index),
    );
    return {
      version,
      succeeded,
      output,
      deployments: (await this.cloud.deployments()).slice(before.deployments.length),
      alarms: (await this.cloud.alarms()).transitions.slice(before.alarms.transitions.length),
    };
  }

  /** Puts through again, by the command that users have, what is in quarantine for one reason. */
  public replay(reason: string, ...options: readonly string[]): Promise<string> {
    const { AliasArn: alias, Quarantine: from } = this.outputs;
    const args = [COMMAND, 'replay', 'quarantine', '--function', alias, '--from', from, '--reason', reason, ...options];
    const replay = spawn(process.execPath, args, { env: this.cloud.environment, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    replay.stdout.on('data', (chunk) => (output += chunk));
    replay.stderr.on('data', (chunk) => (output += chunk));
    return new Promise((resolve, reject) => {
      replay.on('error', reject);
      replay.on('close', (code) => (code === 0 ? resolve(output) : reject(new Error(`${code}: ${output}`))));
    });
  }

  /** Waits until nothing that was sent is missing, and counts. */
  public async settled(): Promise<Account> {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const account = await this.account();
      if (account.lost === 0 || performance.now() > end) {
        return account;
      }
      await pause(500);
    }
  }

  /** Removes the stack. */
  public async end(): Promise<void> {
    const { succeeded, output } = await this.cloud.destroy(STACK);
    if (!succeeded) {
      throw new Error(`the stack could not be removed:\n${output}`);
    }
  }

  private async account(): Promise<Account> {
    const [predictions, kept, streamed] = await Promise.all([this.inTable(), this.inQuarantine(), this.inStream()]);
    const { taken } = this.traffic;
    const known = (id: string): boolean => predictions.has(id) || kept.has(id);
    const quarantined: Record<string, number> = {};
    for (const [id, { reason }] of kept) {
      quarantined[reason] = (quarantined[reason] ?? 0) + (predictions.has(id) ? 0 : 1);
    }
    const versions: Record<string, number> = {};
    let right = 0;
    for (const { inferenceId, index } of taken) {
      const found = predictions.get(inferenceId);
      if (found !== undefined) {
        versions[found.version] = (versions[found.version] ?? 0) + 1;
        right += found.malignant === this.rows[index % this.rows.length].malignant ? 1 : 0;
      }
    }
    const ids = streamed.map(({ inferenceId }) => inferenceId);
    return {
      taken: taken.length,
      predicted: predictions.size,
      quarantined: Object.fromEntries(Object.entries(quarantined).filter(([, count]) => count > 0)),
      lost: taken.filter(({ inferenceId }) => !known(inferenceId)).length,
      both: [...kept.keys()].filter((id) => predictions.has(id)).length,
      repeated: ids.length - new Set(ids).size,
      disorderedKeys: disorderedKeys(streamed, new Set(kept.keys())),
      versions,
      accuracy: right / predictions.size,
    };
  }

  private async inTable(): Promise<Map<string, Found>> {
    const found = new Map<string, Found>();
    const pages = paginateScan({ client: this.tables }, { TableName: this.outputs.TableName, ConsistentRead: true });
    for await (const { Items = [] } of pages) {
      for (const item of Items) {
        const { inferenceId, model, prediction } = item;
        found.set(inferenceId.S!, { version: model.M!.version.S!, malignant: Number(prediction.M!.malignant.N) });
      }
    }
    return found;
  }

  private async inQuarantine(): Promise<Map<string, QuarantinedRecord>> {
    const [, Bucket, Prefix] = /^s3:\/\/([^/]+)\/(.*)$/.exec(this.outputs.Quarantine)!;
    const found = new Map<string, QuarantinedRecord>();
    for await (const { Contents = [] } of paginateListObjectsV2({ client: this.s3 }, { Bucket, Prefix })) {
      for (const { Key } of Contents) {
        const { Body } = await this.s3.send(new GetObjectCommand({ Bucket, Key }));
        const text = await Body!.transformToString();
        for (const line of text.trimEnd().split('\n')) {
          const record = JSON.parse(line) as QuarantinedRecord;
          found.set(record.inferenceId, record);
        }
      }
    }
    return found;
  }

  /** All predictions that are in their stream, each shard in its order. */
  private async inStream(): Promise<StreamPrediction[]> {
    const StreamName = this.outputs.PredictionsName;
    const { Shards = [] } = await this.kinesis.send(new ListShardsCommand({ StreamName }));
    const shards = await Promise.all(
      Shards.map(async ({ ShardId }) => {
        const { ShardIterator } = await this.kinesis.send(
          new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
        );
        return this.fromIterator(ShardIterator);
      }),
    );
    return shards.flat().map(({ Data }) => JSON.parse(Buffer.from(Data!).toString()) as StreamPrediction);
  }

  private async fromIterator(first: string | undefined): Promise<StreamRecord[]> {
    const records: StreamRecord[] = [];
    for (let iterator = first; iterator !== undefined;) {
      const { Records = [], NextShardIterator } = await this.kinesis.send(
        new GetRecordsCommand({ ShardIterator: iterator }),
      );
      records.push(...Records);
      iterator = Records.length === 0 ? undefined : NextShardIterator;
    }
    return records;
  }

  private recordAt(index: number): string {
    return JSON.stringify(this.rows[index % this.rows.length].input);
  }

  private recordOrPoison(index: number): string {
    return index % POISON_EVERY === POISON_EVERY - 1
      ? POISON[Math.floor(index / POISON_EVERY) % POISON.length]
      : this.recordAt(index);
  }
}

/** Keys of whose predictions one comes for the first time after that of a later record; a replay is none of the order. */
function disorderedKeys(streamed: readonly StreamPrediction[], kept: ReadonlySet<string>): number {
  const last = new Map<string, bigint>();
  const seen = new Set<string>();
  const disordered = new Set<string>();
  for (const { inferenceId, key, sequenceNumber } of streamed) {
    if (!seen.has(inferenceId) && !kept.has(inferenceId)) {
      const number = BigInt(sequenceNumber);
      if (number < (last.get(key) ?? 0n)) {
        disordered.add(key);
      }
      last.set(key, number);
    }
    seen.add(inferenceId);
  }
  return disordered.size;
}
