import type { Clock } from '../../../lambda/batch-score/score-partition';

/** Time that passes when a test says so. */
export class VirtualClock implements Clock {
  private time = 0;
  private readonly timers: { readonly at: number; readonly controller: AbortController }[] = [];

  public now(): number {
    return this.time;
  }

  public after(time: number): AbortSignal {
    const controller = new AbortController();
    this.timers.push({ at: this.time + time, controller });
    return controller.signal;
  }

  /** Stops where a signal aborts first that somebody waits with. */
  public pass(time: number, signal?: AbortSignal): void {
    const timer = this.timers.find(({ controller }) => controller.signal === signal);
    this.time = Math.max(this.time, Math.min(this.time + time, timer?.at ?? Infinity));
    for (const { at, controller } of this.timers) {
      if (at <= this.time) {
        controller.abort();
      }
    }
  }
}
