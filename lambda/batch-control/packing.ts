/** Which partition each object is in, by its number, and what each partition then has. */
export interface Packing {
  readonly partitionOf: Uint32Array;
  readonly loads: Float64Array;
  readonly counts: Uint32Array;
}

export function heaviest(loads: Float64Array): number {
  return loads.reduce((most, load) => Math.max(most, load), 0);
}
