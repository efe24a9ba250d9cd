import { Token } from 'aws-cdk-lib';
import type { Fault } from '../checks/bounds/fault';
import type { AlarmSettings } from '../monitoring/alarm-settings';
import { fraction, judge, minutes, mustBeKnown } from '../private/validation';
import { type Model, OnnxModel } from '../model/model';
import type { Rollout } from '../rollout/rollout';
import { faultyArrival } from './batch-arrival-props';
import { BatchFormat, type BatchLocation, type BatchTransformProps } from './batch-transform-props';
import { chooseEngine } from './engine-choice';
import type { TransformJobOptions } from './transform-job-options';
import { isCsv, media } from './transform-job-request';

const HONOURED = 'Rollout.canary({ percent }) or Rollout.allAtOnce()';
const MINUTES_PER_WEEK = 7 * 24 * 60;

/** What is wrong with the props of a batch, by themselves and together. */
export function faultyBatch(props: BatchTransformProps): Fault[] {
  return [
    ...faultyPrefix('input', props.input),
    ...faultyPrefix('output', props.output),
    ...(props.inputManifest?._faults() ?? []),
    ...overlap(props),
    ...(props.rollout === undefined ? [] : faultyRollout(props.rollout)),
    ...(props.arrival === undefined ? [] : faultyArrival(props.arrival, props.inputManifest !== undefined)),
    ...fraction('batch-score-shift', 'maxScoreShift', props.maxScoreShift, { min: 0.001, max: 10 }),
    ...fraction('batch-tolerated-failure', 'toleratedFailure', props.toleratedFailure, { min: 0, max: 1 }),
    ...minutes('batch-deadline', 'deadline', props.deadline, { min: 10, max: MINUTES_PER_WEEK }),
    ...mustBeKnown('batch-unknown-deadline', 'deadline', props.deadline, 'a run is stopped after twice that time'),
    ...(props.engine?._faults() ?? []),
    ...faultyEngine(props),
    ...judge(props.maxObjectSize, (size) => faultyBytes('maxObjectSize', size.toBytes())),
    ...judge(props.throughput, (size) => faultyBytes('throughput', size.toBytes())),
    ...idleSettings(props.alarms ?? {}),
    ...(props.suffixes ?? []).flatMap((suffix) =>
      suffix === ''
        ? [
            {
              id: 'batch-suffix',
              message: "'suffixes' has an empty text, with which every key ends",
              fix: "leave 'suffixes' out for all objects",
            },
          ]
        : [],
    ),
  ];
}

/** What one engine can, and the other cannot. */
function faultyEngine({ engine, model, format }: BatchTransformProps): Fault[] {
  const faults: Fault[] = [];
  if (engine?._functions !== undefined && !(model instanceof OnnxModel)) {
    faults.push({
      id: 'batch-engine',
      message: `'engine' is functions, and the model '${model.name}' runs in a container`,
      fix: "use BatchEngine.transformJobs(), or leave 'engine' out",
    });
  }
  const jobs = (engine ?? chooseEngine(model).chosen)._transformJobs;
  if (jobs !== undefined && jobs.contentType === undefined && format === BatchFormat.CSV_WITH_HEADER) {
    faults.push({
      id: 'batch-header',
      message: "'format' is CSV with a header, which a transform job would hand over as a record",
      fix: 'write the objects without it and use BatchFormat.CSV',
      see: 'https://docs.aws.amazon.com/sagemaker/latest/dg/cdf-inference.html',
    });
  }
  return [...faults, ...(jobs?.joinInput === true ? mixedJoin(jobs, format, model) : [])];
}

/** SageMaker fails each object of which it cannot put records and answers together: that would cost a job after the other. */
function mixedJoin(jobs: TransformJobOptions, format: BatchFormat | undefined, model: Model): readonly Fault[] {
  const ownContainer = model instanceof OnnxModel;
  const { contentType, accept } = media(jobs, format, ownContainer);
  return judge(contentType, (given) =>
    judge(accept, (answered) =>
      isCsv(given) === isCsv(answered)
        ? []
        : [
            {
              id: 'transform-join',
              message: `'joinInput' is true, objects are ${given} and answers ${answered}: CSV is put together with CSV only, and JSON with JSON`,
              fix: `${ownContainer ? 'write the objects as JSON Lines' : "ask by 'accept' for answers of the same kind"}, or leave 'joinInput' out: predictions are in the order of the records`,
              see: 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DataProcessing.html',
            },
          ],
    ),
  );
}

