import { spawn } from 'node:child_process';
import * as path from 'node:path';

const ROOT = path.join(__dirname, '..', '..');

/** Synthesizes the sample app with the `cdk` command, as a user would; no credentials, no network, validator on. */
export function synthesize(directory: string): Promise<void> {
  const cdk = path.join(path.dirname(require.resolve('aws-cdk/package.json')), 'bin', 'cdk');
  const child = spawn(
    process.execPath,
    [cdk, 'synth', '--quiet', '--no-notices', '--no-lookups', '--output', directory],
    {
      cwd: ROOT,
      // cdk.json names the project's own commands, as npm would find them.
      env: {
        ...process.env,
        PATH: [path.join(ROOT, 'node_modules', '.bin'), process.env.PATH].join(path.delimiter),
        CDK_DISABLE_CLI_TELEMETRY: 'true',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`cdk synth failed:\n${output}`))));
  });
}
