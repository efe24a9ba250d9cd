import type { ArmEvidence, Decision, JudgedMetric, JudgedStep, JudgeSettings, MetricEvidence } from './contract';
import { logEvidence } from './count-process';
import type { MetricState } from './judge-state';
import { likeliestRatio } from './likeliest-ratio';
import { overDispersion } from './over-dispersion';
import { ratioAtLeast, ratioBelow } from './ratio-bounds';

/** All that a metric's decision rests on, in words and numbers that can be shown. */
export function metricEvidence(
  state: MetricState,
  metric: JudgedMetric,
  { alpha, tempering, toleratedRatio }: JudgeSettings,
  { minRequests }: JudgedStep,
  tooSmall: MetricEvidence['tooSmall'],
  decision: Decision,
): MetricEvidence {
  const { process, candidateRequests, baselineRequests } = state;
  const { suspected, other } = process;
  const increases = metric.direction === 'increase';
  const ratio = likeliestRatio(process);
  const dispersion = overDispersion(process, ratio);
  const used = tempering ? dispersion : 1;
  return {
    name: metric.name,
    ...decision,
    observeOnly: metric.observeOnly,
    candidate: arm(candidateRequests, increases ? suspected : other),
    baseline: arm(baselineRequests, increases ? other : suspected),
    stepRequests: state.stepRequests,
    minRequests,
    ratio: other === 0 ? null : ratio,
    ratioAtLeast: ratioAtLeast(process, toleratedRatio, used, alpha),
    ratioBelow: ratioBelow(process, toleratedRatio, used),
    logEvidence: logEvidence(process, used),
    pValue: Math.exp(-state.mostLogEvidence),
    overDispersion: dispersion,
    tooSmall,
  };
}

function arm(requests: number, bad: number): ArmEvidence {
  return { requests, bad, rate: requests === 0 ? null : bad / requests };
}
