import { spawn } from 'node:child_process';
import * as path from 'node:path';

const PROGRAM = path.join(__dirname, '..', '..', '..', 'dist', 'cli', 'inference-patterns.js');

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the bundled `inference-patterns replay` as people run it, beside servers of this process. */
export function replay(
  args: readonly string[],
  said: (stderr: string, kill: () => void) => void = () => undefined,
): Promise<Ran> {
  const child = spawn(process.execPath, [PROGRAM, 'replay', ...args], { env: process.env, timeout: 25_000 });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (stdout += piece));
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    stderr += piece;
    said(stderr, () => child.kill('SIGINT'));
  });
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, stdout, stderr })));
}
