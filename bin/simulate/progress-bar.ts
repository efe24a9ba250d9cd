const WIDTH = 30;

/** How far work has come, in one line of a terminal; nothing where nobody watches. */
export class ProgressBar {
  private done = 0;
  private shown = -1;

  constructor(
    private readonly stream: NodeJS.WriteStream,
    private readonly all: number,
  ) {}

  advance(): void {
    this.done += 1;
    const percent = Math.floor((100 * this.done) / this.all);
    if (this.stream.isTTY && percent !== this.shown) {
      this.shown = percent;
      const full = Math.round((WIDTH * percent) / 100);
      this.stream.write(`\r${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${percent} %`);
    }
  }

  end(): void {
    if (this.stream.isTTY) {
      this.stream.write(`\r${' '.repeat(WIDTH + 6)}\r`);
    }
  }
}
