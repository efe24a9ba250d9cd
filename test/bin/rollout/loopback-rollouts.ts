import * as dynamoClient from '@aws-sdk/client-dynamodb';
import * as lambdaClient from '@aws-sdk/client-lambda';
import * as sfnClient from '@aws-sdk/client-sfn';
import { createServer } from 'node:http';
import {
  ENV,
  type LoopInput,
  type RolloutItem,
  type RolloutSettings,
  RESOURCE_TYPE,
  type TargetDescription,
} from '../../../lambda/rollout/contract';
import type { Ports, TargetState } from '../../../lambda/rollout/ports';
import { desire, executionName } from '../../../lambda/rollout-controller/desire';
import { tick } from '../../../lambda/rollout-controller/tick';
import { judgeSettings } from '../../../lambda/rollout-judge/judge-settings';
import { listenForClients } from '../../helpers/loopback';
import { LoopbackServices, Refusal } from '../../lambda/rollout-services/loopback-services';

const MINUTE = 60_000;
/** Of those that are in the table as DynamoDB has them. */
interface Stored {
  readonly target: { readonly S: string };
  readonly revision: { readonly N: string };
  readonly item: { readonly S: string };
}

export const TARGET = 'fraud:live';
export const CONTROLLER = 'Fraud-Controller';
const MACHINE = 'arn:aws:states:eu-west-1:123456789012:stateMachine:loop';

/**
 * A controller with its table, its state machine and its stack, on this machine, for commands that run as processes: the real tick, in a
 * time that passes when a test says so, on an alias that does as it is told at once.
 */
export class LoopbackRollouts {
  readonly functions = new Map<string, Record<string, string>>();
  readonly items = new Map<string, Stored>();
  readonly started: string[] = [];
  /** Resources of stacks by name: type and physical id. */
  readonly stacks = new Map<string, readonly (readonly [type: string, id: string, status?: string])[]>();
  caller = 'arn:aws:sts::123456789012:assumed-role/operator/ada';
  /** What a bad request's chance is with the new version. */
  quality = 0.01;
  requests = 3000;
  now = 0;
  /** Lets the loop go on as soon as an execution is started, as far as no time passes. */
  prompt = true;
  /** Before a write of somebody is looked at. */
  beforeWrite: () => void = () => undefined;
  alias: TargetState | undefined;
  private input: LoopInput = { name: 'first', wake: 0, generation: 0, ticks: 0 };
  private ticks = 0;
  readonly services = new LoopbackServices([
    {
      name: 'DynamoDB',
      client: dynamoClient,
      target: 'DynamoDB_20120810',
      throttling: 'ProvisionedThroughputExceededException',
      operations: {
        GetItem: ({ Key }) => ({ Item: this.items.get((Key as { target: { S: string } }).target.S) }),
        PutItem: (input) => {
          this.beforeWrite();
          const written = input.Item as Stored;
          const before = (input.ExpressionAttributeValues as { ':before'?: { N: string } } | undefined)?.[':before']?.N;
          if (this.items.get(written.target.S)?.revision.N !== before) {
            throw new Refusal('ConditionalCheckFailedException', 'The conditional request failed');
          }
          this.items.set(written.target.S, written);
          return {};
        },
      },
    },
    {
      name: 'Step Functions',
      client: sfnClient,
      target: 'AWSStepFunctions',
      throttling: 'ThrottlingException',
      operations: {
        StartExecution: ({ name, input, stateMachineArn }) => {
          if (stateMachineArn !== MACHINE) {
            throw new Refusal('StateMachineDoesNotExist', `there is no ${String(stateMachineArn)}`);
          }
          if (this.started.includes(name as string)) {
            throw new Refusal('ExecutionAlreadyExists', 'it is there already');
          }
          this.started.push(name as string);
          this.input = JSON.parse(input as string) as LoopInput;
          if (this.prompt) {
            setTimeout(() => void this.pass(0), 20);
          }
          return { executionArn: `${MACHINE}:${String(name)}`, startDate: 1 };
        },
      },
    },
    {
      name: 'Lambda',
      client: lambdaClient,
      throttling: 'TooManyRequestsException',
      operations: {
        GetFunctionConfiguration: ({ FunctionName }) => {
          const variables = this.functions.get((FunctionName as string).replace(/^arn:.*:function:/, ''));
          if (variables === undefined) {
            throw new Refusal('ResourceNotFoundException', `Function not found: ${String(FunctionName)}`);
          }
          return { FunctionName, Environment: { Variables: variables } };
        },
      },
    },
  ]);

