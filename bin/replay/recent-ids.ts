/** Which of the ids were there lately: enough where what is the same is near, and no more memory for more records. */
export class RecentIds {
  private readonly ids = new Set<string>();

  public constructor(private readonly most = 100_000) {}

  /** Whether it is there already; it is from now on. */
  public has(id: string): boolean {
    if (this.ids.has(id)) {
      return true;
    }
    this.ids.add(id);
    if (this.ids.size > this.most) {
      this.ids.delete(this.ids.values().next().value!);
    }
    return false;
  }
}
