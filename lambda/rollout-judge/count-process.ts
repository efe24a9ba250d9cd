import { BELOW, HALF_OCTAVE, MIXTURE, NODES } from './ratio-grid';
import { addStratum, type Strata } from './strata';

/**
 * The bad events of two arms, minute by minute, as far as evidence needs them. All are sums, so that one more minute costs the same
 * however long the rollout takes; nothing is ever summed over minutes before it is compared, which would confound a change of
 * weights with a change of the base rate.
 */
export interface CountProcess {
  /** Bad events of the arm that is suspected to be worse, and of the other. */
  suspected: number;
  other: number;
  /** Minutes with any. */
  minutes: number;
  /** Sum of events times their weight at each ratio of the grid. */
  readonly nodes: number[];
  readonly strata: Strata;
  /** Sums over minutes of suspected² / (events * odds), suspected * other / events, other² * odds / events. */
  readonly squares: [number, number, number];
}

export function emptyProcess(): CountProcess {
  return {
    suspected: 0,
    other: 0,
    minutes: 0,
    nodes: Array<number>(NODES).fill(0),
    strata: { shares: [], events: [] },
    squares: [0, 0, 0],
  };
}

/**
 * One more minute in which the suspected arm had this share of the requests, above 0 and below 1, and `weights` are those of
 * `eventWeights` for it.
 */
export function addCounts(
  process: CountProcess,
  share: number,
  weights: readonly number[],
  suspected: number,
  other: number,
): void {
  const events = suspected + other;
  if (events === 0) {
    return;
  }
  process.suspected += suspected;
  process.other += other;
  process.minutes += 1;
  const { nodes, squares } = process;
  for (let node = 0; node < NODES; node++) {
    nodes[node] += events * weights[node];
  }
  addStratum(process.strata, share, events);
  const odds = share / (1 - share);
  squares[0] += (suspected * suspected) / (events * odds);
  squares[1] += (suspected * other) / events;
  squares[2] += (other * other * odds) / events;
}

/** Whether any ratio of the mixture is likelier than the tolerated one; without, there is no evidence, however it is tempered. */
export function isSuspicious({ suspected, nodes }: CountProcess): boolean {
  const tolerated = nodes[BELOW];
  for (let place = 1; place <= MIXTURE; place++) {
    if (suspected * place * HALF_OCTAVE > nodes[BELOW + place] - tolerated) {
      return true;
    }
  }
  return false;
}

/** Its power of e is nothing beside 1, to the last digit. */
const NOTHING = -40;

/**
 * Natural logarithm of the e-value against "at most the tolerated ratio": the mean likelihood ratio over the mixture, each to the power
 * of 1 / overDispersion. Without over-dispersion, and with a tolerated ratio of 1, it reaches 1 / alpha at any time with a chance of at most
 * alpha, whatever the base rate and the weights do: given the events of a minute, those of one arm are hypergeometric, and
 * E[ratio^suspected] <= (1 + share * (ratio - 1))^events (Hoeffding 1963, theorem 4), which makes it a supermartingale (Ville 1939).
 */
export function logEvidence({ suspected, nodes }: CountProcess, overDispersion: number): number {
  let most = -Infinity;
  for (let place = 1; place <= MIXTURE; place++) {
    most = Math.max(most, suspected * place * HALF_OCTAVE - (nodes[BELOW + place] - nodes[BELOW]));
  }
  let sum = 0;
  for (let place = 1; place <= MIXTURE; place++) {
    const log = suspected * place * HALF_OCTAVE - (nodes[BELOW + place] - nodes[BELOW]);
    const less = (log - most) / overDispersion;
    sum += less > NOTHING ? Math.exp(less) : 0;
  }
  return most / overDispersion + Math.log(sum / MIXTURE);
}
