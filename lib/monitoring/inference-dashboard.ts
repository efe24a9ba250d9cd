import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
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
  /** The dashboard itself; further widgets may be added. */
  public readonly dashboard: cloudwatch.Dashboard;

  constructor(scope: Construct, id: string, alarms: InferenceAlarms) {
    super(scope, id);
    this.dashboard = new cloudwatch.Dashboard(this, 'Resource');
    this.dashboard.addWidgets(
      new cloudwatch.AlarmStatusWidget({ title: 'Alarms', width: FULL_WIDTH, alarms: [alarms.page, ...alarms.all] }),
    );
  }

  /** Adds a row below the ones that are there. */
  public addRow(row: DashboardRow): void {
    const width = Math.floor(FULL_WIDTH / row.graphs.length);
    this.dashboard.addWidgets(
      ...row.graphs.map((graph) => new cloudwatch.GraphWidget({ title: `${row.title}: ${graph.title}`, left: graph.metrics, width })),
    );
  }
}
