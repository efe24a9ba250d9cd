/** How far a run is; moments are in milliseconds. */
export interface Progress {
  /** When it began, or was redriven. */
  readonly begun: number;
  /** Absent before its partitions are scored side by side. */
  readonly partitions?: {
    readonly begun: number;
    readonly total: number;
    readonly done: number;
    readonly running: number;
  };
}

/**
 * How long a run will have taken over how long it may take: above 1 it is late. Until as many partitions are done as are at work at
 * a time, only the time that has passed counts: a few are no measure of the others. From then on, those at work count as done, so
 * that what is projected is never more than what it will be when they go on like that: all have about the same weight.
 */
export function projectedLateness({ begun, partitions }: Progress, deadlineSeconds: number, now: number): number {
  const deadline = deadlineSeconds * 1000;
  const elapsed = (now - begun) / deadline;
  if (partitions === undefined || partitions.done < Math.max(1, partitions.running)) {
    return elapsed;
  }
  const { total, done, running } = partitions;
  const before = Math.max(0, partitions.begun - begun);
  return Math.max(elapsed, (before + ((now - partitions.begun) * total) / (done + running)) / deadline);
}
