import type {
  AdvanceAnswer,
  AdvanceRequest,
  Outcome,
  Partition,
  PartitionOutcome,
} from '../../../lambda/batch/contract';
import { outcomeKey, partitionKey, runPlace } from '../../../lambda/batch/run-paths';
import { advance } from '../../../lambda/batch-jobs/advance';
import { Life } from '../batch/life';
import { SETTINGS } from '../batch-control/planned';
import { awsError } from '../batch-score/memory-objects';
import { type Chance, ExecutionEnded, type TransformWorld } from './transform-world';

const RUN = runPlace(SETTINGS.output, '20260301T020000123Z-nightly');
const INDEX = 7;
const ATTEMPTS = 6;
/** A step makes about a dozen of the 25,000 events that an execution may have. */
const MOST_STEPS = 2000;
const JOB_TIMEOUT = 2000;

/** The part of the state machine that scores one partition, over all its executions. */
export class PartitionLoop {
  /** Names that were handed out to be begun, and seconds that were waited. */
  public readonly handedOut: string[] = [];
  public readonly waits: number[] = [];
  public atQuota = 0;
  public invocations = 0;
  public error?: Error;
  private last: Partial<AdvanceAnswer> = {};
  private ended: Readonly<Record<string, unknown>> = {};
  private kept = false;

  public constructor(
    private readonly world: TransformWorld,
    private readonly maxJobs: number,
    private readonly maxObjectBytes = 100,
  ) {
    const partition: Partition = { index: INDEX, objects: world.objects };
    world.store.files.set(partitionKey(RUN, INDEX), JSON.stringify(partition));
  }

  public get outcome(): PartitionOutcome | undefined {
    const text = this.world.store.files.get(outcomeKey(RUN, INDEX));
    return text === undefined ? undefined : (JSON.parse(text) as PartitionOutcome);
  }

  /** By key: `scored`, or the reason. */
  public get fates(): Record<string, string> {
    return Object.fromEntries(
      (this.outcome?.outcomes ?? []).map((outcome: Outcome) => [
        outcome.key,
        outcome.status === 'quarantined' ? outcome.reason : outcome.status,
      ]),
    );
  }

  /** One execution: whether the partition is complete then. It begins anew, or where the one before was ended. */
  public async run(): Promise<boolean> {
    const { world } = this;
    const asItWas = this.kept && world.chance('redriven as it was');
    this.kept = false;
    try {
      if (!asItWas) {
        [this.last, this.ended] = [{}, {}];
      } else if (this.last.job !== undefined) {
        this.ended = world.runJob(this.last as AdvanceAnswer, JOB_TIMEOUT);
      }
      for (let step = 0; step < MOST_STEPS; step++) {
        const answer = await this.attempted();
        if (answer === undefined || answer.complete) {
          return answer !== undefined;
        }
        this.last = answer;
        this.waits.push(...(answer.wait === undefined ? [] : [answer.wait]));
        world.pass(answer.wait ?? 0);
        if (answer.job !== undefined) {
          this.handedOut.push(answer.name!);
          this.ended = world.runJob(answer, JOB_TIMEOUT);
        }
      }
    } catch (error) {
      if (error instanceof ExecutionEnded) {
        this.kept = true;
        return false;
      }
      throw error;
    }
    throw new Error('it does not come to an end');
  }

  /** Until the partition is complete; gives how many executions there were. */
  public async finish(calm: () => void = () => undefined): Promise<number> {
    for (let run = 1; ; run++) {
      if (run > 4) {
        calm();
      }
      if (await this.run()) {
        return run;
      }
      if (run === 12) {
        throw this.error ?? new Error('it is never complete');
      }
    }
  }

  private async attempted(): Promise<AdvanceAnswer | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.invoke();
      } catch (error) {
        this.error = error as Error;
        if ((error as Error).name === 'JobRefused' || attempt === ATTEMPTS) {
          return undefined;
        }
        if (!/^(InternalError|Lambda\.Unknown)$/.test((error as Error).name)) {
          throw error;
        }
        this.world.pass(2);
      }
    }
  }

  private async invoke(): Promise<AdvanceAnswer> {
    const { world } = this;
    this.invocations++;
    const life = new Life();
    const reached = life.of(this.troubled(world, life));
    const { settings, jobs } = {
      settings: { ...SETTINGS, maxObjectBytes: this.maxObjectBytes },
      jobs: {
        name: 'churn',
        instances: 2,
        lines: true,
        gzip: false,
        answers: 'csv',
        capture: false,
        maxJobs: this.maxJobs,
      } as const,
    };
    const partition = { index: INDEX, key: partitionKey(RUN, INDEX), objects: world.objects.length, bytes: 1 };
    const request: AdvanceRequest = { settings, jobs, run: RUN, partition, last: this.last, ended: this.ended };
    const answer = advance(JSON.parse(JSON.stringify(request)) as AdvanceRequest, {
      runs: life.of(this.troubled(world.store, life)),
      objects: reached,
      logLines: (job, enough) => reached.logLines(job, enough),
      describe: (job) => reached.describe(job),
      stop: (job) => reached.stopJob(job),
      atQuota: () => this.atQuota++,
      random: () => 0.5,
      hasTime: () => !world.chance('out of time'),
    });
    answer.catch(() => undefined);
    const dead = life.death.then(() => Promise.reject(awsError('Lambda.Unknown')));
    const given = await Promise.race([answer, dead]);
    if (world.chance('answer of Advance lost')) {
      throw awsError('Lambda.Unknown');
    }
    return JSON.parse(JSON.stringify(given)) as AdvanceAnswer;
  }

  /** Something of which every use may fail, or be the last that an invocation does. */
  private troubled<Store extends object>(store: Store, life: Life): Store {
    const { world } = this;
    const trouble = (when: 'before' | 'after'): void => {
      if (world.chance(`fault ${when}` as Chance)) {
        throw awsError('InternalError');
      }
      if (world.chance(`death ${when}` as Chance)) {
        life.end();
      }
    };
    return new Proxy(store, {
      get: (target, name) => {
        const member = Reflect.get(target, name) as unknown;
        if (typeof member !== 'function') {
          return member;
        }
        return (...given: unknown[]): unknown => {
          if (name === 'listKeys' || name === 'readLines') {
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
