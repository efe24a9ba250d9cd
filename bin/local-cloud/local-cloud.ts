import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensurePythonEnvironment, type PythonEnvironment } from './python-environment';
import type {
  AlarmReport,
  DeploymentReport,
  EndpointDeploymentReport,
  EndpointReport,
  ExercisedSimulation,
  StreamFaults,
  StreamMappingReport,
} from './reports';

export type * from './reports';

export interface LocalCloudOptions {
  /** Real seconds that stand for one minute of CodeDeploy and of alarms. @default 1 */
  readonly minuteSeconds?: number;
  /** What CloudFormation does with an alias on stack rollback; AWS does not document it. @default 'direct' */
  readonly rollback?: 'direct' | 'deployment';
  /** What a stack says when SageMaker rolled an endpoint's update back; AWS does not document it. @default 'silent' */
  readonly endpointRollback?: 'silent' | 'failed';
  /** Whether a batch of a stream that got on by its checkpoint has all of its retries again; AWS does not document it. @default 'kept' */
  readonly partialRetries?: 'kept' | 'renewed';
  /** Gets a line of text whenever something takes long or is missing. @default nothing is reported */
  readonly report?: (line: string) => void;
}

export interface CdkOptions {
  /** @default 180 seconds */
  readonly timeoutMs?: number;
  readonly cwd?: string;
}

export interface CdkResult {
  readonly succeeded: boolean;
  readonly output: string;
}

export interface DeployOptions extends CdkOptions {
  /** The command that synthesizes, or the directory of a synthesized app. @default the `app` of cdk.json */
  readonly app?: string;
  readonly context?: Record<string, string>;
  readonly parameters?: Record<string, string>;
}

export interface DeployResult extends CdkResult {
  /** The stack's outputs; empty when the deployment failed. */
  readonly outputs: Record<string, string>;
}

const CHECKOUT = path.join(__dirname, '..', '..');
const CACHE = path.join(CHECKOUT, '.cache', 'local-cloud');
const REGION = 'us-east-1';
const ACCOUNT = '000000000000';
const START_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 3_000;
const CDK_TIMEOUT_MS = 180_000;
const LOG_LIFETIME_MS = 24 * 3600_000;

