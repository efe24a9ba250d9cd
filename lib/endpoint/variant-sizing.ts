import { Duration, type Size } from 'aws-cdk-lib';

/** How long an instance may take until its container answers. */
export interface StartupTimes {
  readonly download: Duration;
  readonly startup: Duration;
}

const LONGEST_SECONDS = 3600;
const DOWNLOAD = { base: 300, perGiB: 20 };
const STARTUP = { base: 480, perGiB: 30 };

/** A language model of tens of gigabytes takes far longer than what SageMaker allows by itself. */
export function startupTimes(
  model: Size | undefined,
  given: { readonly downloadTimeout?: Duration; readonly startupTimeout?: Duration },
): StartupTimes {
  return {
    download: given.downloadTimeout ?? grown(DOWNLOAD, model),
    startup: given.startupTimeout ?? grown(STARTUP, model),
  };
}

/** Both together; what is known only at deployment may be as long as SageMaker allows. */
export function longestStart({ download, startup }: StartupTimes): Duration {
  const known = (time: Duration): number => (time.isUnresolved() ? LONGEST_SECONDS : time.toSeconds());
  return Duration.seconds(known(download) + known(startup));
}

function grown({ base, perGiB }: typeof DOWNLOAD, model: Size | undefined): Duration {
  return Duration.seconds(Math.min(LONGEST_SECONDS, Math.ceil(base + perGiB * inGibibytes(model))));
}

const NEEDS_VOLUME_GIB = 15;
const LARGEST_VOLUME_GIB = 512;
const ROOM_GIB = 10;

/** The disk for a model that SageMaker's own would hardly hold: the archive, its content, and some room. */
export function volumeFor(model: Size | undefined): number | undefined {
  const gib = inGibibytes(model);
  return gib <= NEEDS_VOLUME_GIB ? undefined : Math.min(LARGEST_VOLUME_GIB, Math.ceil(2 * gib) + ROOM_GIB);
}

function inGibibytes(size: Size | undefined): number {
  return size === undefined || size.isUnresolved() ? 0 : size.toBytes() / 1024 ** 3;
}
