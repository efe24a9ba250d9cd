import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ErrorAnswer, PredictionAnswer } from '../../../lambda/predict/contract';
import { removeAssets, writeAsset, type ServedModelOptions } from '../../lambda/served-model';

const ROOT = join(__dirname, '..', '..', '..');
const BUNDLE = join(ROOT, 'dist', 'containers', 'onnx-server');

export interface ServerOptions {
  /** Source that comes before a validator's: runs at start, and may wrap it, see {@link slow}. */
  readonly validator?: (source: string) => string;
  /** Lays the artifact into SageMaker's folder, under these names. */
  readonly mounted?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Where the native library is; by default the project's own. */
  readonly modules?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: PredictionAnswer & ErrorAnswer;
}

const children: ChildProcess[] = [];
const folders: string[] = [];

/** The bundled server as a process of its own, started the way SageMaker starts it. */
export class RunningServer {
  public output = '';
  public readonly exited: Promise<number | null>;
  private readonly agent = new Agent({ keepAlive: true });

  private constructor(
    private readonly child: ChildProcess,
    public readonly context: string,
  ) {
    this.exited = once(child, 'exit').then(([code]) => code as number | null);
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
  }

  public static start(model: ServedModelOptions, options: ServerOptions = {}): RunningServer {
    const context = writeAsset(model);
    letOthersIn(context);
    letOthersIn(dirname(context));
    cpSync(BUNDLE, context, { recursive: true });
    const base = mkdtempSync(join(tmpdir(), 'opt-ml-'));
    folders.push(base);
    if (options.mounted !== undefined) {
      mkdirSync(join(base, 'model'));
      options.mounted.forEach((name) => cpSync(join(context, 'model.onnx'), join(base, 'model', name)));
      renameSync(join(context, 'model.onnx'), join(base, 'elsewhere'));
    }
    if (options.validator !== undefined) {
      const file = join(context, 'validate.js');
      writeFileSync(file, options.validator(readFileSync(file, 'utf8')));
    }
    const child = spawn(process.execPath, ['index.js', 'serve'], {
      cwd: context,
      env: {
        PATH: process.env.PATH,
        NODE_PATH: options.modules ?? join(ROOT, 'node_modules'),
        SAGEMAKER_BIND_TO_PORT: '0',
        SAGEMAKER_BASE_DIR: base,
        HOST: '127.0.0.1',
        ...options.environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    return new RunningServer(child, context);
  }

  /** Starts a server and waits until SageMaker would send it requests. */
  public static async ready(model: ServedModelOptions, options: ServerOptions = {}): Promise<RunningServer> {
    const server = RunningServer.start(model, options);
    await until('the model is loaded', async () => (await server.ping()) === 200);
    return server;
  }

  public get pid(): number {
    return this.child.pid!;
  }

  public stop(): void {
    this.child.kill('SIGTERM');
  }

  public async port(): Promise<number> {
    const found = (): string | undefined => / on [\d.]+:(\d+), /.exec(this.output)?.[1];
    await until('the server listens', () => {
      if (this.child.exitCode !== null) {
        throw new Error(`the server ended with ${this.child.exitCode}: ${this.output}`);
      }
      return found() !== undefined;
    });
    return Number(found());
  }

  public async ping(): Promise<number> {
    return (await this.send('GET', '/ping')).status;
  }

  public invoke(body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const type = { 'content-type': 'application/json' };
    const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    return this.send('POST', '/invocations', { ...type, ...headers }, bytes);
  }

  public async send(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body: string | Buffer = '',
  ): Promise<Answer> {
    const port = await this.port();
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest(
        { host: '127.0.0.1', port, agent: this.agent, method, path, headers },
        (incoming) => {
          let text = '';
          incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          incoming.on('end', () =>
            resolve({
              status: incoming.statusCode!,
              headers: incoming.headers,
              text,
              body: (text.startsWith('{') ? JSON.parse(text) : {}) as Answer['body'],
            }),
          );
        },
      );
      outgoing.on('error', reject).end(body);
    });
  }
}

const PATIENCE_MILLISECONDS = 20_000;
const POLL_MILLISECONDS = 10;

/** Waits for something that must come true. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MILLISECONDS;
  while (!(await holds())) {
    if (Date.now() > deadline) {
      throw new Error(`waited in vain until ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
}

/** Temporary folders are for their owner alone, and a server may become another user. */
function letOthersIn(folder: string): void {
  const { mode } = statSync(folder);
  if ((mode & 0o001) === 0) {
    chmodSync(folder, mode | 0o001);
  }
}

/** Wraps a validator: it then takes so many milliseconds of processor time. */
export function slow(milliseconds: number): (source: string) => string {
  return (source) =>
    source.replace('module.exports =', 'const make =') +
    `module.exports = (require) => {
      const validate = make(require);
      return (instance) => {
        for (const end = Date.now() + ${milliseconds}; Date.now() < end; );
        return validate(instance);
      };
    };`;
}

/** To be called when a test file is done. */
export async function stopServers(): Promise<void> {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true }));
  removeAssets();
}
