import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { setTimeout as pause } from 'node:timers/promises';
import type { CurrentRun, Outcome, Quarantined, RunOverrides, RunSummary } from '../../lambda/batch/contract';
import type { LocalCloud } from '../local-cloud/local-cloud';
import { heldOutRows, type Release } from '../sample/breast-cancer';
import { type LabelledRow, labelledRows } from './score';

export const STACK = 'InferenceBatch';

const INPUT = 'arrived/';
const CURRENT = 'scored/current.json';

/** Objects that can be scored. */
const OBJECTS = 12;
/** A first part of half of them has 200 scores only so: fewer are not compared. */
const TIMES_EACH_ROW = 4;

/** How an execution of the state machine ended. */
export interface Run {
  readonly status: string;
  /** Of a run that failed. */
  readonly error?: string;
  readonly cause?: string;
  /** Of a run that succeeded. */
  readonly summary?: RunSummary;
  readonly seconds: number;
}

/** What the current run says, beside the labels of what was uploaded. */
export interface Verdict {
  readonly records: number;
  readonly accuracy: number;
}

/** The classifier over what arrived, in use on a local cloud: what `npm start` shows and the end-to-end tests assert. */
export class BatchJourney {
  /** Deploys the stack with its first model version, and lets the rows arrive. */
  public static async begin(cloud: LocalCloud): Promise<BatchJourney> {
    const outputs = await deploy(cloud, '1.0.0');
    const journey = new BatchJourney(cloud, outputs.BucketName, outputs.AliasArn);
    await journey.upload();
    return journey;
  }

  private readonly s3: S3Client;
  private readonly states: SFNClient;
  /** The labelled rows of each object, by its key. */
  private readonly arrived = new Map<string, readonly LabelledRow[]>();

  private constructor(
    private readonly cloud: LocalCloud,
    private readonly bucket: string,
    private readonly alias: string,
  ) {
    this.s3 = new S3Client({ ...cloud.clientConfig, forcePathStyle: true });
    this.states = new SFNClient(cloud.clientConfig);
  }

  /** Starts the state machine as the schedule does, or with overrides, and waits for its end. */
  public async run(overrides: RunOverrides = {}): Promise<Run> {
    const begun = performance.now();
    const { executionArn } = await this.states.send(
      new StartExecutionCommand({ stateMachineArn: this.alias, input: JSON.stringify(overrides) }),
    );
    let execution: DescribeExecutionCommandOutput;
    do {
      await pause(200);
      execution = await this.states.send(new DescribeExecutionCommand({ executionArn }));
    } while (execution.status === 'RUNNING');
    const { status, error, cause, output } = execution;
    return {
      status: status!,
      error,
      cause: messageOf(cause),
      summary: status === 'SUCCEEDED' ? (JSON.parse(output!) as RunSummary) : undefined,
      seconds: (performance.now() - begun) / 1000,
    };
  }

  /** Deploys another version of the model: nothing is scored by it until the next run. */
  public async ship(version: Release): Promise<void> {
    await deploy(this.cloud, version);
  }

  /** The run that readers of the results see. */
  public async current(): Promise<CurrentRun> {
    return JSON.parse(await this.read(CURRENT)) as CurrentRun;
  }

  /** A line for each object of the current run. */
  public async manifest(): Promise<Outcome[]> {
    const { manifest } = await this.current();
    return lines(await this.read(manifest));
  }

  public async quarantined(): Promise<Quarantined[]> {
    return (await this.manifest())
      .filter((outcome): outcome is Quarantined => outcome.status === 'quarantined')
      .sort((one, other) => (one.key < other.key ? -1 : 1));
  }

  /** What was found out about the first part of a run. */
  public async judgement(run: string): Promise<{ readonly accepted: boolean; readonly findings: readonly string[] }> {
    return JSON.parse(await this.read(`scored/runs/${run}/judgement.json`)) as {
      accepted: boolean;
      findings: string[];
    };
  }

  /** Compares the predictions of the current run with the labels, record by record. */
  public async verdict(): Promise<Verdict> {
    let records = 0;
    let right = 0;
    for (const outcome of await this.manifest()) {
      if (outcome.status === 'quarantined') {
        continue;
      }
      const rows = this.arrived.get(outcome.key)!;
      const predictions = lines<{ malignant: number }>(await this.read(keyOf(outcome.output)));
      records += predictions.length;
      right += predictions.filter(({ malignant }, index) => malignant === rows[index].malignant).length;
    }
    return { records, accuracy: right / records };
  }

  /** Removes the stack; what arrived and what was scored stays. */
  public async end(): Promise<void> {
    const { succeeded, output } = await this.cloud.destroy(STACK);
    if (!succeeded) {
      throw new Error(`the stack could not be removed:\n${output}`);
    }
  }

  /** A dozen objects with all held-out rows, an empty one, one with columns that the model does not know. */
  private async upload(): Promise<void> {
    const [header, ...rows] = heldOutRows().trim().split('\n');
    const all = Array.from({ length: TIMES_EACH_ROW }, () => rows).flat();
    const size = Math.ceil(all.length / OBJECTS);
    const objects = Array.from({ length: OBJECTS }, (_, index): [string, string] => {
      const part = all.slice(index * size, (index + 1) * size);
      const key = `${INPUT}clinic-${String(index + 1).padStart(2, '0')}.csv`;
      this.arrived.set(key, labelledRows([header, ...part].join('\n')));
      return [key, [header, ...part].map(withoutLabel).join('\n')];
    });
    objects.push([`${INPUT}clinic-13.csv`, ''], [`${INPUT}clinic-14.csv`, 'height,weight\n170,65\n']);
    await Promise.all(
      objects.map(([Key, text]) =>
        this.s3.send(new PutObjectCommand({ Bucket: this.bucket, Key, Body: Buffer.from(text) })),
      ),
    );
  }

  private async read(key: string): Promise<string> {
    const { Body } = await this.s3.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
    return Body!.transformToString();
  }
}

async function deploy(cloud: LocalCloud, modelVersion: Release): Promise<Record<string, string>> {
  const deployed = await cloud.deploy(STACK, { context: { modelVersion } });
  if (!deployed.succeeded) {
    throw new Error(`the deployment of ${modelVersion} failed:\n${deployed.output}`);
  }
  return deployed.outputs;
}

/** The label is the last column. */
function withoutLabel(line: string): string {
  return line.slice(0, line.lastIndexOf(','));
}

function lines<T>(text: string): T[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

/** Of `s3://bucket/key`. */
function keyOf(uri: string): string {
  return uri.replace(/^s3:\/\/[^/]+\//, '');
}

/** Step Functions has what a function threw as JSON. */
function messageOf(cause: string | undefined): string | undefined {
  if (cause === undefined) {
    return undefined;
  }
  try {
    return (JSON.parse(cause) as { errorMessage: string }).errorMessage;
  } catch {
    return cause;
  }
}
