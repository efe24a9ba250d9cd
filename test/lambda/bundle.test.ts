import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import type { HttpAnswer } from '../../lambda/predict/http-event';
import type { ServedField } from '../../lambda/predict/contract';
import { unpackHandler, unpackLayer } from './bundled-function';
import { removeAssets, writeAsset } from './served-model';

const ROOT = join(__dirname, '..', '..');
const DIST = join(ROOT, 'dist');
const SAMPLE = join(ROOT, 'bin', 'sample', 'models', 'breast-cancer');
const MEBIBYTE = 1024 * 1024;

const folder = mkdtempSync(join(tmpdir(), 'bundle-'));

function bundle(dist: string, environment: NodeJS.ProcessEnv = {}): string {
  const tsx = join(ROOT, 'node_modules', 'tsx', 'dist', 'cli.mjs');
  return execFileSync(process.execPath, [tsx, join(ROOT, 'bin', 'bundle.ts'), dist], {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
  });
}

beforeAll(() => {
  bundle(DIST);
}, 60_000);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  removeAssets();
});

const digests = (dist: string): string => readFileSync(join(dist, 'digests.json'), 'utf8');

describe('the bundle', () => {
  test('is the same to the byte in another folder and time zone, and is left alone when nothing changed', () => {
    const other = join(folder, 'dist');
    expect(bundle(other, { TZ: 'Pacific/Auckland' })).toContain('made handlers/');
    expect(digests(other)).toBe(digests(DIST));
    for (const file of [
      'layers/onnxruntime-x64.zip',
      'layers/onnxruntime-arm64.zip',
      'handlers/predict/index.js',
      'containers/onnx-server/worker.js',
    ]) {
      expect(readFileSync(join(other, file)).equals(readFileSync(join(DIST, file)))).toBe(true);
    }
    expect(bundle(other)).toBe('dist is up to date\n');

    // A file that was changed by hand is made again.
    writeFileSync(join(other, 'handlers', 'smoke-test', 'index.js'), 'changed');
    expect(bundle(other)).toBe('made handlers/smoke-test\n');
    expect(digests(other)).toBe(digests(DIST));
  }, 120_000);

  test('stays within the sizes that keep starts and uploads short', () => {
    expect(statSync(join(DIST, 'layers', 'onnxruntime-x64.zip')).size).toBeLessThanOrEqual(18 * MEBIBYTE);
    expect(statSync(join(DIST, 'layers', 'onnxruntime-arm64.zip')).size).toBeLessThanOrEqual(11 * MEBIBYTE);
    for (const name of readdirSync(join(DIST, 'handlers'))) {
      const files = Object.fromEntries(
        readdirSync(join(DIST, 'handlers', name)).map((file) => [
          file,
          readFileSync(join(DIST, 'handlers', name, file)),
        ]),
      );
      expect(zipSync(files).length).toBeLessThanOrEqual(1.5 * MEBIBYTE);
    }
  });

  test.each(['x64', 'arm64'])('has a layer for %s with the native library and its licence only', (architecture) => {
    const files = unzipSync(readFileSync(join(DIST, 'layers', `onnxruntime-${architecture}.zip`)));
    const runtime = 'nodejs/node_modules/onnxruntime-node';
    const natives = `${runtime}/bin/napi-v6/linux/${architecture}`;
    expect(Object.keys(files)).toEqual([
      `${runtime}/LICENSE`,
      `${natives}/libonnxruntime.so.1`,
      `${natives}/onnxruntime_binding.node`,
    ]);
    const original = readFileSync(
      join(ROOT, 'node_modules', 'onnxruntime-node', 'bin', 'napi-v6', 'linux', architecture, 'libonnxruntime.so.1'),
    );
    expect(Buffer.from(files[`${natives}/libonnxruntime.so.1`]).equals(original)).toBe(true);
  });

  test('names no folder of the machine that made it', () => {
    const programs = ['handlers', 'containers'].flatMap((kind) =>
      readdirSync(join(DIST, kind)).map((name) => join(DIST, kind, name)),
    );
    expect(programs.length).toBeGreaterThan(2);
    for (const program of programs) {
      for (const file of readdirSync(program)) {
        expect(readFileSync(join(program, file), 'utf8')).not.toContain(ROOT);
      }
    }
  });

  test('loads the SDK, the CSV parser and the logger on demand only', () => {
    const index = readFileSync(join(DIST, 'handlers', 'predict', 'index.js'), 'utf8');
    for (const part of ['fetch-artifact', 'decode-csv', 'fault-log']) {
      expect(index).toContain(`require("./${part}.js")`);
    }
    expect(index).not.toContain('node_modules/@smithy/');
  });
});

