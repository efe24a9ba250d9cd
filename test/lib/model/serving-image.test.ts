import { Lazy, type Stack, Token } from 'aws-cdk-lib';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import * as path from 'node:path';
import { ServingAccelerator, ServingImage, type ServingImageConfig } from '../../../lib';
import { identityStatements } from '../../helpers/statements';
import { ofType, plain, testStack } from '../../helpers/synth';

const NEWEST_HOST = 'al2023-ami-sagemaker-inference-gpu-4-1';
const PULL = ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'];
const IRELAND = { account: '444455556666', region: 'eu-west-1' };

function bound(image: ServingImage, stack: Stack = testStack({ env: IRELAND }), id = 'Model') {
  const scope = new Construct(stack, id);
  const role = new iam.Role(scope, 'Role', { assumedBy: new iam.ServicePrincipal('sagemaker.amazonaws.com') });
  return { stack, scope, role, config: image.bind(scope, role) };
}

const inIreland = (image: ServingImage): ServingImageConfig => {
  const { stack, config } = bound(image);
  return stack.resolve(config) as ServingImageConfig;
};

const warnings = (construct: Construct) =>
  construct.node.metadata.filter(({ type }) => type === 'aws:cdk:warning').map(({ data }) => data as string);

/** Of `account.dkr.ecr.region.suffix/repository:tag`. */
const uriOf = (account: string, rest: string, region = 'eu-west-1') => ({
  'Fn::Join': ['', [`${account}.dkr.ecr.${region}.`, { Ref: 'AWS::URLSuffix' }, `/${rest}`]],
});

const DLC = '763104351884';
const ALGORITHMS = '141502667606';

// https://aws.github.io/deep-learning-containers/reference/available_images/
test.each<[string, ServingImage, string, string, ServingAccelerator, string | undefined]>([
  [
    'vllm',
    ServingImage.vllm({ model: 'a/b' }),
    DLC,
    'vllm:server-sagemaker-cuda-v2.6',
    ServingAccelerator.GPU,
    NEWEST_HOST,
  ],
  ['sglang', ServingImage.sglang(), DLC, 'sglang:server-sagemaker-cuda-v1.4', ServingAccelerator.GPU, NEWEST_HOST],
  ['lmi', ServingImage.lmi(), DLC, 'djl-inference:0.38.0-lmi29.0.0-cu130', ServingAccelerator.GPU, NEWEST_HOST],
  ['triton', ServingImage.triton(), DLC, 'sagemaker-tritonserver:26.05-py3', ServingAccelerator.GPU, NEWEST_HOST],
  [
    'Hugging Face',
    ServingImage.huggingFace(),
    DLC,
    'huggingface-pytorch-inference:2.6.0-transformers5.5.3-cpu-py312-ubuntu22.04',
    ServingAccelerator.NONE,
    undefined,
  ],
  [
    'Hugging Face on GPUs',
    ServingImage.huggingFace({ accelerator: ServingAccelerator.GPU }),
    DLC,
    'huggingface-pytorch-inference:2.6.0-transformers5.5.3-gpu-py312-cu124-ubuntu22.04',
    ServingAccelerator.GPU,
    undefined,
  ],
  [
    'text embeddings',
    ServingImage.textEmbeddings(),
    ALGORITHMS,
    'tei-cpu:2.0.1-tei1.9.4-cpu-py310-ubuntu24.04',
    ServingAccelerator.NONE,
    undefined,
  ],
  [
    'text embeddings on GPUs',
    ServingImage.textEmbeddings({ accelerator: ServingAccelerator.GPU }),
    ALGORITHMS,
    'tei:2.0.1-tei1.9.4-gpu-py310-cu129-ubuntu24.04',
    ServingAccelerator.GPU,
    NEWEST_HOST,
  ],
  ['XGBoost', ServingImage.xgboost(), ALGORITHMS, 'sagemaker-xgboost:3.2-0', ServingAccelerator.NONE, undefined],
  [
    'scikit-learn',
    ServingImage.scikitLearn(),
    ALGORITHMS,
    'sagemaker-scikit-learn:1.9-0',
    ServingAccelerator.NONE,
    undefined,
  ],
])('the newest image of %s', (_, image, account, rest, accelerator, host) => {
  const { imageUri, ...config } = inIreland(image);
  expect(imageUri).toEqual(uriOf(account, rest));
  expect([config.accelerator, config.inferenceAmiVersion, config.arm64]).toEqual([accelerator, host, false]);
});

