import type {
  AdvanceAnswer,
  AdvanceRequest,
  CurrentRun,
  FinishRequest,
  JudgeRequest,
  Outcome,
  PlanRequest,
  RunSettings,
  RunSummary,
} from '../../../lambda/batch/contract';
import { currentKey, manifestKey, runPlace } from '../../../lambda/batch/run-paths';
import { finish } from '../../../lambda/batch-control/finish';
import { judge } from '../../../lambda/batch-control/judge';
import { plan } from '../../../lambda/batch-control/plan';
import { advance } from '../../../lambda/batch-jobs/advance';
import { batchDefinition } from '../../../lib/batch/batch-definition';
import { scoreByJobs } from '../../../lib/batch/job-scoring';
import { SETTINGS } from '../batch-control/planned';
import { ExecutionEnded, type Nature, TransformWorld } from '../batch-jobs/transform-world';
import { type Definition, Execution, named, type Reached, Stopped } from './run-definition';

type Request = PlanRequest | JudgeRequest | FinishRequest | (AdvanceRequest & { readonly action?: undefined });

const ARN = 'arn:aws:lambda:eu-west-1:123456789012:function';

/** A batch by transform jobs: its functions and its whole definition are ours, SageMaker and S3 are a world with faults. */
export class JobBatch implements Reached {
  public readonly world: TransformWorld;
  /** Calls of functions, such as `plan` or `advance 3`. */
  public readonly calls: string[] = [];
  /** A fault of a call, by throwing. */
  public trouble: (call: string) => void = () => undefined;
  public atQuota = 0;
  private executions = 0;

  public constructor(natures: Readonly<Record<string, Nature>>) {
    this.world = new TransformWorld(
      Object.fromEntries(Object.entries(natures).map(([name, nature]) => [`in/${name}`, nature])),
    );
    this.world.store.input = this.world.objects;
  }

  public definition(settings: Partial<RunSettings> = {}, maxJobs = 20): Definition {
    const scoring = scoreByJobs({
      partition: 'aws',
      jobs: { name: 'churn', instances: 1, lines: true, gzip: false, answers: 'csv', capture: false, maxJobs },
      advanceFunctionArn: `${ARN}:advance:1`,
      request: { input: {}, output: {}, others: { ModelName: 'churn-1' } },
      timeoutSeconds: 7200,
    });
    return JSON.parse(
      JSON.stringify(
        batchDefinition({
          settings: { ...SETTINGS, toleratedFailure: 1, maxConcurrency: 2, startSeconds: 300, ...settings },
          controlFunctionArn: `${ARN}:control:1`,
          scoring,
          partition: 'aws',
          timeoutSeconds: 1e6,
        }),
      ),
    ) as Definition;
  }

  public execution(definition = this.definition(), input: unknown = {}): Execution {
    const number = this.executions++;
    return new Execution(definition, this, {
      Id: `arn:execution:${number}`,
      Name: `night_${number}`,
      StartTime: new Date(this.world.now * 1000 + number).toISOString(),
      Input: input,
    });
  }

  public run(definition?: Definition, input?: unknown): Promise<Execution> {
    return this.execution(definition, input).start();
  }

  /** By name: `scored`, or the reason. */
  public fates(run = this.current()!): Record<string, string> {
    const text = this.world.store.files.get(manifestKey(runPlace(SETTINGS.output, run))) ?? '';
    const outcomes = text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Outcome);
    return Object.fromEntries(
      outcomes.map((outcome) => [
        outcome.key.slice('in/'.length),
        outcome.status === 'quarantined' ? outcome.reason : outcome.status,
      ]),
    );
  }

  public current(): string | undefined {
    const text = this.world.store.files.get(currentKey(SETTINGS.output));
    return text === undefined ? undefined : (JSON.parse(text) as CurrentRun).run;
  }

  public wait(seconds: number): void {
    this.world.pass(seconds);
  }

  public async readItems(_: string, key: string): Promise<readonly unknown[]> {
    return (await this.world.store.readJson<unknown[]>(key))!;
  }

  public async call(
    resource: string,
    parameters: Readonly<Record<string, unknown>>,
    timeout: number,
  ): Promise<unknown> {
    if (resource === 'arn:aws:states:::lambda:invoke') {
      return { StatusCode: 200, Payload: await this.invoke(parameters.Payload as Request) };
    }
    expect(resource).toBe('arn:aws:states:::sagemaker:createTransformJob.sync');
    const ended = this.runJob(parameters, timeout);
    if (typeof ended.Error === 'string') {
      throw named(ended.Error, ended.Cause as string);
    }
    return ended;
  }

  private runJob(parameters: Readonly<Record<string, unknown>>, timeout: number): Record<string, unknown> {
    const input = parameters.TransformInput as { DataSource: { S3DataSource: { S3DataType: string; S3Uri: string } } };
    const { S3OutputPath: output } = parameters.TransformOutput as { readonly S3OutputPath: string };
    expect(input.DataSource.S3DataSource.S3DataType).toBe('ManifestFile');
    expect(parameters.ModelName).toBe('churn-1');
    const answer = {
      name: parameters.TransformJobName,
      job: { manifest: input.DataSource.S3DataSource.S3Uri, output, capture: '' },
    } as AdvanceAnswer;
    try {
      return this.world.runJob(answer, timeout);
    } catch (error) {
      throw error instanceof ExecutionEnded ? new Stopped('somebody stopped the execution') : error;
    }
  }

  private async invoke(request: Request): Promise<unknown> {
    const { world } = this;
    const call = request.action ?? `advance ${request.partition.index}`;
    this.calls.push(call);
    this.trouble(call);
    const now = () => new Date(world.now * 1000);
    switch (request.action) {
      case 'plan':
        return plan(request, world.store, { now, inTime: () => true });
      case 'judge':
        return judge(request, world.store);
      case 'finish':
        return finish(request, world.store, () => undefined, now);
      default:
        return advance(request, {
          runs: world.store,
          objects: world,
          logLines: (job, enough) => world.logLines(job, enough),
          describe: (job) => world.describe(job),
          stop: (job) => world.stopJob(job),
          atQuota: () => this.atQuota++,
          random: () => 0.5,
          hasTime: () => true,
        });
    }
  }
}

export const summaryOf = (execution: Execution): RunSummary => execution.output as RunSummary;
