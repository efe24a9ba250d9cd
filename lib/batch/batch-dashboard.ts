import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { InferenceDashboard } from '../monitoring/inference-dashboard';
import type { BatchMetrics } from './batch-metrics';

/** The rows of a batch: how runs ended, how long they took, what they scored. */
export function addBatchRows(dashboard: InferenceDashboard, metrics: BatchMetrics): void {
  const ends = ['ExecutionsSucceeded', 'ExecutionsFailed', 'ExecutionsTimedOut', 'ExecutionsAborted'];
  dashboard.addRow({
    title: 'Runs',
    graphs: [
      { title: 'begun', metrics: [metrics.ofRuns('ExecutionsStarted')] },
      { title: 'ended', metrics: ends.map((name) => metrics.ofRuns(name)) },
      {
        title: 'how long they took, ms',
        metrics: [metrics.ofRuns('ExecutionTime', { statistic: Stats.MAXIMUM })],
      },
    ],
  });
  dashboard.addRow({
    title: 'Objects',
    graphs: [
      { title: 'scored or quarantined', metrics: [metrics.atTheEnd('objects', Stats.SUM)] },
      { title: 'records', metrics: [metrics.atTheEnd('records', Stats.SUM)] },
      { title: 'quarantined, share', metrics: [metrics.quarantinedShare()] },
      { title: 'time taken, share of the deadline', metrics: [metrics.atTheEnd('lateness', Stats.MAXIMUM)] },
    ],
  });
}
