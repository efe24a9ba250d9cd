import { onTime, type Rule } from './rule';

/** One-sided, at 1 %. */
const CRITICAL = 2.3263478740408408;
const MIN_REQUESTS = 100;

/** The textbook test of two proportions, of all minutes together, looked at each minute. */
export function zTest(): Rule {
  return onTime('z-test each minute', () => {
    const requests = { candidate: 0, baseline: 0 };
    const bad: { candidate: number; baseline: number }[] = [];
    return ({ candidate, baseline }) => {
      requests.candidate += candidate.requests;
      requests.baseline += baseline.requests;
      candidate.bad.forEach((count, place) => {
        bad[place] ??= { candidate: 0, baseline: 0 };
        bad[place].candidate += count ?? 0;
        bad[place].baseline += baseline.bad[place] ?? 0;
      });
      return requests.candidate >= MIN_REQUESTS && bad.some((counts) => z(counts, requests) > CRITICAL);
    };
  });
}

interface Arms {
  readonly candidate: number;
  readonly baseline: number;
}

function z(bad: Arms, requests: Arms): number {
  const pooled = (bad.candidate + bad.baseline) / (requests.candidate + requests.baseline);
  const spread = Math.sqrt(pooled * (1 - pooled) * (1 / requests.candidate + 1 / requests.baseline));
  const difference = bad.candidate / requests.candidate - bad.baseline / requests.baseline;
  return spread > 0 ? difference / spread : 0;
}
