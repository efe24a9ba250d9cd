import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SFNClient } from '@aws-sdk/client-sfn';
import {
  type AliasDescription,
  ENV,
  type LoopInput,
  type ProvisionedEnvironments,
  type RolloutEvent,
  type RolloutItem,
  type RolloutProperties,
  type RolloutSettingsOptions,
  type Verb,
} from '../../../lambda/rollout/contract';
import { changeItem } from '../../../lambda/rollout-controller/change-item';
import { request } from '../../../lambda/rollout-controller/desire';
import { handler as tick } from '../../../lambda/rollout-controller';
import { DynamoStore } from '../../../lambda/rollout-controller/ports/dynamo-store';
import { startLoop } from '../../../lambda/rollout-controller/ports/start-loop';
import { isComplete, onEvent, type ProviderEvent } from '../../../lambda/rollout-resource';
import { CASES_FILE, type SmokeTestCases } from '../../../lambda/smoke-test/contract';
import { settle, VirtualTime } from '../batch-arrival/virtual-time';
import { SimulatedClock } from '../rollout-services/clock';
import { EventService } from '../rollout-services/event-service';
import { ExecutionService } from '../rollout-services/execution-service';
import { LambdaService, type SimulatedVersion } from '../rollout-services/lambda-service';
import { LoopbackServices } from '../rollout-services/loopback-services';
import { MetricsService } from '../rollout-services/metrics-service';
import { ObjectService, TopicService } from '../rollout-services/raw-services';
import { randomFrom } from '../rollout-services/rollout-services';
import { ScalingService } from '../rollout-services/scaling-service';
import { TableService } from '../rollout-services/table-service';
import { listenForClients } from '../../helpers/loopback';
import { LoopMachine } from './loop-machine';

const ALIAS = 'live';
const TARGET = `fraud:${ALIAS}`;
const CONTROLLER = 'Stack-Controller';
const TABLE = 'rollouts';
const STATE_MACHINE = 'arn:aws:states:eu-west-1:111122223333:stateMachine:rollout';
const MINUTE = 60_000;
/** Between two requests through the alias, in virtual time. */
const TRAFFIC_SECONDS = 20;
/** The provider framework asks so often whether a stack may go on. */
const ASK_SECONDS = 60;

const OF_ALIAS = {
  namespace: 'AWS/Lambda',
  dimensions: { FunctionName: 'fraud', Resource: TARGET },
  versionDimension: 'ExecutedVersion',
};
const MODEL = { name: 'fraud', version: '1' };
const CASES: SmokeTestCases = { model: MODEL, cases: [{ input: [1], expected: [0.5], tolerance: 1e-6 }] };

/** Of 1: how many requests fail, and are slow; and the answer to the example. */
export interface Quality {
  readonly errors?: number;
  readonly slow?: number;
  readonly answer?: number;
}

export interface DeployedOptions {
  readonly provisioned?: ProvisionedEnvironments;
  readonly requestsAMinute?: number;
  readonly settings?: Partial<RolloutSettingsOptions>;
  readonly waitSeconds?: number;
}

const REAL = { now: Date.now, info: console.info, write: process.stdout.write.bind(process.stdout) };

/** Clients that were made once keep the address that they found. */
let current: DeployedRollout | undefined;
const server = createServer((request, response) => void current!.loopback.answer(request, response));
const DAY = 24 * 60 * MINUTE;
let days = 0;

/** For all tests of a file; gives what ends it. */
export function listenForRollouts(): Promise<() => void> {
  return listenForClients(server);
}

/**
 * A staged rollout as it is deployed: both handlers with their real clients, the real definition of the loop, and services that are
 * simulated, in virtual time.
 */
export class DeployedRollout {
  readonly table = new TableService(TABLE);
  readonly bus = new EventService();
  readonly topic = new TopicService();
  readonly evidence = new ObjectService();
  readonly metrics: MetricsService;
  readonly lambda: LambdaService;
  readonly scaling: ScalingService;
  readonly loopback: LoopbackServices;
  readonly machine: LoopMachine;
  /** Lines of embedded metrics, by name. */
  readonly published = new Map<string, number[]>();
  /** Largest share of each version at any time, in percent. */
  readonly shares = new Map<string, number>();
  /** What CloudFormation was told in the end, with the minute. */
  readonly stacks: { readonly what: string; readonly minute: number; readonly result: string }[] = [];
  private readonly time = new VirtualTime(() => this.settled());
  /** Each on a day of its own, as handlers remember some of what was. */
  private readonly clock = new SimulatedClock(Date.UTC(2026, 0, 5, 9) + DAY * days++);
  private readonly begun = this.clock.now();
  private readonly folder = mkdtempSync(join(tmpdir(), 'rollout-'));
  private readonly before = { ...process.env };
  /** Real work that time waits for. */
  private busy = 0;
  private plans = 0;
  private verbs = 0;