  /** Services whose requests are forms, and whose answers are XML. */
  private readonly queries = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const form = new URLSearchParams(Buffer.concat(pieces).toString());
      const [status, body] =
        form.get('Action') === 'GetCallerIdentity' ? this.identity() : this.resources(form.get('StackName')!, form);
      response.writeHead(status, { 'content-type': 'text/xml' }).end(body);
    });
  });

  async start(): Promise<() => void> {
    const stops = [await this.services.start(), await listenForClients(this.queries, 'AWS_ENDPOINT_URL_STS')];
    process.env.AWS_ENDPOINT_URL_CLOUDFORMATION = process.env.AWS_ENDPOINT_URL_STS;
    return () => stops.reverse().forEach((stop) => stop());
  }

  /** A controller, of which a version is live; time begins so long ago. */
  reset(minutesAgo = 60): void {
    [this.functions, this.items, this.stacks].forEach((each) => each.clear());
    this.started.splice(0);
    this.services.calls.splice(0);
    this.services.fault = () => undefined;
    this.beforeWrite = () => undefined;
    this.prompt = true;
    this.quality = 0.01;
    this.requests = 3000;
    this.now = (Math.floor(Date.now() / MINUTE) - minutesAgo) * MINUTE;
    this.alias = { live: '7', percent: 0, settled: true };
    this.input = { name: 'first', wake: 0, generation: 0, ticks: 0 };
    this.addController(CONTROLLER, TARGET);
  }

  addController(name: string, target: string): void {
    const description: Partial<TargetDescription> = { kind: 'lambda-alias', target };
    this.functions.set(name, {
      [ENV.target]: JSON.stringify(description),
      [ENV.table]: 'rollouts',
      [ENV.stateMachineArn]: MACHINE,
    });
    this.stacks.set('Fraud', [...(this.stacks.get('Fraud') ?? []), [RESOURCE_TYPE, name]]);
  }

  get item(): RolloutItem {
    return JSON.parse(this.items.get(TARGET)!.item.S) as RolloutItem;
  }

  put(item: RolloutItem): void {
    const { target, revision } = item;
    this.items.set(target, {
      target: { S: target },
      revision: { N: String(revision) },
      item: { S: JSON.stringify(item) },
    });
  }

  /** What the custom resource does. */
  deploy(version: string, settings: Partial<RolloutSettings> = {}, bakeMinutes = 5): void {
    const before = this.items.has(TARGET) ? this.item : undefined;
    const all: RolloutSettings = {
      judge: judgeSettings({
        steps: [5, 20, 50, 100].map((percent) => ({ percent, bakeMinutes })),
        metrics: [{ name: 'errors' }],
      }),
      gates: [],
      hooks: {},
      deadlineMinutes: 360,
      metricDelaySeconds: 0,
      asked: 'published',
      maxFailures: 10,
      ...settings,
    };
    const { item, start } = desire(
      TARGET,
      before,
      { version, settings: all, time: this.now, by: 'stack Fraud' },
      'stack',
    );
    this.put(item);
    this.started.push(executionName(start));
    this.input = start;
  }

  /** Lets the loop go on for so many minutes, or as far as no time passes; undefined when it is done before. */
  async pass(minutes: number): Promise<void> {
    const until = this.now + minutes * MINUTE;
    for (let ticks = 0; ticks < 10_000; ticks++) {
      const { done, wait } = await tick(this.ports(), this.input, `tick-${++this.ticks}`);
      if (done || (minutes === 0 ? wait > 3 : this.now + wait * 1000 > until)) {
        break;
      }
      this.now += minutes === 0 ? 0 : wait * 1000;
    }
    this.now = Math.max(this.now, until);
  }

  private ports(): Ports {
    const change = (percent: number, live = this.alias!.live, candidate?: string): Promise<'done'> => {
      this.alias = { live, percent, settled: true, ...(candidate !== undefined && { candidate }) };
      return Promise.resolve('done');
    };
    const arm = (requests: number, chance: number): { requests: number; bad: number[] } => ({
      requests,
      bad: [Math.round(requests * chance)],
    });
    return {
      target: {
        read: () => Promise.resolve(this.alias),
        create: (version) => change(0, version),
        stage: (version) => change(this.alias!.percent, this.alias!.live, version),
        shift: (version, percent) => change(percent, this.alias!.live, version),
        promote: (version) => change(0, version),
        retreat: () => change(0, this.alias!.live, this.alias!.candidate),
        clean: () => change(0, this.alias!.live),
        remove: () => Promise.resolve('done'),
      },
      counts: {
        minutes: (from, to) =>
          Promise.resolve(
            Array.from({ length: to - from + 1 }, (_, place) => {
              const mine = Math.round((this.requests * this.alias!.percent) / 100);
              return {
                minute: from + place,
                candidate: arm(mine, this.quality),
                baseline: arm(this.requests - mine, 0.01),
              };
            }),
          ),
      },
      alarms: { firing: () => Promise.resolve([]) },
      store: {
        load: () => Promise.resolve(this.items.has(TARGET) ? this.item : undefined),
        save: (item) => {
          if (this.item.revision !== item.revision - 1) {
            return Promise.resolve('conflict');
          }
          this.put(item);
          return Promise.resolve('saved');
        },
      },
      checks: { examples: () => Promise.resolve({ passed: true, text: '3 of 3 examples' }) },
      hooks: { run: () => Promise.resolve({ passed: true, text: '' }) },
      notifier: { tell: () => Promise.resolve() },
      evidence: { look: () => Promise.resolve(), trail: () => Promise.resolve() },
      clock: { now: () => this.now },
    };
  }

  private identity(): [number, string] {
    return [
      200,
      `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>${this.caller}</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`,
    ];
  }

  /** One resource on a page. */
  private resources(stack: string, form: URLSearchParams): [number, string] {
    const all = this.stacks.get(stack);
    if (all === undefined) {
      const message = `Stack with id ${stack} does not exist`;
      return [
        400,
        `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>${message}</Message></Error></ErrorResponse>`,
      ];
    }
    const page = Number(form.get('NextToken') ?? 0);
    const members = all
      .slice(page, page + 1)
      .map(
        ([type, id, status = 'CREATE_COMPLETE']) =>
          `<member><LogicalResourceId>L</LogicalResourceId><ResourceType>${type}</ResourceType>` +
          `<PhysicalResourceId>${id}</PhysicalResourceId><ResourceStatus>${status}</ResourceStatus></member>`,
      );
    const next = page + 1 < all.length ? `<NextToken>${page + 1}</NextToken>` : '';
    return [
      200,
      `<ListStackResourcesResponse><ListStackResourcesResult><StackResourceSummaries>${members.join('')}` +
        `</StackResourceSummaries>${next}</ListStackResourcesResult></ListStackResourcesResponse>`,
    ];
  }
}
