import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { GetAliasCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalCloud } from '../../bin/local-cloud/local-cloud';

type Resources = Record<string, { readonly Type: string; readonly [attribute: string]: unknown }>;

const FUNCTION: Resources = {
  Fn: {
    Type: 'AWS::Lambda::Function',
    Properties: {
      FunctionName: 'fn',
      Code: { ZipFile: 'exports.handler = async () => 1;' },
      Handler: 'index.handler',
      Runtime: 'nodejs22.x',
      Role: 'arn:aws:iam::000000000000:role/any',
    },
  },
  Version: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'Fn' } } },
};

const alias = (name: string, attributes: object = {}) => ({
  Type: 'AWS::Lambda::Alias',
  Properties: { FunctionName: { Ref: 'Fn' }, Name: name, FunctionVersion: { 'Fn::GetAtt': ['Version', 'Version'] } },
  ...attributes,
});

/** What a stack that changes its mind leaves, and what it may not change. */
describe('a stack on the local cloud', () => {
  let cloud: LocalCloud;
  let cloudFormation: CloudFormationClient;
  let lambda: LambdaClient;

  beforeAll(async () => {
    cloud = (await LocalCloud.start({ report: console.log }))!;
    cloudFormation = new CloudFormationClient(cloud.clientConfig);
    lambda = new LambdaClient(cloud.clientConfig);
  }, 240_000);

  afterAll(() => cloud?.stop());

  async function put(what: 'create' | 'update', StackName: string, resources: Resources) {
    const request = { StackName, TemplateBody: JSON.stringify({ Resources: resources }) };
    await (what === 'create'
      ? cloudFormation.send(new CreateStackCommand(request))
      : cloudFormation.send(new UpdateStackCommand(request)));
    for (;;) {
      const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
      if (!Stacks![0].StackStatus!.endsWith('_IN_PROGRESS')) {
        return Stacks![0].StackStatus;
      }
      await sleep(50);
    }
  }

  const serves = async (Name: string) =>
    (await lambda.send(new GetAliasCommand({ FunctionName: 'fn', Name }))).FunctionVersion;

  test('an alias that is to be retained outlives its removal from the template, and one that is not goes', async () => {
    const aliases = { Kept: alias('kept', { DeletionPolicy: 'Retain' }), Gone: alias('gone') };
    expect(await put('create', 'Aliases', { ...FUNCTION, ...aliases })).toBe('CREATE_COMPLETE');
    expect(await put('update', 'Aliases', FUNCTION)).toBe('UPDATE_COMPLETE');
    expect(await serves('kept')).toBe('1');
    await expect(serves('gone')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  }, 60_000);

  test('a logical id keeps its type', async () => {
    const one = { Thing: { Type: 'AWS::SQS::Queue' } };
    expect(await put('create', 'Types', one)).toBe('CREATE_COMPLETE');
    expect(await put('update', 'Types', { Thing: { Type: 'AWS::SNS::Topic' } })).toBe('UPDATE_ROLLBACK_COMPLETE');
    const both = { ...one, Other: { Type: 'AWS::SNS::Topic' } };
    expect(await put('update', 'Types', both)).toBe('UPDATE_COMPLETE');
  }, 60_000);
});
