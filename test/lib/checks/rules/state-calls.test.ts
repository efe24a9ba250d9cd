import type { FAMILIES } from '../../../../lib/checks/rules/all-rules';
import type { ResolvedTemplate } from '../../../../lib/checks/template/resolved-template';
import { call, found, idsOf, machineOf, type Plain, stateFound, UNKNOWN } from './one-state-machine';

describe('parameters are those of the API', () => {
  const model = { ExecutionRoleArn: 'arn:aws:iam::1:role/r' };
  test.each<[string, Plain, [id: string, message: string][]]>([
    ['all that is needed', call('sagemaker:createModel', { ...model, ModelName: 'm' }), []],
    ['a path for a name', call('sagemaker:createModel', { 'ModelName.$': '$.name' }), []],
    [
      'a path for a structure',
      call('sagemaker:createEndpoint', { 'EndpointName.$': '$.a', 'EndpointConfigName.$': '$.b' }),
      [],
    ],
    [
      'a name missing',
      call('sagemaker:createModel', model),
      [['states-missing-parameter', "sagemaker:createModel needs 'ModelName'"]],
    ],
    [
      'a name in small letters',
      call('sagemaker:createModel', { modelName: 'm' }),
      [
        ['states-unknown-parameter', "sagemaker:createModel does not take 'modelName'"],
        ['states-missing-parameter', "sagemaker:createModel needs 'ModelName'"],
      ],
    ],
    [
      'a path under another name',
      call('sagemaker:createModel', { ModelName: 'm', 'Role.$': '$.role' }),
      [['states-unknown-parameter', "sagemaker:createModel does not take 'Role'"]],
    ],
    [
      'a member of a list',
      call('sagemaker:createModel', { ModelName: 'm', Containers: [{ Image: 'i' }, { ModelUrl: 'u' }] }),
      [['states-unknown-parameter', "sagemaker:createModel does not take 'Containers[1].ModelUrl'"]],
    ],
    [
      'free names of a map',
      call('sagemaker:createModel', { ModelName: 'm', PrimaryContainer: { Environment: { any: 'x' } } }),
      [],
    ],
    [
      'an action that Step Functions writes small',
      call('aws-sdk:sfn:startExecution', { StateMachineArn: 'arn:x' }),
      [],
    ],
    ['its own name for itself', call('states:startExecution', { 'StateMachineArn.$': '$.a', Input: { a: 1 } }), []],
    [
      'its parameter as the API writes it',
      call('states:startExecution', { stateMachineArn: 'arn:x' }),
      [
        ['states-unknown-parameter', "states:startExecution does not take 'stateMachineArn'"],
        ['states-missing-parameter', "states:startExecution needs 'StateMachineArn'"],
      ],
    ],
    ['an item of a table', call('dynamodb:putItem', { TableName: 't', Item: { id: { S: 'x' } } }), []],
    [
      'runs of capitals as the API has them',
      call('aws-sdk:s3:putObject', { Bucket: 'b', Key: 'k', ACL: 'private' }),
      [],
    ],
    [
      'runs of capitals as names have them',
      call('aws-sdk:s3:putObject', { Bucket: 'b', Key: 'k', Acl: 'private' }),
      [],
    ],
    [
      'attributes by names of their own',
      call('sqs:sendMessage', {
        QueueUrl: 'u',
        MessageBody: 'b',
        MessageAttributes: { any: { DataType: 'String', StringValue: 'x' } },
      }),
      [],
    ],
    [
      'attributes without what they need',
      call('sqs:sendMessage', { QueueUrl: 'u', MessageBody: 'b', MessageAttributes: { any: { StringValue: 'x' } } }),
      [['states-missing-parameter', "sqs:sendMessage needs 'MessageAttributes.any.DataType'"]],
    ],
    ['a payload of any kind', call('lambda:invoke', { FunctionName: 'f', Payload: { any: { thing: 1 } } }), []],
    ['no parameters, so the input', call('lambda:invoke', undefined), []],
    ['a service that is not known', call('glue:startJobRun', { any: 1 }), []],
    [
      'an action that is none',
      call('aws-sdk:sagemaker:createModels', {}),
      [['states-unknown-action', "sagemaker has no action 'createModels'"]],
    ],
    [
      'an action with a capital letter',
      call('aws-sdk:sagemaker:CreateModel', {}),
      [['states-unknown-action', "sagemaker has no action 'CreateModel'"]],
    ],
    ['parameters that are not known', call('sagemaker:createModel', UNKNOWN), []],
    ['a resource that is not known', { ...call('x:y', { any: 1 }), Resource: { 'Fn::Sub': '${Any}:createModel' } }, []],
    [
      'arguments',
      {
        ...call('sagemaker:createModel', undefined),
        QueryLanguage: 'JSONata',
        Arguments: { ModelName: '{% $n %}', Containers: '{% $c %}' },
      },
      [],
    ],
    [
      'one expression for all arguments',
      { ...call('sagemaker:createModel', undefined), QueryLanguage: 'JSONata', Arguments: '{% $states.input %}' },
      [],
    ],
    [
      'an argument that is none',
      {
        ...call('sagemaker:createModel', undefined),
        QueryLanguage: 'JSONata',
        Arguments: { ModelName: 'm', Name: '{% $n %}' },
      },
      [['states-unknown-parameter', "sagemaker:createModel does not take 'Name'"]],
    ],
  ])('with %s', (_, state, expected) => {
    expect(stateFound(state)).toEqual(expected.map(([id, message]) => [id, `state 'Run': ${message}`]));
  });

  test.each<[string, unknown, string[]]>([
    ['as the API has them', '{"stateMachineArn": "x"}', []],
    ['with capital letters', '{"StateMachineArn": "x"}', []],
    ['not at all', '{"Arn": "x"}', ['states-unknown-parameter', 'states-missing-parameter']],
    ['not known', UNKNOWN, []],
    ['no JSON', '{', []],
  ])('also those of a schedule, %s', (_, Input, expected) => {
    const Target = { Arn: 'arn:aws:scheduler:::aws-sdk:sfn:startExecution', Input };
    const Schedule = { Type: 'AWS::Scheduler::Schedule', Properties: { Target } };
    expect(idsOf(machineOf({ Type: 'Succeed' }), { Schedule })).toEqual(expected);
  });
});

