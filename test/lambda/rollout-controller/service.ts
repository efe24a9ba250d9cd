import type { Litter } from '../../../lambda/rollout/contract';
import type { ObservedMinute, Progress, TargetState } from '../../../lambda/rollout/ports';
import type { VirtualTime } from '../batch-arrival/virtual-time';
import { randomOf } from './random';

/** How a version does: chances that a request is bad, one for each metric; null for no data. */
export type Quality = (minute: number) => readonly (number | null)[];

export interface Traffic {
  /** Requests in a minute. */
  readonly rate: (minute: number) => number;
  readonly quality: (version: string) => Quality;
  readonly metrics: number;
  readonly seed: number;
}

interface Period {
  readonly from: number;
  /** Shares by version, of 1. */
  readonly shares: ReadonlyMap<string, number>;
}

const SECOND = 1000;
const MINUTE = 60_000;

/**
 * An alias (changes take effect at once, provisioned environments are ready after half a minute) or an endpoint (each change takes
 * minutes, during which it refuses others). Notes what it is asked that it must never be asked.
 */
export class Service {
  live: string | undefined;
  candidate: string | undefined;
  percent = 0;
  /** Capacity of each version, as a share of all traffic that it can take. */
  readonly capacity = new Map<string, number>();
  readonly versions = new Set<string>();
  readonly broken: string[] = [];
  readonly shares: { readonly time: number; readonly percent: number }[] = [];
  readonly retreats: number[] = [];
  private updating = false;
  private readonly periods: Period[] = [];

  constructor(
    private readonly time: VirtualTime,
    private readonly slow: boolean,
  ) {}

  read(): TargetState | undefined {
    if (this.live === undefined) {
      return undefined;
    }
    return { live: this.live, candidate: this.candidate, percent: this.percent, settled: !this.updating };
  }

  create(version: string): Progress {
    if (this.live !== undefined) {
      return this.updating ? 'wait' : 'done';
    }
    return this.change(180, () => {
      this.live = version;
      this.capacity.set(version, 100);
    });
  }

  stage(candidate: string, percent: number): Progress {
    this.demand(this.versions.has(candidate), `${candidate} is staged, and was removed`);
    this.demand(this.live !== undefined && this.live !== candidate, `${candidate} is staged beside itself`);
    if (this.updating) {
      return 'wait';
    }
    this.demand(
      this.candidate === undefined || this.candidate === candidate,
      `${candidate} is staged beside ${this.candidate}`,
    );
    if (this.candidate === candidate && (this.capacity.get(candidate) ?? 0) >= percent) {
      return 'done';
    }
    return this.change(this.slow ? 180 : 30, () => {
      this.candidate = candidate;
      this.capacity.set(candidate, Math.max(percent, this.capacity.get(candidate) ?? 0));
    });
  }

  shift(candidate: string, percent: number): Progress {
    if (this.updating) {
      return 'wait';
    }
    this.demand(this.candidate === candidate, `${candidate} gets traffic, and is not beside the live version`);
    if (this.percent === percent) {
      return 'done';
    }
    return this.change(this.slow ? 30 : 0, () => {
      this.percent = percent;
    });
  }

  promote(candidate: string): Progress {
    if (this.updating) {
      return 'wait';
    }
    if (this.live === candidate) {
      return 'done';
    }
    this.demand(
      this.candidate === candidate && this.percent === 100,
      `${candidate} is promoted with ${this.percent} %`,
    );
    return this.change(this.slow ? 60 : 0, () => {
      this.live = candidate;
      this.candidate = undefined;
      this.percent = 0;
    });
  }

  retreat(): Progress {
    this.retreats.push(this.time.now);
    if (this.updating) {
      return 'wait';
    }
    if (this.percent === 0) {
      return 'done';
    }
    return this.change(this.slow ? 30 : 0, () => {
      this.percent = 0;
    });
  }

