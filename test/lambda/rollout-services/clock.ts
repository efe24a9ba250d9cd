/** The time of a simulation, in milliseconds since 1970. It stands still until it is told to pass. */
export class SimulatedClock {
  private time: number;

  constructor(start = Date.UTC(2026, 0, 5, 9)) {
    this.time = start;
  }

  public now(): number {
    return this.time;
  }

  /** Whole minutes since 1970. */
  public minute(): number {
    return Math.floor(this.time / 60_000);
  }

  public pass(seconds: number): void {
    this.time += seconds * 1000;
  }
}
