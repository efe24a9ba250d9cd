/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access -- templates and documents are read as plain data */
import { Duration, Lazy, type Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Rollout, ServerlessInference, type ServerlessInferenceProps } from '../../../lib';
import { tinyModel } from '../../fakes/models';
import { identityStatements } from '../../helpers/statements';
import { comesAfter, named, ofType, only, plain, references, testStack } from '../../helpers/synth';

function deployed(
  rollout: Rollout | undefined,
  props: Partial<ServerlessInferenceProps> = {},
  stack: Stack = testStack(),
) {
  const inference = new ServerlessInference(stack, 'Fraud', { model: tinyModel(), rollout, ...props });
  return { stack, inference, template: plain(stack) };
}

const own = (stack: Stack, id: string) =>
  new lambda.Function(stack, id, {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('//'),
  });

const alarm = (stack: Stack, id: string) =>
  new cloudwatch.Alarm(stack, id, {
    metric: new cloudwatch.Metric({ namespace: 'Mine', metricName: id }),
    threshold: 1,
    evaluationPeriods: 1,
  });

const canary = (options: object = {}) => Rollout.canary({ percent: 10, bake: Duration.minutes(5), ...options });

test('the default is a canary of 10 % for 5 minutes, by the ready-made configuration', () => {
  const { template, inference } = deployed(undefined);
  expect(only(template, 'AWS::CodeDeploy::DeploymentGroup').Properties).toMatchObject({
    DeploymentConfigName: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
  });
  expect(inference.rolloutPlan).toMatchObject({ strategy: 'canary 10 % for 5 minutes' });
});

test('the group rolls back by itself: on failure, on alarm and when it is stopped', () => {
  const { template } = deployed(canary());
  expect(only(template, 'AWS::CodeDeploy::Application').Properties).toMatchObject({ ComputePlatform: 'Lambda' });
  expect(only(template, 'AWS::CodeDeploy::DeploymentGroup').Properties).toMatchObject({
    DeploymentStyle: { DeploymentType: 'BLUE_GREEN', DeploymentOption: 'WITH_TRAFFIC_CONTROL' },
    AlarmConfiguration: { Enabled: true, IgnorePollAlarmFailure: false },
    AutoRollbackConfiguration: {
      Enabled: true,
      Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM', 'DEPLOYMENT_STOP_ON_REQUEST'],
    },
  });
});

test('it watches the new version by the names of its alarms, never by their ARNs', () => {
  const { template, inference, stack } = deployed(canary());
  const names = only(template, 'AWS::CodeDeploy::DeploymentGroup').Properties!.AlarmConfiguration.Alarms;
  expect(names).toEqual(inference.rollbackAlarms.map((watched) => ({ Name: stack.resolve(watched.alarmName) })));
  expect(names.map(({ Name }: any) => template.Resources[Name.Ref].Type)).toEqual([
    'AWS::CloudWatch::Alarm',
    'AWS::CloudWatch::Alarm',
  ]);
});

test.each([
  [
    Rollout.canary({ percent: 5, bake: Duration.minutes(7) }),
    { Type: 'TimeBasedCanary', TimeBasedCanary: { CanaryPercentage: 5, CanaryInterval: 7 } },
  ],
  [
    Rollout.linear({ percent: 20, every: Duration.minutes(3) }),
    { Type: 'TimeBasedLinear', TimeBasedLinear: { LinearPercentage: 20, LinearInterval: 3 } },
  ],
])('%j gets a configuration of its own, without a name', (rollout, routing) => {
  const { template } = deployed(rollout);
  const [[id, config]] = ofType(template, 'AWS::CodeDeploy::DeploymentConfig');
  expect(config.Properties).toEqual({ ComputePlatform: 'Lambda', TrafficRoutingConfig: routing });
  expect(only(template, 'AWS::CodeDeploy::DeploymentGroup').Properties).toMatchObject({
    DeploymentConfigName: { Ref: id },
  });
});

test('CloudFormation hands the alias to CodeDeploy, with the smoke test before traffic', () => {
  const { template } = deployed(canary());
  const [[application]] = ofType(template, 'AWS::CodeDeploy::Application');
  const [[group]] = ofType(template, 'AWS::CodeDeploy::DeploymentGroup');
  const [smokeTest] = Object.entries(template.Resources).find(
    ([id, { Type }]) => Type === 'AWS::Lambda::Function' && id.includes('SmokeTest'),
  )!;
  expect(only(template, 'AWS::Lambda::Alias').UpdatePolicy).toEqual({
    CodeDeployLambdaAliasUpdate: {
      ApplicationName: { Ref: application },
      DeploymentGroupName: { Ref: group },
      BeforeAllowTrafficHook: { Ref: smokeTest },
    },
  });
});

