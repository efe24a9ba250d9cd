/**
 * `npm run bundle`: builds what the constructs deploy and the package ships, into dist/.
 *
 * - `handlers/<name>/` for each `lambda/<name>/index.ts`: `index.js`, and a file for each part that it loads on demand.
 *   The AWS SDK is bundled: the copy in Lambda's runtime changes under a deployed function, and loads slower file by file.
 * - `containers/<name>/` for each `container/<name>/index.ts`: the same, and what an image is built from.
 * - `layers/onnxruntime-<arch>.zip`: ONNX Runtime's native library for one architecture; its JavaScript is in the handlers.
 * - `cli/inference-patterns.js`: the command line, and a file for each part that it loads on demand.
 * - `checks/api-shapes.json`: what the APIs take that a state machine calls, for the checks.
 * - `digests.json`: SHA-256 of each handler, container and layer, so that synthesis need not hash tens of megabytes.
 *
 * Same sources, same bytes, on any machine. What has not changed since the last run is left alone.
 */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { BuildOptions, Metafile, Plugin } from 'esbuild';
import type { Zippable } from 'fflate';
import { apiShapes } from './api-shapes';

const ROOT = join(__dirname, '..');
const NATIVES = 'bin/napi-v6';
const ARCHITECTURES = ['x64', 'arm64'] as const;

const COMMAND_LINE = 'bin/inference-patterns';

/**
 * Parts of a program that it requires only when a request needs them, and threads that it starts: each becomes a file of its own
 * beside `index.js`, under its own name.
 */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  'lambda/predict': ['lambda/predict/decode-csv', 'lambda/predict/fault-log', 'lambda/predict/fetch-artifact'],
  'lambda/stream-score': [
    'lambda/stream-score/aggregation/deaggregate',
    'lambda/stream-score/decode-row',
    'lambda/stream-score/fault-log',
    'lambda/stream-score/open-endpoint',
    'lambda/stream-score/open-model',
    'lambda/stream-score/sinks/dynamo-sink',
    'lambda/stream-score/sinks/function-sink',
    'lambda/stream-score/sinks/kinesis-sink',
    'lambda/stream-score/sinks/s3-objects',
    'lambda/predict/fetch-artifact',
  ],
  [COMMAND_LINE]: ['bin/replay/replay', 'bin/rollout/rollout'],
  'container/onnx-server': ['container/onnx-server/worker', 'lambda/predict/decode-csv', 'lambda/predict/fault-log'],
};

/** What an image is built from, beside its programs. */
const BUILD_FILES = ['Dockerfile', 'package.json', 'package-lock.json'] as const;

export interface Digests {
  readonly handlers: Readonly<Record<string, string>>;
  readonly containers: Readonly<Record<string, string>>;
  readonly layers: Readonly<Record<string, string>>;
}

/** What one output was made from and what came out: SHA-256 by path. A mismatch in either means it must be made again. */
interface Stamp {
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
}

/** Brings dist/ up to date, and answers what it made. */
export async function bundle(dist: string): Promise<{ digests: Digests; made: string[] }> {
  const made: string[] = [];
  const handlers = await bundleEach(dist, 'lambda', 'handlers', [], made);
  const containers = await bundleEach(dist, 'container', 'containers', BUILD_FILES, made);
  const layers: Record<string, string> = {};
  for (const architecture of ARCHITECTURES) {
    const file = join(dist, 'layers', `onnxruntime-${architecture}.zip`);
    const stamp = await upToDate(dist, `layers/${architecture}`, made, () => bundleLayer(architecture, file));
    layers[architecture] = digestOf(stamp.outputs);
  }
  if (existsSync(join(ROOT, `${COMMAND_LINE}.ts`))) {
    await upToDate(dist, 'cli', made, () => bundleCommandLine(join(dist, 'cli')));
  }
  const shapes = join(dist, 'checks', 'api-shapes.json');
  await upToDate(dist, 'checks/api-shapes', made, () => bundleApiShapes(shapes));
  const digests = { handlers, containers, layers };
  writeIfChanged(join(dist, 'digests.json'), `${JSON.stringify(digests, undefined, 2)}\n`);
  return { digests, made };
}

/** Bundles each program of a folder, and answers the digest of each by its name. */
async function bundleEach(
  dist: string,
  folder: string,
  target: string,
  copied: readonly string[],
  made: string[],
): Promise<Record<string, string>> {
  const names = readdirSync(join(ROOT, folder))
    .filter((name) => existsSync(join(ROOT, folder, name, 'index.ts')))
    .sort();
  const digests: Record<string, string> = {};
  for (const name of names) {
    const make = (): Promise<Stamp> => bundleProgram(`${folder}/${name}`, join(dist, target, name), copied);
    digests[name] = digestOf((await upToDate(dist, `${target}/${name}`, made, make)).outputs);
  }
  for (const stale of existsSync(join(dist, target)) ? readdirSync(join(dist, target)) : []) {
    if (!names.includes(stale)) {
      rmSync(join(dist, target, stale), { recursive: true });
    }
  }
  return digests;
}

