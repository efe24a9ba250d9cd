/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- templates are read as plain data */
import { family } from './families/names';
import { foundIds, messagesOf } from './found-ids';

function changed(change: (resources: any) => void): any {
  const template = family.correct();
  template.Parameters = { Any: { Type: 'String' } };
  change(template.Resources);
  return template;
}

const one = (type: string, properties: Record<string, unknown>) => ({
  Parameters: { Any: { Type: 'String' } },
  Resources: { One: { Type: type, Properties: properties } },
});

describe('a name that is put together', () => {
  const messages = (type: string, property: string, name: string) =>
    messagesOf('name-refused', one(type, { [property]: { 'Fn::Sub': name } }));

  test('may be as long as it may be, whatever is filled in', () => {
    const endpoint = (name: string) => messages('AWS::SageMaker::Endpoint', 'EndpointName', name);
    expect(endpoint(`\${Any}${'a'.repeat(62)}`)).toEqual([]);
    expect(endpoint(`\${Any}${'a'.repeat(63)}`)).toEqual([
      `EndpointName is '…${'a'.repeat(63)}', which has 64 characters without what replaces …, allowed are 63`,
    ]);
    expect(endpoint(`\${AWS::AccountId}${'a'.repeat(51)}`)).toEqual([]);
    expect(endpoint(`\${AWS::AccountId}${'a'.repeat(52)}`)).toHaveLength(1);
  });

  test.each([
    ['AWS::S3::Bucket', 'BucketName', '${AWS::StackName}-Models', '${AWS::StackName}-models'],
    ['AWS::Lambda::Function', 'FunctionName', '${AWS::StackName}.predict', '${AWS::StackName}_predict'],
    ['AWS::IAM::Role', 'RoleName', '${AWS::StackName}/role', '${AWS::StackName}+role'],
    ['AWS::StepFunctions::StateMachine', 'StateMachineName', '${AWS::StackName}:batch', '${AWS::StackName}.batch'],
    ['AWS::Logs::LogGroup', 'LogGroupName', '/aws/${AWS::StackName} logs', '/aws/${AWS::StackName}#logs'],
    ['AWS::SQS::Queue', 'QueueName', '${AWS::StackName}/jobs', '${AWS::StackName}_jobs'],
    ['AWS::Kinesis::Stream', 'Name', '${AWS::StackName}:in', '${AWS::StackName}.in'],
  ])('of %s has the characters of its service', (type, property, bad, good) => {
    expect(messages(type, property, bad)).toHaveLength(1);
    expect(messages(type, property, good)).toEqual([]);
  });
});

describe('a name that stays while what it names is replaced', () => {
  const found = (type: string, property: string, name: unknown) =>
    messagesOf('name-of-replaced', one(type, { [property]: name })).length;

  test('is found where it has the stack in it', () => {
    expect(found('AWS::SageMaker::Model', 'ModelName', { 'Fn::Sub': '${AWS::StackName}-chat' })).toBe(1);
    expect(found('AWS::SageMaker::DataQualityJobDefinition', 'JobDefinitionName', 'daily')).toBe(1);
  });

  test('is not one where a parameter can change it', () => {
    expect(found('AWS::SageMaker::Model', 'ModelName', { 'Fn::Sub': 'chat-${Any}' })).toBe(0);
    expect(found('AWS::SageMaker::DataQualityJobDefinition', 'JobDefinitionName', { Ref: 'Any' })).toBe(0);
    expect(found('AWS::SageMaker::DataQualityJobDefinition', 'JobDefinitionName', undefined)).toBe(0);
  });
});

test('two names are the same only where both exist for certain', () => {
  const other = (properties: object): unknown =>
    changed(({ Other }) => {
      Object.assign(Other, properties);
    });
  expect(foundIds(other({ Properties: { QueueName: 'jobs' } }))).toEqual(['name-twice']);
  expect(foundIds(other({ Properties: { QueueName: 'jobs' }, Condition: 'Some' }))).toEqual([]);
  expect(foundIds(other({ Properties: { QueueName: { Ref: 'Any' } } }))).toEqual([]);
  const both = changed(({ Jobs, Other }) => {
    Other.Properties.QueueName = 'jobs';
    Jobs.Condition = 'Some';
  });
  expect(foundIds(both)).toEqual([]);
});

test('a FIFO queue is one by its name and by its property', () => {
  const found = (QueueName: unknown, FifoQueue?: unknown) =>
    messagesOf('name-fifo', one('AWS::SQS::Queue', { QueueName, FifoQueue }));
  expect(found('jobs.fifo', true)).toEqual([]);
  expect(found('jobs', true)).toEqual(["FifoQueue is true, and QueueName 'jobs' does not end with .fifo"]);
  expect(found('jobs.fifo')).toEqual(["QueueName 'jobs.fifo' ends with .fifo, and FifoQueue is not true"]);
  expect(found('jobs')).toEqual([]);
  expect([found('jobs.fifo', false), found('jobs.fifo', 'false')].map(({ length }) => length)).toEqual([1, 1]);
  expect(found({ 'Fn::Sub': 'jobs-${Any}' }, true)).toEqual([]);
  expect(found({ Ref: 'Any' }, true)).toEqual([]);
  expect(found(undefined, true)).toEqual([]);
  expect(found('jobs', { Ref: 'Any' })).toEqual([]);
  expect(messagesOf('name-fifo', one('AWS::SNS::Topic', { TopicName: 'news', FifoTopic: 'true' }))).toHaveLength(1);
});

