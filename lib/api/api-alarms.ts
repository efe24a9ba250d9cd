import { Names, Tokenization } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { RATIO, SAMPLES } from '../checks/bounds/alarm';
import type { Fault } from '../checks/bounds/fault';
import type { IInference } from '../inference';
import { AlarmSeverity } from '../monitoring/alarm-settings';
import { ALARM_PERIOD } from '../monitoring/inference-alarms';
import { fraction, integer } from '../private/validation';

/** Thresholds of the alarms on an `InferenceApi`. */
export interface ApiAlarmSettings {
  /**
   * Share of requests answered with 5xx, 0.0001 to 0.999, above which somebody is paged.
   *
   * @default 0.05
   */
  readonly maxServerErrorRatio?: number;

  /**
   * Share of requests answered with 4xx, 0.0001 to 0.999, above which somebody is warned: a caller that changed its
   * format, an attack, or a schema that is too narrow.
   *
   * @default 0.25
   */
  readonly maxClientErrorRatio?: number;

  /**
   * Requests per minute below which no ratio is judged.
   *
   * @default 20
   */
  readonly minSamples?: number;
}

export function faultyApiAlarms(settings: ApiAlarmSettings = {}): Fault[] {
  return [
    ...fraction('alarm-error-ratio', 'alarms.maxServerErrorRatio', settings.maxServerErrorRatio, RATIO),
    ...fraction('alarm-error-ratio', 'alarms.maxClientErrorRatio', settings.maxClientErrorRatio, RATIO),
    ...integer('alarm-samples', 'alarms.minSamples', settings.minSamples, SAMPLES),
  ];
}

/** Adds the alarms and the dashboard row of an API to those of the deployment behind it. */
export function addApiAlarms(
  scope: Construct,
  inference: IInference,
  stage: { readonly apiName: string; readonly stageName: string },
  settings: ApiAlarmSettings = {},
): void {
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
  const metric = (metricName: string, statistic: string) =>
    new cloudwatch.Metric({
      namespace: 'AWS/ApiGateway',
      metricName,
      statistic,
      period: ALARM_PERIOD,
      dimensionsMap: { ApiName: stage.apiName, Stage: stage.stageName },
    });
  const requests = metric('Count', cloudwatch.Stats.SAMPLE_COUNT);
  const ratio = (metricName: string, label: string) =>
    new cloudwatch.MathExpression({
      expression: `IF(requests >= ${Tokenization.stringifyNumber(settings.minSamples ?? 20)}, failures / requests, 0)`,
      usingMetrics: { requests, failures: metric(metricName, cloudwatch.Stats.SUM) },
      period: ALARM_PERIOD,
      label,
    });
  const id = scope.node.id;
  // The alarms live with the deployment, where APIs of one id but different scopes meet.
  const alarmId =
    inference.alarms.node.tryFindChild(`${id}ServerErrors`) === undefined
      ? id
      : Names.uniqueResourceName(scope, { maxLength: 64 });
  inference.alarms.add(`${alarmId}ServerErrors`, {
    severity: AlarmSeverity.CRITICAL,
    description:
      'The API answers with 5xx: the function fails, is turned away or takes too long. Compare with the alarms of the function.',
    metric: ratio('5XXError', 'share of requests answered with 5xx'),
    threshold: settings.maxServerErrorRatio ?? 0.05,
  });
  inference.alarms.add(`${alarmId}ClientErrors`, {
    severity: AlarmSeverity.WARNING,
    description: 'The API refuses many requests with 4xx. The access log says whose, and errorType why.',
    metric: ratio('4XXError', 'share of requests answered with 4xx'),
    threshold: settings.maxClientErrorRatio ?? 0.25,
  });
  inference.dashboard?.addRow({
    title: `API ${id}`,
    graphs: [
      { title: 'requests', metrics: [requests] },
      {
        title: 'refused and failed',
        metrics: [metric('4XXError', cloudwatch.Stats.SUM), metric('5XXError', cloudwatch.Stats.SUM)],
      },
      {
        title: 'time to answer, ms',
        metrics: ['p50', 'p95', 'p99'].map((p) => metric('Latency', p).with({ label: p })),
      },
    ],
  });
}
