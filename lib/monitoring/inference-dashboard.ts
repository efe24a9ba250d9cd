import { Lazy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { dashboardBody } from './dashboard-body';
import type { InferenceAlarms } from './inference-alarms';

const FULL_WIDTH = 24;

/** One row of a dashboard: a title, and what is drawn side by side. */
export interface DashboardRow {
  /** What the row answers, such as `Latency`. */
  readonly title: string;

  /** The graphs, each with its own metrics; they share the width. */
  readonly graphs: DashboardGraph[];
}

/** One graph. */
export interface DashboardGraph {
  /** Title with the unit, such as `time to answer, ms`. */
  readonly title: string;

  /** What is drawn. */
  readonly metrics: cloudwatch.IMetric[];
}

/** The one dashboard of a deployment: the state of its alarms, then a row per question. */
export class InferenceDashboard extends Construct {
  /** Name of the dashboard. */
  public readonly dashboardName: string;

  private readonly rows: cloudwatch.IWidget[] = [];

  constructor(scope: Construct, id: string, alarms: InferenceAlarms) {
    super(scope, id);
    // Rendered at the end, so that rows and alarms added later are part of it.
    this.dashboardName = new cloudwatch.CfnDashboard(this, 'Resource', {
      dashboardBody: Lazy.string({ produce: () => this.render(alarms) }),
    }).ref;
  }

  /** Adds a row below the ones that are there. */
  public addRow(row: DashboardRow): void {
    const width = Math.floor(FULL_WIDTH / row.graphs.length);
    const graphs = row.graphs.map(
      ({ title, metrics }) => new cloudwatch.GraphWidget({ title: `${row.title}: ${title}`, left: metrics, width }),
    );
    this.addWidgets(...graphs);
  }

  /** Adds widgets of any kind, side by side, below what is there. */
  public addWidgets(...widgets: cloudwatch.IWidget[]): void {
    this.rows.push(new cloudwatch.Row(...widgets));
  }

  private render(alarms: InferenceAlarms): string {
    const states = new cloudwatch.AlarmStatusWidget({
      title: 'Alarms',
      width: FULL_WIDTH,
      alarms: [alarms.page, ...alarms.all],
    });
    const column = new cloudwatch.Column(states, ...this.rows);
    column.position(0, 0);
    return dashboardBody(Stack.of(this), { widgets: column.toJson() as unknown[] });
  }
}