test('the alias comes after everything that a deployment, or a rollback, would consult', () => {
  const stack = testStack();
  const [before, after, extra] = [own(stack, 'Before'), own(stack, 'After'), alarm(stack, 'Extra')];
  const { template } = deployed(
    Rollout.linear({
      percent: 20,
      every: Duration.minutes(3),
      beforeTraffic: before,
      afterTraffic: after,
      rollbackAlarms: [extra],
    }),
    {},
    stack,
  );
  const [[aliasId]] = ofType(template, 'AWS::Lambda::Alias');
  const earlier = comesAfter(template, aliasId);
  const needed = Object.entries(template.Resources)
    .filter(
      ([id, { Type }]) =>
        Type.startsWith('AWS::CodeDeploy::') ||
        /^(Before|After|Extra)/.test(id) ||
        /NewVersion/.test(id) ||
        (Type === 'AWS::IAM::Role' && /Rollout/.test(id)),
    )
    .map(([id]) => id);
  expect(needed.length).toBeGreaterThanOrEqual(10);
  expect(needed.filter((id) => !earlier.has(id))).toEqual([]);
  // Not the other way round: that would be a circle.
  expect(needed.filter((id) => comesAfter(template, id).has(aliasId))).toEqual([]);
});

test('so is the smoke test, with its role', () => {
  const { template } = deployed(canary());
  const [[aliasId]] = ofType(template, 'AWS::Lambda::Alias');
  const parts = Object.keys(template.Resources).filter((id) => id.includes('SmokeTest'));
  expect(parts.length).toBeGreaterThanOrEqual(3);
  expect(parts.filter((id) => !comesAfter(template, aliasId).has(id))).toEqual([]);
});

test('the old version outlives the update, and one that was never accepted does not stay', () => {
  expect(only(deployed(canary()).template, 'AWS::Lambda::Version')).toMatchObject({
    DeletionPolicy: 'RetainExceptOnCreate',
    UpdateReplacePolicy: 'Retain',
  });
});

test('another model version publishes another function version, the same one does not', () => {
  const version = (model = tinyModel()) => ofType(deployed(canary(), { model }).template, 'AWS::Lambda::Version')[0][0];
  expect(version()).toBe(version());
  expect(version(tinyModel({ version: '1.5.0' }))).not.toBe(version());
});

test("CodeDeploy's role may move this alias, run these hooks and read alarms, and nothing else", () => {
  const { template } = deployed(canary());
  const role = /^FraudRolloutRole/;
  expect(named(template, role).Properties!.AssumeRolePolicyDocument.Statement).toEqual([
    { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'codedeploy.amazonaws.com' } },
  ]);
  const statements = identityStatements(template).filter(({ owner }) => role.test(owner));
  expect(statements.map(({ actions }) => actions)).toEqual([
    ['lambda:GetAlias', 'lambda:GetProvisionedConcurrencyConfig', 'lambda:UpdateAlias'],
    ['cloudwatch:DescribeAlarms'],
    ['lambda:InvokeFunction'],
  ]);
  const [[functionId]] = ofType(template, 'AWS::Lambda::Function').filter(([id]) => !id.includes('SmokeTest'));
  const arn = { 'Fn::GetAtt': [functionId, 'Arn'] };
  expect(statements[0].resources).toEqual([arn, { 'Fn::Join': ['', [arn, ':live']] }]);
  expect(references(statements[2].resources)).toEqual([expect.stringContaining('SmokeTest')]);
});

test("a hook of one's own takes the place of the smoke test, is run by name and may report its verdict", () => {
  const stack = testStack();
  const { template, inference } = deployed(
    canary({ beforeTraffic: own(stack, 'Mine'), afterTraffic: own(stack, 'Later') }),
    {},
    stack,
  );
  const [mine, later] = ['Mine', 'Later'].map(
    (id) => ofType(template, 'AWS::Lambda::Function').find(([found]) => found.startsWith(id))![0],
  );
  expect(only(template, 'AWS::Lambda::Alias').UpdatePolicy.CodeDeployLambdaAliasUpdate).toMatchObject({
    BeforeAllowTrafficHook: { Ref: mine },
    AfterAllowTrafficHook: { Ref: later },
  });
  expect(Object.keys(template.Resources).filter((id) => id.includes('SmokeTest'))).toEqual([]);
  const verdicts = identityStatements(template).filter(({ actions }) =>
    actions.includes('codedeploy:PutLifecycleEventHookExecutionStatus'),
  );
  expect(verdicts.map(({ owner }) => owner.slice(0, 4))).toEqual(['Mine', 'Late']);
  verdicts.forEach(({ resources }) => expect(JSON.stringify(resources)).toMatch(/:deploymentgroup:.*Application/));
  expect(inference.rolloutPlan.before).toEqual(['your own hook Stack/Mine']);
});