/** An AWS emulator on this machine's loopback address, with what is needed to use it and nothing of the user's account. */
export class LocalCloud {
  /** Undefined, with the reason reported, where there is no Python to run it. */
  static async start(options: LocalCloudOptions = {}): Promise<LocalCloud | undefined> {
    const report = options.report ?? (() => {});
    const python = await ensurePythonEnvironment('local-cloud', path.join(__dirname, 'requirements.txt'), report);
    if (!python) return undefined;
    mkdirSync(CACHE, { recursive: true });
    removeOldLogs();
    const home = mkdtempSync(path.join(CACHE, 'run-'));
    const port = await freePort();
    const logFile = `${home}.log`;
    const log = openSync(logFile, 'w');
    const clock = {
      LOCAL_CLOUD_MINUTE_SECONDS: String(options.minuteSeconds ?? 1),
      LOCAL_CLOUD_START: String(Date.now() / 1000),
    };
    const emulator = spawn(python.executable, ['-m', 'emulator'], {
      cwd: __dirname,
      env: {
        ...withoutAws(process.env),
        ...python.env,
        ...isolation(home),
        PYTHONPATH: [__dirname, python.env.PYTHONPATH].filter(Boolean).join(path.delimiter),
        PYTHONDONTWRITEBYTECODE: '1',
        GATEWAY_PORT: String(port),
        // ministack unpacks functions and layers here.
        TMPDIR: home,
        // Handlers find the SDK, and native libraries built for this machine, where npm put them.
        NODE_PATH: path.join(CHECKOUT, 'node_modules'),
        ...clock,
        LOCAL_CLOUD_ROLLBACK: options.rollback ?? 'direct',
        LOCAL_CLOUD_ENDPOINT_ROLLBACK: options.endpointRollback ?? 'silent',
        LOCAL_CLOUD_PARTIAL_RETRIES: options.partialRetries ?? 'kept',
        LOCAL_CLOUD_IMAGES: imagesFolder(home),
      },
      // A group of its own, so that the functions' processes end with it. Inherited output would keep the parent alive.
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    writeDockerStandIn(home, python);
    const cloud = new LocalCloud(emulator, port, home, logFile, clock);
    running.add(cloud);
    watchForExit();
    try {
      await cloud.untilHealthy();
    } catch (error) {
      await cloud.stop();
      throw error;
    }
    return cloud;
  }

  readonly endpoint: string;
  readonly region = REGION;
  readonly account = ACCOUNT;

  /** Environment for `cdk` and for whatever uses an AWS SDK: this process's, with every `AWS_*` of the user's removed. */
  readonly environment: Record<string, string>;

  private constructor(
    private readonly emulator: ChildProcess,
    port: number,
    private readonly home: string,
    readonly logFile: string,
    private readonly clock: Record<string, string>,
  ) {
    this.endpoint = `http://127.0.0.1:${port}`;
    this.environment = {
      ...withoutAws(process.env),
      ...isolation(home),
      // cdk.json names the project's own commands, as npm would find them.
      PATH: [path.join(CHECKOUT, 'node_modules', '.bin'), process.env.PATH].join(path.delimiter),
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      NO_PROXY: '127.0.0.1',
      // The library's own tests run the validator, strictly; here it would only cost time.
      CDK_VALIDATION: 'false',
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      CDK_DOCKER: dockerStandIn(home),
    };
  }

  /** The same for a Node.js process that lives in scaled time, such as a command that says how long ago something was. */
  get scaledEnvironment(): Record<string, string> {
    const preload = path.join(__dirname, 'scaled-clock.js');
    return { ...this.environment, ...this.clock, NODE_OPTIONS: `--require "${preload}"` };
  }

  /** Configuration for an SDK client made in this process, whose own environment may hold real credentials. */
  get clientConfig() {
    return {
      endpoint: this.endpoint,
      region: REGION,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    };
  }

  /** The URL of a REST API's stage: what AWS calls https://{restApiId}.execute-api.{region}.amazonaws.com/{stage}. */
  apiUrl(restApiId: string, stage: string): string {
    return `${this.endpoint}/_aws/execute-api/${restApiId}/${stage}`;
  }

  /** Runs the project's own `cdk` command against this cloud. */
  cdk(args: readonly string[], options: CdkOptions = {}): Promise<CdkResult> {
    const command = path.join(path.dirname(require.resolve('aws-cdk/package.json')), 'bin', 'cdk');
    // An assembly of its own: of two commands that write to the same one, cdk refuses the second.
    const assembly = ['--output', path.join(this.home, 'cdk.out')];
    const cdk = spawn(process.execPath, [command, ...args, ...assembly, '--no-notices', '--no-color'], {
      cwd: options.cwd ?? CHECKOUT,
      env: this.environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    cdk.stdout.on('data', (chunk) => (output += chunk));
    cdk.stderr.on('data', (chunk) => (output += chunk));
    const timeoutMs = options.timeoutMs ?? CDK_TIMEOUT_MS;
    const timer = setTimeout(() => {
      output += `\ncdk ${args[0]} did not end within ${timeoutMs / 1000} s\n`;
      killGroup(cdk, 'SIGKILL');
    }, timeoutMs);
    return new Promise((resolve) => {
      cdk.on('error', (error) => (output += error.message));
      cdk.on('close', (code) => {
        clearTimeout(timer);
        resolve({ succeeded: code === 0, output });
      });
    });
  }

  bootstrap(options: CdkOptions = {}): Promise<CdkResult> {
    return this.cdk(['bootstrap', `aws://${ACCOUNT}/${REGION}`], options);
  }

  async deploy(stack: string, options: DeployOptions = {}): Promise<DeployResult> {
    const outputsFile = path.join(this.home, `${stack}-outputs.json`);
    rmSync(outputsFile, { force: true });
    const result = await this.cdk(
      [
        ...['deploy', stack, '--require-approval', 'never', '--progress', 'events', '--outputs-file', outputsFile],
        ...appArgs(options),
        ...pairs('--parameters', options.parameters),
      ],
      options,
    );
    if (!existsSync(outputsFile)) return { ...result, outputs: {} };
    const outputs = JSON.parse(readFileSync(outputsFile, 'utf8')) as Record<string, Record<string, string>>;
    return { ...result, outputs: outputs[stack] ?? {} };
  }

  destroy(stack: string, options: DeployOptions = {}): Promise<CdkResult> {
    return this.cdk(['destroy', stack, '--force', ...appArgs(options)], options);
  }

  /** Simulated behaviours that took part so far: what a result here rests on besides the emulator. */
  simulated(): Promise<ExercisedSimulation[]> {
    return this.status('simulated');
  }

  deployments(): Promise<DeploymentReport[]> {
    return this.status('deployments');
  }

  endpoints(): Promise<EndpointReport[]> {
    return this.status('endpoints');
  }

  endpointDeployments(): Promise<EndpointDeploymentReport[]> {
    return this.status('endpoint-deployments');
  }

  streamMappings(): Promise<StreamMappingReport[]> {
    return this.status('mappings');
  }

  alarms(): Promise<AlarmReport> {
    return this.status('alarms');
  }

  /**
   * Sets how many instances of a type transform jobs may use at a time, and how many of the next CreateTransformJob requests
   * are throttled. Replaces what was set before; types that are not named have no limit.
   */
  async limitTransformJobs(instances: Record<string, number>, throttled = 0): Promise<void> {
    const limits = Object.entries({ ...instances, throttled }).map(([name, limit]) => `${name}=${limit}`);
    await this.status(`transform-limits?${limits.join('&')}`);
  }

  /** What goes wrong with streams from now on, each so often. Replaces what was set before; what is not named does not. */
  async disturbStreams(faults: StreamFaults = {}): Promise<void> {
    const { refusedPuts, ...others } = faults;
    const query = Object.entries({ ...others, 'refused-puts': refusedPuts }).filter(([, value]) => value !== undefined);
    await this.status(`stream-faults?${query.map(([name, value]) => `${name}=${value}`).join('&')}`);
  }

  /** Ends the emulator and everything it started; SIGTERM alone does not always end it. */
  async stop(): Promise<void> {
    if (!running.delete(this)) return;
    const ended = new Promise((resolve) => this.emulator.once('exit', resolve));
    killGroup(this.emulator, 'SIGTERM');
    if (!hasEnded(this.emulator)) await Promise.race([ended, sleep(STOP_GRACE_MS, undefined, { ref: false })]);
    this.kill();
    if (!hasEnded(this.emulator)) await ended;
  }

  /** The part of `stop` that can still be done while the process exits. */
  kill(): void {
    running.delete(this);
    killGroup(this.emulator, 'SIGKILL');
    rmSync(this.home, { recursive: true, force: true, maxRetries: 3 });
  }

  private async status<T>(page: string): Promise<T> {
    const answer = await fetch(`${this.endpoint}/_local_cloud/${page}`);
    if (!answer.ok) throw new Error(`${page}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  private async untilHealthy(): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    const isHealthy = () =>
      fetch(`${this.endpoint}/_ministack/health`).then(
        (answer) => answer.ok,
        () => false,
      );
    while (!(await isHealthy())) {
      if (hasEnded(this.emulator) || Date.now() > deadline) {
        const log = readFileSync(this.logFile, 'utf8').trim().split('\n').slice(-20).join('\n');
        throw new Error(`The local cloud did not start. The end of its log:\n${log}`);
      }
      await sleep(50);
    }
  }
}

/** Everything but `AWS_*`: neither a real account's credentials nor a profile nor an endpoint may reach a local run. */
export function withoutAws(environment: NodeJS.ProcessEnv): Record<string, string> {
  const kept = Object.entries(environment).filter(([name, value]) => !name.startsWith('AWS_') && value !== undefined);
  return Object.fromEntries(kept) as Record<string, string>;
}

/** A home of its own, and no way to the credentials of the user or of the machine. */
function isolation(home: string): Record<string, string> {
  return {
    HOME: home,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

const imagesFolder = (home: string) => path.join(home, 'images');
const dockerStandIn = (home: string) => path.join(home, 'docker');

/** `cdk` runs one program for image assets; it has to be one file. */
function writeDockerStandIn(home: string, python: PythonEnvironment): void {
  const command = [python.executable, '-B', path.join(__dirname, 'docker_stand_in.py'), imagesFolder(home)];
  const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  writeFileSync(dockerStandIn(home), `#!/bin/sh\nexec ${quoted} "$@"\n`, { mode: 0o755 });
}

function removeOldLogs(): void {
  for (const name of readdirSync(CACHE)) {
    const file = path.join(CACHE, name);
    if (name.endsWith('.log') && Date.now() - statSync(file).mtimeMs > LOG_LIFETIME_MS) rmSync(file, { force: true });
  }
}

const appArgs = (options: DeployOptions) => [
  ...(options.app ? ['--app', options.app] : []),
  ...pairs('--context', options.context),
];

const pairs = (flag: string, values: Record<string, string> = {}) =>
  Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`]);

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended by itself.
  }
}

const running = new Set<LocalCloud>();
let watching = false;

/** No emulator outlives the process that started it, however that ends (but for SIGKILL). */
function watchForExit(): void {
  if (watching) return;
  watching = true;
  const killAll = () => [...running].forEach((cloud) => cloud.kill());
  process.on('exit', killAll);
  for (const [signal, number] of [
    ['SIGHUP', 1],
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ] as const) {
    process.once(signal, () => {
      killAll();
      process.exit(128 + number);
    });
  }
}