async function bundleProgram(source: string, outdir: string, copied: readonly string[]): Promise<Stamp> {
  const parts = PARTS[source] ?? [];
  const staging = stagingFor(outdir);
  const { build } = await import('esbuild');
  const { metafile } = await build({ ...programSettings(`${source}/index`, parts, staging), metafile: true });
  writeLicenses(metafile, staging);
  const files = copied.map((name) => join(ROOT, source, name));
  files.forEach((file) => copyFileSync(file, join(staging, basename(file))));
  putInPlace(staging, outdir);
  return stampOf(metafile, outdir, files);
}

async function bundleCommandLine(outdir: string): Promise<Stamp> {
  const parts = PARTS[COMMAND_LINE];
  const staging = stagingFor(join(outdir, basename(COMMAND_LINE)));
  const { build } = await import('esbuild');
  const { metafile } = await build({
    ...programSettings(COMMAND_LINE, parts, staging),
    // What an adopter has installed anyway: the peers, and what the package brings along itself.
    external: ['aws-cdk-lib', 'constructs', ...bundledDependencies()],
    metafile: true,
  });
  writeLicenses(metafile, staging);
  putInPlace(staging, outdir);
  return stampOf(metafile, outdir);
}

function bundleApiShapes(file: string): Promise<Stamp> {
  const staging = stagingFor(file);
  writeFileSync(staging, apiShapes());
  putInPlace(staging, file);
  return Promise.resolve({
    inputs: digestFiles([join(__dirname, 'api-shapes.ts')]),
    outputs: digestFiles([file]),
  });
}

/** A file for the program, and one for each of its parts. */
function programSettings(program: string, parts: readonly string[], outdir: string): BuildOptions {
  return {
    absWorkingDir: ROOT,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'warning',
    entryPoints: [program, ...parts].map((part) => ({ in: join(ROOT, `${part}.ts`), out: basename(part) })),
    outdir,
    // Of ES modules only what is used is kept: the SDK's client for SageMaker alone would be a megabyte.
    mainFields: ['module', 'main'],
    // Vendored code is under the licences that lie beside it; see `writeLicenses`.
    legalComments: 'none',
    plugins: [leaveOut(parts), NATIVE_FROM_LAYER],
  };
}

/** Keeps the parts that are loaded on demand out of the file that asks for them, and points it at theirs. */
function leaveOut(parts: readonly string[]): Plugin {
  const files = parts.map((part) => join(ROOT, part));
  return {
    name: 'on-demand',
    setup(build) {
      build.onResolve({ filter: /^\.\.?\/[\w./-]+$/ }, ({ path, resolveDir, kind }) =>
        kind === 'require-call' && files.includes(join(resolveDir, path))
          ? { path: `./${basename(path)}.js`, external: true }
          : undefined,
      );
    },
  };
}

/**
 * Lets the native library come from wherever Node.js finds packages: the layer (Lambda's NODE_PATH holds
 * /opt/nodejs/node_modules), or the node_modules of an image or a host.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
 */
const NATIVE_FROM_LAYER: Plugin = {
  name: 'native-from-layer',
  setup(build) {
    build.onLoad({ filter: /onnxruntime-node[\\/]dist[\\/]binding\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const contents = source.replace('require(`../bin/', 'require(`onnxruntime-node/bin/');
      if (contents === source) {
        throw new Error(`${path} no longer requires its native library the way this bundler expects`);
      }
      return { contents, loader: 'js' };
    });
  },
};

/** The licences of the packages whose code went into a program, as they ask for. */
function writeLicenses(metafile: Metafile, outdir: string): void {
  const folders = new Set<string>();
  for (const input of Object.keys(metafile.inputs)) {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input.split(sep).join('/'));
    if (match !== null) {
      folders.add(match[1]);
    }
  }
  const packagesByText = new Map<string, string[]>();
  for (const folder of [...folders].sort()) {
    const { name, version, license } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Record<
      string,
      string
    >;
    const file = readdirSync(join(ROOT, folder))
      .sort()
      .find((entry) => /^licen[cs]e/i.test(entry));
    const text =
      file === undefined
        ? license
        : readFileSync(join(ROOT, folder, file), 'utf8')
            .replaceAll('\r\n', '\n')
            .trim();
    packagesByText.set(text, [...(packagesByText.get(text) ?? []), `${name}@${version}`]);
  }
  const sections = [...packagesByText].map(([text, packages]) => `${packages.join('\n')}\n\n${text}\n`);
  if (sections.length > 0) {
    writeFileSync(join(outdir, 'LICENSES.txt'), sections.join(`\n${'-'.repeat(80)}\n\n`));
  }
}

