/** Where progress is written: standard error. */
export interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** How often it is said how far things are, in milliseconds: a line that is written over, or one more in a log. */
const EVERY = { terminal: 500, log: 10_000 } as const;
const CLEAR = '\r\u001b[K';

/** Says how far things are, and lines that stay. */
export class ProgressLine {
  private said: number;
  private open = false;

  public constructor(
    private readonly terminal: Terminal,
    private readonly now: () => number,
  ) {
    this.said = now();
  }

  /** Now and then. */
  public at(text: () => string): void {
    const onTerminal = this.terminal.isTTY === true;
    if (this.now() - this.said < (onTerminal ? EVERY.terminal : EVERY.log)) {
      return;
    }
    this.said = this.now();
    this.terminal.write(onTerminal ? `${CLEAR}${text()}` : `${text()}\n`);
    this.open = onTerminal;
  }

  public line(text: string): void {
    this.end();
    this.terminal.write(`${text}\n`);
  }

  /** Takes away the line that would be written over. */
  public end(): void {
    if (this.open) {
      this.terminal.write(CLEAR);
      this.open = false;
    }
  }
}
