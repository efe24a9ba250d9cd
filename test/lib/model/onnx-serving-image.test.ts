import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Lazy, Size, Stack, type StackProps, Stage } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { ServedModel } from '../../../lambda/predict/contract';
import { ModelArtifact, type OnnxModel } from '../../../lib';
import { MAX_BAKED_MODEL_BYTES, OnnxServingImage } from '../../../lib/model/onnx-serving-image';
import type { ServingImageConfig } from '../../../lib/model/serving-image';
import { DIGEST, TINY_FILE, tinyModel } from '../../fakes/models';
import { identityStatements } from '../../helpers/statements';
import { plain, testApp } from '../../helpers/synth';

const folder = mkdtempSync(path.join(tmpdir(), 'onnx-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface DockerImage {
  readonly source: { readonly directory: string; readonly platform: string };
  readonly destinations: Readonly<Record<string, { readonly imageTag: string; readonly repositoryName: string }>>;
}

interface Bound {
  readonly stack: Stack;
  readonly scope: Construct;
  readonly config: ServingImageConfig;
  readonly resolved: { readonly imageUri: unknown; readonly modelObjects?: { readonly uri: unknown } };
  readonly images: readonly DockerImage[];
  /** Folder that the image is built from. */
  readonly context: string;
  readonly tag: string;
  readonly served: ServedModel;
  readonly statements: ReturnType<typeof identityStatements>;
}

function bound(
  model: (stack: Stack) => OnnxModel,
  { arm64 = false, ...props }: StackProps & { readonly arm64?: boolean } = {},
): Bound {
  const app = testApp();
  const stack = new Stack(app, 'Stack', props);
  const scope = new Construct(stack, 'Model');
  const role = new iam.Role(scope, 'Role', { assumedBy: new iam.ServicePrincipal('sagemaker.amazonaws.com') });
  const config = new OnnxServingImage(model(stack), arm64).bind(scope, role);
  const template = plain(stack);
  app.synth();
  const assets = JSON.parse(readFileSync(path.join(app.outdir, 'Stack.assets.json'), 'utf8')) as {
    readonly dockerImages: Readonly<Record<string, DockerImage>>;
  };
  const images = Object.values(assets.dockerImages);
  const context = path.join(app.outdir, images[0].source.directory);
  return {
    stack,
    scope,
    config,
    resolved: stack.resolve(config) as Bound['resolved'],
    images,
    context,
    tag: Object.values(images[0].destinations)[0].imageTag,
    served: JSON.parse(readFileSync(path.join(context, 'model.json'), 'utf8')) as ServedModel,
    statements: identityStatements(template),
  };
}

const reads = ({ statements }: Bound) =>
  statements.filter(({ actions }) => actions.some((action) => /^(s3|kms):/.test(action)));

describe('a model that is a file', () => {
  test('is built into the image, with the server, its description and its compiled schema', () => {
    const { context, served, resolved } = bound(() => tinyModel({ examples: [{ input: { amount: 3, age: 40 } }] }));
    expect(readdirSync(context)).toEqual([
      'Dockerfile',
      'LICENSES.txt',
      'decode-csv.js',
      'fault-log.js',
      'index.js',
      'model.json',
      'model.onnx',
      'package-lock.json',
      'package.json',
      'validate.js',
      'worker.js',
    ]);
    expect(readFileSync(path.join(context, 'model.onnx'))).toEqual(readFileSync(TINY_FILE));
    expect(served).toEqual({
      name: 'fraud',
      version: '1.4.0',
      sha256: ModelArtifact.fromAsset(TINY_FILE).sha256,
      artifact: { source: 'bundle', path: 'model.onnx' },
      input: {
        kind: 'record',
        fields: [
          { name: 'amount', type: 'number' },
          { name: 'age', type: 'integer' },
        ],
      },
      maxInstances: 10_000,
      warmUp: { amount: 3, age: 40 },
    });
    expect(resolved.modelObjects).toBeUndefined();
  });

  test('needs the right to pull this image, and to read nothing', () => {
    const { statements, resolved, tag } = bound(() => tinyModel());
    expect(JSON.stringify(resolved.imageUri)).toContain(`cdk-hnb659fds-container-assets-`);
    expect(JSON.stringify(resolved.imageUri)).toContain(`:${tag}`);
    expect(statements.map(({ actions }) => actions)).toEqual([
      ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      ['ecr:GetAuthorizationToken'],
    ]);
    expect(JSON.stringify(statements[0].resources)).toMatch(/:repository\/.*container-assets/);
  });

  test.each([
    [false, 'linux/amd64'],
    [true, 'linux/arm64'],
  ])('is built for the processors of the instance (arm64: %p)', (arm64, platform) => {
    const { images, config } = bound(() => tinyModel(), { arm64 });
    expect(images.map(({ source }) => source.platform)).toEqual([platform]);
    expect(config.arm64).toBe(arm64);
  });

  test('has a tag that follows platform, model and description, and nothing else', () => {
    const base = bound(() => tinyModel()).tag;
    expect(bound(() => tinyModel()).tag).toBe(base);
    expect(bound(() => tinyModel(), { arm64: true }).tag).not.toBe(base);
    expect(bound(() => tinyModel({ version: '1.4.1' })).tag).not.toBe(base);
    const other = path.join(folder, 'other.onnx');
    writeFileSync(other, 'another model');
    expect(bound(() => tinyModel({ artifact: ModelArtifact.fromAsset(other) })).tag).not.toBe(base);
  });

  test('up to 1 GiB; a larger one is laid down by SageMaker, and only it may be read', () => {
    expect(MAX_BAKED_MODEL_BYTES).toBe(1024 ** 3);
    // A size is all that decides, so no gigabyte has to be read here.
    const sized = (bytes: number) =>
      bound(() => {
        const artifact = ModelArtifact.fromAsset(TINY_FILE);
        Object.defineProperty(artifact, 'size', { value: Size.bytes(bytes) });
        return tinyModel({ artifact });
      });
    const fits = sized(MAX_BAKED_MODEL_BYTES);
    expect([fits.served.artifact.source, fits.resolved.modelObjects, reads(fits)]).toEqual(['bundle', undefined, []]);

    const large = sized(MAX_BAKED_MODEL_BYTES + 1);
    expect(large.served.artifact).toEqual({ source: 'mounted' });
    expect(readdirSync(large.context)).not.toContain('model.onnx');
    const uri = JSON.stringify(large.resolved.modelObjects?.uri);
    const key = /[0-9a-f]{64}\.onnx/.exec(uri)?.[0];
    expect(uri).toMatch(/s3:\/\/cdk-hnb659fds-assets-/);
    expect(reads(large)).toHaveLength(1);
    expect(reads(large)[0].actions).toEqual(['s3:GetObject', 's3:GetObjectVersion']);
    expect(JSON.stringify(reads(large)[0].resources)).toContain(`/${key}`);
  });
});

describe('a model that is an object', () => {
  const inBucket = (key: string, objectVersion?: string) => (stack: Stack) =>
    tinyModel({
      artifact: ModelArtifact.fromBucket(s3.Bucket.fromBucketName(stack, 'B', 'models'), key, {
        sha256: DIGEST,
        objectVersion,
      }),
    });

  test('is laid down by SageMaker, whatever its name, and only it may be read', () => {
    const given = bound(inBucket('fraud/1.onnx'));
    expect(given.served).toMatchObject({ sha256: DIGEST, artifact: { source: 'mounted' } });
    expect(given.resolved.modelObjects).toEqual({ uri: 's3://models/fraud/1.onnx' });
    expect(readdirSync(given.context)).not.toContain('model.onnx');
    expect(reads(given)).toHaveLength(1);
    expect(JSON.stringify(reads(given)[0].resources)).toContain(':s3:::models/fraud/1.onnx');
    Annotations.fromStack(given.stack).hasNoWarning('*', Match.anyValue());
  });

  test('with a key that is known only at deployment leaves the image as it is', () => {
    const lazy = bound(inBucket(Lazy.string({ produce: () => 'late.onnx' })));
    expect(lazy.resolved.modelObjects).toEqual({ uri: 's3://models/late.onnx' });
    expect(lazy.tag).toBe(bound(inBucket('other.onnx')).tag);
  });

  test('with a version is warned about: SageMaker reads the newest', () => {
    const { stack } = bound(inBucket('fraud/1.onnx', 'v7'));
    Annotations.fromStack(stack).hasWarning('/Stack/Model', Match.stringLikeRegexp('SageMaker reads the newest'));
  });
});

test('a model in a layer is refused: no container reaches it', () => {
  const arn = 'arn:aws:lambda:eu-west-1:111122223333:layer:model:1';
  expect(() =>
    bound((stack) =>
      tinyModel({
        artifact: ModelArtifact.fromLayer(lambda.LayerVersion.fromLayerVersionArn(stack, 'L', arn), 'm.onnx', {
          sha256: DIGEST,
          size: Size.mebibytes(1),
        }),
      }),
    ),
  ).toThrow(/Stack\/Model.*the artifact of model 'fraud' lies in a Lambda layer, where no container reaches it/s);
});

test('two in one stack and one in a stage of a pipeline each find their build context', () => {
  const app = testApp();
  const stage = new Stage(app, 'Prod');
  const stacks = [new Stack(app, 'One'), new Stack(stage, 'Two')];
  for (const stack of stacks) {
    for (const id of ['A', 'B']) {
      const scope = new Construct(stack, id);
      const role = new iam.Role(scope, 'Role', { assumedBy: new iam.ServicePrincipal('sagemaker.amazonaws.com') });
      new OnnxServingImage(tinyModel({ name: id }), true).bind(scope, role);
    }
  }
  const assembly = app.synth();
  for (const { directory } of [assembly, assembly.getNestedAssembly('assembly-Prod')]) {
    const manifest = readdirSync(directory).find((name) => name.endsWith('.assets.json'))!;
    const { dockerImages } = JSON.parse(readFileSync(path.join(directory, manifest), 'utf8')) as {
      dockerImages: Record<string, DockerImage>;
    };
    const names = Object.values(dockerImages).map(
      ({ source }) =>
        (JSON.parse(readFileSync(path.join(directory, source.directory, 'model.json'), 'utf8')) as ServedModel).name,
    );
    expect(names.sort()).toEqual(['A', 'B']);
  }
});