test.each<[string, string[]]>([
  ['sagemaker:createTrainingJob.sync', []],
  ['sagemaker:createTrainingJob.waitForTaskToken', ['states-cannot-wait']],
  ['sagemaker:createEndpoint.sync', ['states-cannot-wait']],
  ['aws-sdk:sagemaker:createTrainingJob.sync', ['states-cannot-wait']],
  ['aws-sdk:sagemaker:createTrainingJob.waitForTaskToken', []],
  ['states:startExecution.sync:2', []],
])('%s', (resource, expected) => {
  expect(idsOf(machineOf(call(resource, UNKNOWN)))).toEqual(expected);
});

test.each<[string, Plain, string[]]>([
  ['a path', { Payload: { a: '$.a' } }, ['states-path-as-text']],
  ['a part of the context, in a list', { Payload: [{ a: ['$$.Execution.Id'] }] }, ['states-path-as-text']],
  ['a function', { Payload: { a: 'States.UUID()' } }, ['states-path-as-text']],
  ['a price', { Payload: { a: '$5' } }, []],
  ['a path for whom it is called', { Payload: { resultPath: '$.a', filter: { a: '$.b' } } }, []],
])('%s that is passed on as text', (_, parameters, expected) => {
  expect(idsOf(machineOf(call('lambda:invoke', { FunctionName: 'f', ...parameters })))).toEqual(expected);
  const inJsonata = {
    QueryLanguage: 'JSONata',
    Parameters: undefined,
    Arguments: { FunctionName: 'f', ...parameters },
  };
  expect(idsOf(machineOf(call('lambda:invoke', undefined, inJsonata)))).toEqual([]);
});

