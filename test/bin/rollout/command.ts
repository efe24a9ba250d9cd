import { spawn } from 'node:child_process';
import * as path from 'node:path';

const PROGRAM = path.join(__dirname, '..', '..', '..', 'dist', 'cli', 'inference-patterns.js');

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the bundled `inference-patterns rollout` as people run it, beside servers of this process. */
export function rollout(args: readonly string[], said: (stdout: string) => void = () => undefined): Promise<Ran> {
  const child = spawn(process.execPath, [PROGRAM, 'rollout', ...args], { env: process.env, timeout: 25_000 });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    stdout += piece;
    said(stdout);
  });
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (stderr += piece));
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, stdout, stderr })));
}
