import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { zipSync } from 'fflate';
import { LocalCloud, withoutAws } from '../../bin/local-cloud/local-cloud';
import { ensurePythonEnvironment, type PythonEnvironment } from '../../bin/local-cloud/python-environment';

const LOCAL_CLOUD = path.join(__dirname, '../../bin/local-cloud');
const REQUIREMENTS = path.join(LOCAL_CLOUD, 'requirements.txt');
const FIRST_INSTALL_MS = 300_000;

/** They wait for processes and timers more than they compute. */
const SIDE_BY_SIDE = 4;

test(
  'the emulator extension passes its own tests',
  async () => {
    const python = (await ensurePythonEnvironment('local-cloud', REQUIREMENTS, console.log))!;
    const cwd = path.join(__dirname, 'python');
    const modules = readdirSync(cwd).flatMap((file) => /^(test_\w+)\.py$/.exec(file)?.[1] ?? []);
    const ran = await Promise.all(
      Array.from({ length: SIDE_BY_SIDE }, (_, part) =>
        unittest(
          python,
          cwd,
          modules.filter((_module, index) => index % SIDE_BY_SIDE === part),
        ),
      ),
    );
    expect(ran.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(400);
  },
  FIRST_INSTALL_MS,
);

/** How many tests of these modules ran; throws what they say unless all passed. */
async function unittest(python: PythonEnvironment, cwd: string, modules: readonly string[]): Promise<number> {
  const output = await new Promise<string>((resolve) =>
    execFile(
      python.executable,
      ['-W', 'ignore', '-m', 'unittest', ...modules],
      {
        cwd,
        env: {
          ...withoutAws(process.env),
          ...python.env,
          // A module by itself finds the extension, too.
          PYTHONPATH: [LOCAL_CLOUD, python.env.PYTHONPATH ?? ''].join(path.delimiter),
          PYTHONDONTWRITEBYTECODE: '1',
        },
      },
      (_error, stdout, stderr) => resolve(stdout + stderr),
    ),
  );
  if (!/^OK$/m.test(output)) {
    throw new Error(output);
  }
  return Number(/^Ran (\d+) tests/m.exec(output)?.[1]);
}

describe('a Python environment', () => {
  let folder: string;
  const lines: string[] = [];
  const report = (line: string) => lines.push(line);
  const originalPath = process.env.PATH;
  /** Such a Python also makes its environments in a fraction of the time. */
  const WITHOUT_VENV = '*"-m venv"*';
  /** The environment that a name and a requirements file led to. */
  const made = (name: string) => {
    const cache = path.join(__dirname, '../../.cache/python');
    return readdirSync(cache)
      .filter((entry) => entry.startsWith(`${name}-`))
      .map((entry) => path.join(cache, entry));
  };

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'python-environment-'));
    lines.length = 0;
    // A package of our own: nothing is fetched.
    const info = 'tiny-1.0.dist-info/';
    const text = (content: string) => new TextEncoder().encode(content);
    const wheel = zipSync({
      'tiny.py': text('answer = 42\n'),
      [`${info}METADATA`]: text('Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n'),
      [`${info}WHEEL`]: text('Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n'),
      [`${info}RECORD`]: text('tiny.py,,\n'),
    });
    writeFileSync(path.join(folder, 'tiny-1.0-py3-none-any.whl'), wheel);
    writeFileSync(path.join(folder, 'requirements.txt'), `tiny @ file://${folder}/tiny-1.0-py3-none-any.whl\n`);
  });

  afterEach(() => {
    process.env.PATH = originalPath;
    made('tiny').forEach((entry) => rmSync(entry, { recursive: true, force: true }));
    rmSync(folder, { recursive: true, force: true });
  });

  const ensure = () => ensurePythonEnvironment('tiny', path.join(folder, 'requirements.txt'), report);

  function answer(environment: PythonEnvironment) {
    const run = spawnSync(environment.executable, ['-c', 'import tiny; print(tiny.answer)'], {
      env: { ...process.env, ...environment.env },
      encoding: 'utf8',
    });
    return run.stdout.trim();
  }

  /** Puts a `python3` first on the PATH that fails for some arguments and else is the real one. */
  function shadowPython(failing: string) {
    const real = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).stdout.trim();
    const script = `#!/bin/sh\ncase "$*" in ${failing}) echo "No module named that" >&2; exit 1;; esac\nexec "${real}" "$@"\n`;
    writeFileSync(path.join(folder, 'python3'), script, { mode: 0o755 });
    process.env.PATH = `${folder}:${originalPath}`;
  }

  test('is made once, and used again', async () => {
    const environment = (await ensure())!;
    expect(answer(environment)).toBe('42');
    expect(environment.executable).toContain(`${path.sep}venv${path.sep}`);
    expect(lines).toHaveLength(1);
    expect(await ensure()).toEqual(environment);
    expect(lines).toHaveLength(1);
  }, 60_000);

  test('is made once for callers at the same time', async () => {
    shadowPython(WITHOUT_VENV);
    const [one, two] = await Promise.all([ensure(), ensure()]);
    expect(two).toEqual(one);
    expect(lines).toHaveLength(1);
  }, 60_000);

  test('is a folder of packages where Python has no venv', async () => {
    shadowPython(WITHOUT_VENV);
    const environment = (await ensure())!;
    expect(environment.executable).toBe('python3');
    expect(answer(environment)).toBe('42');
    expect(await ensure()).toEqual(environment);
    expect(lines).toHaveLength(1);
  }, 60_000);

  test('that was left half-made is made again', async () => {
    shadowPython(WITHOUT_VENV);
    await ensure();
    const [entry] = made('tiny');
    rmSync(path.join(entry, 'finished'));
    writeFileSync(path.join(entry, 'left-over'), '');
    expect(answer((await ensure())!)).toBe('42');
    expect(existsSync(path.join(entry, 'left-over'))).toBe(false);
  }, 60_000);

  test('waits for the lock of a living process, not of a dead one', async () => {
    shadowPython(WITHOUT_VENV);
    const environment = await ensure();
    const lock = `${made('tiny')[0]}.lock`;
    writeFileSync(lock, String(spawnSync('true').pid));
    expect(await ensure()).toEqual(environment);
    writeFileSync(lock, String(process.pid));
    setTimeout(() => rmSync(lock), 500);
    const began = Date.now();
    expect(await ensure()).toEqual(environment);
    expect(Date.now() - began).toBeGreaterThan(450);
  }, 60_000);

  test('that cannot be made is undefined, with what to do about it', async () => {
    shadowPython('*"-m venv"* | *"-m pip"*');
    expect(await ensure()).toBeUndefined();
    expect(lines.at(-1)).toMatch(
      /neither make an environment nor install packages\. Install Python 3\.10 or newer with pip/,
    );
    process.env.PATH = folder;
    writeFileSync(path.join(folder, 'python3'), '#!/bin/sh\nexit 127\n', { mode: 0o755 });
    expect(await ensure()).toBeUndefined();
    expect(lines.at(-1)).toMatch(/^No Python 3\.10 or newer was found \(tried python3, .*Install Python/);
  }, 60_000);
});

