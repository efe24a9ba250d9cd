import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { InferenceDashboard } from '../monitoring/inference-dashboard';
import type { WatchedVariant } from './variant-alarms';

/** The rows of one variant: how fast, how many, how wrong, how full. */
export function addVariantRows(dashboard: InferenceDashboard, variant: WatchedVariant): void {
  const { SUM, AVERAGE, MAXIMUM } = cloudwatch.Stats;
  const { name, metrics, instance, onInstances } = variant;
  const percentiles = ['p50', 'p90', 'p99'];
  dashboard.addRow({
    title: `${name}: latency`,
    graphs: [
      {
        title: 'inside the container, us',
        metrics: percentiles.map((p) => metrics.ofVariant('ModelLatency', p, { label: p })),
      },
      { title: 'added by SageMaker, us', metrics: [metrics.ofVariant('OverheadLatency', AVERAGE)] },
    ],
  });
  dashboard.addRow({
    title: `${name}: requests`,
    graphs: [
      { title: 'per minute', metrics: [metrics.ofVariant('Invocations', SUM)] },
      {
        title: 'failed',
        metrics: [metrics.ofVariant('Invocation5XXErrors', SUM), metrics.ofVariant('Invocation4XXErrors', SUM)],
      },
      ...(onInstances
        ? [
            {
              title: 'at a time, per model',
              metrics: [metrics.ofVariant('ConcurrentRequestsPerModel', MAXIMUM)],
            },
          ]
        : [{ title: 'start of a container, us', metrics: [metrics.ofVariant('ModelSetupTime', AVERAGE)] }]),
    ],
  });
  if (!onInstances) {
    return;
  }
  const gpu = instance?.gpuMemory !== undefined;
  dashboard.addRow({
    title: `${name}: saturation`,
    graphs: [
      ...(gpu
        ? [
            {
              title: 'GPUs, % of one',
              metrics: [
                metrics.ofInstances('GPUUtilization', AVERAGE),
                metrics.ofInstances('GPUMemoryUtilization', AVERAGE),
              ],
            },
          ]
        : []),
      { title: 'processors, % of one', metrics: [metrics.ofInstances('CPUUtilization', AVERAGE)] },
      {
        title: 'memory and disk, %',
        metrics: [metrics.ofInstances('MemoryUtilization', AVERAGE), metrics.ofInstances('DiskUtilization', AVERAGE)],
      },
    ],
  });
}