  clean(version: string, what: Litter): Progress {
    this.demand(version !== this.live, `${version} is live, and is removed`);
    this.demand(version !== this.candidate || this.percent === 0, `${version} has traffic, and is removed`);
    if (this.updating) {
      return 'wait';
    }
    if (
      !this.capacity.has(version) &&
      this.candidate !== version &&
      (what === 'capacity' || !this.versions.has(version))
    ) {
      return 'done';
    }
    return this.change(this.slow ? 180 : 0, () => {
      this.capacity.delete(version);
      this.candidate = this.candidate === version ? undefined : this.candidate;
      if (what === 'all') {
        this.versions.delete(version);
      }
    });
  }

  remove(): Progress {
    this.demand(this.percent === 0, `it is removed while ${this.candidate} has ${this.percent} %`);
    if (this.updating) {
      return 'wait';
    }
    if (this.live === undefined) {
      return 'done';
    }
    return this.change(this.slow ? 180 : 0, () => {
      this.capacity.delete(this.live!);
      // It belongs to the deployment, and goes with that.
      this.versions.delete(this.live!);
      this.live = undefined;
    });
  }

  /** Somebody else, by hand. */
  byHand(change: () => void): void {
    change();
    this.changed();
  }

  /** What the service counted; the same each time. */
  counts(
    { rate, quality, metrics, seed }: Traffic,
    minute: number,
    candidate: string,
    baseline: string,
  ): ObservedMinute {
    const of = (version: string): ObservedMinute['candidate'] => {
      const requests = Math.round(rate(minute) * this.shareIn(minute, version));
      const random = randomOf(
        seed + minute * 7919 + [...version].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7),
      );
      const chances = quality(version)(minute);
      const bad = Array.from({ length: metrics }, (_, place) => {
        const chance = chances[place];
        if (chance === null || requests === 0) {
          return null;
        }
        // From one bad request to the next: geometric.
        let count = 0;
        const skip = (): number => 1 + Math.floor(Math.log(1 - random()) / Math.log(1 - chance));
        for (let request = skip(); request <= requests; request += skip()) {
          count += 1;
        }
        return count;
      });
      return { requests, bad };
    };
    return { minute, candidate: of(candidate), baseline: of(baseline) };
  }

  private shareIn(minute: number, version: string): number {
    const [begin, end] = [minute * MINUTE, (minute + 1) * MINUTE];
    let share = 0;
    for (let place = this.periods.length - 1; place >= 0; place--) {
      const { from, shares } = this.periods[place];
      const until = this.periods[place + 1]?.from ?? Infinity;
      if (until <= begin) {
        break;
      }
      share += ((shares.get(version) ?? 0) * Math.max(0, Math.min(end, until) - Math.max(begin, from))) / MINUTE;
    }
    return share;
  }

  private change(seconds: number, apply: () => void): Progress {
    if (seconds === 0) {
      apply();
      this.changed();
      return 'done';
    }
    this.updating = true;
    void this.time.sleep(seconds * SECOND).then(() => {
      this.updating = false;
      apply();
      this.changed();
    });
    return 'wait';
  }

  changed(): void {
    const { live, candidate, percent, capacity } = this;
    if (live !== undefined) {
      this.demand((capacity.get(live) ?? 0) >= 100, `${live} is live with a capacity of ${capacity.get(live)} %`);
    }
    if (percent > 0) {
      this.demand(
        candidate !== undefined && (capacity.get(candidate) ?? 0) >= percent,
        `${candidate} has ${percent} % with a capacity of ${capacity.get(candidate ?? '')} %`,
      );
    }
    if (percent !== (this.shares.at(-1)?.percent ?? 0)) {
      this.shares.push({ time: this.time.now, percent });
    }
    const shares = new Map<string, number>();
    if (live !== undefined) {
      shares.set(live, 1 - percent / 100);
    }
    if (candidate !== undefined) {
      shares.set(candidate, percent / 100);
    }
    this.periods.push({ from: this.time.now, shares });
  }

  demand(holds: boolean, fault: string): void {
    if (!holds) {
      this.broken.push(`at ${(this.time.now / MINUTE).toFixed(2)}: ${fault}`);
    }
  }
}