  private constructor(private options: DeployedOptions) {
    this.metrics = new MetricsService(this.clock);
    this.lambda = new LambdaService('fraud', this.clock, this.metrics);
    this.lambda.random = randomFrom(1);
    this.scaling = new ScalingService([this.lambda.scalable]);
    this.machine = new LoopMachine(this.time, (payload) => this.working(() => this.invoke(payload)));
    const executions = new ExecutionService(STATE_MACHINE, {
      start: (name, input) => this.machine.start(name, input),
      isRunning: (name) => this.machine.executions.get(name)?.ended === false,
    });
    this.loopback = new LoopbackServices(
      [this.lambda, this.scaling, this.metrics, this.table, this.bus, executions],
      [this.evidence, this.topic],
    );
    this.metrics.alarms.set('team', 'OK');
  }

  static begun(options: DeployedOptions = {}): DeployedRollout {
    current = new DeployedRollout(options);
    const { begun, time } = current;
    current.configure();
    Date.now = () => begun + time.now;
    console.info = () => undefined;
    process.stdout.write = (text: unknown) => current!.note(String(text));
    return current;
  }

  end(): void {
    Date.now = REAL.now;
    console.info = REAL.info;
    process.stdout.write = REAL.write;
    process.env = this.before;
    rmSync(this.folder, { recursive: true });
  }

  get item(): RolloutItem {
    return JSON.parse(this.table.items.get(TARGET)!.item.S!) as RolloutItem;
  }

  get events(): RolloutEvent[] {
    return this.bus.events.map(({ Detail }) => JSON.parse(Detail) as RolloutEvent);
  }

  get ending(): string {
    const { outcome, reason } = this.item.rollout!;
    return `${outcome}: ${reason!.code}`;
  }

  get left(): object {
    return {
      shares: this.lambda.aliases.has(ALIAS) ? this.lambda.shares(ALIAS) : 'none',
      versions: [...this.lambda.versions.keys()],
      provisioned: this.lambda.provisioned.qualifiers,
      scaled: [...this.scaling.targets.keys()],
    };
  }

  /** Publishes a version. */
  publish({ errors = 0.01, slow = 0.02, answer = 0.5 }: Quality = {}): string {
    const invoke: SimulatedVersion['invoke'] = (payload, random) =>
      payload === undefined
        ? {
            milliseconds: random() < slow ? 900 : 40,
            ...(random() < errors ? { error: 'thrown' } : {}),
          }
        : { milliseconds: 40, answer: { predictions: [[answer]], model: MODEL } };
    return this.lambda.publish({ invoke });
  }

  /** After so many minutes. */
  minutes(minutes: number, act: () => unknown): this {
    this.plans += 1;
    void this.time.until(minutes * MINUTE).then(() => {
      this.plans -= 1;
      return act();
    });
    return this;
  }

  /** What CloudFormation asks, by way of the provider framework, until it is told. */
  stack(what: 'Create' | 'Update' | 'Delete', version: string, change: Partial<RolloutProperties> = {}): void {
    const event: ProviderEvent = {
      RequestType: what,
      ...(what === 'Create' ? {} : { PhysicalResourceId: CONTROLLER }),
      ResourceProperties: { ...this.propertiesOf(version), ...change },
    };
    this.plans += 1;
    void this.provided(event)
      .catch((error: unknown) => (error as Error).message)
      .then((result) => {
        this.plans -= 1;
        this.stacks.push({ what: `${what} ${version}`, minute: Math.floor(this.time.now / MINUTE), result });
      });
  }

  /** A deployment with other environments: of the controller's settings, and of what the custom resource says. */
  provision(provisioned: ProvisionedEnvironments): void {
    this.options = { ...this.options, provisioned, settings: { ...this.options.settings, capacity: provisioned } };
    this.configure();
  }

  /** What the command of an operator does. */
  ask(verb: Verb): void {
    const clients = { maxAttempts: 1 };
    const store = new DynamoStore(new DynamoDBClient(clients), TABLE, TARGET);
    void this.working(async () => {
      const asked = { id: `verb-${++this.verbs}`, verb, by: 'Ada', reason: 'because', time: Date.now() };
      const { start } = await changeItem(store, (item, writer) => request(item!, asked, writer));
      await startLoop(new SFNClient(clients), STATE_MACHINE, start);
    });
  }