test('an imported function may be a hook; CDK itself warns that its role is not ours to extend', () => {
  const console = jest.spyOn(global.console, 'error').mockImplementation();
  const stack = testStack({ env: { region: 'eu-west-1', account: '111122223333' } });
  const hook = lambda.Function.fromFunctionArn(stack, 'Hook', 'arn:aws:lambda:eu-west-1:111122223333:function:hook');
  const { template } = deployed(canary({ beforeTraffic: hook }), {}, stack);
  expect(only(template, 'AWS::Lambda::Alias').UpdatePolicy.CodeDeployLambdaAliasUpdate).toMatchObject({
    BeforeAllowTrafficHook: 'hook',
  });
  expect(console.mock.calls.join()).toContain('codedeploy:PutLifecycleEventHookExecutionStatus');
  console.mockRestore();
});

test('without a smoke test nothing runs before traffic, and the role may run nothing', () => {
  const { template, inference } = deployed(canary({ smokeTest: false }));
  expect(
    only(template, 'AWS::Lambda::Alias').UpdatePolicy.CodeDeployLambdaAliasUpdate.BeforeAllowTrafficHook,
  ).toBeUndefined();
  expect(
    identityStatements(template).filter(
      ({ owner, actions }) => owner.includes('Rollout') && actions.includes('lambda:InvokeFunction'),
    ),
  ).toEqual([]);
  expect(inference.rolloutPlan.before).toEqual([]);
});

test("alarms of one's own join, imported and composite ones too", () => {
  const stack = testStack();
  const mine = alarm(stack, 'Mine');
  const alarms = [
    mine,
    new cloudwatch.CompositeAlarm(stack, 'Both', {
      alarmRule: cloudwatch.AlarmRule.fromAlarm(mine, cloudwatch.AlarmState.ALARM),
    }),
    cloudwatch.Alarm.fromAlarmName(stack, 'Theirs', 'their-alarm'),
  ];
  const { template, inference } = deployed(canary({ rollbackAlarms: alarms }), {}, stack);
  const watched = only(template, 'AWS::CodeDeploy::DeploymentGroup').Properties!.AlarmConfiguration.Alarms;
  expect(watched).toHaveLength(5);
  expect(watched[4]).toEqual({ Name: 'their-alarm' });
  expect(inference.rolloutPlan.watches).toEqual([
    'Stack/Fraud/NewVersionErrors',
    'Stack/Fraud/NewVersionLatency',
    'Stack/Mine',
    'Stack/Both',
    'Stack/Theirs',
  ]);
});

test.each([
  [8, true],
  [9, false],
])('%p alarms beside the two of the new version: %p', (count, accepted) => {
  const stack = testStack();
  const rollbackAlarms = Array.from({ length: count }, (_, index) => alarm(stack, `A${index}`));
  const act = () => deployed(canary({ rollbackAlarms }), {}, stack);
  if (accepted) {
    expect(act().inference.rolloutPlan.watches).toHaveLength(10);
  } else {
    expect(act).toThrow(
      /construct 'Stack\/Fraud\/Rollout' cannot be used.*\n.*watches 11 alarms, allowed are 10: combine.*codedeploy-alarm-count/,
    );
  }
});

test('a watch after the full shift is refused, with the alternatives', () => {
  expect(() => deployed(Rollout.allAtOnce({ bake: Duration.minutes(15) }))).toThrow(
    /construct 'Stack\/Fraud\/Rollout'[^]*15 minutes[^]*Rollout\.canary\(\{ percent, bake: Duration\.minutes\(15\) \}\) or Rollout\.linear.*lambda-bake-after-full-shift/,
  );
});

test('a canary that does not say how long the new version is watched is refused', () => {
  expect(() => deployed(Rollout.canary({ percent: 5 }))).toThrow(
    /construct 'Stack\/Fraud\/Rollout'[^]*does not say how long[^]*give 'bake', such as Duration\.minutes\(10\).*rollout-no-bake/,
  );
});

test('all at once is possible without a watch, and the plan says what that means', () => {
  const { template, inference } = deployed(Rollout.allAtOnce());
  expect(only(template, 'AWS::CodeDeploy::DeploymentGroup').Properties).toMatchObject({
    DeploymentConfigName: 'CodeDeployDefault.LambdaAllAtOnce',
  });
  expect(inference.rolloutPlan.notes).toEqual(
    expect.arrayContaining([expect.stringContaining('only the smoke test can stop it')]),
  );
});

test('a canary takes its numbers from parameters', () => {
  const stack = testStack();
  const rollout = Rollout.canary({
    percent: Lazy.number({ produce: () => 3 }),
    bake: Duration.minutes(Lazy.number({ produce: () => 4 })),
  });
  new ServerlessInference(stack, 'Fraud', { model: tinyModel(), rollout });
  Template.fromStack(stack).hasResourceProperties('AWS::CodeDeploy::DeploymentConfig', {
    TrafficRoutingConfig: {
      TimeBasedCanary: { CanaryPercentage: 3, CanaryInterval: 4 },
      TimeBasedLinear: Match.absent(),
    },
  });
});
