/** What a benchmark found out. */
export interface BenchResult {
  readonly name: string;
  /** Figures to be read, a row each. */
  readonly rows: readonly Readonly<Record<string, string | number>>[];
  readonly limits: readonly Limit[];
}

/** What must hold: `measured` at most `limit`. */
export interface Limit {
  readonly name: string;
  readonly measured: number;
  readonly limit: number;
  readonly unit: string;
}

export function isBroken({ measured, limit }: Limit): boolean {
  // Written so that NaN is broken too.
  return !(measured <= limit);
}
