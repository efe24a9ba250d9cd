import Table from 'cli-table3';
import type { LocalCloud } from '../local-cloud/local-cloud';

const HEARTBEAT_MS = 10_000;

/** Says what is going on, and that it still is. */
export class Progress {
  private readonly started = Date.now();

  /** Runs one piece of work between a line at its start and one at its end. */
  public async during<T>(what: string, work: () => Promise<T>): Promise<T> {
    const begun = Date.now();
    this.line(`${what} ...`);
    const heartbeat = setInterval(
      () => this.line(`${what}: ${Math.round((Date.now() - begun) / 1000)} s so far`),
      HEARTBEAT_MS,
    );
    try {
      const result = await work();
      this.line(`${what}: done in ${((Date.now() - begun) / 1000).toFixed(1)} s`);
      return result;
    } finally {
      clearInterval(heartbeat);
    }
  }

  public line(text: string): void {
    console.log(`[${((Date.now() - this.started) / 1000).toFixed(0).padStart(3)} s] ${text}`);
  }

  public table(head: string[], rows: readonly (readonly string[])[], colWidths?: number[]): void {
    const table = new Table({
      head,
      style: { head: [], border: [] },
      ...(colWidths === undefined ? {} : { colWidths, wordWrap: true }),
    });
    table.push(...rows.map((row) => [...row]));
    console.log(table.toString());
  }

  /** What the result rests on besides the emulator and the code that would run on AWS. */
  public async showSimulated(cloud: LocalCloud): Promise<void> {
    const simulated = await cloud.simulated();
    console.log(
      '\nSimulated on this machine, by the table in bin/local-cloud/README.md (the rest is the emulator and the real code):',
    );
    this.table(
      ['behaviour', 'times'],
      simulated.map(({ what, count }) => [what, String(count)]),
      [100, 8],
    );
  }
}
