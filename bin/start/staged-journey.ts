import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  ListAliasesCommand,
  ListVersionsByFunctionCommand,
} from '@aws-sdk/client-lambda';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { spawn } from 'node:child_process';
import * as path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  ENV,
  type RolloutItem,
  type RolloutStatus,
  type TargetDescription,
  type TrailEntry,
} from '../../lambda/rollout/contract';
import { DynamoStore } from '../../lambda/rollout-controller/ports/dynamo-store';
import { evidencePrefix } from '../../lambda/rollout-controller/ports/s3-evidence';
import { statusOf } from '../../lambda/rollout-controller/status';
import type { Judgement } from '../../lambda/rollout-judge/contract';
import type { LocalCloud } from '../local-cloud/local-cloud';
import { heldOutRows, type Release } from '../sample/breast-cancer';
import { AliasWatch, type Stage } from './alias-watch';
import { ApiClient } from './api-client';
import { type LabelledRow, labelledRows, score, type Score } from './score';
import { Traffic, type TrafficReport } from './traffic';

export const STACK = 'InferenceServerless';

/** A rollout of four steps that takes longer hangs. */
const LONGEST_SECONDS = 240;

/** What the app is told beside the version: how its traffic is shifted, and by which alias. */
export interface Way {
  readonly rollout: 'canary' | 'staged';
  readonly aliasName?: string;
}

/** A deployment under traffic. */
export interface Deployed {
  readonly succeeded: boolean;
  /** The end of what the `cdk` command said. */
  readonly output: string;
  readonly seconds: number;
  readonly traffic: TrafficReport;
}

/** One new version, deployed, and brought to its end step by step. */
export interface StagedShipment extends Deployed {
  readonly version: Release;
  /** Of the alias, as it was seen from outside. */
  readonly stages: readonly Stage[];
  /** How it ended, by its item. */
  readonly status: RolloutStatus;
  /** Names of the objects that the controller keeps in S3; what it wrote down of it, and the last judgement, among them. */
  readonly evidence: readonly string[];
  readonly trail: readonly TrailEntry[];
  readonly lastLook?: Judgement;
  /** The version that the API names afterwards, and those that the function has. */
  readonly serving: string;
  readonly versions: readonly string[];
}

/** What an operator asked for on the command line, and read there. */
export interface Operation {
  readonly command: string;
  readonly code: number;
  readonly output: string;
}

/** A rollout that somebody began again, and ended. */
export interface Aborted {
  readonly operations: readonly Operation[];
  readonly stages: readonly Stage[];
  readonly status: RolloutStatus;
  readonly traffic: TrafficReport;
}

/** The controller of the deployment, and what it works with. */
interface Controller {
  readonly name: string;
  readonly target: string;
  readonly store: DynamoStore;
  readonly bucket: string;
  readonly topic: string;
}

/** The classifier on AWS Lambda, deployed by canary, moved to a staged rollout, and shipped by that. */
export class StagedJourney {
  /** Deploys the stack with its first model version as it is by default, by canary. */
  public static async begin(cloud: LocalCloud): Promise<StagedJourney> {
    const { succeeded, output, outputs } = await cloud.deploy(STACK, { context: { modelVersion: '1.0.0' } });
    if (!succeeded) {
      throw new Error(`the first deployment failed:\n${output}`);
    }
    return new StagedJourney(cloud, await ApiClient.connect(cloud, outputs), outputs.FunctionName);
  }

  /** Goes on with the stack that is there, with its first model version. */
  public static async resume(cloud: LocalCloud): Promise<StagedJourney> {
    const { Stacks } = await new CloudFormationClient(cloud.clientConfig).send(
      new DescribeStacksCommand({ StackName: STACK }),
    );
    const outputs = Object.fromEntries(
      Stacks![0].Outputs!.map(({ OutputKey, OutputValue }) => [OutputKey!, OutputValue!]),
    );
    return new StagedJourney(cloud, await ApiClient.connect(cloud, outputs), outputs.FunctionName);
  }

