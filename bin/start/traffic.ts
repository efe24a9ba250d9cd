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
const REQUESTS_PER_SECOND = 60;

/** Steady traffic from a few callers, until told to stop. */
export class Traffic {
  public static start(api: ApiClient, rows: readonly LabelledRow[], callers = 4): Traffic {
    return new Traffic(api, rows, callers);
  }

  private running = true;
  private requests = 0;
  private failed = 0;
  private readonly statuses: Record<string, number> = {};
  private readonly versions: Record<string, number> = {};
  private readonly callers: Promise<void[]>;

  private constructor(api: ApiClient, rows: readonly LabelledRow[], callers: number) {
    const call = async (caller: number) => {
      const interval = (1000 * callers) / REQUESTS_PER_SECOND;
      for (let turn = caller; this.running; turn += callers) {
        const next = performance.now() + interval;
        const { status, body } = await api.predict(JSON.stringify(rows[turn % rows.length].input));
        this.requests += 1;
        if (status === 200) {
          const { version } = (body as { model: { version: string } }).model;
          this.versions[version] = (this.versions[version] ?? 0) + 1;
        } else {
          this.failed += 1;
          this.statuses[status] = (this.statuses[status] ?? 0) + 1;
        }
        await pause(Math.max(0, next - performance.now()));
      }
    };
    this.callers = Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
  }

  public async stop(): Promise<TrafficReport> {
    this.running = false;
    await this.callers;
    return { requests: this.requests, failed: this.failed, statuses: this.statuses, versions: this.versions };
  }
}
