import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { DIMENSION, METRICS } from '../../lambda/batch/contract';
import { EVERY_MINUTES } from '../../lambda/batch-watch/contract';

/** Runs are rare, and a run is told of when it ends: a minute is no finer than five. */
const PERIOD = Duration.minutes(5);

/** In any such time the watch has looked at least once, even if it is called a little late. */
export const LOOKS = Duration.minutes(2 * EVERY_MINUTES);

/**
 * The metrics of one batch, with exactly the dimension sets under which they are published.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
 */
export class BatchMetrics {
  constructor(
    private readonly stateMachineArn: string,
    private readonly batchName: string,
  ) {}

  /**
   * Published by AWS Step Functions for the state machine, such as `ExecutionsFailed`: for all of its executions, whether they were
   * started by the alias, by a version or by the machine itself. Beside it there are sets of one `Alias` and of one `Version`, and
   * an alarm on these would not see a run that was started otherwise.
   */
  public ofRuns(metricName: string, options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/States',
      metricName,
      dimensionsMap: { StateMachineArn: this.stateMachineArn },
      statistic: cloudwatch.Stats.SUM,
      period: PERIOD,
      ...options,
    });
  }

  /** Published at the end of each run that has an outcome for every object; `atQuota` whenever a job has to wait. */
  public atTheEnd(metricName: keyof typeof METRICS, statistic: string): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: METRICS.namespace,
      metricName: METRICS[metricName],
      dimensionsMap: { [DIMENSION]: this.batchName },
      statistic,
      period: PERIOD,
    });
  }

  /** Published whenever the watch has looked, and the worst of it. */
  public atEachLook(metricName: 'lateness' | 'missedRuns'): cloudwatch.Metric {
    return this.atTheEnd(metricName, cloudwatch.Stats.MAXIMUM).with({ period: LOOKS });
  }

  /** Share of the objects of a run that are quarantined. */
  public quarantinedShare(): cloudwatch.MathExpression {
    return new cloudwatch.MathExpression({
      expression: 'IF(objects > 0, quarantined / objects, 0)',
      usingMetrics: {
        objects: this.atTheEnd('objects', cloudwatch.Stats.SUM),
        quarantined: this.atTheEnd('quarantined', cloudwatch.Stats.SUM),
      },
      period: PERIOD,
      label: 'quarantined objects, share',
    });
  }
}
