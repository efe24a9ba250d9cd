import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

const PROGRAM = path.join(__dirname, '..', '..', '..', 'dist', 'cli', 'inference-patterns.js');

// Each run starts a process, on machines that may be busy.
jest.setTimeout(30_000);

/** How colours begin. */
export const COLOUR = '\u001b[';

/** What a run of the command line left behind. */
export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of its own, in which the bundled command line runs as people run it. */
export class Workplace {
  public readonly folder: string = mkdtempSync(path.join(tmpdir(), 'command-line-'));

  public run(...args: readonly string[]): Ran {
    const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
      cwd: this.folder,
      encoding: 'utf8',
      timeout: 20_000,
      // Whoever asks for colours gets them on a terminal, which this is not.
      env: { ...process.env, FORCE_COLOR: '1' },
    });
    return { status, stdout, stderr };
  }

  /** Writes a file, and answers its name; anything but text is written as JSON. */
  public write(name: string, content: unknown): string {
    const file = path.join(this.folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(
      file,
      typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content, undefined, 2),
    );
    return name;
  }
}

/** An alarm on a metric of Kinesis that names no stream, and that tells nobody. */
export const BLIND = {
  Type: 'AWS::CloudWatch::Alarm',
  Properties: {
    Namespace: 'AWS/Kinesis',
    MetricName: 'GetRecords.IteratorAgeMilliseconds',
    Statistic: 'Maximum',
    Period: 60,
    EvaluationPeriods: 3,
    Threshold: 60_000,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  },
};

/** The same, in YAML; indented for `Resources`. */
export const BLIND_YAML = `
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Kinesis
      MetricName: GetRecords.IteratorAgeMilliseconds
      Statistic: Maximum
      Period: 60
      EvaluationPeriods: 3
      Threshold: 60000
      ComparisonOperator: GreaterThanThreshold
      TreatMissingData: notBreaching
`;
