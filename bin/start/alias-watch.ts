import { GetAliasCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { setTimeout as pause } from 'node:timers/promises';
import type { Traffic, TrafficReport } from './traffic';

/** Often enough to see each step of some seconds. */
const INTERVAL = 100;

/** Where the requests of an alias went for a while, and what callers got meanwhile. */
export interface Stage {
  /** The alias' own version; the other one has a share of the traffic beside it. */
  readonly live: string;
  readonly candidate?: string;
  readonly percent: number;
  /** Seconds since the watch began. */
  readonly at: number;
  readonly traffic: TrafficReport;
}

/** Follows an alias while its traffic is shifted. */
export class AliasWatch {
  private running = true;
  private readonly begun = performance.now();
  private readonly seen: (Omit<Stage, 'traffic'> & { readonly before: TrafficReport })[] = [];
  private readonly watching: Promise<void>;

  constructor(
    private readonly lambda: LambdaClient,
    private readonly alias: { readonly FunctionName: string; readonly Name: string },
    private readonly traffic: Traffic,
  ) {
    this.watching = this.watch();
  }

  /** One stage for each time that the traffic was shifted, and one for what was before. */
  public async stop(): Promise<Stage[]> {
    this.running = false;
    await this.watching;
    return this.seen.map(({ before, ...stage }, place) => ({
      ...stage,
      traffic: difference(this.seen[place + 1]?.before ?? this.traffic.soFar(), before),
    }));
  }

  private async watch(): Promise<void> {
    while (this.running) {
      const { FunctionVersion, RoutingConfig } = await this.lambda.send(new GetAliasCommand(this.alias));
      const [[candidate, weight] = [undefined, 0]] = Object.entries(RoutingConfig?.AdditionalVersionWeights ?? {});
      const now = { live: FunctionVersion!, candidate, percent: Math.round(weight * 100) };
      const last = this.seen.at(-1);
      if (last?.live !== now.live || last.candidate !== candidate || last.percent !== now.percent) {
        this.seen.push({ ...now, at: (performance.now() - this.begun) / 1000, before: this.traffic.soFar() });
      }
      await pause(INTERVAL);
    }
  }
}

function difference(after: TrafficReport, before: TrafficReport): TrafficReport {
  const less = (counts: Record<string, number>, earlier: Record<string, number>): Record<string, number> =>
    Object.fromEntries(
      Object.entries(counts)
        .map(([name, count]) => [name, count - (earlier[name] ?? 0)] as const)
        .filter(([, count]) => count > 0),
    );
  return {
    requests: after.requests - before.requests,
    failed: after.failed - before.failed,
    statuses: less(after.statuses, before.statuses),
    versions: less(after.versions, before.versions),
  };
}
