import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import S3rver from 's3rver';
import type { ServedModel } from '../../../lambda/predict/contract';
import { fetchArtifact } from '../../../lambda/predict/fetch-artifact';
import { start } from '../../../lambda/predict/start';
import { encodeModel, identityModel, type Dimension, type ElementType } from '../onnx-model';
import { removeAssets, writeAsset, type ServedModelOptions } from '../served-model';
import { LOOKUP, MIXED, PAIR, VECTOR } from './models';

afterAll(removeAssets);

const opened = (options: ServedModelOptions): unknown => start(writeAsset(options), {});

describe('a function whose artifact is in its asset', () => {
  test('refuses to start with another artifact than was deployed, and names model and both digests', () => {
    const expected = 'a'.repeat(64);
    const actual = createHash('sha256').update(PAIR.artifact).digest('hex');
    expect(() => opened({ ...PAIR, model: { sha256: expected } })).toThrow(
      `the artifact of model test-model 1.2.3 is not the one that was deployed: expected SHA-256 ${expected}, got ${actual}`,
    );
  });

  test('refuses to start without its files', () => {
    const root = writeAsset(PAIR);
    rmSync(join(root, 'model.onnx'));
    expect(() => start(root, {})).toThrow(
      /the artifact of model test-model 1.2.3 is missing: .*model.onnx does not exist/,
    );
    rmSync(join(root, 'model.json'));
    expect(() => start(root, {})).toThrow(/cannot read .*model.json/);
  });

  test('refuses to start with an artifact that ONNX Runtime cannot read', () => {
    expect(() => opened({ ...PAIR, artifact: Buffer.from('not a model') })).toThrow(
      /ONNX Runtime cannot load .*model.onnx/,
    );
  });

  test('refuses to start when the instance that it warms up with is refused, or fails', () => {
    expect(() => opened({ ...PAIR, model: { warmUp: { width: 1 } } })).toThrow(
      'model test-model 1.2.3 cannot be served: its warm-up instance fails: height is missing',
    );
    expect(() => opened({ ...LOOKUP, model: { warmUp: { x: 3 } } })).toThrow(/its warm-up instance fails: .*indices/);
    expect(() => opened({ ...LOOKUP, model: { warmUp: { x: 2 } } })).not.toThrow();
  });

  test('finds an artifact that a layer brings below /opt', () => {
    expect(() => opened({ ...PAIR, model: { artifact: { source: 'layer', path: 'models/pair.onnx' } } })).toThrow(
      '/opt/models/pair.onnx does not exist',
    );
  });
});

describe('a schema and a model that do not match', () => {
  const model = (name: string, type: ElementType, dims: readonly Dimension[]): Buffer =>
    encodeModel({
      inputs: [{ name, type, dims }],
      outputs: [{ name: 'out', type, dims }],
      nodes: [{ op: 'Identity', inputs: [name], outputs: ['out'] }],
    });

  test.each([
    [
      'another number of features',
      { ...PAIR, artifact: identityModel(3) },
      /input features has shape \[any, 3\], the input schema gives 2 values per instance \(width, height\)/,
    ],
    [
      'a fixed batch',
      { ...PAIR, artifact: model('x', 'float32', [1, 2]) },
      /shape \[1, 2\]: its first dimension must be a dynamic batch axis/,
    ],
    ['no batch', { ...PAIR, artifact: model('x', 'float32', []) }, /must be a dynamic batch axis/],
    [
      'another type',
      { ...PAIR, artifact: model('x', 'int64', ['N', 2]) },
      /input x takes int64, the field width is declared as number: declare it as integer or boolean/,
    ],
    [
      'text',
      { ...PAIR, artifact: model('x', 'string', ['N', 2]) },
      /takes string, the field width is declared as number/,
    ],
    [
      'inputs of other names',
      { ...MIXED, artifact: MIXED.artifact, input: { ...MIXED.input, fields: MIXED.input.fields.slice(1) } },
      /has the inputs age, income, vip, city, history, floor, the input schema the fields income, vip/,
    ],
    [
      'several inputs for a vector',
      { ...MIXED, schema: VECTOR.schema, input: VECTOR.input },
      /one input for all fields, or one input for each field/,
    ],
    [
      'an element type that JSON cannot carry',
      { ...PAIR, artifact: model('x', 'float16', ['N', 2]) },
      /ONNX element type 10, which JSON cannot carry: cast it to float32/,
    ],
  ])('refuse to start: %s', (_name, options, message) => {
    expect(() => opened(options)).toThrow(message);
  });

  test('refuse to start: an output that is no tensor', () => {
    const artifact = encodeModel({
      inputs: [{ name: 'x', type: 'float32', dims: ['N', 2] }],
      outputs: [{ name: 'all', type: 'float32', dims: ['N', 2], sequence: true }],
      nodes: [{ op: 'SequenceConstruct', inputs: ['x'], outputs: ['all'] }],
    });
    expect(() => opened({ ...PAIR, artifact })).toThrow(/the output all of the model is not a tensor: .*zipmap/);
  });

  test.each([[['N', 'F']], [['N', 2, 1]], [['N', 'A', 2]]] as const)('start where the shape %j leaves room', (dims) => {
    expect(() => opened({ ...PAIR, artifact: model('x', 'float32', dims) })).not.toThrow();
  });
});

