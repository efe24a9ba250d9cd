import type { ManifestPlace, Place, RunOverrides, RunSettings } from '../batch/contract';
import { RunError } from '../batch/run-error';
import { currentKey, runsPrefix } from '../batch/run-paths';
import { isRunId } from './run-id';

/** What one run does: the settings of all runs, with what this one was started with. */
export interface RunChoices {
  /** Where to look for objects. */
  readonly input: Place;
  readonly manifest?: ManifestPlace;
  /** The prefix or the manifest that this run was started for, instead of what all runs of the batch are about. */
  readonly part?: string;
  readonly incremental: boolean;
  readonly toleratedFailure: number;
  readonly resume?: string;
  /** Share of the objects that are judged before the rest may start; 0 for none. */
  readonly judgedShare: number;
}

interface Override {
  readonly takes: string;
  readonly fits: (value: unknown) => boolean;
}

const trueOrFalse: Override = { takes: 'true or false', fits: (value) => typeof value === 'boolean' };

const OVERRIDES: Readonly<Record<keyof RunOverrides, (settings: RunSettings) => Override>> = {
  prefix: ({ input }) => ({
    takes: `text that begins with '${input.prefix}' and ends with '/'`,
    // Without its end, day=1 would be day=10 too.
    fits: (value) => typeof value === 'string' && value.startsWith(input.prefix) && /(^|\/)$/.test(value),
  }),
  incremental: () => trueOrFalse,
  judge: () => trueOrFalse,
  toleratedFailure: () => ({
    takes: 'a number from 0 to 1',
    fits: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  }),
  resume: () => ({
    takes: 'the id of a run, such as 20260102T030405678Z-name',
    fits: (value) => typeof value === 'string' && isRunId(value),
  }),
  manifest: ({ manifest }) =>
    manifest !== undefined && 'prefix' in manifest
      ? {
          takes: `a key that begins with '${manifest.prefix}'`,
          fits: (value) => typeof value === 'string' && value.startsWith(manifest.prefix),
        }
      : { takes: 'nothing: this batch was not made with a prefix of manifests', fits: () => false },
};

/** Reads what an execution was started with. Throws where that is anything else than overrides, or leads to no possible run. */
export function runChoices(settings: RunSettings, executionInput: unknown): RunChoices {
  const { prefix, manifest, resume, ...overrides } = readOverrides(settings, executionInput);
  const input = { bucket: settings.input.bucket, prefix: prefix ?? settings.input.prefix };
  refuseOwnResults(input, settings.output);
  const part = manifest ?? (input.prefix === settings.input.prefix ? undefined : input.prefix);
  return {
    input,
    ...(settings.manifest === undefined
      ? {}
      : { manifest: manifest === undefined ? settings.manifest : { bucket: settings.manifest.bucket, key: manifest } }),
    ...(part === undefined ? {} : { part }),
    incremental: overrides.incremental ?? settings.incremental,
    toleratedFailure: overrides.toleratedFailure ?? settings.toleratedFailure,
    ...(resume === undefined ? {} : { resume }),
    judgedShare: overrides.judge === false ? 0 : settings.judgedShare,
  };
}

function readOverrides(settings: RunSettings, executionInput: unknown): RunOverrides {
  const input = executionInput ?? {};
  const all = Object.keys(OVERRIDES);
  if (typeof input !== 'object' || Array.isArray(input)) {
    throw new RunError(
      'badInput',
      `the input of the execution is ${shown(input)}: start it with {}, or with an object of ${all.join(', ')}`,
    );
  }
  if (isEvent(input)) {
    return {};
  }
  for (const [key, value] of Object.entries(input)) {
    if (!all.includes(key)) {
      throw new RunError('badInput', `the input of the execution has '${key}': it may have ${all.join(', ')}`);
    }
    const { takes, fits } = OVERRIDES[key as keyof RunOverrides](settings);
    if (!fits(value)) {
      throw new RunError('badInput', `'${key}' in the input of the execution is ${shown(value)}: it takes ${takes}`);
    }
  }
  return input;
}

/** What EventBridge hands over, and its Scheduler where it was given no input: it says why a run starts, not what it does. */
function isEvent(input: object): boolean {
  return 'detail-type' in input && 'source' in input;
}

/** A run that lists what runs write would score its own results. */
function refuseOwnResults(input: Place, output: Place): void {
  const listed = input.prefix;
  const written = [runsPrefix(output), currentKey(output)];
  if (
    input.bucket === output.bucket &&
    (written.some((key) => key.startsWith(listed)) || listed.startsWith(runsPrefix(output)))
  ) {
    throw new RunError(
      'badInput',
      `the input s3://${input.bucket}/${listed} and the results in s3://${output.bucket}/${runsPrefix(output)} lie in each other: ` +
        "look below another prefix, or move the batch's output",
    );
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}
