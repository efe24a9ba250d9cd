/**
 * Ratios at which evidence is kept: half octaves around the tolerated one. Those of the mixture, 1.41 to 64 times as bad, are what a
 * regression may look like; the others are there for bounds of the ratio.
 */
export const HALF_OCTAVE = Math.LN2 / 2;
/** Places of the mixture, from the tolerated ratio. */
export const MIXTURE = 12;
/** Places below the tolerated ratio. */
export const BELOW = 8;
/** Twice the mixture above it, as a bound of 64 looks 64 times further, and two more to read between them. */
const ABOVE = 2 * MIXTURE + 2;
export const NODES = BELOW + 1 + ABOVE;

export function ratioGrid(toleratedRatio: number): readonly number[] {
  return Array.from({ length: NODES }, (_, node) => toleratedRatio * 2 ** ((node - BELOW) / 2));
}

/**
 * What one bad event weighs at each ratio when the suspected arm has this share of the requests: ln(1 + share * (ratio - 1)), the
 * logarithm of how much likelier an event is in a minute as a whole.
 */
export function eventWeights(grid: readonly number[], share: number, into: number[]): void {
  for (let node = 0; node < NODES; node++) {
    into[node] = Math.log(1 + share * (grid[node] - 1));
  }
}
