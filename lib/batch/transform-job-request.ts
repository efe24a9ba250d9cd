import { Token } from 'aws-cdk-lib';
import type { JobSettings } from '../../lambda/batch/contract';
import { BatchFormat } from './batch-transform-props';
import type { JobScoringOptions } from './job-scoring';
import { type TransformJobOptions, TransformSplit, TransformStrategy } from './transform-job-options';

const DEFAULT_PAYLOAD_MEBIBYTES = 6;
const DEFAULT_INVOCATION_SECONDS = 600;
const DEFAULT_SEARCH = 20;
const CSV = 'text/csv';
const JSON_LINES = 'application/jsonlines';
const EVERYTHING_CAPTURED = { GenerateInferenceId: true };

/** What requests for jobs are made of. */
export interface JobRequestOptions {
  readonly options: TransformJobOptions;
  readonly format: BatchFormat | undefined;
  /** Whether the library's own container answers. */
  readonly ownContainer: boolean;
  readonly modelName: string;
  readonly instanceType: string;
  /** Key of the volume; absent where the instance has disks of its own, which take none. */
  readonly volumeKey?: string;
  readonly outputKey?: string;
  readonly identity: { readonly name: string; readonly version: string };
}

/** The parts of CreateTransformJob that are the same for all jobs, and what of them decides what comes out. */
export function jobRequest(
  given: JobRequestOptions,
): JobScoringOptions['request'] & { readonly scoring: Readonly<Record<string, unknown>> } {
  const { options, outputKey, identity } = given;
  const { contentType, accept, lines } = media(options, given.format, given.ownContainer);
  const split = splitOf(options);
  const processing = {
    ...(options.inputFilter === undefined ? {} : { InputFilter: options.inputFilter }),
    ...(options.outputFilter === undefined ? {} : { OutputFilter: options.outputFilter }),
    ...(options.joinInput === true ? { JoinSource: 'Input' } : {}),
  };
  const input = {
    ContentType: contentType,
    SplitType: split,
    ...(options.gzip === true ? { CompressionType: 'Gzip' } : {}),
  };
  const output = { Accept: accept, ...(lines ? { AssembleWith: 'Line' } : {}) };
  const strategy =
    split === TransformSplit.NONE ? {} : { BatchStrategy: options.strategy ?? TransformStrategy.MULTI_RECORD };
  const environment = options.environment ?? {};
  return {
    input,
    output: { ...output, ...(outputKey === undefined ? {} : { KmsKeyId: outputKey }) },
    ...(options.dataCapture === true
      ? { capture: { ...EVERYTHING_CAPTURED, ...(outputKey === undefined ? {} : { KmsKeyId: outputKey }) } }
      : {}),
    others: {
      ModelName: given.modelName,
      TransformResources: {
        InstanceType: given.instanceType,
        InstanceCount: options.instancesPerJob ?? 1,
        ...(given.volumeKey === undefined ? {} : { VolumeKmsKeyId: given.volumeKey }),
        ...(options.amiVersion === undefined ? {} : { TransformAmiVersion: options.amiVersion }),
      },
      ...strategy,
      MaxPayloadInMB: options.maxPayload?.toMebibytes() ?? DEFAULT_PAYLOAD_MEBIBYTES,
      ...(options.maxConcurrentTransforms === undefined
        ? {}
        : { MaxConcurrentTransforms: options.maxConcurrentTransforms }),
      ModelClientConfig: {
        InvocationsTimeoutInSeconds: options.invocationTimeout?.toSeconds() ?? DEFAULT_INVOCATION_SECONDS,
        ...(options.invocationRetries === undefined ? {} : { InvocationsMaxRetries: options.invocationRetries }),
      },
      ...(Object.keys(processing).length === 0 ? {} : { DataProcessing: processing }),
      ...(Object.keys(environment).length === 0 ? {} : { Environment: environment }),
      // For the bill: a job is no resource of the stack, and has none of its tags.
      Tags: [
        { Key: 'model', Value: identity.name },
        { Key: 'model-version', Value: identity.version },
      ],
    },
    scoring: { input, output, ...strategy, processing, environment: plain(environment) },
  };
}

/** What the function that reads answers has to know. */
export function jobSettings(
  name: string,
  { options, format, ownContainer }: Pick<JobRequestOptions, 'options' | 'format' | 'ownContainer'>,
): JobSettings {
  const { accept, lines } = media(options, format, ownContainer);
  return {
    name,
    instances: options.instancesPerJob ?? 1,
    lines,
    gzip: options.gzip ?? false,
    answers: answersOf(accept, options.strategy),
    capture: options.dataCapture ?? false,
    maxJobs: options.maxJobsPerPartition ?? DEFAULT_SEARCH,
  };
}

/** What objects are, and what the container is asked for. */
export function media(
  { contentType, accept, split }: TransformJobOptions,
  format: BatchFormat | undefined,
  ownContainer: boolean,
): { readonly contentType: string; readonly accept: string; readonly lines: boolean } {
  const type = contentType ?? (format === BatchFormat.CSV ? CSV : JSON_LINES);
  return {
    contentType: type,
    accept: accept ?? (ownContainer ? JSON_LINES : type),
    lines: splitOf({ split, contentType }) === TransformSplit.LINE,
  };
}

/** A JSON document for each record may stand on a line; then there is something to look into. */
function answersOf(accept: string, strategy: TransformStrategy | undefined): JobSettings['answers'] {
  if (isCsv(accept)) {
    return 'csv';
  }
  if (isJsonLines(accept)) {
    return 'json-lines';
  }
  return plainType(accept) === 'application/json' && strategy === TransformStrategy.SINGLE_RECORD ? 'json' : 'opaque';
}

/** Text is cut between its lines; anything else, such as a picture, is one request. */
export function splitOf({ split, contentType }: Pick<TransformJobOptions, 'split' | 'contentType'>): TransformSplit {
  return (
    split ??
    (contentType === undefined || Token.isUnresolved(contentType) || isText(contentType)
      ? TransformSplit.LINE
      : TransformSplit.NONE)
  );
}

/** A media type without its parameters. */
function plainType(mediaType: string): string {
  return mediaType.split(';', 1)[0].trim().toLowerCase();
}

export function isCsv(mediaType: string): boolean {
  return plainType(mediaType) === CSV;
}

/** What has lines. */
export function isText(mediaType: string): boolean {
  return plainType(mediaType).startsWith('text/') || isJson(mediaType);
}

/** A document, or one on each line. */
export function isJson(mediaType: string): boolean {
  return ['application/json', JSON_LINES].includes(plainType(mediaType));
}

export function isJsonLines(mediaType: string): boolean {
  return plainType(mediaType) === JSON_LINES;
}

/** What is known only at deployment decides nothing here. */
function plain(environment: { readonly [name: string]: string }): object {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => !Token.isUnresolved(value)));
}
