import type { Progress } from './progress';
import type { Score } from './score';

export function showScore(progress: Progress, { requests, errors, accuracy, p50, p95, p99, versions }: Score): void {
  const served = Object.entries(versions).map(([version, count]) => `${version} (${count})`);
  progress.table(
    ['rows', 'errors', 'accuracy', 'p50 ms', 'p95 ms', 'p99 ms', 'answered by version'],
    [
      [
        String(requests),
        String(errors),
        `${(100 * accuracy).toFixed(1)} %`,
        p50.toFixed(0),
        p95.toFixed(0),
        p99.toFixed(0),
        served.join(', '),
      ],
    ],
  );
}