describe('a function whose artifact is in S3', () => {
  const folder = mkdtempSync(join(tmpdir(), 's3-'));
  const server = new S3rver({ port: 0, address: '127.0.0.1', silent: true, directory: folder });
  const credentials = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER', AWS_REGION: 'eu-west-1' };
  const before = { ...process.env };

  beforeAll(async () => {
    const { port } = await server.run();
    Object.assign(process.env, credentials, { AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}` });
    const client = new S3Client({ requestChecksumCalculation: 'WHEN_REQUIRED' });
    await client.send(new CreateBucketCommand({ Bucket: 'models' }));
    await client.send(new PutObjectCommand({ Bucket: 'models', Key: 'pair/1/pair.onnx', Body: PAIR.artifact }));
    await client.send(new PutObjectCommand({ Bucket: 'models', Key: 'other.onnx', Body: VECTOR.artifact }));
    client.destroy();
  });

  afterAll(async () => {
    process.env = before;
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** An asset without artifact, and a name below /tmp that no other test uses. */
  function remote(): { root: string; target: string } {
    const path = `${Math.random().toString(36).slice(2)}.onnx`;
    const root = writeAsset({ ...PAIR, model: { artifact: { source: 's3', path } } });
    rmSync(join(root, 'model.onnx'));
    return { root, target: join(tmpdir(), path) };
  }

  const ready = async (root: string, environment: NodeJS.ProcessEnv): Promise<unknown> => {
    const { predictor } = start(root, environment);
    return (await predictor()).predict({ instances: [{ width: 1, height: 2 }], bare: true }).predictions;
  };

  test('downloads and serves it', async () => {
    const { root, target } = remote();
    expect(await ready(root, { MODEL_BUCKET: 'models', MODEL_KEY: 'pair/1/pair.onnx' })).toEqual([[1, 2]]);
    expect(readFileSync(target).equals(PAIR.artifact)).toBe(true);
    expect(existsSync(`${target}.partial`)).toBe(false);
    rmSync(target);
  });

  test('does not download again what is already there and right', async () => {
    const { root, target } = remote();
    writeFileSync(target, PAIR.artifact);
    expect(await ready(root, { MODEL_BUCKET: 'no-such-bucket', MODEL_KEY: 'none' })).toEqual([[1, 2]]);
    rmSync(target);
  });

  test('replaces a file that is not the artifact', async () => {
    const { root, target } = remote();
    writeFileSync(target, 'left over');
    expect(await ready(root, { MODEL_BUCKET: 'models', MODEL_KEY: 'pair/1/pair.onnx' })).toEqual([[1, 2]]);
    rmSync(target);
  });

  test('refuses another object than was deployed, and leaves nothing behind', async () => {
    const { root, target } = remote();
    await expect(ready(root, { MODEL_BUCKET: 'models', MODEL_KEY: 'other.onnx' })).rejects.toThrow(
      /the artifact of model test-model 1.2.3 is not the one that was deployed/,
    );
    expect(existsSync(target)).toBe(false);
    expect(existsSync(`${target}.partial`)).toBe(false);
  });

  test('says which object is missing, and which variable', async () => {
    const { root } = remote();
    await expect(ready(root, { MODEL_BUCKET: 'models', MODEL_KEY: 'none.onnx' })).rejects.toThrow(
      's3://models/none.onnx: NoSuchKey',
    );
    await expect(ready(root, { MODEL_BUCKET: 'models' })).rejects.toThrow(
      'the environment variable MODEL_KEY is missing',
    );
    await expect(ready(root, {})).rejects.toThrow('the environment variable MODEL_BUCKET is missing');
  });

  test('tries again with the next request after a failure', async () => {
    const { root, target } = remote();
    const environment: NodeJS.ProcessEnv = { MODEL_BUCKET: 'models', MODEL_KEY: 'none.onnx' };
    const { predictor } = start(root, environment);
    await expect(predictor()).rejects.toThrow('NoSuchKey');
    environment.MODEL_KEY = 'pair/1/pair.onnx';
    await expect(predictor()).resolves.toHaveProperty('predict');
    // From now on without waiting.
    expect(predictor()).not.toBeInstanceOf(Promise);
    rmSync(target);
  });

  test('asks for the version of the object, and repeats a download that breaks off', async () => {
    const asked: string[] = [];
    const { target, fetched } = await fetchFrom((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(200, { 'content-length': PAIR.artifact.length });
      if (asked.length < 3) {
        response.write(PAIR.artifact.subarray(0, 10), () => response.destroy());
      } else {
        response.end(PAIR.artifact);
      }
    });
    await fetched;
    expect(asked).toHaveLength(3);
    expect(asked[0]).toBe('/models/a/b.onnx?versionId=v7&x-id=GetObject');
    expect(readFileSync(target).equals(PAIR.artifact)).toBe(true);
    rmSync(target);
  });

  test('gives up on an S3 that does not answer, or falls silent in the middle, and says of which object', async () => {
    let asked = 0;
    const silent = await fetchFrom(() => void asked++);
    await expect(silent.fetched).rejects.toThrow(/cannot fetch the artifact s3:\/\/models\/a\/b.onnx: .*[Tt]ime/);
    // As often as the SDK tries.
    expect(asked).toBe(3);

    asked = 0;
    const half = await fetchFrom((_, response) => {
      asked++;
      response.writeHead(200, { 'content-length': PAIR.artifact.length });
      response.write(PAIR.artifact.subarray(0, 10));
    });
    await expect(half.fetched).rejects.toThrow(/cannot fetch the artifact s3:\/\/models\/a\/b.onnx: /);
    expect(asked).toBe(3);
    expect(existsSync(half.target) || existsSync(`${half.target}.partial`)).toBe(false);
  });

  /** Begins to fetch from a server of the test, which is gone when that has ended; without waiting for the end. */
  async function fetchFrom(answer: RequestListener): Promise<{ target: string; fetched: Promise<void> }> {
    const server = createServer(answer);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = process.env.AWS_ENDPOINT_URL_S3;
    process.env.AWS_ENDPOINT_URL_S3 = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { root, target } = remote();
    const model = JSON.parse(readFileSync(join(root, 'model.json'), 'utf8')) as ServedModel;
    const object = { bucket: 'models', key: 'a/b.onnx', versionId: 'v7' };
    const fetched = fetchArtifact(model, object, target, { connect: 500, silence: 200, answer: 300 }).finally(() => {
      process.env.AWS_ENDPOINT_URL_S3 = endpoint;
      server.closeAllConnections();
      server.close();
    });
    fetched.catch(() => undefined);
    return { target, fetched };
  }
});