/** What other patterns watch, and a batch has nothing of. */
function idleSettings(alarms: AlarmSettings): Fault[] {
  return (['maxErrorRatio', 'maxLatency', 'minSamples', 'noTrafficFor'] as const)
    .filter((name) => alarms[name] !== undefined)
    .map((name) => ({
      id: 'batch-alarms',
      message: `'alarms.${name}' is for requests, and a batch has runs`,
      fix: "leave it out: 'toleratedFailure' and 'deadline' say when a run counts as failed, and as late",
    }));
}

const GIBIBYTE = 1024 ** 3;

function faultyBytes(prop: string, bytes: number): Fault[] {
  return bytes >= 1024 && bytes <= 5 * GIBIBYTE
    ? []
    : [
        {
          id: 'batch-bytes',
          message: `'${prop}' is ${bytes} bytes, allowed are 1 KiB to 5 GiB`,
          fix: `set '${prop}' within that`,
        },
      ];
}

function faultyPrefix(prop: 'input' | 'output', { prefix }: BatchLocation): readonly Fault[] {
  return judge(prefix, (known) => {
    const plain = known.replace(/^\/+|\/+$/g, '');
    return known.endsWith('/') && !known.startsWith('/')
      ? []
      : [
          {
            id: 'batch-prefix',
            message: `the prefix of '${prop}' is '${known}', and must end with '/' and not begin with it`,
            fix:
              plain === ''
                ? "leave 'prefix' out for the whole bucket"
                : `write '${plain}/': without its end, day=1 would be day=10 too`,
          },
        ];
  });
}

/** Results that are listed as input would be scored by the next run. */
function overlap({ input, output }: BatchTransformProps): Fault[] {
  const same = input.bucket === output.bucket || sameName(input.bucket.bucketName, output.bucket.bucketName);
  const [from, to] = [input.prefix ?? '', output.prefix ?? ''];
  if (!same || Token.isUnresolved(from) || Token.isUnresolved(to) || (!from.startsWith(to) && !to.startsWith(from))) {
    return [];
  }
  return [
    {
      id: 'batch-output-within-input',
      message: `'input' (${shown(from)}) and 'output' (${shown(to)}) lie in each other in one bucket, and a run would score the results of another`,
      fix: "give each a prefix of its own, such as 'input/' and 'output/', or two buckets",
    },
  ];
}

function sameName(one: string, other: string): boolean {
  return !Token.isUnresolved(one) && !Token.isUnresolved(other) && one === other;
}

function shown(prefix: string): string {
  return prefix === '' ? 'the whole bucket' : `'${prefix}'`;
}

function faultyRollout({ _shift: { kind, step, intervalMinutes, bakeMinutes = 0 }, options }: Rollout): Fault[] {
  const faults: Fault[] = [];
  if (kind !== 'canary' && kind !== 'allAtOnce') {
    faults.push({
      id: 'batch-rollout',
      message: `'rollout' is ${kind}, and a batch has a first part that is judged and a rest`,
      fix: `use ${HONOURED}`,
    });
  }
  if (step !== undefined && 'percent' in step) {
    faults.push(
      ...mustBeKnown('batch-unknown-percent', 'rollout', step.percent, 'how much is judged is written into each run'),
    );
  }
  if (step !== undefined && 'instances' in step) {
    faults.push({
      id: 'batch-rollout-instances',
      message: "'rollout' says by 'instances' how much comes first, and a batch has objects",
      fix: "say by 'percent' which share of the objects is judged first",
    });
  }
  if (intervalMinutes !== 0 || bakeMinutes !== 0) {
    faults.push({
      id: 'batch-rollout-bake',
      message:
        "'rollout' asks to watch for some time, and a batch has no traffic to watch: the first part is judged when it is scored",
      fix: `leave the time out: ${HONOURED}`,
    });
  }
  if (
    options.beforeTraffic !== undefined ||
    options.afterTraffic !== undefined ||
    options.rollbackAlarms !== undefined
  ) {
    faults.push({
      id: 'batch-rollout-hooks',
      message: "'rollout' has functions or alarms, and nothing runs them in a batch",
      fix: "leave 'beforeTraffic', 'afterTraffic' and 'rollbackAlarms' out",
    });
  }
  return faults;
}
