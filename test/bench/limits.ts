/** One figure of a benchmark beside the most that it may be. */
export interface Measure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** The most that `value` may be; absent for figures that are there to be read. */
  readonly limit?: number;
}

/** What a benchmark found out. */
export interface BenchResult {
  readonly name: string;
  readonly measures: readonly Measure[];
}

export function isOverLimit({ value, limit }: Measure): boolean {
  return limit !== undefined && !(value <= limit);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