describe('the bundled prediction handler', () => {
  interface Example {
    readonly input: Record<string, number>;
    readonly expected: { readonly malignant: number; readonly probability: number };
  }

  const examples = JSON.parse(readFileSync(join(SAMPLE, 'examples-v2.json'), 'utf8')) as Example[];
  const schema = JSON.parse(readFileSync(join(SAMPLE, 'input-schema.json'), 'utf8')) as {
    properties: Record<string, { type: ServedField['type'] }>;
  };
  const artifact = readFileSync(join(SAMPLE, 'v2.onnx'));
  const sha256 = createHash('sha256').update(artifact).digest('hex');

  /** The files of the function as Lambda would unpack them, and beside them those of the layer. */
  function deploy(expectedDigest: string): { task: string; modules: string } {
    const task = writeAsset({
      artifact,
      schema,
      input: {
        kind: 'record',
        fields: Object.entries(schema.properties).map(([name, { type }]) => ({ name, type })),
      },
      model: { sha256: expectedDigest, warmUp: examples[0].input },
    });
    return { task: unpackHandler('predict', task), modules: unpackLayer(join(folder, 'opt')) };
  }

  /** Answers each event in a process of its own, as Lambda's runtime would call the handler. */
  function run(expectedDigest: string, events: unknown[]): { answers: unknown[]; metrics: unknown[] } {
    const { task, modules } = deploy(expectedDigest);
    const program = `
      const { handler } = require(process.argv[1]);
      (async () => {
        for (const event of JSON.parse(process.argv[2])) {
          const answer = await handler(event, { awsRequestId: 'r' }).catch((error) => ({ thrown: error.name }));
          console.log('ANSWER' + JSON.stringify(answer));
        }
      })();`;
    const output = execFileSync(process.execPath, ['-e', program, join(task, 'index.js'), JSON.stringify(events)], {
      cwd: task,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        NODE_PATH: modules,
        LAMBDA_TASK_ROOT: task,
        AWS_LAMBDA_FUNCTION_NAME: 'fn',
        AWS_LAMBDA_FUNCTION_VERSION: '3',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
      },
    });
    const lines = output.trim().split('\n');
    return {
      answers: lines.filter((line) => line.startsWith('ANSWER')).map((line) => JSON.parse(line.slice(6)) as unknown),
      metrics: lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as unknown),
    };
  }

  // The layer holds Linux libraries only.
  (process.platform === 'linux' ? test : test.skip)('answers from a real model with the library of the layer', () => {
    const csv = `${Object.keys(schema.properties).join(',')}\n${Object.values(examples[1].input).join(',')}\n`;
    const http = {
      requestContext: { requestId: 'q', http: { method: 'POST' } },
      rawPath: '/predict',
      isBase64Encoded: false,
    };
    const { answers, metrics } = run(sha256, [
      { instances: examples.map(({ input }) => input) },
      { ...http, headers: { 'content-type': 'text/csv; header=present' }, body: csv },
      { instances: [{ ...examples[0].input, mean_radius: -1 }] },
      { ...http, headers: { 'content-type': 'text/csv; header=present' }, body: csv.replace(/\n[^,]*,/, '\nNaN,') },
    ]);
    expect(answers[0]).toEqual({
      predictions: examples.map(({ expected }) => ({
        malignant: expected.malignant,
        probability: expect.closeTo(expected.probability, 5) as unknown,
      })),
      model: { name: 'test-model', version: '1.2.3' },
      inferenceId: 'r',
    });
    const { predictions } = JSON.parse((answers[1] as HttpAnswer).body) as { predictions: unknown[] };
    expect(predictions).toEqual([(answers[0] as { predictions: unknown[] }).predictions[1]]);
    expect(answers[2]).toEqual({ thrown: 'INVALID_INPUT' });
    // Found out by a part that is loaded on demand, from a bundle of its own.
    expect(answers[3]).toMatchObject({ statusCode: 400 });
    expect(JSON.parse((answers[3] as HttpAnswer).body)).toMatchObject({
      error: { code: 'INVALID_INPUT', field: 'instances[0].mean_radius' },
    });
    expect(metrics).toEqual([
      expect.objectContaining({
        FunctionName: 'fn',
        FunctionVersion: '3',
        ClientErrors: 0,
        BatchSize: examples.length,
      }),
      expect.objectContaining({ Requests: 1, BatchSize: 1 }),
      expect.objectContaining({ ClientErrors: 1, RejectedInvocations: 1, ErrorCode: 'INVALID_INPUT' }),
      expect.objectContaining({ ClientErrors: 1, RejectedInvocations: 0, HandledServerErrors: 0 }),
    ]);
  });

  (process.platform === 'linux' ? test : test.skip)(
    'does not start with an artifact that is not the one deployed',
    () => {
      const failure = (): unknown => run('0'.repeat(64), []);
      expect(failure).toThrow(
        new RegExp(`StartError: the artifact of model test-model 1.2.3 .* expected SHA-256 0{64}, got ${sha256}`),
      );
    },
  );
});
