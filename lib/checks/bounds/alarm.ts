import type { Fault, Range } from './fault';

/** Share of bad requests at which an alarm goes off. 0 would fire without a fault, 1 could never be exceeded. */
export const RATIO: Range = { min: 0.000_1, max: 0.999 };

/** Requests in one period below which a ratio is not judged. */
export const SAMPLES: Range = { min: 1, max: 1_000_000 };

/** A latency alarm at or above the time-out can never fire: no call takes longer than its time-out. */
export function latencyNeverReached(maxLatencyMs: number, timeoutMs: number): Fault[] {
  if (maxLatencyMs < timeoutMs) {
    return [];
  }
  return [
    {
      id: 'alarm-latency-unreachable',
      message: `'maxLatency' is ${maxLatencyMs} ms, no call can take longer than the time-out of ${timeoutMs} ms, so the alarm can never fire`,
      fix: "set 'maxLatency' below the function's 'timeout'",
      see: 'https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html',
    },
  ];
}

/** A bound on a time that no request can reach: SageMaker gives a container up before. */
export function invocationTimeNeverReached(prop: string, boundMs: number, timeoutMs: number): Fault[] {
  if (boundMs > 0 && boundMs < timeoutMs) {
    return [];
  }
  return [
    {
      id: 'alarm-latency-unreachable',
      message: `'alarms.${prop}' is ${boundMs} ms, and a request takes between 0 and ${timeoutMs} ms, so the alarm ${boundMs > 0 ? 'can never fire' : 'would never be silent'}`,
      fix: `set 'alarms.${prop}' between 1 and ${timeoutMs - 1} milliseconds`,
      see: 'https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html',
    },
  ];
}
