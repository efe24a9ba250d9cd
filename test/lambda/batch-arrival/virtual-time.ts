interface Timer {
  readonly time: number;
  readonly order: number;
  readonly wake: () => void;
}

/** Time that passes only when everybody waits. */
export class VirtualTime {
  public now = 0;
  private readonly timers: Timer[] = [];
  private order = 0;

  /** `settled`: until everybody waits again; longer than for promises alone where something real is asked. */
  public constructor(private readonly settled: () => Promise<void> = settle) {}

  public sleep(milliseconds: number): Promise<void> {
    return this.until(this.now + Math.max(0, milliseconds));
  }

  public until(time: number): Promise<void> {
    return new Promise((wake) => this.timers.push({ time, order: this.order++, wake }));
  }

  /** Lets time pass until nobody waits any more. */
  public async pass(): Promise<void> {
    await this.settled();
    while (this.timers.length > 0) {
      this.timers.sort((one, other) => one.time - other.time || one.order - other.order);
      const next = this.timers.shift()!;
      this.now = Math.max(this.now, next.time);
      next.wake();
      await this.settled();
    }
  }
}

/** Until whoever was woken waits again. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
