import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import type { PythonEnvironment } from '../../../bin/local-cloud/python-environment';
import { cleanEnvironment } from '../handler/competitors';

const START_MILLISECONDS = 60_000;
const MAX_RESULT_BYTES = 64 * 1024 * 1024;

/** What one run of `load.ts` found out. */
export interface LoadResult {
  readonly requestsPerSecond: number;
  /** Of each request, in no particular order. */
  readonly milliseconds: readonly number[];
}

export interface RunningServer {
  readonly name: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** The server of the image, from the folder that the image is built from. */
export function startOurs(context: string): Promise<RunningServer> {
  return start('ours', process.execPath, ['index.js', 'serve'], context, (port) =>
    cleanEnvironment({ SAGEMAKER_BIND_TO_PORT: String(port), HOST: '127.0.0.1' }),
  );
}

/** The peer with one process, and with one for each processor. Its access log is off: ours has none. */
export function startPeers(python: PythonEnvironment, modelFile: string): Promise<RunningServer>[] {
  return [1, availableParallelism()].map((workers) =>
    start(
      `python, ${workers} ${workers === 1 ? 'process' : 'processes'}`,
      python.executable,
      ['-m', 'uvicorn', 'peer:app', '--no-access-log', '--log-level', 'warning', '--workers', String(workers)],
      __dirname,
      (port) => cleanEnvironment({ ...python.env, MODEL_FILE: modelFile, UVICORN_PORT: String(port) }),
    ),
  );
}

/** A server that reads nothing and always answers the same: what the load generator itself can do. */
export async function startFloor(): Promise<RunningServer> {
  const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
  const child = spawn(
    process.execPath,
    [
      '-e',
      `const server = require('node:net').createServer({ noDelay: true }, (socket) =>
         socket.on('error', () => 0).on('data', () => socket.write(${JSON.stringify(answer)})));
       server.listen(0, '127.0.0.1', () => console.log(server.address().port));`,
    ],
    { env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return { name: 'floor', port: Number(port.toString()), stop: () => stop(child) };
}

/** Puts load on a server for a while. */
export async function load(
  program: string,
  { port }: RunningServer,
  connections: number,
  milliseconds: number,
  bodyFile: string,
): Promise<LoadResult> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [program, String(port), String(connections), String(milliseconds), bodyFile],
    { env: cleanEnvironment(), maxBuffer: MAX_RESULT_BYTES },
  );
  return JSON.parse(stdout) as LoadResult;
}

async function start(
  name: string,
  command: string,
  args: readonly string[],
  cwd: string,
  environment: (port: number) => NodeJS.ProcessEnv,
): Promise<RunningServer> {
  const port = await freePort();
  const child = spawn(command, args, { cwd, env: environment(port), stdio: ['ignore', 'ignore', 'inherit'] });
  const deadline = Date.now() + START_MILLISECONDS;
  while (!(await answersPing(port))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      throw new Error(`${name} did not start`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { name, port, stop: () => stop(child) };
}

function answersPing(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/ping`).then(
    ({ status }) => status === 200,
    () => false,
  );
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