  public readonly rows: readonly LabelledRow[] = labelledRows(heldOutRows());
  private readonly lambda: LambdaClient;
  private readonly s3: S3Client;
  private way: Way = { rollout: 'canary' };
  private controller?: Controller;

  private constructor(
    private readonly cloud: LocalCloud,
    public readonly api: ApiClient,
    private readonly functionName: string,
  ) {
    this.lambda = new LambdaClient(cloud.clientConfig);
    this.s3 = new S3Client({ ...cloud.clientConfig, forcePathStyle: true });
  }

  /** Sends the held-out rows through the deployed API. */
  public score(): Promise<Score> {
    return score(this.api, this.rows);
  }

  /** Changes how versions are shipped, and nothing else, while callers go on calling. */
  public async move(way: Way, modelVersion: Release): Promise<Deployed> {
    this.way = way;
    const traffic = Traffic.start(this.api, this.rows);
    const deployed = await this.deploy(modelVersion);
    return { ...deployed, traffic: await traffic.stop() };
  }

  /** Deploys another version while callers go on calling, and waits until its rollout has ended. */
  public async ship(version: Release): Promise<StagedShipment> {
    const { did, stages, traffic } = await this.underTraffic(async () => {
      const deployed = await this.deploy(version);
      if (!deployed.succeeded) {
        throw new Error(`the deployment of ${version} failed:\n${deployed.output}`);
      }
      const item = await this.settled();
      // What was given back is given back for all who call now.
      await pause(500);
      return { deployed, item };
    });
    const { body } = await this.api.health();
    const evidence = await this.evidence(did.item.rollout!.attempt);
    const looks = evidence.filter((key) => key.endsWith('-look.json'));
    const entries = evidence.filter((key) => !looks.includes(key));
    return {
      version,
      ...did.deployed,
      traffic,
      stages,
      status: statusOf(did.item),
      evidence,
      trail: (await Promise.all(entries.map((key) => this.read(key)))) as TrailEntry[],
      lastLook: looks.length === 0 ? undefined : ((await this.read(looks.at(-1)!)) as Judgement),
      serving: (body as { model: { version: string } }).model.version,
      versions: await this.versions(),
    };
  }

  /** What was rolled back is tried once more, without a deployment, and given up when its first callers have met it. */
  public async retryAndAbort(): Promise<Aborted> {
    const { did, stages, traffic } = await this.underTraffic(async () => {
      const before = (await this.controlled.store.load())!.rollout!.attempt;
      const retried = await this.operate('retry', '--reason', 'was it the network?', '--by', 'npm start');
      await this.until(({ rollout }) => rollout!.attempt > before && rollout!.phase === 'baking');
      const aborted = await this.operate('abort', '--reason', 'it was not', '--by', 'npm start');
      return { operations: [retried, aborted], item: await this.settled() };
    });
    return { operations: did.operations, stages, status: statusOf(did.item), traffic };
  }

