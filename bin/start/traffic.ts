import { setTimeout as pause } from 'node:timers/promises';
import type { ApiClient } from './api-client';
import type { LabelledRow } from './score';

/** What callers met while a rollout went on. */
export interface TrafficReport {
  readonly requests: number;
  readonly failed: number;
  /** Failed answers by HTTP status. */
  readonly statuses: Record<string, number>;
  /** Good answers by model version. */
  readonly versions: Record<string, number>;
}

/** Enough for a canary's minute to hold the samples that its alarms ask for, and below the API's own limit. */
const REQUESTS_PER_SECOND = 40;

/** A version that is slow must not pile up work that this machine can never catch up with. */
const MOST_UNDERWAY = 4;

/** Steady traffic at a given rate, until told to stop: callers do not wait for each other's answers. */
export class Traffic {
  public static start(api: ApiClient, rows: readonly LabelledRow[], requestsPerSecond = REQUESTS_PER_SECOND): Traffic {
    return new Traffic(api, rows, requestsPerSecond);
  }

  private running = true;
  private requests = 0;
  private failed = 0;
  private readonly statuses: Record<string, number> = {};
  private readonly versions: Record<string, number> = {};
  private readonly sending: Promise<void>;

  private constructor(api: ApiClient, rows: readonly LabelledRow[], requestsPerSecond: number) {
    this.sending = this.send(api, rows, 1000 / requestsPerSecond);
  }

  public async stop(): Promise<TrafficReport> {
    this.running = false;
    await this.sending;
    return this.soFar();
  }

  /** What was answered until now. */
  public soFar(): TrafficReport {
    const { requests, failed, statuses, versions } = this;
    return { requests, failed, statuses: { ...statuses }, versions: { ...versions } };
  }

  private async send(api: ApiClient, rows: readonly LabelledRow[], interval: number): Promise<void> {
    const underway = new Set<Promise<void>>();
    let next = performance.now();
    for (let turn = 0; this.running; turn++) {
      if (underway.size >= MOST_UNDERWAY) {
        await Promise.race(underway);
        next = performance.now();
      }
      const call = this.call(api, rows[turn % rows.length]).finally(() => underway.delete(call));
      underway.add(call);
      next += interval;
      await pause(Math.max(0, next - performance.now()));
    }
    await Promise.all(underway);
  }

  private async call(api: ApiClient, { input }: LabelledRow): Promise<void> {
    const { status, body } = await api.predict(JSON.stringify(input));
    this.requests += 1;
    if (status === 200) {
      const { version } = (body as { model: { version: string } }).model;
      this.versions[version] = (this.versions[version] ?? 0) + 1;
    } else {
      this.failed += 1;
      this.statuses[status] = (this.statuses[status] ?? 0) + 1;
    }
  }
}
