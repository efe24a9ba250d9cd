import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENV } from '../../../container/onnx-server/contract';
import { PAIR } from '../../lambda/predict/models';
import { RunningServer, stopServers } from './running-server';

const ROOT = join(__dirname, '..', '..', '..');
const CONTEXT = join(ROOT, 'dist', 'containers', 'onnx-server');

interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** The instructions of the Dockerfile, continued lines joined, stage by stage. */
const stages: Instruction[][] = readFileSync(join(CONTEXT, 'Dockerfile'), 'utf8')
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line !== '')
  .reduce<Instruction[][]>((all, line) => {
    const [name] = line.split(' ', 1);
    const instruction = { name, text: line.slice(name.length + 1) };
    return name === 'FROM' ? [...all, [instruction]] : [...all.slice(0, -1), [...all[all.length - 1], instruction]];
  }, []);
const [build, image] = stages;
const all = (stage: Instruction[], name: string): string[] =>
  stage.filter((instruction) => instruction.name === name).map(({ text }) => text);

const json = <T>(...path: string[]): T => JSON.parse(readFileSync(join(...path), 'utf8')) as T;

const folder = mkdtempSync(join(tmpdir(), 'image-'));
afterAll(async () => {
  await stopServers();
  rmSync(folder, { recursive: true });
});

describe('the Dockerfile', () => {
  test('has a stage that builds and one that runs, from the same exact version of the same base', () => {
    expect(stages).toHaveLength(2);
    const bases = stages.map(([{ text }]) => text.split(' ')[0]);
    expect(new Set(bases).size).toBe(1);
    expect(bases[0]).toMatch(/^node:24\.\d+\.\d+-bookworm-slim$/);
  });

  test('starts the server without a shell, so that it gets SIGTERM itself, and leaves room for `serve`', () => {
    const [entryPoint] = all(image, 'ENTRYPOINT');
    expect(JSON.parse(entryPoint)).toEqual(['node', '/opt/server/index.js']);
    expect(all(image, 'CMD')).toEqual([]);
    expect(all(image, 'WORKDIR')).toEqual(['/opt/server']);
  });

  test('names the user that the server becomes, one that the base image has, and stays root until then', () => {
    expect(all(image, 'ENV')).toContain(`${ENV.user}=node`);
    expect(all(image, 'USER')).toEqual([]);
  });

  test('runs nothing in the final stage, and takes nothing but the server from the other', () => {
    expect(all(image, 'RUN')).toEqual([]);
    expect(all(image, 'COPY')).toEqual(['--from=build /opt/server /opt/server']);
    expect(all(image, 'EXPOSE')).toEqual(['8080']);
  });

  test('installs from the lock file, without scripts', () => {
    expect(all(build, 'COPY')[0]).toBe('package.json package-lock.json ./');
    expect(all(build, 'RUN')[0]).toMatch(/^npm ci --omit=dev --ignore-scripts /);
  });
});

describe('what the image takes from the registry', () => {
  const { dependencies } = json<{ dependencies: Record<string, string> }>(CONTEXT, 'package.json');
  const lock = json<{ packages: Record<string, { version: string; resolved?: string; integrity?: string }> }>(
    CONTEXT,
    'package-lock.json',
  );

  test('is the ONNX Runtime that the project itself is tested with', () => {
    const project = json<{ devDependencies: Record<string, string> }>(ROOT, 'package.json');
    expect(dependencies).toEqual({ 'onnxruntime-node': project.devDependencies['onnxruntime-node'] });
  });

  test('is locked by content, as the project locks it, and from no particular registry', () => {
    const project = json<typeof lock>(ROOT, 'package-lock.json');
    const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
    expect(packages.length).toBeGreaterThan(3);
    expect(packages.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))).toEqual([]);
    expect(packages.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
    expect(lock.packages['node_modules/onnxruntime-node'].integrity).toBe(
      project.packages['node_modules/onnxruntime-node'].integrity,
    );
  });

  test('has a lock file that npm accepts', () => {
    const cwd = join(folder, 'lock');
    mkdirSync(cwd);
    ['package.json', 'package-lock.json'].forEach((name) => cpSync(join(CONTEXT, name), join(cwd, name)));
    // Fails if the two do not agree; with `--dry-run` nothing is fetched.
    const told = execFileSync('npm', ['ci', '--omit=dev', '--ignore-scripts', '--dry-run', '--offline'], {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    });
    expect(told).toMatch(/onnxruntime-node/);
  });

  (process.platform === 'linux' ? test : test.skip)('is all that the server needs', async () => {
    // The step of the build as it stands, save for the download.
    const cwd = join(folder, 'build');
    mkdirSync(join(cwd, 'node_modules'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', 'onnxruntime-node'), join(cwd, 'node_modules', 'onnxruntime-node'));
    const [install, ...rest] = all(build, 'RUN')[0].split(' && ');
    expect(install).toMatch(/^npm ci /);
    execFileSync('sh', ['-euc', rest.join(' && ').replaceAll('/natives', join(folder, 'natives'))], { cwd });
    expect(readdirSync(cwd)).toEqual(['node_modules']);
    expect(readdirSync(join(cwd, 'node_modules', 'onnxruntime-node'))).toEqual(['bin']);

    const server = await RunningServer.ready(PAIR, { modules: join(cwd, 'node_modules') });
    expect((await server.invoke({ width: 1, height: 2 })).body.predictions).toEqual([[1, 2]]);
  });

  test.each(['x64', 'arm64'])(
    'has the native library for %s where the build copies it from, and the server asks for it',
    (architecture) => {
      const [, natives] = /natives="(node_modules\/[^$]+)\$\(node --print process\.arch\)"/.exec(all(build, 'RUN')[0])!;
      const folder = join(ROOT, natives, architecture);
      expect(existsSync(folder)).toBe(true);
      expect(readdirSync(folder)).toEqual(['libonnxruntime.so.1', 'onnxruntime_binding.node']);
      const asked = `onnxruntime-node/bin/napi-v6/\${process.platform}/\${process.arch}/onnxruntime_binding.node`;
      expect(`node_modules/${asked}`.startsWith(natives.replace(/linux\/$/, ''))).toBe(true);
      for (const file of ['index.js', 'worker.js']) {
        expect(readFileSync(join(CONTEXT, file), 'utf8')).toContain(`require(\`${asked}\`)`);
      }
    },
  );
});
