import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sagemaker from 'aws-cdk-lib/aws-sagemaker';
import { Construct } from 'constructs';
import { type ContainerModelProps, Model, ModelArtifact, type ServingImageConfig } from '../../../lib';
import { containerDefinition } from '../../../lib/model/container-definition';
import { FakeImage } from '../../fakes/serving-image';
import { identityStatements } from '../../helpers/statements';
import { ofType, plain, testStack } from '../../helpers/synth';

const folder = mkdtempSync(path.join(tmpdir(), 'archives-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Given extends Partial<Omit<ContainerModelProps, 'image'>> {
  readonly image?: Partial<ServingImageConfig>;
  readonly networkIsolation?: boolean;
}

const models = (stack: Construct) => s3.Bucket.fromBucketName(stack, 'Bucket', 'models');

/** The container of a model, and what its role may read. */
function deployed(given: (stack: Construct) => Given) {
  const stack = testStack();
  const { image, networkIsolation = false, ...props } = given(stack);
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('sagemaker.amazonaws.com') });
  const scope = new Construct(stack, 'Chat');
  const fake = new FakeImage(image);
  const model = Model.fromContainer({ name: 'chat', version: '1', image: fake, ...props });
  const { definition } = containerDefinition(scope, model, { role, networkIsolation });
  new sagemaker.CfnModel(stack, 'Model', { executionRoleArn: role.roleArn, primaryContainer: definition });
  expect(fake.boundTo).toEqual([role]);
  const template = plain(stack);
  const [[, { Properties: properties }]] = ofType(template, 'AWS::SageMaker::Model');
  return {
    container: properties!.PrimaryContainer as Record<string, unknown>,
    statements: identityStatements(template).map(({ actions, resources }) => ({ actions, resources })),
  };
}

const arn = (key: string) => ({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:s3:::models${key}`]] });
const READ = ['s3:GetObject', 's3:GetObjectVersion'];

test('without an artifact there is the image and nothing to read', () => {
  expect(deployed(() => ({}))).toEqual({
    container: { Image: '111122223333.dkr.ecr.eu-west-1.amazonaws.com/fake:1' },
    statements: [],
  });
});

test('an archive is named by its URL, which every pattern takes', () => {
  const { container, statements } = deployed((stack) => ({
    artifact: ModelArtifact.fromBucket(models(stack), 'chat/1.tar.gz'),
  }));
  expect(container).toMatchObject({ ModelDataUrl: 's3://models/chat/1.tar.gz' });
  expect(container).not.toHaveProperty('ModelDataSource');
  expect(statements).toEqual([{ actions: READ, resources: [arn('/chat/1.tar.gz')] }]);
});

test('what lies below a prefix is read as it is', () => {
  const { container, statements } = deployed((stack) => ({
    artifact: ModelArtifact.fromBucket(models(stack), 'chat/1/'),
  }));
  expect(container).toMatchObject({
    ModelDataSource: {
      S3DataSource: { CompressionType: 'None', S3DataType: 'S3Prefix', S3Uri: 's3://models/chat/1/' },
    },
  });
  expect(container).not.toHaveProperty('ModelDataUrl');
  expect(statements).toEqual([
    { actions: ['s3:ListBucket'], resources: [arn('')] },
    { actions: READ, resources: [arn('/chat/1/*')] },
  ]);
});

test('a single object that is no archive is read as it is', () => {
  const { container, statements } = deployed((stack) => ({
    artifact: ModelArtifact.fromBucket(models(stack), 'chat/1.gguf'),
  }));
  expect(container).toMatchObject({
    ModelDataSource: {
      S3DataSource: { CompressionType: 'None', S3DataType: 'S3Object', S3Uri: 's3://models/chat/1.gguf' },
    },
  });
  expect(statements).toEqual([{ actions: READ, resources: [arn('/chat/1.gguf')] }]);
});

test('an archive of this machine is published by its content, and only it may be read', () => {
  const file = path.join(folder, 'model.tar.gz');
  const publish = (content: string) => {
    writeFileSync(file, content);
    const { container, statements } = deployed(() => ({ artifact: ModelArtifact.fromAsset(file) }));
    const [, key] = /^{"Fn::Sub":"s3:\/\/[^/]+\/([0-9a-f]{64}\.gz)"}$/.exec(JSON.stringify(container.ModelDataUrl))!;
    expect(statements.map(({ actions }) => actions)).toEqual([READ]);
    expect(JSON.stringify(statements[0].resources)).toContain(`/${key}"`);
    return key;
  };
  const first = publish('no real archive');
  expect(publish('no real archive')).toBe(first);
  expect(publish('another')).not.toBe(first);
});

test('objects that the image brings take the place of an artifact', () => {
  const { container } = deployed(() => ({
    image: { modelObjects: { uri: 's3://assets/code/' }, needsArtifact: true },
  }));
  expect(container).toMatchObject({
    ModelDataSource: { S3DataSource: { CompressionType: 'None', S3DataType: 'S3Prefix', S3Uri: 's3://assets/code/' } },
  });
});

test('variables of image and model come together', () => {
  const { container } = deployed(() => ({ image: { environment: { A: '1' } }, environment: { B: '2' } }));
  expect(container.Environment).toEqual({ A: '1', B: '2' });
});

test('all that cannot work together is refused at once, with the construct named', () => {
  expect(() =>
    deployed((stack) => ({
      image: { environment: { A: '1' }, fetchesFromHub: true },
      environment: { A: '2' },
      artifact: ModelArtifact.fromBucket(models(stack), 'chat/1/'),
      networkIsolation: true,
    })),
  ).toThrow(
    /construct 'Stack\/Chat' cannot be used[^]*environment-decided-twice[^]*model-in-two-places[^]*hub-network-isolation/,
  );
});

test('variables of image and model together are held against the limits', () => {
  const many = (letter: string) =>
    Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`${letter}${index}`, 'x']));
  expect(() => deployed(() => ({ image: { environment: many('A') }, environment: many('B') }))).toThrow(
    /has 102 variables/,
  );
});

test('an image that needs an artifact and gets none is refused', () => {
  expect(() => deployed(() => ({ image: { needsArtifact: true } }))).toThrow(/model-nowhere/);
});
