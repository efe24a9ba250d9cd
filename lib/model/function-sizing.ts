import { Duration, Size } from 'aws-cdk-lib';
import { REST_INTEGRATION_TIMEOUT_SECONDS } from '../checks/bounds/api-gateway';
import { EPHEMERAL_STORAGE, FUNCTION_MEMORY, ONE_VCPU_MEMORY } from '../checks/bounds/lambda';

/** Memory, time-out and `/tmp` of a function, and why. */
export interface FunctionSizing {
  readonly memorySize: Size;
  readonly timeout: Duration;
  readonly ephemeralStorage: Size;
  /** One sentence for each choice. */
  readonly reasons: string[];
}

/** ONNX Runtime holds the file, the parsed graph and working memory at the same time. */
const MEMORY_PER_MODEL_BYTE = 4;
const RUNTIME_MEBIBYTES = 256;

/** A first request may come while the artifact is still being fetched; S3 gives a function well over this rate. */
const FETCH_MEBIBYTES_PER_SECOND = 50;
const BASE_TIMEOUT_SECONDS = 10;

/** What a function needs to load a model, whatever it can be given. */
export function memoryNeeded(modelMebibytes: number): number {
  return RUNTIME_MEBIBYTES + MEMORY_PER_MODEL_BYTE * modelMebibytes;
}

/** How long it takes to fetch a model when a function starts. */
export function fetchSeconds(modelMebibytes: number): number {
  return Math.ceil(modelMebibytes / FETCH_MEBIBYTES_PER_SECOND);
}

/** Chooses what a function needs for a model of the given size. */
export function sizeFor(modelMebibytes: number, fetchedAtStart: boolean): FunctionSizing {
  const size = modelMebibytes < 10 ? modelMebibytes.toFixed(2) : Math.round(modelMebibytes).toString();
  const needed = memoryNeeded(modelMebibytes);
  const memory = clamp(
    roundUp(Math.max(needed, ONE_VCPU_MEMORY), needed > ONE_VCPU_MEMORY ? 256 : 1),
    FUNCTION_MEMORY.max,
  );
  const needs = fetchedAtStart ? fetchSeconds(modelMebibytes) : 0;
  const timeout = Math.min(REST_INTEGRATION_TIMEOUT_SECONDS - 1, BASE_TIMEOUT_SECONDS + needs);
  const fetching = timeout - BASE_TIMEOUT_SECONDS;
  const storage = fetchedAtStart
    ? clamp(roundUp(EPHEMERAL_STORAGE.min + modelMebibytes, 64), EPHEMERAL_STORAGE.max)
    : EPHEMERAL_STORAGE.min;
  return {
    memorySize: Size.mebibytes(memory),
    timeout: Duration.seconds(timeout),
    ephemeralStorage: Size.mebibytes(storage),
    reasons: [
      memory === ONE_VCPU_MEMORY
        ? `memory ${memory} MiB: one whole processor, and a model of ${size} MiB needs no more`
        : `memory ${memory} MiB: a model of ${size} MiB needs about ${MEMORY_PER_MODEL_BYTE} times its size while it is loaded`,
      `time-out ${timeout} s: ${fetching === 0 ? 'no request should take longer' : `${fetching} s of it to fetch the model at start`}, and the gateway gives up after ${REST_INTEGRATION_TIMEOUT_SECONDS} s`,
      `/tmp ${storage} MiB: ${fetchedAtStart ? 'room for the fetched model' : 'the model is not copied there'}`,
    ],
  };
}

/** The reasons of a sizing of which some choices were made by the user. */
export function reasonsWith(
  { reasons }: FunctionSizing,
  given: { readonly memorySize?: Size; readonly timeout?: Duration; readonly ephemeralStorage?: Size },
): string[] {
  const choices: [string, unknown][] = [
    ['memory', given.memorySize],
    ['time-out', given.timeout],
    ['/tmp', given.ephemeralStorage],
  ];
  return choices.map(([name, value], index) => (value === undefined ? reasons[index] : `${name}: as given`));
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

function clamp(value: number, max: number): number {
  return Math.min(value, max);
}