describe('a role may do what the states do', () => {
  const policy = (actions: unknown): Plain => ({ Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] });
  const role = (actions: unknown, more: Plain = {}): Plain => ({
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: { Policies: [{ PolicyName: 'P', PolicyDocument: policy(actions) }], ...more },
    },
  });
  const sync = call('sagemaker:createTrainingJob.sync', undefined);
  const JOB = ['sagemaker:CreateTrainingJob', 'sagemaker:DescribeTrainingJob', 'sagemaker:AddTags'];
  const lost = (state: Plain, others: Plain): string[] =>
    found({ ...machineOf(state), RoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] } }, others)
      .filter(([id]) => id === 'states-role-permissions')
      .map(([, message]) => message);

  test.each<[string, Plain, Plain, string[]]>([
    ['all of it', sync, role(JOB), []],
    ['by a wildcard', sync, role('sagemaker:*'), []],
    [
      'not the tags of a job that is waited for',
      sync,
      role(JOB.slice(0, 2)),
      ["nothing allows the role 'Role' sagemaker:AddTags"],
    ],
    [
      'nothing beside starting a job that is not waited for',
      call('sagemaker:createTrainingJob', undefined),
      role(JOB[0]),
      [],
    ],
    ['messages that are sent in a batch', call('aws-sdk:sqs:sendMessageBatch', UNKNOWN), role('sqs:SendMessage'), []],
    [
      'not calling a function',
      call('lambda:invoke', UNKNOWN),
      role('logs:*'),
      ["nothing allows the role 'Role' lambda:InvokeFunction"],
    ],
    [
      'calling a function that lets it in',
      call('lambda:invoke', UNKNOWN),
      {
        ...role('logs:*'),
        Door: { Type: 'AWS::Lambda::Permission', Properties: { Principal: { 'Fn::GetAtt': ['Role', 'Arn'] } } },
      },
      [],
    ],
    ['as another role', call('lambda:invoke', UNKNOWN, { Credentials: { RoleArn: 'arn:other' } }), role('logs:*'), []],
    [
      'what a managed policy says that is not known',
      sync,
      role('logs:*', { ManagedPolicyArns: ['arn:aws:iam::1:policy/mine'] }),
      [],
    ],
    ['what is not known', sync, role(UNKNOWN), []],
  ])('%s', (_, state, others, expected) => {
    expect(lost(state, others)).toEqual(expected);
  });
});

describe('a token', () => {
  const ask = (MessageBody: unknown, more: Plain = {}): Plain =>
    call('sqs:sendMessage.waitForTaskToken', { QueueUrl: 'u', MessageBody }, more);
  test.each<[string, Plain, string[]]>([
    ['is given', ask({ 'token.$': '$$.Task.Token' }), []],
    ['is given within text', ask({ 'text.$': "States.Format('{}', $$.Task.Token)" }), []],
    ['is given with the whole context', ask({ 'context.$': '$$' }), []],
    ['is given to nobody', ask({ 'input.$': '$' }), ['states-token-not-given']],
    ['may be given', ask({ token: UNKNOWN }), []],
    ['may be given in a part of a text', ask({ text: { 'Fn::Sub': 'x ${Any}' } }), []],
    [
      'is given by an expression',
      {
        ...ask(undefined),
        QueryLanguage: 'JSONata',
        Parameters: undefined,
        Arguments: { QueueUrl: 'u', MessageBody: '{% $states.context.Task.Token %}' },
      },
      [],
    ],
    [
      'may come back when it likes',
      ask({ 'token.$': '$$.Task.Token' }, { TimeoutSeconds: undefined }),
      ['states-waits-for-ever'],
    ],
    [
      'must come back by heartbeats',
      ask({ 'token.$': '$$.Task.Token' }, { TimeoutSeconds: undefined, HeartbeatSeconds: 60 }),
      [],
    ],
  ])('%s', (_, state, expected) => {
    expect(stateFound(state).map(([id]) => id)).toEqual(expected);
  });

  test('must come back while the state machine runs', () => {
    const { Definition } = machineOf(ask({ 'token.$': '$$.Task.Token' }, { TimeoutSeconds: undefined }));
    expect(idsOf({ Definition: { ...(Definition as Plain), TimeoutSeconds: 3600 } })).toEqual([]);
  });
});

test('calls are not judged in a checkout where the shapes of APIs were never made', () => {
  jest.isolateModules(() => {
    jest.doMock('fs', () => ({ ...jest.requireActual<object>('fs'), existsSync: () => false }));
    const { STATE_CALL_RULES } = jest.requireActual<{ STATE_CALL_RULES: (typeof FAMILIES)[string] }>(
      '../../../../lib/checks/rules/state-calls',
    );
    const { ResolvedTemplate: Template } = jest.requireActual<{ ResolvedTemplate: typeof ResolvedTemplate }>(
      '../../../../lib/checks/template/resolved-template',
    );
    const template = new Template({
      Resources: {
        Machine: {
          Type: 'AWS::StepFunctions::StateMachine',
          Properties: machineOf(call('aws-sdk:sagemaker:gone', { gone: 1 })),
        },
      },
    });
    expect(STATE_CALL_RULES.flatMap((rule) => [...rule.check(template)])).toEqual([]);
  });
});