/** The archive that becomes a Lambda layer. fflate is plain JavaScript, so its output does not depend on the machine. */
async function bundleLayer(architecture: string, file: string): Promise<Stamp> {
  const { zipSync } = await import('fflate');
  const runtime = join(ROOT, 'node_modules', 'onnxruntime-node');
  const license = join(ROOT, 'lambda', 'predict', 'onnxruntime-license.txt');
  const folder = `nodejs/node_modules/onnxruntime-node`;
  const natives = `${NATIVES}/linux/${architecture}`;
  const entries: Zippable = {};
  entries[`${folder}/LICENSE`] = [readFileSync(license), ZIP_ENTRY];
  for (const name of readdirSync(join(runtime, natives)).sort()) {
    entries[`${folder}/${natives}/${name}`] = [readFileSync(join(runtime, natives, name)), ZIP_ENTRY];
  }
  const staging = stagingFor(file);
  writeFileSync(staging, zipSync(entries, { level: 9 }));
  putInPlace(staging, file);
  return { inputs: digestFiles([license]), outputs: digestFiles([file]) };
}

/** Fixed time (in local terms, which is what a ZIP entry holds), made on Unix, readable and executable by all. */
const ZIP_ENTRY = { mtime: new Date(1980, 0, 1), os: 3, attrs: 0o100755 << 16 };

/** What a run leaves for the next one; outside dist/, which is published. */
function workFolder(dist: string): string {
  const folder = join(dirname(dist), '.cache', 'bundle', basename(dist));
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Where an output two folders below dist/ is made, so that nobody who reads dist/ meanwhile finds half of it. */
function stagingFor(output: string): string {
  return join(workFolder(dirname(dirname(output))), `${basename(output)}-${process.pid}`);
}

function putInPlace(staging: string, output: string): void {
  mkdirSync(dirname(output), { recursive: true });
  rmSync(output, { recursive: true, force: true });
  renameSync(staging, output);
}

/** Makes an output unless it is there, unchanged, and made from the same inputs. */
async function upToDate(dist: string, name: string, made: string[], make: () => Promise<Stamp>): Promise<Stamp> {
  const file = join(workFolder(dist), `${name.replaceAll('/', '-')}.json`);
  const recipe = digestOf(digestFiles([join(ROOT, 'package-lock.json'), __filename]));
  if (existsSync(file)) {
    const { stamp, recipe: before } = JSON.parse(readFileSync(file, 'utf8')) as { stamp: Stamp; recipe: string };
    if (before === recipe && unchanged(stamp.inputs) && unchanged(stamp.outputs)) {
      return stamp;
    }
  }
  const stamp = await make();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ recipe, stamp }));
  made.push(name);
  return stamp;
}

function unchanged(files: Readonly<Record<string, string>>): boolean {
  return Object.entries(files).every(([path, digest]) => {
    const file = join(ROOT, path);
    return existsSync(file) && digestFile(file) === digest;
  });
}

/** Our own sources that went into a bundle; those of packages are covered by the lock file. */
function stampOf(metafile: Metafile, outdir: string, copied: readonly string[] = []): Stamp {
  const sources = Object.keys(metafile.inputs).filter(
    (path) => !path.includes('node_modules') && existsSync(join(ROOT, path)),
  );
  const outputs = readdirSync(outdir).sort();
  return {
    inputs: digestFiles([...sources.sort().map((path) => join(ROOT, path)), ...copied]),
    outputs: digestFiles(outputs.map((name) => join(outdir, name))),
  };
}

function digestFiles(files: readonly string[]): Record<string, string> {
  return Object.fromEntries(files.map((file) => [relative(ROOT, file).split(sep).join('/'), digestFile(file)]));
}

function digestFile(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** One digest for several files, by base name, so that it does not depend on where they lie. */
function digestOf(files: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256');
  for (const [path, digest] of Object.entries(files)) {
    hash.update(`${path.slice(path.lastIndexOf('/') + 1)}\0${digest}\n`);
  }
  return hash.digest('hex');
}

function bundledDependencies(): string[] {
  return (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { bundledDependencies: string[] })
    .bundledDependencies;
}

function writeIfChanged(file: string, text: string): void {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

if (require.main === module) {
  const dist = resolve(process.argv[2] ?? join(ROOT, 'dist'));
  void bundle(dist).then(({ made }) => {
    console.log(made.length === 0 ? 'dist is up to date' : `made ${made.join(', ')}`);
  });
}
