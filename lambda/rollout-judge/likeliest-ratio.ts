import type { CountProcess } from './count-process';

/** Newton's method squares its error with each step, and more than that here: what is left is below the tenth digit. */
const CLOSE = 1e-5;
const MOST_STEPS = 50;

/**
 * How many times as bad the suspected arm is, by maximum likelihood over all minutes: the ratio at which as many of the events of each
 * minute were to be expected in it as there were. 0 without any of its own, Infinity without any of the other.
 */
export function likeliestRatio({ suspected, other, strata: { shares, events } }: CountProcess): number {
  if (suspected === 0 || other === 0) {
    return suspected === 0 ? 0 : Infinity;
  }
  const all = suspected + other;
  const wanted = Math.log(suspected / other);
  let share = 0;
  for (let at = 0; at < shares.length; at++) {
    share += (shares[at] * events[at]) / all;
  }
  // Exact with one share in all minutes.
  let log = wanted - Math.log(share / (1 - share));
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const ratio = Math.exp(log);
    let expected = 0;
    let slope = 0;
    for (let at = 0; at < shares.length; at++) {
      const odds = ratio * shares[at];
      const part = odds / (1 - shares[at] + odds);
      const mine = events[at] * part;
      expected += mine;
      slope += mine * (1 - part);
    }
    // On the scale of log-odds the equation is nearly a line.
    const step = ((wanted - Math.log(expected / (all - expected))) * expected * (all - expected)) / (all * slope);
    log += step;
    if (Math.abs(step) < CLOSE) {
      break;
    }
  }
  return Math.exp(log);
}
