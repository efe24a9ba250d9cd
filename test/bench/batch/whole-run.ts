import type {
  FinishRequest,
  JudgeRequest,
  PlanRequest,
  RunSettings,
  ScoreRequest,
} from '../../../lambda/batch/contract';
import { s3Client } from '../../../lambda/batch/s3-client';
import { S3ObjectStore } from '../../../lambda/batch/s3-object-store';
import { S3RunStore } from '../../../lambda/batch/s3-run-store';
import { finish } from '../../../lambda/batch-control/finish';
import { judge } from '../../../lambda/batch-control/judge';
import { plan } from '../../../lambda/batch-control/plan';
import { scorePartition } from '../../../lambda/batch-score/score-partition';
import { batchDefinition } from '../../../lib/batch/batch-definition';
import { scoreByFunction } from '../../../lib/batch/function-scoring';
import { predictorOf } from '../../lambda/batch-score/predictor';
import { LoopbackS3 } from '../../lambda/batch/loopback-s3';
import { type Definition, Execution, type Reached } from '../../lambda/batch/run-definition';
import { PAIR } from '../../lambda/predict/models';
import { removeAssets } from '../../lambda/served-model';
import type { BenchResult } from '../bench-result';
import { SETTINGS } from './planned-run';

const SIZES = [1_000, 10_000];
/** What the construct has without being told. */
const DEFAULTS: Partial<RunSettings> = {
  maxConcurrency: 20,
  judgedShare: 0.05,
  bytesPerSecond: 512 * 1024,
  suffixes: [],
};
const FUNCTION = 'arn:aws:lambda:eu-west-1:123456789012:function';
/** Written out once, so that whoever makes it more notices: for 1,000 objects of a run of 10,000. */
const LIMITS = { transitions: 8, functions: 3, requests: 2_050 };

/** What a whole run asks of AWS: its definition in an interpreter, its functions in this process, and the real client of S3 over loopback. */
export async function benchBatchRun(): Promise<BenchResult> {
  const rows = [];
  for (const size of SIZES) {
    rows.push(await run(size));
  }
  removeAssets();
  const last = rows.at(-1)!;
  return {
    name: 'a whole run by functions, for 1,000 objects of a record each',
    rows,
    limits: (['transitions', 'functions', 'requests'] as const).map((name) => ({
      name: `${LABELS[name]} for 1,000 objects of a run of ${SIZES.at(-1)}`,
      measured: last[LABELS[name]],
      limit: LIMITS[name],
      unit: '',
    })),
  };
}

const LABELS = {
  transitions: 'state transitions',
  functions: 'invocations',
  requests: 'requests of S3',
} as const;

async function run(size: number) {
  const s3 = new LoopbackS3();
  const stop = await s3.start();
  try {
    for (let number = 0; number < size; number++) {
      s3.put(`lake/in/${String(number).padStart(9, '0')}.csv`, `1,${number}\n`);
    }
    const machine = new Machine();
    const execution = new Execution(machine.definition(), machine, {
      Id: 'arn:execution',
      Name: 'bench',
      StartTime: new Date().toISOString(),
      Input: {},
    });
    await execution.start();
    if (execution.status !== 'SUCCEEDED') {
      throw execution.error ?? new Error(execution.status);
    }
    const thousands = size / 1000;
    const requests = (of: (request: string) => boolean): number => s3.requests.filter(of).length / thousands;
    const isList = (request: string): boolean => request.includes('list-type=2');
    return {
      objects: size,
      [LABELS.transitions]: execution.entered.length / thousands,
      [LABELS.functions]: machine.invocations / thousands,
      [LABELS.requests]: requests(() => true),
      'that list': requests(isList),
      'that read': requests((request) => request.startsWith('GET') && !isList(request)),
      'that write': requests((request) => /^(PUT|POST)/.test(request)),
    };
  } finally {
    stop();
  }
}

class Machine implements Reached {
  public invocations = 0;
  private readonly settings: RunSettings = { ...SETTINGS, ...DEFAULTS };
  private readonly client = s3Client();
  private readonly store = new S3RunStore(this.client, this.settings.output.bucket);
  private readonly objects = new S3ObjectStore(this.client);
  private readonly predictor = predictorOf(PAIR);

  public definition(): Definition {
    return JSON.parse(
      JSON.stringify(
        batchDefinition({
          settings: this.settings,
          controlFunctionArn: `${FUNCTION}:control:1`,
          scoring: scoreByFunction('aws', `${FUNCTION}:score:1`),
          partition: 'aws',
          timeoutSeconds: 7200,
        }),
      ),
    ) as Definition;
  }

  public async call(_: string, parameters: Readonly<Record<string, unknown>>): Promise<unknown> {
    this.invocations++;
    return { Payload: await this.invoke(parameters.Payload as Requests) };
  }

  public async readItems(_: string, key: string): Promise<readonly unknown[]> {
    return (await this.store.readJson<unknown[]>(key))!;
  }

  private invoke(request: Requests): Promise<unknown> {
    switch (request.action) {
      case 'plan':
        return plan(request, this.store, { now: () => new Date(), inTime: () => true });
      case 'judge':
        return judge(request, this.store);
      case 'finish':
        return finish(request, this.store, () => undefined);
      default:
        return scorePartition(request, {
          predictor: this.predictor,
          runs: this.store,
          objects: this.objects,
          time: { take: 600_000, finish: 700_000 },
        });
    }
  }
}

type Requests = PlanRequest | JudgeRequest | FinishRequest | (ScoreRequest & { readonly action?: undefined });
