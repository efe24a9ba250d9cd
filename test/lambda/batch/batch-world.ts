import { plan } from '../../../lambda/batch-control/plan';
import { finish, type RunFigures } from '../../../lambda/batch-control/finish';
import { judge } from '../../../lambda/batch-control/judge';
import { scorePartition } from '../../../lambda/batch-score/score-partition';
import type {
  FinishRequest,
  InputObject,
  JudgeRequest,
  Outcome,
  PlanRequest,
  RunSettings,
  ScoreRequest,
} from '../../../lambda/batch/contract';
import { currentKey, manifestKey, runPlace } from '../../../lambda/batch/run-paths';
import type { CurrentRun, RunSummary } from '../../../lambda/batch/contract';
import type { Predictor } from '../../../lambda/predict/core';
import { batchDefinition } from '../../../lib/batch/batch-definition';
import { scoreByFunction } from '../../../lib/batch/function-scoring';
import { SETTINGS } from '../batch-control/planned';
import { MemoryObjects } from '../batch-score/memory-objects';
import { VirtualClock } from '../batch-score/virtual-clock';
import { Life } from './life';
import { MemoryStore } from './memory-store';
import { type Definition, Execution, named, type Reached } from './run-definition';

/** Something that is about to happen, or has just happened, in an invocation. Whoever looks at it may throw, or end the invocation. */
export interface Moment {
  /** `plan`, `judge`, `finish`, `score` or `publish` for a call by the state machine; else the method of a store. */
  readonly what: string;
  /** Key of an object, or the index of a partition. */
  readonly of: string;
  /** After: it has had its effect, and only the answer is lost. */
  readonly when: 'before' | 'after';
  readonly life: Life;
  readonly clock: VirtualClock;
}

type Requests = (PlanRequest | JudgeRequest | FinishRequest) | (ScoreRequest & { readonly action?: undefined });

const ARN = 'arn:aws:lambda:eu-west-1:123456789012:function';
const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:done';
const INVOCATION = { take: 800, finish: 1000 };

/** A batch with its stores, functions and executions; all of it ours but the faults, which a test makes. */
export class BatchWorld implements Reached {
  public readonly store = new MemoryStore();
  public readonly contents = new Map<string, { text: string; etag: string }>();
  public readonly objects = new MemoryObjects(this.contents);
  public readonly figures: RunFigures[] = [];
  /** What the topic was told. */
  public readonly told: RunSummary[] = [];
  /** Calls by the state machine, such as `score 3` or `finish`, and the versions of functions. */
  public readonly calls: string[] = [];
  public readonly versions: string[] = [];
  /** Which version was asked what. */
  public readonly asked: { readonly version: string; readonly request: Requests }[] = [];
  /** What a version of older code answers instead of what the code of today does, by version. */
  public readonly olderCode = new Map<string, (answer: unknown) => unknown>();
  /** Whether an invocation has time to list more. */
  public inTime: () => boolean = () => true;
  /** A fault before or after something, by throwing. */
  public trouble: (moment: Moment) => void = () => undefined;
  private readonly models = new Map<string, Predictor>();
  private executions = 0;
  private written = 0;

  public constructor() {
    this.store.results = this.objects.results;
  }