test('variants have names of letters, digits and inner hyphens', () => {
  const messages = (name: unknown) =>
    messagesOf(
      'name-variant',
      changed(({ Config }) => (Config.Properties.ProductionVariants[0].VariantName = name)),
    );
  expect(messages('a'.repeat(63))).toEqual([]);
  expect(messages('a'.repeat(64))).toHaveLength(1);
  expect(messages('main_variant')).toEqual([
    "VariantName is 'main_variant', which is not letters, digits and inner hyphens, at most 63 characters",
  ]);
  expect(messages({ Ref: 'Any' })).toEqual([]);
});

describe('what is found by its name', () => {
  const found = (change: (resources: any) => void) => messagesOf('name-without-order', changed(change));

  test('may be waited for through others', () => {
    expect(
      found((resources) => {
        resources.Instances.DependsOn = ['Between'];
        resources.Between = { Type: 'AWS::SNS::Topic', Properties: { DisplayName: { Ref: 'Endpoint' } } };
      }),
    ).toEqual([]);
  });

  test('may be waited for in a branch that only the deployment takes', () => {
    expect(
      found(({ Instances }) => {
        delete Instances.DependsOn;
        Instances.Properties.RoleARN = { 'Fn::If': ['Some', { Ref: 'Endpoint' }, { Ref: 'AWS::NoValue' }] };
      }),
    ).toEqual([]);
  });

  test('is no target that scales something else', () => {
    const scaled = (ScalableDimension: string) =>
      found((resources) => {
        resources.Other = { Type: 'AWS::ApplicationAutoScaling::ScalingPolicy', Properties: {} };
        resources.Other.Properties = { ResourceId: 'endpoint/chat/variant/main', ScalableDimension };
      });
    expect(scaled('sagemaker:variant:DesiredInstanceCount')).toHaveLength(1);
    expect(scaled('sagemaker:variant:DesiredProvisionedConcurrency')).toEqual([]);
  });

  test('may be of another stack', () => {
    expect(
      found(({ Instances }) => {
        delete Instances.DependsOn;
        Instances.Properties.ResourceId = 'endpoint/other/variant/main';
      }),
    ).toEqual([]);
  });

  test('is an alias of a function that is referred to', () => {
    const scaled = (dependsOn?: string) =>
      found((resources) => {
        resources.Function = { Type: 'AWS::Lambda::Function', Properties: {} };
        resources.Version = { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'Function' } } };
        resources.Live = {
          Type: 'AWS::Lambda::Alias',
          Properties: {
            Name: 'live',
            FunctionName: { Ref: 'Function' },
            FunctionVersion: { 'Fn::GetAtt': ['Version', 'Version'] },
          },
        };
        resources.Ready = {
          Type: 'AWS::ApplicationAutoScaling::ScalableTarget',
          Properties: { ResourceId: { 'Fn::Sub': 'function:${Function}:live' } },
          DependsOn: dependsOn,
        };
      });
    expect(scaled()).toEqual([
      "it names 'Live' and does not wait for it: CloudFormation may create it before, and AWS refuses it",
    ]);
    expect(scaled('Live')).toEqual([]);
  });

  test.each([
    ['AWS::IAM::Role', { RoleName: 'mine' }, 'AWS::IAM::Policy', { Roles: ['mine'] }],
    ['AWS::Logs::LogGroup', { LogGroupName: 'mine' }, 'AWS::Logs::MetricFilter', { LogGroupName: 'mine' }],
    ['AWS::Lambda::Function', { FunctionName: 'mine' }, 'AWS::Lambda::Permission', { FunctionName: 'mine' }],
    [
      'AWS::SageMaker::Model',
      { ModelName: 'mine' },
      'AWS::SageMaker::EndpointConfig',
      { ProductionVariants: [{ ModelName: 'mine' }] },
    ],
    [
      'AWS::SageMaker::EndpointConfig',
      { EndpointConfigName: 'mine' },
      'AWS::SageMaker::Endpoint',
      { EndpointConfigName: 'mine' },
    ],
    [
      'AWS::SageMaker::Endpoint',
      { EndpointName: 'mine' },
      'AWS::SageMaker::InferenceComponent',
      { EndpointName: 'mine' },
    ],
    [
      'AWS::SageMaker::InferenceComponent',
      { InferenceComponentName: 'mine' },
      'AWS::ApplicationAutoScaling::ScalableTarget',
      { ResourceId: 'inference-component/mine' },
    ],
    [
      'AWS::CodeDeploy::Application',
      { ApplicationName: 'mine' },
      'AWS::CodeDeploy::DeploymentGroup',
      { ApplicationName: 'mine' },
    ],
    [
      'AWS::ApplicationAutoScaling::ScalableTarget',
      { ResourceId: 'mine', ScalableDimension: 'd' },
      'AWS::ApplicationAutoScaling::ScalingPolicy',
      { ResourceId: 'mine', ScalableDimension: 'd' },
    ],
  ])('is a %s', (type, properties, userType, userProperties) => {
    const messages = (dependsOn?: string) =>
      messagesOf('name-without-order', {
        Resources: {
          Named: { Type: type, Properties: properties },
          User: { Type: userType, Properties: userProperties, DependsOn: dependsOn },
        },
      });
    expect(messages()).toHaveLength(1);
    expect(messages('Named')).toEqual([]);
  });
});
