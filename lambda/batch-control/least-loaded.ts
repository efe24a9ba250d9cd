/**
 * Partitions that fill up, and which of them is the least loaded: a binary heap on typed arrays, since a million objects are handed
 * out. Of two with the same load that with fewer objects comes first, then that with the lower number.
 */
export class LeastLoaded {
  public readonly loads: Float64Array;
  public readonly counts: Uint32Array;
  private readonly heap: Uint32Array;
  private open: number;

  public constructor(partitions: number) {
    this.loads = new Float64Array(partitions);
    this.counts = new Uint32Array(partitions);
    this.heap = Uint32Array.from({ length: partitions }, (_, partition) => partition);
    this.open = partitions;
  }

  /** The least loaded of those that are not closed. */
  public get partition(): number {
    return this.heap[0];
  }

  /** Adds to the least loaded one. */
  public add(weight: number): void {
    this.loads[this.heap[0]] += weight;
    this.counts[this.heap[0]]++;
    this.sink();
  }

  /** Takes the least loaded one out: it is full. */
  public close(): void {
    this.open--;
    this.heap[0] = this.heap[this.open];
    this.sink();
  }

  private sink(): void {
    let parent = 0;
    for (;;) {
      let least = parent;
      for (let child = 2 * parent + 1; child <= 2 * parent + 2 && child < this.open; child++) {
        if (this.isBefore(this.heap[child], this.heap[least])) {
          least = child;
        }
      }
      if (least === parent) {
        return;
      }
      [this.heap[parent], this.heap[least]] = [this.heap[least], this.heap[parent]];
      parent = least;
    }
  }

  private isBefore(one: number, other: number): boolean {
    const { loads, counts } = this;
    return loads[one] !== loads[other]
      ? loads[one] < loads[other]
      : counts[one] !== counts[other]
        ? counts[one] < counts[other]
        : one < other;
  }
}