  /** Puts objects into the input, or replaces them. */
  public put(texts: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(texts)) {
      this.contents.set(`in/${name}`, { text, etag: `"${this.written++}"` });
    }
    this.store.input = [...this.contents]
      .map(([key, { text, etag }]): InputObject => ({ key, bytes: Buffer.byteLength(text), etag }))
      .sort((one, other) => (one.key < other.key ? -1 : 1));
  }

  /** Publishes versions of the functions, and answers the definition that calls them. */
  public deploy(predictor: Predictor, settings: Partial<RunSettings> = {}, topic = true): Definition {
    const version = String(this.models.size + 1);
    this.models.set(version, predictor);
    return JSON.parse(
      JSON.stringify(
        batchDefinition({
          settings: { ...SETTINGS, toleratedFailure: 0, ...settings },
          controlFunctionArn: `${ARN}:control:${version}`,
          scoring: scoreByFunction('aws', `${ARN}:score:${version}`),
          partition: 'aws',
          ...(topic ? { topicArn: TOPIC } : {}),
          timeoutSeconds: 7200,
        }),
      ),
    ) as Definition;
  }

  /** An execution that has not begun; each is a minute later than the last. */
  public execution(definition: Definition, input: unknown = {}): Execution {
    const minute = this.executions++;
    const start = new Date(Date.UTC(2026, 2, 1, 2, minute)).toISOString();
    return new Execution(definition, this, {
      Id: `arn:execution:${minute}`,
      Name: `night-${minute}`,
      StartTime: start,
      Input: input,
    });
  }

  public run(definition: Definition, input: unknown = {}): Promise<Execution> {
    return this.execution(definition, input).start();
  }

  /** The run that the pointer of the output points to. */
  public current(): string | undefined {
    const text = this.store.files.get(currentKey(SETTINGS.output));
    return text === undefined ? undefined : (JSON.parse(text) as CurrentRun).run;
  }

  public manifest(run = this.current()!): Outcome[] {
    const text = this.store.files.get(manifestKey(runPlace(SETTINGS.output, run)));
    return (text ?? '')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Outcome);
  }

  /** What became of each object, in a word or with the reason. */
  public fates(run?: string): Record<string, string> {
    return Object.fromEntries(
      this.manifest(run).map((outcome) => [
        outcome.key.slice('in/'.length),
        outcome.status === 'quarantined' ? outcome.reason : outcome.status,
      ]),
    );
  }

  public async readItems(_: string, key: string): Promise<readonly unknown[]> {
    const items = await this.store.readJson<unknown[]>(key);
    if (items === undefined) {
      throw named('States.ItemReaderFailed', `${key} is gone`);
    }
    return items;
  }

  public async call(resource: string, parameters: Readonly<Record<string, unknown>>): Promise<unknown> {
    switch (resource) {
      case 'arn:aws:states:::lambda:invoke':
        return {
          ExecutedVersion: '1',
          StatusCode: 200,
          Payload: await this.invoke(parameters.FunctionName as string, parameters.Payload as Requests),
        };
      case 'arn:aws:states:::sns:publish':
        this.calls.push('publish');
        this.trouble({ what: 'publish', of: '', when: 'before', life: new Life(), clock: new VirtualClock() });
        this.told.push(parameters.Message as RunSummary);
        return { MessageId: '1' };
      default:
        throw new Error(`${resource} is not there`);
    }
  }

  private async invoke(arn: string, request: Requests): Promise<unknown> {
    const [, name, version] = /:(control|score):(\d+)$/.exec(arn)!;
    const predictor = this.models.get(version)!;
    const what = request.action ?? 'score';
    const of = request.action === undefined ? String(request.partition.index) : '';
    const [life, clock] = [new Life(), new VirtualClock()];
    this.calls.push(`${what} ${of}`.trimEnd());
    this.versions.push(`${name}:${version}`);
    this.asked.push({ version, request });
    const moment = { what, of, life, clock };
    this.trouble({ ...moment, when: 'before' });
    const today = (answer: unknown): unknown => answer;
    const answer = this.handle(request, predictor, life, clock).then(this.olderCode.get(version) ?? today);
    answer.catch(() => undefined);
    const dead = life.death.then(() => Promise.reject(named('Lambda.Unknown', 'the function died')));
    const given = await Promise.race([answer, dead]);
    this.trouble({ ...moment, when: 'after' });
    return given;
  }

  private handle(request: Requests, predictor: Predictor, life: Life, clock: VirtualClock): Promise<unknown> {
    const runs = life.of(this.troubled(this.store, life, clock));
    switch (request.action) {
      case 'plan':
        return plan(request, runs, {
          now: () => new Date(Date.parse(request.execution.StartTime) + 1000),
          inTime: this.inTime,
        });
      case 'judge':
        return judge(request, runs);
      case 'finish':
        return finish(request, runs, (figures) => void this.figures.push(figures));
      default: {
        const objects = life.of(this.troubled(this.objects, life, clock));
        return scorePartition(request, { predictor, runs, objects, time: INVOCATION, clock });
      }
    }
  }

  /** A store whose every use is a moment for trouble. */
  private troubled<Store extends object>(store: Store, life: Life, clock: VirtualClock): Store {
    return new Proxy(store, {
      get: (target, name) => {
        const member = Reflect.get(target, name) as unknown;
        if (typeof member !== 'function' || typeof name !== 'string') {
          return member;
        }
        return (...given: unknown[]): unknown => {
          const of =
            given.find((each) => typeof each === 'string' && each !== SETTINGS.output.bucket) ??
            (given[1] as InputObject | undefined)?.key;
          const moment = { what: name, of: (of ?? '') as string, life, clock };
          const trouble = (when: Moment['when']): void => this.trouble({ ...moment, when });
          if (name.startsWith('list') || name === 'readLines') {
            trouble('before');
            return member.apply(target, given) as unknown;
          }
          return (async () => {
            trouble('before');
            await (life.dead ? new Promise(() => undefined) : undefined);
            const answer = (await member.apply(target, given)) as unknown;
            trouble('after');
            return answer;
          })();
        };
      },
    });
  }
}
