import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { METRICS } from '../../lambda/predict/contract';
import type { InferenceDashboard } from '../monitoring/inference-dashboard';
import type { AliasMetrics } from '../monitoring/alias-metrics';

/** The rows of a deployment on Lambda: how fast, how many, how wrong, how full, which version, which predictions. */
export function addServerlessRows(
  dashboard: InferenceDashboard,
  metrics: AliasMetrics,
  parts: { readonly ownHandler: boolean; readonly provisioned: boolean },
): void {
  const { SUM, MAXIMUM, AVERAGE } = cloudwatch.Stats;
  const { ownHandler, provisioned } = parts;
  const ifOwn = <T>(...items: T[]): T[] => (ownHandler ? items : []);
  const percentiles = ['p50', 'p95', 'p99'];
  dashboard.addRow({
    title: 'Latency',
    graphs: [
      { title: 'time to answer, ms', metrics: percentiles.map((p) => metrics.ofAlias('Duration', p, { label: p })) },
      ...ifOwn({
        title: 'inside the model, ms',
        metrics: percentiles.map((p) => metrics.ofHandler(METRICS.modelLatency, p).with({ label: p })),
      }),
    ],
  });
  dashboard.addRow({
    title: 'Requests',
    graphs: [
      { title: 'per minute', metrics: [metrics.ofAlias('Invocations', SUM)] },
      ...ifOwn({ title: 'instances per request', metrics: [metrics.ofHandler(METRICS.batchSize, AVERAGE)] }),
    ],
  });
  dashboard.addRow({
    title: 'Failures',
    graphs: [
      {
        title: 'ours',
        metrics: [metrics.ofAlias('Errors', SUM), ...ifOwn(metrics.ofHandler(METRICS.handledServerErrors, SUM))],
      },
      ...ifOwn({
        title: "the callers'",
        metrics: [metrics.ofHandler(METRICS.clientErrors, SUM), metrics.ofHandler(METRICS.rejectedInvocations, SUM)],
      }),
      { title: 'turned away', metrics: [metrics.ofAlias('Throttles', SUM)] },
    ],
  });
  dashboard.addRow({
    title: 'Saturation',
    graphs: [
      { title: 'concurrent executions', metrics: [metrics.ofFunction('ConcurrentExecutions', MAXIMUM)] },
      ...(provisioned
        ? [
            {
              title: 'provisioned environments in use, share',
              metrics: [metrics.ofAlias('ProvisionedConcurrencyUtilization', MAXIMUM)],
            },
            {
              title: 'requests that found none free',
              metrics: [metrics.ofAlias('ProvisionedConcurrencySpilloverInvocations', SUM)],
            },
          ]
        : []),
    ],
  });
  dashboard.addRow({
    title: 'Newest version',
    graphs: [
      { title: 'requests', metrics: [metrics.ofNewVersion('Invocations', SUM)] },
      {
        title: 'failures',
        metrics: [
          metrics.ofNewVersion('Errors', SUM),
          ...ifOwn(metrics.ofHandlerInNewVersion(METRICS.handledServerErrors, SUM)),
        ],
      },
      { title: 'p99 of the time to answer, ms', metrics: [metrics.ofNewVersion('Duration', 'p99')] },
    ],
  });
  if (ownHandler) {
    dashboard.addRow({
      title: 'Predictions',
      graphs: [{ title: 'average', metrics: [metrics.ofHandler(METRICS.prediction, AVERAGE)] }],
    });
  }
}
