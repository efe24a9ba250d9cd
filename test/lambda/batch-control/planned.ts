import type {
  InputObject,
  Kept,
  Outcome,
  Partition,
  PartitionRef,
  PlanAnswer,
  PlanReply,
  PlanRequest,
  RunSettings,
} from '../../../lambda/batch/contract';
import { partitionKey, planKey, skippedKey } from '../../../lambda/batch/run-paths';
import { plan, type PlannedRun } from '../../../lambda/batch-control/plan';
import type { MemoryStore } from '../batch/memory-store';

export const SETTINGS: RunSettings = {
  model: { name: 'churn', version: '3' },
  input: { bucket: 'lake', prefix: 'in/' },
  output: { bucket: 'lake', prefix: 'out/' },
  suffixes: [],
  format: 'csv',
  incremental: false,
  judgedShare: 0,
  toleratedFailure: 0.01,
  maxShift: 0.25,
  maxConcurrency: 4,
  maxObjectBytes: 1e9,
  deadlineSeconds: 3600,
  bytesPerSecond: 1e6,
  failWhenEmpty: false,
  startSeconds: 0,
  partitionSeconds: 600,
};

export const START = '2026-03-01T02:00:00.123Z';

/** All that a plan left. */
export interface Planned {
  readonly answer: PlanAnswer;
  readonly planned: PlannedRun;
  readonly first?: Partition;
  readonly rest: readonly Partition[];
  readonly refs: readonly PartitionRef[];
  readonly kept: readonly Kept[];
}

interface PlanOptions {
  readonly input?: unknown;
  readonly name?: string;
  readonly startTime?: string;
  readonly inTime?: () => boolean;
}

/** Plans a run, as often as it takes, and reads what it left as the next steps do. */
export async function planned(
  store: MemoryStore,
  settings: Partial<RunSettings> = {},
  { input = {}, name = 'nightly', startTime = START, inTime = () => true }: PlanOptions = {},
): Promise<Planned> {
  const request: PlanRequest = {
    action: 'plan',
    settings: { ...SETTINGS, ...settings },
    execution: { Id: `arn:execution:${name}`, Name: name, StartTime: startTime, Input: input },
  };
  const clock = { now: () => new Date(Date.parse(startTime) + 5000), inTime };
  let answer: PlanReply;
  do {
    answer = await plan(request, store, clock);
  } while (!answer.planned);
  const read = <T>(key: string): T => JSON.parse(store.files.get(key)!) as T;
  const refs = read<PartitionRef[]>(answer.rest);
  return {
    answer,
    planned: read<PlannedRun>(planKey(answer.run)),
    ...(answer.first === undefined ? {} : { first: read<Partition>(partitionKey(answer.run, answer.first.index)) }),
    rest: refs.map(({ key }) => read<Partition>(key)),
    refs,
    kept: (store.files.get(skippedKey(answer.run)) ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Kept),
  };
}

export function objectOf(number: number, bytes = 1000, etag = `"${number}"`): InputObject {
  return { key: `in/${String(number).padStart(6, '0')}.csv`, bytes, etag };
}

export function scored(object: InputObject, run = 'earlier'): Outcome {
  return { ...object, status: 'scored', output: `s3://lake/${run}/${object.key}.out`, recordsIn: 7, recordsOut: 6 };
}

export const objects = (count: number, bytes = 1000): InputObject[] =>
  Array.from({ length: count }, (_, number) => objectOf(number, bytes));

export const partitionsOf = ({ first, rest }: Planned): readonly Partition[] => [
  ...(first === undefined ? [] : [first]),
  ...rest,
];

export const keysOf = (some: readonly { readonly key: string }[]): string[] => some.map(({ key }) => key);

export const scoredKeys = (run: Planned): string[] =>
  keysOf(partitionsOf(run).flatMap((partition) => partition.objects)).sort();
