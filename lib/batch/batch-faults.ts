import { Token } from 'aws-cdk-lib';
import type { Fault } from '../checks/bounds/fault';
import type { AlarmSettings } from '../monitoring/alarm-settings';
import { fraction, judge, minutes, mustBeKnown } from '../private/validation';
import type { Rollout } from '../rollout/rollout';
import { faultyArrival } from './batch-arrival-props';
import type { BatchLocation, BatchTransformProps } from './batch-transform-props';
import { faultyEngine } from './engine-faults';

const HONOURED = 'Rollout.canary({ percent }) or Rollout.allAtOnce()';
const MINUTES_PER_WEEK = 7 * 24 * 60;
/** In bytes; what a run leaves has longer keys than its prefix. */
const LONGEST_KEY = 1024;
const LONGEST_PREFIX = 512;

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
    ...faultyEngine(props),
    ...mustBeKnown('batch-unknown-size', 'maxObjectSize', props.maxObjectSize, 'larger objects are told from others'),
    ...mustBeKnown('batch-unknown-throughput', 'throughput', props.throughput, 'partitions are made from it'),
    ...judge(props.maxObjectSize, (size) => faultyBytes('maxObjectSize', size.toBytes())),
    ...judge(props.throughput, (size) => faultyBytes('throughput', size.toBytes())),
    ...idleSettings(props.alarms ?? {}),
    ...(props.suffixes ?? []).flatMap((suffix) => judge(suffix, faultySuffix)),
  ];
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

function faultySuffix(suffix: string): Fault[] {
  if (suffix !== '' && !suffix.startsWith('*')) {
    return [];
  }
  const plain = suffix.replace(/^\*+/, '');
  return [
    {
      id: 'batch-suffix',
      message:
        suffix === ''
          ? "'suffixes' has an empty text, with which every key ends"
          : `'suffixes' has '${suffix}', and a key ends with the text itself: there are no patterns`,
      fix: plain === '' ? "leave 'suffixes' out for all objects" : `write '${plain}'`,
    },
  ];
}

function faultyPrefix(prop: 'input' | 'output', { prefix }: BatchLocation): readonly Fault[] {
  return judge(prefix, (known) => {
    const plain = known.replace(/^\/+|\/+$/g, '');
    const strange = strangePrefix(prop, known);
    if (strange !== undefined) {
      return [strange];
    }
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

/** What would be a prefix, and below which there would never be an object: such a run succeeds every night, and scores nothing. */
function strangePrefix(prop: 'input' | 'output', prefix: string): Fault | undefined {
  const bytes = Buffer.byteLength(prefix);
  const what = prefix.includes('://')
    ? { says: 'is an address', fix: "give the bucket by 'bucket', and as 'prefix' what comes after it" }
    : /[*?]/.test(prefix)
      ? { says: 'has a pattern, and S3 knows none', fix: "end it before the pattern, and choose by 'suffixes'" }
      : bytes > LONGEST_PREFIX
        ? { says: `has ${bytes} bytes, and keys have ${LONGEST_KEY} at most`, fix: 'shorten it' }
        : undefined;
  return what === undefined
    ? undefined
    : {
        id: 'batch-prefix',
        message: `the prefix of '${prop}', '${prefix.slice(0, 100)}', ${what.says}`,
        fix: what.fix,
      };
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