test('an older version is taken by its number', () => {
  expect(inIreland(ServingImage.vllm({ version: '0.27.0' })).imageUri).toEqual(
    uriOf(DLC, 'vllm:server-sagemaker-cuda-v2.3'),
  );
});

test('a version that is not known is refused, with those that are', () => {
  expect(() => ServingImage.xgboost({ version: '9.9' })).toThrow(
    /ServingImage.xgboost cannot be used[^]*'version' is '9.9', known on 2026-11-21 are '3.2-0', '3.0-5'[^]*image-version/,
  );
});

test('an accelerator that an image is not made for is refused', () => {
  expect(() => ServingImage.huggingFace({ accelerator: ServingAccelerator.NEURON })).toThrow(
    /'accelerator' is NEURON, and there are images for NONE and GPU/,
  );
});

test('the role may pull from this one repository of AWS, and ask for the token that it needs', () => {
  const { stack } = bound(ServingImage.xgboost());
  const arn = `arn:aws:ecr:eu-west-1:${ALGORITHMS}:repository/sagemaker-xgboost`;
  expect(identityStatements(plain(stack)).map(({ actions, resources }) => ({ actions, resources }))).toEqual([
    { actions: PULL, resources: [arn] },
    { actions: ['ecr:GetAuthorizationToken'], resources: ['*'] },
  ]);
});

describe('the account of the registry', () => {
  test.each([
    ['us-gov-west-1', '442386744353'],
    ['cn-north-1', '727897471807'],
    ['af-south-1', '626614931356'],
  ])('in %s is %s', (region, account) => {
    const { stack, config } = bound(ServingImage.vllm({ version: '0.27.1' }), testStack({ env: { region } }));
    expect(stack.resolve(config.imageUri)).toEqual(uriOf(account, 'vllm:server-sagemaker-cuda-v2.4', region));
    expect(plain(stack)).not.toHaveProperty('Mappings');
  });

  test('is looked up at deployment where the region is not known', () => {
    const { stack, config } = bound(ServingImage.vllm(), testStack());
    const account = { 'Fn::FindInMap': ['DeepLearningContainersNewestAccounts', { Ref: 'AWS::Region' }, 'account'] };
    expect(stack.resolve(config.imageUri)).toEqual({
      'Fn::Join': [
        '',
        [
          account,
          '.dkr.ecr.',
          { Ref: 'AWS::Region' },
          '.',
          { Ref: 'AWS::URLSuffix' },
          '/vllm:server-sagemaker-cuda-v2.6',
        ],
      ],
    });
    const template = plain(stack) as unknown as { Mappings: Record<string, Record<string, unknown>> };
    expect(Object.keys(template.Mappings)).toEqual(['DeepLearningContainersNewestAccounts']);
    const mapping = template.Mappings.DeepLearningContainersNewestAccounts;
    expect(mapping['eu-west-1']).toEqual({ account: DLC });
    expect(mapping).not.toHaveProperty('us-gov-west-1');
    expect(Object.keys(mapping)).toEqual(Object.keys(mapping).sort());
    expect(JSON.stringify(identityStatements(template as never)[0].resources)).toContain(JSON.stringify(account));
  });

  test('has one mapping for each registry, however many images come from there', () => {
    const stack = testStack();
    bound(ServingImage.xgboost(), stack, 'One');
    bound(ServingImage.xgboost(), stack, 'Two');
    bound(ServingImage.huggingFace(), stack, 'Three');
    const { Mappings: mappings } = plain(stack) as unknown as { Mappings: object };
    expect(Object.keys(mappings).sort()).toEqual([
      'DeepLearningContainersPublicAccounts',
      'SageMakerAlgorithmsAccounts',
    ]);
  });

  test('does not change from one synthesis to the next', () => {
    const template = () => JSON.stringify(plain(bound(ServingImage.vllm(), testStack()).stack));
    expect(template()).toBe(template());
  });

  test('is not known in a region without the image, which is refused with those that have it and a version that is there', () => {
    expect(() => bound(ServingImage.vllm(), testStack({ env: { region: 'us-gov-west-1' } }))).toThrow(
      /construct 'Stack\/Model' cannot be used[^]*vllm 0.30.0 is not known to be in us-gov-west-1, it is in af-south-1, .*us-west-2: use version '0.27.1', '0.27.0', or copy[^]*image-region/,
    );
    expect(() => bound(ServingImage.triton(), testStack({ env: { region: 'us-gov-west-1' } }))).toThrow(
      /us-west-2: copy the image to a repository of yours/,
    );
  });
});

