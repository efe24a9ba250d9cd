import { partsOfFunction } from './function-name';
import type { Region } from './replayable';

/** How what was read is put through. */
export interface ThroughSettings {
  /** Absent where nothing is put through. */
  readonly functionName?: string;
  readonly dryRun: boolean;
  readonly json: boolean;
  /** Records of an event, and of a second. */
  readonly batchSize: number;
  readonly rate?: number;
  readonly attempts: number;
  /** Where the function and the stream are, as far as their ARNs say. */
  readonly region?: Region;
}

/** Times in milliseconds since 1970: from this one on, and before that one. */
export interface Range {
  readonly since: number;
  readonly until: number;
}

/** The range is that of the times at which the objects were written. */
export interface ObjectsSettings extends ThroughSettings, Range {
  readonly from: string;
  readonly bucket: string;
  readonly prefix: string;
  /** A key. */
  readonly after?: string;
}

export interface QuarantineSettings extends ObjectsSettings {
  readonly source: 'quarantine';
  /** None: whatever the reason. */
  readonly reasons: readonly string[];
}

export interface FailedSettings extends ObjectsSettings {
  readonly source: 'failed';
}

/** The range is that of the times at which the records arrived. */
export interface StreamSettings extends ThroughSettings, Range {
  readonly source: 'stream';
  /** Name or ARN. */
  readonly stream: string;
  readonly after?: { readonly shard: string; readonly sequenceNumber: string };
}

export type ReplaySettings = QuarantineSettings | FailedSettings | StreamSettings;

/** Options as they were written. */
export interface ThroughOptions {
  readonly function?: string;
  readonly rate?: string;
  readonly batchSize: string;
  readonly attempts: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly since?: string;
  readonly until?: string;
  readonly after?: string;
}

export interface ObjectsOptions extends ThroughOptions {
  readonly from: string;
}

/** What AWS Lambda takes for an event at most, as an event source mapping does. */
const MOST_RECORDS = 10_000;
const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export function objectsSettings(options: ObjectsOptions, now: number): ObjectsSettings {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(options.from);
  if (match === null) {
    throw new Error(`--from is no place in S3: '${options.from}'; give s3://bucket/prefix`);
  }
  const [, bucket, prefix = ''] = match;
  const after = options.after?.replace(`s3://${bucket}/`, '');
  if (after !== undefined && !after.startsWith(prefix)) {
    throw new Error(`--after names '${after}', which is not below ${options.from}; give the key of an object there`);
  }
  // What the consumer puts there from now on is the answer to this replay.
  const { since = 0, until = now } = rangeOf(options, now);
  return { ...throughSettings(options), since, until, from: options.from, bucket, prefix, after };
}

export function streamSettings(options: ThroughOptions & { readonly stream: string }, now: number): StreamSettings {
  const arn = /^arn:([\w-]+):kinesis:([\w-]+):(\d{12}):stream\/[\w.-]{1,128}$/.exec(options.stream);
  if (arn === null && !/^[\w.-]{1,128}$/.test(options.stream)) {
    throw new Error(`--stream is no stream: '${options.stream}'; give its name, or its ARN`);
  }
  const { since, until = now } = rangeOf(options, now);
  if (since === undefined) {
    throw new Error('--since is missing: give the time of the first record, such as 2026-01-31T08:00:00Z or 2h');
  }
  const through = throughSettings(options);
  return {
    ...through,
    ...(arn === null ? {} : { region: { partition: arn[1], region: arn[2], account: arn[3] } }),
    source: 'stream',
    stream: options.stream,
    since,
    until,
    after: options.after === undefined ? undefined : placeOf(options.after),
  };
}

function throughSettings(options: ThroughOptions): ThroughSettings {
  const { function: functionName, dryRun = false, json = false } = options;
  const rate = options.rate === undefined ? undefined : count('--rate', options.rate, 1_000_000);
  const batchSize = count('--batch-size', options.batchSize, MOST_RECORDS);
  return {
    functionName,
    dryRun,
    json,
    // More at a time would be more than in a second.
    batchSize: Math.min(batchSize, rate ?? batchSize),
    rate,
    attempts: count('--attempts', options.attempts, 1_000),
    region: regionOf(functionName, dryRun),
  };
}

function regionOf(functionName: string | undefined, dryRun: boolean): Region | undefined {
  if (functionName === undefined) {
    if (!dryRun) {
      throw new Error(
        '--function is missing: give the alias that the event source mapping calls, such as my-stream:live',
      );
    }
    return undefined;
  }
  const parts = partsOfFunction(functionName);
  if (parts === undefined) {
    throw new Error(
      `--function is no function: '${functionName}'; give its name or ARN with the alias, such as my-stream:live`,
    );
  }
  if (parts.qualifier === undefined) {
    throw new Error(
      `--function names no alias: '${functionName}'; give the one that the event source mapping calls, such as ${functionName}:live`,
    );
  }
  return parts.region;
}

function count(option: string, text: string, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > most) {
    throw new Error(`${option} is ${text}; give a whole number from 1 to ${most}`);
  }
  return value;
}

function rangeOf(options: ThroughOptions, now: number): Partial<Range> {
  const since = timeOf('--since', options.since, now);
  const until = timeOf('--until', options.until, now);
  if (since !== undefined && since >= (until ?? now)) {
    const end = until === undefined ? 'now' : `--until ${options.until}`;
    throw new Error(
      `--since ${options.since} is not before ${end}: nothing lies between them; give an earlier --since`,
    );
  }
  if (until !== undefined && until > now) {
    throw new Error(`--until ${options.until} is in the future; leave it out to go on until now`);
  }
  return { since, until };
}

/** A date, a time with its zone (a local time would be another one on another machine), or how long ago. */
function timeOf(option: string, text: string | undefined, now: number): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  const [, number, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (unit !== undefined) {
    return now - Number(number) * UNITS[unit];
  }
  const time = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(time)) {
    throw new Error(
      `${option} is no time: '${text}'; give one such as 2026-01-31T08:00:00Z, 2026-01-31 (UTC), or 2h for two hours ago`,
    );
  }
  return time;
}

function placeOf(after: string): StreamSettings['after'] {
  const match = /^([\w.-]{1,128}):(\d{1,128})$/.exec(after);
  if (match === null) {
    throw new Error(
      `--after is no record of a stream: '${after}'; give <shard>:<sequence number>, as the replay before said`,
    );
  }
  return { shard: match[1], sequenceNumber: match[2] };
}
