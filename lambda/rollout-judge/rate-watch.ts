/** Requests of each arm, and bad events, since they were last looked at together; and what that said. */
export interface RateWatch {
  candidateRequests: number;
  candidateBad: number;
  baselineRequests: number;
  baselineBad: number;
  /** Both arms were at the ceiling or above. */
  bothBad: boolean;
  /** Times in a row that the candidate was, while there was no baseline. */
  aloneBad: number;
}

/** Fewer requests of an arm are not looked at, but added to those of the next minute. */
const MIN_REQUESTS = 20;

export function emptyWatch(): RateWatch {
  return {
    candidateRequests: 0,
    candidateBad: 0,
    baselineRequests: 0,
    baselineBad: 0,
    bothBad: false,
    aloneBad: 0,
  };
}

/** One more minute. The ratio of two arms says nothing of whether both are down: this does. */
export function watchRates(
  watch: RateWatch,
  ceiling: number,
  candidate: { readonly requests: number; readonly bad: number },
  baseline: { readonly requests: number; readonly bad: number },
): void {
  watch.candidateRequests += candidate.requests;
  watch.candidateBad += candidate.bad;
  watch.baselineRequests += baseline.requests;
  watch.baselineBad += baseline.bad;
  if (watch.candidateRequests < MIN_REQUESTS) {
    return;
  }
  const bad = watch.candidateBad >= ceiling * watch.candidateRequests;
  if (watch.baselineRequests >= MIN_REQUESTS) {
    watch.bothBad = bad && watch.baselineBad >= ceiling * watch.baselineRequests;
    watch.aloneBad = 0;
  } else if (watch.baselineRequests === 0) {
    watch.bothBad = false;
    watch.aloneBad = bad ? watch.aloneBad + 1 : 0;
  } else {
    return;
  }
  watch.candidateRequests = 0;
  watch.candidateBad = 0;
  watch.baselineRequests = 0;
  watch.baselineBad = 0;
}