describe('the end of patches', () => {
  test('that is past on the day of the catalogue is warned of, with the version that is patched', () => {
    const { scope } = bound(ServingImage.xgboost({ version: '3.0-5' }));
    expect(warnings(scope)).toEqual([
      expect.stringMatching(
        /^xgboost 3.0-5 has had no security patches since 2026-11-17, and on 2026-11-21 use version 3.2-0/,
      ),
    ]);
  });

  test('of the last of its kind is warned of, too', () => {
    const { scope } = bound(ServingImage.pytorch());
    expect(warnings(scope)).toEqual([
      expect.stringMatching(/^pytorch 2.6.0 .* since 2026-06-30, .* no newer one was known/),
    ]);
  });

  test('that is still to come, or not announced, is not', () => {
    expect(warnings(bound(ServingImage.xgboost()).scope)).toEqual([]);
    expect(warnings(bound(ServingImage.vllm()).scope)).toEqual([]);
  });
});

describe('an image in a repository', () => {
  const repository = (stack: Stack, region = 'eu-west-1') =>
    ecr.Repository.fromRepositoryArn(stack, 'Repository', `arn:aws:ecr:${region}:111122223333:repository/models/fraud`);

  test('of another account is pulled from there', () => {
    const stack = testStack({ env: IRELAND });
    const { config } = bound(ServingImage.fromEcr(repository(stack), '1.4.0'), stack);
    expect(stack.resolve(config)).toMatchObject({ imageUri: uriOf('111122223333', 'models/fraud:1.4.0') });
    expect(identityStatements(plain(stack))[0]).toMatchObject({
      actions: PULL,
      resources: ['arn:aws:ecr:eu-west-1:111122223333:repository/models/fraud'],
    });
  });

  test('can be named by its digest', () => {
    const stack = testStack({ env: IRELAND });
    const digest = `sha256:${'0a'.repeat(32)}`;
    const { config } = bound(ServingImage.fromEcr(repository(stack), digest), stack);
    expect(stack.resolve(config.imageUri)).toEqual(uriOf('111122223333', `models/fraud@${digest}`));
  });

  test('is what it is said to be, and gets the host that its CUDA needs', () => {
    const stack = testStack({ env: IRELAND });
    const image = ServingImage.fromEcr(repository(stack), '1', {
      accelerator: ServingAccelerator.GPU,
      cudaVersion: '12.8',
      arm64: true,
      environment: { A: '1' },
    });
    expect(bound(image, stack).config).toMatchObject({
      accelerator: ServingAccelerator.GPU,
      arm64: true,
      inferenceAmiVersion: NEWEST_HOST,
      environment: { A: '1' },
    });
  });

  test('without more is not judged', () => {
    const stack = testStack({ env: IRELAND });
    const { config } = bound(ServingImage.fromEcr(repository(stack), '1'), stack);
    expect([config.accelerator, config.arm64, config.inferenceAmiVersion, config.environment]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('of another region is refused, and passes where a region is not known', () => {
    const stack = testStack({ env: IRELAND });
    expect(() => bound(ServingImage.fromEcr(repository(stack, 'us-east-1'), '1'), stack)).toThrow(/image-region/);
    const anywhere = testStack();
    const { config } = bound(ServingImage.fromEcr(repository(anywhere, 'us-east-1'), '1'), anywhere);
    expect(Token.isUnresolved(config.imageUri)).toBe(true);
  });

  test('by what is neither tag nor digest is refused, and a tag that is known only at deployment passes', () => {
    const stack = testStack({ env: IRELAND });
    expect(() => ServingImage.fromEcr(repository(stack), 'a b')).toThrow(/ServingImage.fromEcr[^]*image-tag-or-digest/);
    const tag = Lazy.string({ produce: () => '1.4.0' });
    const { config } = bound(
      ServingImage.fromEcr(ecr.Repository.fromRepositoryName(stack, 'Named', 'fraud'), tag),
      stack,
    );
    expect(stack.resolve(config.imageUri)).toEqual(uriOf('444455556666', 'fraud:1.4.0'));
  });

  test('on a host that is too old for its CUDA is refused', () => {
    const options = { cudaVersion: '13.0', inferenceAmiVersion: 'al2-ami-sagemaker-inference-gpu-3-1' };
    expect(() => ServingImage.fromEcr(repository(testStack()), '1', options)).toThrow(/image-host-driver/);
  });
});

describe('an image from a directory', () => {
  const DIRECTORY = path.join(__dirname, '..', '..', 'fakes', 'image');

  test('is built for x86 unless told otherwise, and only its repository may be pulled from', () => {
    const { stack, config } = bound(ServingImage.fromAsset(DIRECTORY));
    expect(config.arm64).toBe(false);
    expect(JSON.stringify(stack.resolve(config.imageUri))).toContain(
      'cdk-hnb659fds-container-assets-444455556666-eu-west-1',
    );
    const [pull, token] = identityStatements(plain(stack));
    expect([pull.actions, token.actions]).toEqual([PULL, ['ecr:GetAuthorizationToken']]);
    expect(JSON.stringify(pull.resources)).toContain(
      ':repository/cdk-hnb659fds-container-assets-444455556666-eu-west-1',
    );
  });

  test.each([
    [false, 'linux/amd64'],
    [true, 'linux/arm64'],
  ])('with arm64: %p is built for %s', (arm64, platform) => {
    const { stack } = bound(ServingImage.fromAsset(DIRECTORY, { arm64, buildArgs: { A: '1' }, target: 'serve' }));
    const { assets } = stack.node.root as unknown as { assets?: unknown };
    expect(assets).toBeUndefined();
    const [asset] = stack.node.findAll().filter(({ node }) => node.id === 'Image');
    expect(asset).toMatchObject({ dockerfilePath: 'Dockerfile' });
    expect(JSON.stringify((stack.synthesizer as never as { assetManifest: unknown }).assetManifest)).toContain(
      platform,
    );
  });

  test('without a Dockerfile, or without the directory, is refused', () => {
    expect(() => ServingImage.fromAsset('nowhere')).toThrow(/'nowhere' is not a directory[^]*image-directory/);
    expect(() => ServingImage.fromAsset(__dirname)).toThrow(/has no 'Dockerfile'[^]*image-dockerfile/);
    expect(() => ServingImage.fromAsset(DIRECTORY, { file: 'Other' })).toThrow(/has no 'Other'/);
  });
});

test('two images in one stack do not get in each other’s way', () => {
  const stack = testStack();
  bound(ServingImage.fromAsset(path.join(__dirname, '..', '..', 'fakes', 'image')), stack, 'One');
  bound(ServingImage.fromAsset(path.join(__dirname, '..', '..', 'fakes', 'image')), stack, 'Two');
  expect(ofType(plain(stack), 'AWS::IAM::Role')).toHaveLength(2);
});