/** What a process holds and where it listens is read from /proc. */
const onLinux = process.platform === 'linux' ? test : test.skip;

describe('the local cloud', () => {
  const real = {
    AWS_PROFILE: 'production',
    AWS_ACCESS_KEY_ID: 'AKIAREAL',
    AWS_SESSION_TOKEN: 'token',
    AWS_ENDPOINT_URL_S3: 'https://real',
  };
  let cloud: LocalCloud;

  beforeAll(async () => {
    Object.assign(process.env, real);
    cloud = (await LocalCloud.start({ report: console.log }))!;
  }, FIRST_INSTALL_MS);

  afterAll(async () => {
    Object.keys(real).forEach((name) => delete process.env[name]);
    await cloud?.stop();
  });

  test('says why it does not start', async () => {
    const start = LocalCloud.start({ minuteSeconds: 0 });
    await expect(start).rejects.toThrow(/did not start[\s\S]*LOCAL_CLOUD_MINUTE_SECONDS must be more than 0/);
  });

  test('keeps every AWS_* of the user out of its environment', () => {
    const aws = Object.fromEntries(Object.entries(cloud.environment).filter(([name]) => name.startsWith('AWS_')));
    expect(aws).toEqual({
      AWS_ENDPOINT_URL: cloud.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
    });
    expect(cloud.environment.HOME).not.toBe(process.env.HOME);
  });

  onLinux('keeps them out of the emulator', () => {
    const emulator = (cloud as unknown as { emulator: { pid: number } }).emulator.pid;
    const environment = readFileSync(`/proc/${emulator}/environ`, 'utf8').split('\0');
    const names = environment.map((entry) => entry.split('=')[0]).filter((name) => name.startsWith('AWS_'));
    expect(names.sort()).toEqual(['AWS_CONFIG_FILE', 'AWS_EC2_METADATA_DISABLED', 'AWS_SHARED_CREDENTIALS_FILE']);
  });

  onLinux('listens on the loopback address only', () => {
    const port = Number(new URL(cloud.endpoint).port).toString(16).toUpperCase().padStart(4, '0');
    const listening = (file: string) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .map((line) => line.trim().split(/\s+/))
        .filter(([, local, , state]) => state === '0A' && local?.endsWith(`:${port}`))
        .map(([, local]) => local);
    expect(listening('/proc/net/tcp')).toEqual([`0100007F:${port}`]);
    expect(listening('/proc/net/tcp6')).toEqual([]);
  });

  test('ends a cdk command that takes too long', async () => {
    const result = await cloud.cdk(['bootstrap', 'aws://000000000000/us-east-1'], { timeoutMs: 100 });
    expect(result.succeeded).toBe(false);
    expect(result.output).toMatch(/cdk bootstrap did not end within 0\.1 s/);
  });

  test('deploys and destroys a CDK app with the ordinary cdk command', async () => {
    const app = mkdtempSync(path.join(os.tmpdir(), 'cdk-app-'));
    writeFileSync(
      path.join(app, 'app.js'),
      `const { App, Stack, CfnOutput, aws_lambda: lambda, aws_apigateway: apigateway } = require(${JSON.stringify(require.resolve('aws-cdk-lib'))});
       const stack = new Stack(new App(), 'Hello');
       const handler = new lambda.Function(stack, 'Fn', { runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler',
         code: lambda.Code.fromInline('exports.handler = async () => ({ statusCode: 200, body: "hello" });') });
       const api = new apigateway.LambdaRestApi(stack, 'Api', { handler, cloudWatchRole: false });
       new CfnOutput(stack, 'ApiId', { value: api.restApiId });`,
    );
    const options = { app: 'node app.js', cwd: app };
    expect(await cloud.bootstrap(options)).toMatchObject({ succeeded: true });
    const deployed = await cloud.deploy('Hello', options);
    expect(deployed).toMatchObject({ succeeded: true });
    const answer = await fetch(`${cloud.apiUrl(deployed.outputs.ApiId, 'prod')}/`);
    expect([answer.status, await answer.text()]).toEqual([200, 'hello']);
    expect(await cloud.destroy('Hello', options)).toMatchObject({ succeeded: true });
    rmSync(app, { recursive: true, force: true });
  }, 120_000);

  test('stops, with everything it started', async () => {
    const emulator = (cloud as unknown as { emulator: { pid: number } }).emulator.pid;
    const home = cloud.environment.HOME;
    await cloud.stop();
    const processes = spawnSync('ps', ['-eo', 'pgid=,stat='], { encoding: 'utf8' }).stdout.split('\n');
    // A zombie is only waiting for its parent, which may be anybody's.
    const alive = processes
      .map((line) => line.trim().split(/\s+/))
      .filter(([group, state]) => group === String(emulator) && !state.startsWith('Z'));
    expect(alive).toEqual([]);
    expect(existsSync(home)).toBe(false);
    await expect(fetch(cloud.endpoint)).rejects.toThrow();
  });
});
