/** The split is random for each request, so a small share comes in bursts. */
const DEVIATIONS = 3;

/**
 * Environments that are ready for a share of the traffic for which `all` are ready. They are more than the share of them, since a request
 * that finds none waits for a cold start, and a candidate would look slower than it is; and never more than all.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
 */
export function environmentsForShare(percent: number, all: number): number {
  const busy = (all * percent) / 100;
  return Math.min(all, Math.ceil(busy + DEVIATIONS * Math.sqrt(busy)));
}
