import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How to run a Python that has what a requirements file pins, and nothing else. */
export interface PythonEnvironment {
  readonly executable: string;
  /** To be added to the environment of whatever runs `executable`. */
  readonly env: Record<string, string>;
}

const CHECKOUT = path.join(__dirname, '..', '..');
/** The oldest Python that the pinned packages install on. */
const OLDEST = [3, 10] as const;
const COMMANDS = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];
const GET_PYTHON = `Install Python ${OLDEST.join('.')} or newer with pip (Debian and Ubuntu: apt-get install python3 python3-venv; macOS: brew install python3).`;
const INSTALL_TIMEOUT_MS = 5 * 60_000;
const LOCK_TIMEOUT_MS = 6 * 60_000;
const SIGNING_MS = 5_000;

/**
 * A private environment with the packages of `requirementsFile`, made on first use below `.cache/python` and used again
 * until the file or the Python changes. Answers undefined, having reported why and what to do, where there is no usable
 * Python. Safe to call at the same time from several places and processes.
 */
export async function ensurePythonEnvironment(
  name: string,
  requirementsFile: string,
  report: (line: string) => void,
): Promise<PythonEnvironment | undefined> {
  const python = await findPython();
  if (!python) {
    report(`No Python ${OLDEST.join('.')} or newer was found (tried ${COMMANDS.join(', ')}). ${GET_PYTHON}`);
    return undefined;
  }
  const requirements = await readFile(requirementsFile);
  const hash = createHash('sha256').update(requirements).update(python.identity).digest('hex').slice(0, 12);
  const folder = path.join(CHECKOUT, '.cache', 'python', `${name}-${hash}`);
  return make(folder, python.command, requirementsFile, report);
}

async function make(folder: string, command: string, requirementsFile: string, report: (line: string) => void) {
  const finished = path.join(folder, 'finished');
  await mkdir(path.dirname(folder), { recursive: true });
  return holding(`${folder}.lock`, async () => {
    // Written last: a folder without it was left half-made.
    if (existsSync(finished))
      return (await readFile(finished, 'utf8')) === 'venv' ? venv(folder) : target(folder, command);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    report(`Installing ${path.relative(CHECKOUT, requirementsFile)} for Python, once`);

    const install = ['-m', 'pip', 'install', '--quiet', '--no-input', '--requirement', requirementsFile];
    const made = await run(command, ['-m', 'venv', path.join(folder, 'venv')]);
    if (made.ok) {
      const installed = await run(venv(folder).executable, install, venv(folder).env);
      if (installed.ok) return done(finished, 'venv', venv(folder));
      report(`pip could not install ${requirementsFile}:\n${tail(installed.output)}`);
      return undefined;
    }

    // Debian's Python comes without venv and ensurepip. Its pip can still install into a folder of its own.
    const installed = await run(command, [...install, '--target', packages(folder)], {
      PIP_BREAK_SYSTEM_PACKAGES: '1',
    });
    if (installed.ok) return done(finished, 'target', target(folder, command));
    report(
      `${command} can neither make an environment nor install packages. ${GET_PYTHON}\n${tail(made.output)}\n${tail(installed.output)}`,
    );
    return undefined;
  });
}

async function done(finished: string, kind: 'venv' | 'target', environment: PythonEnvironment) {
  await writeFile(finished, kind);
  return environment;
}

// The user's own packages stay out of both kinds.

function venv(folder: string): PythonEnvironment {
  const executable = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];
  return { executable: path.join(folder, 'venv', ...executable), env: { PYTHONNOUSERSITE: '1', PYTHONPATH: '' } };
}

function target(folder: string, command: string): PythonEnvironment {
  return { executable: command, env: { PYTHONNOUSERSITE: '1', PYTHONPATH: packages(folder) } };
}

const packages = (folder: string) => path.join(folder, 'packages');

async function findPython(): Promise<{ command: string; identity: string } | undefined> {
  const ask = 'import sys, platform; print(*sys.version_info[:2], platform.platform(), sys.base_prefix)';
  for (const command of COMMANDS) {
    const { ok, output } = await run(command, ['-c', ask]);
    const [major, minor] = output.split(' ').map(Number);
    if (ok && major === OLDEST[0] && minor >= OLDEST[1]) return { command, identity: output };
  }
  return undefined;
}

function run(command: string, args: string[], env: Record<string, string> = {}) {
  return new Promise<{ ok: boolean; output: string }>((resolve) => {
    const options = { env: { ...process.env, PYTHONHOME: '', ...env }, timeout: INSTALL_TIMEOUT_MS };
    execFile(command, args, options, (error, stdout, stderr) =>
      resolve({ ok: !error, output: stdout + stderr || (error?.message ?? '') }),
    );
  });
}

const tail = (output: string) => output.trim().split('\n').slice(-8).join('\n');

/** Runs `action` while no other process runs one under the same lock file. */
async function holding<T>(lock: string, action: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + LOCK_TIMEOUT_MS;
  for (;;) {
    try {
      const file = await open(lock, 'wx');
      await file.writeFile(String(process.pid));
      await file.close();
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (!(await isHeld(lock))) await rm(lock, { force: true });
      else if (Date.now() > deadline)
        throw new Error(`Waited too long for ${lock}; remove it if nothing is installing.`, { cause: error });
      else await sleep(200);
    }
  }
  try {
    return await action();
  } finally {
    await rm(lock, { force: true });
  }
}

async function isHeld(lock: string): Promise<boolean> {
  const pid = Number(await readFile(lock, 'utf8').catch(() => ''));
  // Empty: its owner has only just made it, or was killed before it signed.
  if (!pid)
    return stat(lock).then(
      (file) => Date.now() - file.mtimeMs < SIGNING_MS,
      () => false,
    );
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