  /** `inference-patterns rollout`, as an operator would say it. */
  public operate(verb: string, ...options: string[]): Promise<Operation> {
    const words = ['rollout', verb, this.controlled.name, ...options];
    const command = path.join(__dirname, '..', 'inference-patterns.ts');
    const child = spawn(process.execPath, [require.resolve('tsx/cli'), command, ...words], {
      env: this.cloud.scaledEnvironment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve({ command: `inference-patterns ${words.join(' ')}`, code: code!, output }));
    });
  }

  /** What the function has, by the number. */
  public async versions(): Promise<string[]> {
    const { Versions } = await this.lambda.send(new ListVersionsByFunctionCommand({ FunctionName: this.functionName }));
    return Versions!.map(({ Version }) => Version!).filter((version) => version !== '$LATEST');
  }

  public async aliases(): Promise<string[]> {
    const { Aliases } = await this.lambda.send(new ListAliasesCommand({ FunctionName: this.functionName }));
    return Aliases!.map(({ Name }) => Name!);
  }

  /** Name of the controller's function, for operators. */
  public get controllerName(): string {
    return this.controlled.name;
  }

  /** The topic that is told of transitions. */
  public get topicArn(): string {
    return this.controlled.topic;
  }

  /** Removes the stack. */
  public async end(): Promise<void> {
    const { succeeded, output } = await this.cloud.destroy(STACK, { context: this.contextOf('1.0.0') });
    if (!succeeded) {
      throw new Error(`the stack could not be removed:\n${output}`);
    }
  }

  /** Does something while callers go on calling, and sees where they are led. */
  private async underTraffic<T>(
    work: () => Promise<T>,
  ): Promise<{ readonly did: T; readonly stages: readonly Stage[]; readonly traffic: TrafficReport }> {
    const traffic = Traffic.start(this.api, this.rows);
    const alias = { FunctionName: this.functionName, Name: this.aliasName };
    const watch = new AliasWatch(this.lambda, alias, traffic);
    try {
      const did = await work();
      return { did, stages: await watch.stop(), traffic: await traffic.stop() };
    } finally {
      // Of work that failed nobody wants to know who called.
      await Promise.all([watch.stop(), traffic.stop()]);
    }
  }

  private get aliasName(): string {
    return this.way.aliasName ?? 'live';
  }

  private contextOf(modelVersion: Release): Record<string, string> {
    const { rollout, aliasName } = this.way;
    return { modelVersion, rollout, ...(aliasName === undefined ? {} : { aliasName }) };
  }

  private async deploy(modelVersion: Release): Promise<Omit<Deployed, 'traffic'>> {
    const begun = performance.now();
    const { succeeded, output, outputs } = await this.cloud.deploy(STACK, { context: this.contextOf(modelVersion) });
    const seconds = (performance.now() - begun) / 1000;
    if (succeeded && outputs.RolloutController !== undefined) {
      this.controller = await this.describe(outputs.RolloutController);
    }
    return { succeeded, output, seconds };
  }

  private async describe(name: string): Promise<Controller> {
    const { Environment } = await this.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
    const variables = Environment!.Variables!;
    const { target } = JSON.parse(variables[ENV.target]) as TargetDescription;
    return {
      name,
      target,
      store: new DynamoStore(new DynamoDBClient(this.cloud.clientConfig), variables[ENV.table], target),
      bucket: variables[ENV.evidenceBucket],
      topic: variables[ENV.topicArn],
    };
  }

  private get controlled(): Controller {
    if (this.controller === undefined) {
      throw new Error('the rollout is not staged');
    }
    return this.controller;
  }

  /** The item, when all that was desired has come to its end. */
  private settled(): Promise<RolloutItem> {
    return this.until((item) => statusOf(item).settled);
  }

  private async until(reached: (item: RolloutItem) => boolean): Promise<RolloutItem> {
    const until = performance.now() + LONGEST_SECONDS * 1000;
    for (;;) {
      const item = await this.controlled.store.load();
      if (item !== undefined && reached(item)) {
        return item;
      }
      if (performance.now() > until) {
        throw new Error(`the rollout is not there after ${LONGEST_SECONDS} s: ${JSON.stringify(item?.rollout)}`);
      }
      await pause(200);
    }
  }

  private async evidence(attempt: number): Promise<string[]> {
    const { bucket, target } = this.controlled;
    const Prefix = `${evidencePrefix(target)}${String(attempt).padStart(4, '0')}/`;
    const { Contents } = await this.s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix }));
    return (Contents ?? []).map(({ Key }) => Key!).sort();
  }

  private async read(Key: string): Promise<unknown> {
    const { Body } = await this.s3.send(new GetObjectCommand({ Bucket: this.controlled.bucket, Key }));
    return JSON.parse(await Body!.transformToString());
  }
}
