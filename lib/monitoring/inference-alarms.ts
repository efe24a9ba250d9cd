import { Duration, Lazy } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { type AlarmSettings, AlarmSeverity } from './alarm-settings';

/** One alarm of a deployment. */
export interface InferenceAlarmProps {
  /** How urgent it is. */
  readonly severity: AlarmSeverity;

  /** What has happened when it goes off, and what to do first. */
  readonly description: string;

  /** What is watched: a metric, or a metric-math expression. */
  readonly metric: cloudwatch.IMetric;

  /** The bound, in the metric's own unit. */
  readonly threshold: number;

  /**
   * @default GREATER_THAN_THRESHOLD
   */
  readonly comparisonOperator?: cloudwatch.ComparisonOperator;

  /**
   * Periods that are looked at.
   *
   * @default 5
   */
  readonly evaluationPeriods?: number;

  /**
   * Periods among them that must be over the bound.
   *
   * @default 3, or all of them if there are fewer
   */
  readonly datapointsToAlarm?: number;

  /**
   * What a period without data counts as.
   *
   * @default NOT_BREACHING
   */
  readonly treatMissingData?: cloudwatch.TreatMissingData;
}

/**
 * The alarms of one deployment: each with a severity, an explicit policy for missing data and a runbook link, and one
 * composite alarm over the critical ones that pages somebody.
 */
export class InferenceAlarms extends Construct {
  /** Goes off while any critical alarm does. */
  public readonly page: cloudwatch.CompositeAlarm;

  private readonly settings: AlarmSettings;
  private readonly bySeverity = new Map<AlarmSeverity, cloudwatch.Alarm[]>();

  constructor(scope: Construct, id: string, settings: AlarmSettings = {}) {
    super(scope, id);
    this.settings = settings;
    this.page = new cloudwatch.CompositeAlarm(this, 'Page', {
      alarmDescription: this.describe(`Callers of ${scope.node.path} are affected: a critical alarm went off.`),
      // Rendered at the end, so that alarms added later are part of it.
      alarmRule: { renderAlarmRule: () => Lazy.string({ produce: () => this.pageRule() }) },
    });
    // The CDK gives composite alarms a name of its own making, which two stacks of one account could share.
    (this.page.node.defaultChild as cloudwatch.CfnCompositeAlarm).alarmName = undefined;
    this.page.addAlarmAction(...(settings.pageActions ?? []));
    this.page.addOkAction(...(settings.pageActions ?? []));
  }

  /** Adds an alarm; it gets the actions of its severity. */
  public add(id: string, props: InferenceAlarmProps): cloudwatch.Alarm {
    const evaluationPeriods = props.evaluationPeriods ?? 5;
    const alarm = new cloudwatch.Alarm(this, id, {
      alarmDescription: this.describe(props.description, props.severity),
      metric: props.metric,
      threshold: props.threshold,
      comparisonOperator: props.comparisonOperator ?? cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods,
      datapointsToAlarm: props.datapointsToAlarm ?? Math.min(3, evaluationPeriods),
      treatMissingData: props.treatMissingData ?? cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    if (props.severity === AlarmSeverity.WARNING) {
      alarm.addAlarmAction(...(this.settings.warningActions ?? []));
    }
    this.bySeverity.set(props.severity, [...(this.bySeverity.get(props.severity) ?? []), alarm]);
    return alarm;
  }

  /** All alarms of one severity; a copy. */
  public withSeverity(severity: AlarmSeverity): cloudwatch.Alarm[] {
    return [...(this.bySeverity.get(severity) ?? [])];
  }

  /** All alarms but the composite one; a copy. */
  public get all(): cloudwatch.Alarm[] {
    return [...this.bySeverity.values()].flat();
  }

  private describe(description: string, severity?: AlarmSeverity): string {
    const runbook = this.settings.runbookUrl === undefined ? '' : ` Runbook: ${this.settings.runbookUrl}`;
    return `${severity === undefined ? '' : `[${severity}] `}${description}${runbook}`;
  }

  private pageRule(): string {
    const critical = this.withSeverity(AlarmSeverity.CRITICAL);
    // A composite alarm needs a rule even when there is nothing to page for.
    return critical.length === 0 ? 'FALSE' : critical.map((alarm) => `ALARM("${alarm.alarmArn}")`).join(' OR ');
  }
}

/** Metrics are looked at minute by minute. */
export const ALARM_PERIOD = Duration.minutes(1);
