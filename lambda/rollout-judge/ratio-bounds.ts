import type { CountProcess } from './count-process';
import { BELOW, HALF_OCTAVE, MIXTURE, NODES } from './ratio-grid';

/** Halvings: to less than a thousandth. */
const STEPS = 14;
/** A version so bad is said to be ruled out at 95 %. */
const BETA = 0.05;

/**
 * The largest ratio against which there is as much evidence as a rollback needs: a lower bound that may be looked at at any time, at the
 * level 1 - alpha. 0 below a sixteenth of the tolerated ratio, and never above 64 times of it.
 */
export function ratioAtLeast(process: CountProcess, tolerated: number, overDispersion: number, alpha: number): number {
  // The sums of events are convex in the logarithm of the ratio, so evidence falls with the ratio that it is against.
  const rejected = (place: number): boolean => logEvidenceAt(process, place, overDispersion) >= -Math.log(alpha);
  if (!rejected(-BELOW)) {
    return 0;
  }
  return tolerated * 2 ** (highest(rejected, -BELOW, MIXTURE) / 2);
}

/**
 * The smallest ratio that is ruled out by the same counts read the other way round: what a version that passed may still be. Null when
 * no ratio is.
 */
export function ratioBelow(process: CountProcess, tolerated: number, overDispersion: number): number | null {
  const { suspected, nodes } = process;
  const top = NODES - 1 - BELOW;
  // Convex, and 0 at the tolerated ratio: above it there is one place at most where it is crossed.
  const possible = (place: number): boolean =>
    sumAt(nodes, cubicAt(place), 0) - nodes[BELOW] - suspected * place * HALF_OCTAVE < -Math.log(BETA) * overDispersion;
  return possible(top) ? null : tolerated * 2 ** (highest(possible, 0, top) / 2);
}

function logEvidenceAt({ suspected, nodes }: CountProcess, at: number, overDispersion: number): number {
  const cubic = cubicAt(at);
  const from = sumAt(nodes, cubic, 0);
  let most = -Infinity;
  for (let place = 1; place <= MIXTURE; place++) {
    LOGS[place] = (suspected * place * HALF_OCTAVE - (sumAt(nodes, cubic, place) - from)) / overDispersion;
    most = Math.max(most, LOGS[place]);
  }
  let sum = 0;
  for (let place = 1; place <= MIXTURE; place++) {
    sum += Math.exp(LOGS[place] - most);
  }
  return most + Math.log(sum / MIXTURE);
}

/** Room to work in. */
const LOGS = Array<number>(MIXTURE + 1).fill(0);

/** The highest place up to which it holds, when it holds at the first. */
function highest(holds: (place: number) => boolean, from: number, to: number): number {
  if (holds(to)) {
    return to;
  }
  let low = from;
  let high = to;
  for (let step = 0; step < STEPS; step++) {
    const middle = (low + high) / 2;
    if (holds(middle)) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

/** How the sum at a place between those of the grid is made of four around it. */
interface Cubic {
  readonly first: number;
  readonly weights: readonly [number, number, number, number];
}

/** The sums lie on a smooth curve, so that a cubic through four of them is near it. */
function cubicAt(place: number): Cubic {
  const first = Math.min(Math.max(Math.floor(place) - 1 + BELOW, 0), NODES - 4);
  const x = place + BELOW - first;
  return {
    first,
    weights: [
      (-(x - 1) * (x - 2) * (x - 3)) / 6,
      (x * (x - 2) * (x - 3)) / 2,
      (-x * (x - 1) * (x - 3)) / 2,
      (x * (x - 1) * (x - 2)) / 6,
    ],
  };
}

/** So many places further on. */
function sumAt(nodes: readonly number[], { first, weights: [a, b, c, d] }: Cubic, further: number): number {
  const at = first + further;
  return a * nodes[at] + b * nodes[at + 1] + c * nodes[at + 2] + d * nodes[at + 3];
}
