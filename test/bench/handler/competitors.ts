import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ensurePythonEnvironment, type PythonEnvironment } from '../../../bin/local-cloud/python-environment';

const ROOT = join(__dirname, '..', '..', '..');

/** The Node.js that the second target is about, whatever runs the benchmark itself. */
const NODE_22 = '22.23.3';

/** A minimal environment: settings of the machine, such as extra certificates, would count as cold start. */
export function cleanEnvironment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, NODE_PATH: join(ROOT, 'node_modules'), ...extra };
}

/** Compiles the children of the benchmark as the handlers are compiled, save for the runtime, which stays outside. */
export async function compileChildren(folder: string): Promise<{ naive: string; warm: string }> {
  const outdir = join(folder, 'children');
  await build({
    entryPoints: ['naive', 'warm-child'].map((name) => join(__dirname, `${name}.ts`)),
    outdir,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['onnxruntime-node', 'onnxruntime-node/*', './fetch-artifact', './decode-csv'],
    logLevel: 'warning',
  });
  return { naive: join(outdir, 'naive.js'), warm: join(outdir, 'warm-child.js') };
}

/** Node.js 22 from the registry, in a folder of its own; undefined where there is none for this machine. */
export function ensureNode22(report: (line: string) => void): string | undefined {
  if (process.versions.node.startsWith('22.')) {
    return process.execPath;
  }
  const folder = join(ROOT, '.cache', 'node22');
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const executable = join(folder, 'node_modules', name, 'bin', 'node');
  if (!existsSync(executable)) {
    report(`Installing ${name}@${NODE_22}, once`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
    const installed = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', `${name}@${NODE_22}`], {
      cwd: folder,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    });
    if (installed.status !== 0 || !existsSync(executable)) {
      report(`Node.js 22 is not available here: ${installed.stderr.trim().split('\n')[0]}`);
      return undefined;
    }
  }
  return executable;
}

export function ensurePython(report: (line: string) => void): Promise<PythonEnvironment | undefined> {
  return ensurePythonEnvironment('bench-handler', join(__dirname, 'requirements.txt'), report);
}

/** Runs a program until it has answered and ended itself, and gives the milliseconds that took. */
export function timeFirstAnswer(command: string, args: readonly string[], env: NodeJS.ProcessEnv): number {
  const started = performance.now();
  const { stdout } = spawnSync(command, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const milliseconds = performance.now() - started;
  if (!stdout.endsWith('answered')) {
    throw new Error(`${command} ${args.join(' ')} did not answer: ${stdout}`);
  }
  return milliseconds;
}