  async run(): Promise<this> {
    void this.serve();
    await this.time.pass();
    if (this.machine.broken !== undefined) {
      throw this.machine.broken as Error;
    }
    return this;
  }

  private configure(): void {
    const description: AliasDescription = {
      kind: 'lambda-alias',
      target: TARGET,
      functionName: 'fraud',
      aliasName: ALIAS,
      provisioned: this.options.provisioned,
      requests: { parts: [{ ...OF_ALIAS, metricName: 'Invocations', statistic: 'Sum' }] },
      bad: [
        { parts: [{ ...OF_ALIAS, metricName: 'Errors', statistic: 'Sum' }] },
        { parts: [{ ...OF_ALIAS, metricName: 'Duration', statistic: 'TC(500:)' }] },
      ],
      alarms: ['team'],
    };
    writeFileSync(join(this.folder, CASES_FILE), JSON.stringify(CASES));
    Object.assign(process.env, {
      LAMBDA_TASK_ROOT: this.folder,
      [ENV.target]: JSON.stringify(description),
      [ENV.table]: TABLE,
      [ENV.evidenceBucket]: 'evidence',
      [ENV.topicArn]: 'arn:aws:sns:eu-west-1:111122223333:people',
    });
  }

  private propertiesOf(version: string): RolloutProperties {
    const settings: RolloutSettingsOptions = {
      judge: {
        steps: [5, 20, 50, 100].map((percent) => ({ percent, bakeMinutes: 3, minRequests: 10 })),
        metrics: [{ name: 'errors' }, { name: 'slow' }],
      },
      gates: [],
      hooks: {},
      deadlineMinutes: 24 * 60,
      metricDelaySeconds: 120,
      asked: 'published',
      maxFailures: 10,
      ...this.options.settings,
    };
    return {
      target: TARGET,
      table: TABLE,
      controllerName: CONTROLLER,
      stateMachineArn: STATE_MACHINE,
      arn: 'arn:aws:lambda:eu-west-1:111122223333:function:fraud:live',
      version,
      settings: JSON.stringify(settings),
      waitSeconds: String(this.options.waitSeconds ?? 0),
    };
  }

  private async provided(event: ProviderEvent): Promise<string> {
    const context = { getRemainingTimeInMillis: () => 60_000 };
    const added = await this.working(() => onEvent(event, context));
    for (;;) {
      const { IsComplete } = await this.working(() => isComplete({ ...event, ...added }));
      if (IsComplete) {
        return 'complete';
      }
      await this.time.sleep(ASK_SECONDS * 1000);
    }
  }

  private async invoke(payload: Record<string, unknown>): Promise<Record<string, unknown>> {
    const answer = await tick(payload as unknown as LoopInput, {
      getRemainingTimeInMillis: () => 60_000,
    });
    return { ...answer };
  }

  /** Traffic, as long as anything goes on. */
  private async serve(): Promise<void> {
    const { requestsAMinute = 240 } = this.options;
    while (this.plans > 0 || this.busy > 0 || this.machine.isRunning) {
      await this.time.sleep(TRAFFIC_SECONDS * 1000);
      if (this.lambda.aliases.has(ALIAS)) {
        for (const [version, share] of Object.entries(this.lambda.shares(ALIAS))) {
          this.shares.set(version, Math.max(this.shares.get(version) ?? 0, Math.round(share * 100)));
        }
        for (let request = 0; request < (requestsAMinute * TRAFFIC_SECONDS) / 60; request++) {
          this.lambda.call(ALIAS, undefined);
        }
      }
    }
  }

  private async working<T>(work: () => Promise<T>): Promise<T> {
    this.busy += 1;
    try {
      return await work();
    } finally {
      this.busy -= 1;
    }
  }

  private async settled(): Promise<void> {
    this.clock.pass((this.begun + this.time.now - this.clock.now()) / 1000);
    do {
      await settle();
    } while (this.busy > 0);
  }

  private note(text: string): boolean {
    if (text.startsWith('{"_aws"')) {
      for (const [name, value] of Object.entries(JSON.parse(text) as Record<string, unknown>)) {
        if (typeof value === 'number') {
          this.published.set(name, [...(this.published.get(name) ?? []), value]);
        }
      }
    }
    return true;
  }
}
