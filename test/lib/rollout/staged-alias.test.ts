/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- templates are read as plain data */
import { Duration, Lazy, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import {
  ApiAuthorization,
  InferenceApi,
  InferenceHandler,
  Rollout,
  RolloutMetric,
  Scaling,
  ServerlessInference,
  type ServerlessInferenceProps,
  type StagedRolloutOptions,
} from '../../../lib';
import type { AliasDescription } from '../../../lambda/rollout-target/contract';
import type { RolloutSettingsOptions } from '../../../lambda/rollout/contract';
import { tinyModel } from '../../fakes/models';
import { identityStatements } from '../../helpers/statements';
import {
  comesAfter,
  named,
  ofType,
  only,
  plain,
  type PlainTemplate,
  references,
  strings,
  testStack,
} from '../../helpers/synth';
import { deployed as deployedStream } from '../streaming/deployed';

const RESOURCE = 'Custom::StagedRollout';

function deployed(
  options: StagedRolloutOptions = {},
  props: Partial<ServerlessInferenceProps> = {},
  stack: Stack = testStack(),
) {
  const rollout = Rollout.staged(options);
  const inference = new ServerlessInference(stack, 'Fraud', { model: tinyModel(), rollout, ...props });
  let synthesized: PlainTemplate | undefined;
  return {
    stack,
    inference,
    get template(): PlainTemplate {
      return (synthesized ??= plain(stack));
    },
  };
}

const resourceId = (template: PlainTemplate) => ofType(template, RESOURCE)[0][0];
/** JSON of the template, in which a reference stands as the id of what it refers to. */
function parsed<T>(text: unknown): T {
  const parts = typeof text === 'string' ? [text] : ((text as never)['Fn::Join'][1] as unknown[]);
  return JSON.parse(parts.map((part) => (typeof part === 'string' ? part : references(part)[0])).join('')) as T;
}
const controller = (template: PlainTemplate) => named(template, /^FraudStagedRolloutFunction/);
const target = (template: PlainTemplate) =>
  parsed<AliasDescription>(controller(template).Properties!.Environment.Variables.ROLLOUT_TARGET);
const settings = (template: PlainTemplate) =>
  parsed<RolloutSettingsOptions>(only(template, RESOURCE).Properties!.settings);
const ofController = (template: PlainTemplate) =>
  identityStatements(template).filter(({ owner }) => owner.startsWith('FraudStagedRolloutRole'));

test('the template has no alias, and nothing of CodeDeploy: a controller owns the alias', () => {
  const { template, inference } = deployed();
  expect(ofType(template, 'AWS::Lambda::Alias')).toEqual([]);
  expect(Object.values(template.Resources).filter(({ Type }) => Type.startsWith('AWS::CodeDeploy'))).toEqual([]);
  expect(inference.deploymentGroupName).toBeUndefined();
  expect(inference.rollbackAlarms).toEqual([]);
  expect(inference.smokeTest).toBeUndefined();
  expect(inference.rolloutController).toBeDefined();
  expect(inference.alias.aliasName).toBe('live');
});

test('a native rollout has no controller', () => {
  const { template, inference } = deployed({}, { rollout: undefined });
  expect(ofType(template, RESOURCE)).toEqual([]);
  expect(inference.rolloutController).toBeUndefined();
});

test('a native alias is left to a staged rollout that follows, goes with a function of its own, and with a new name', () => {
  const alias = (template: PlainTemplate) => only(template, 'AWS::Lambda::Alias');
  expect(alias(deployed({}, { rollout: undefined }).template)).toMatchObject({
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Delete',
  });
  const stack = testStack();
  const handler = InferenceHandler.fromFunction(
    new lambda.Function(stack, 'Other', {
      code: lambda.Code.fromInline('x'),
      handler: 'index.handler',
      runtime: lambda.Runtime.NODEJS_22_X,
    }),
  );
  expect(alias(deployed({}, { rollout: undefined, handler }, stack).template).DeletionPolicy).toBeUndefined();
});

test('the custom resource names the version that is published, and where the rollout is', () => {
  const { template } = deployed();
  const { Properties: properties } = only(template, RESOURCE);
  expect(references(properties!.version)[0]).toMatch(/^FraudFunctionCurrentVersion/);
  expect(references(properties!.table)[0]).toMatch(/^FraudStagedRolloutState/);
  expect(references(properties!.controllerName)[0]).toMatch(/^FraudStagedRolloutFunction/);
  expect(properties!.waitSeconds).toBe('0');
  const machine = named(template, /^FraudStagedRolloutLoop[0-9A-F]{8}$/).Properties!;
  expect(strings(properties!.stateMachineArn).join('')).toContain(`:stateMachine:${machine.StateMachineName}`);
  expect(strings(machine.DefinitionString).join('')).toContain(`:stateMachine:${machine.StateMachineName}`);
});

test('everything that uses the alias waits for it', () => {
  const stack = testStack();
  const { inference } = deployed({}, { functionUrl: true }, stack);
  inference.grantInvoke(new iam.Role(stack, 'Caller', { assumedBy: new iam.AccountPrincipal('111111111111') }));
  inference.alias.addPermission('Rule', { principal: new iam.ServicePrincipal('events.amazonaws.com') });
  new InferenceApi(stack, 'Api', { inference, authorization: ApiAuthorization.iam() });
  const template = plain(stack);
  const id = resourceId(template);
  const users = Object.entries(template.Resources).filter(([, { Type }]) =>
    [
      'AWS::Lambda::Permission',
      'AWS::Lambda::Url',
      'AWS::Lambda::EventInvokeConfig',
      'AWS::ApiGateway::Method',
    ].includes(Type),
  );
  expect(users.length).toBeGreaterThan(5);
  for (const [user, { Properties: properties }] of users.filter(
    ([, { Properties }]) => Properties!.HttpMethod !== 'OPTIONS',
  )) {
    expect({ user, waits: comesAfter(template, user).has(id) }).toEqual({ user, waits: true });
    expect(strings(properties).some((text) => text.includes('AWS::Lambda::Alias'))).toBe(false);
  }
});

test('permissions, the function URL and the configuration of asynchronous calls are of the alias', () => {
  const stack = testStack();
  const { inference } = deployed({}, { functionUrl: true }, stack);
  inference.alias.addPermission('Rule', { principal: new iam.ServicePrincipal('events.amazonaws.com') });
  const template = plain(stack);
  const id = resourceId(template);
  expect(named(template, /^FraudAliasFunctionUrl/).Properties).toMatchObject({ Qualifier: 'live' });
  expect(only(template, 'AWS::Lambda::EventInvokeConfig').Properties!.Qualifier).toEqual({
    'Fn::Select': [7, { 'Fn::Split': [':', { 'Fn::GetAtt': [id, 'Arn'] }] }],
  });
  const [[, permission]] = ofType(template, 'AWS::Lambda::Permission');
  expect(permission.Properties!.FunctionName).toEqual({ 'Fn::GetAtt': [id, 'Arn'] });
});

test('versions outlive their update, and the evidence outlives the deployment', () => {
  const { template } = deployed({}, { removalPolicy: RemovalPolicy.DESTROY });
  const kept = { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' };
  expect(only(template, 'AWS::Lambda::Version')).toMatchObject(kept);
  expect(named(template, /^FraudStagedRolloutEvidence[0-9A-F]{8}$/)).toMatchObject(kept);
  expect(only(template, 'AWS::DynamoDB::Table')).toMatchObject({ DeletionPolicy: 'Delete' });
});

test('requests, failures, slow and refused ones are counted by version, as they are published', () => {
  const { template } = deployed({}, { alarms: { maxLatency: Duration.millis(300) } });
  const { requests, bad, target: key, alarms } = target(template);
  const lambdaCount = (metricName: string, statistic: string) => ({
    namespace: 'AWS/Lambda',
    metricName,
    statistic,
    versionDimension: 'ExecutedVersion',
    dimensions: { FunctionName: expect.stringMatching(/^FraudFunction/), Resource: key },
  });
  const own = (metricName: string) => ({
    namespace: 'InferencePatterns',
    metricName,
    statistic: 'Sum',
    versionDimension: 'FunctionVersion',
    dimensions: { FunctionName: expect.stringMatching(/^FraudFunction/) },
  });
  expect(requests.parts).toEqual([lambdaCount('Invocations', 'Sum')]);
  expect(bad.map(({ parts }) => parts)).toEqual([
    [lambdaCount('Errors', 'Sum'), own('HandledServerErrors'), { ...own('RejectedInvocations'), negative: true }],
    [lambdaCount('Duration', 'TC(300:)')],
    [own('ClientErrors')],
  ]);
  expect(alarms).toEqual([]);
  expect(settings(template).judge.metrics.map(({ name, critical }) => [name, critical])).toEqual([
    ['failures', undefined],
    ['slowAnswers', undefined],
    ['refusedRequests', false],
  ]);
});

test('a handler of somebody else publishes what AWS Lambda does, and no more can be compared', () => {
  const stack = testStack();
  const handler = InferenceHandler.fromFunction(
    new lambda.Function(stack, 'Other', {
      code: lambda.Code.fromInline('x'),
      handler: 'index.handler',
      runtime: lambda.Runtime.NODEJS_22_X,
    }),
  );
  const { template } = deployed({}, { handler }, stack);
  expect(settings(template).judge.metrics.map(({ name }) => name)).toEqual(['failures', 'slowAnswers']);
});

test('a metric that the deployment does not publish is refused, with those that it does', () => {
  expect(() => deployed({ analysis: { metrics: [RolloutMetric.failures(), RolloutMetric.failedBatches()] } })).toThrow(
    "'analysis.metrics' has RolloutMetric.failedBatches(), which this deployment does not publish: use one of RolloutMetric.slowAnswers(), RolloutMetric.failures(), RolloutMetric.refusedRequests()",
  );
});

test('the controller may move this one alias, ask and remove its versions, and never the function itself', () => {
  const { template } = deployed();
  const statements = ofController(template);
  const remove = statements.find(({ actions }) => actions.includes('lambda:DeleteFunction'))!;
  const functionId = ofType(template, 'AWS::Lambda::Version')[0][1].Properties!.FunctionName.Ref as string;
  expect(remove.resources).toEqual([{ 'Fn::Join': ['', [{ 'Fn::GetAtt': [functionId, 'Arn'] }, ':*']] }]);
  const move = statements.find(({ actions }) => actions.includes('lambda:UpdateAlias'))!;
  expect(move.resources).toEqual([
    { 'Fn::GetAtt': [functionId, 'Arn'] },
    { 'Fn::Join': ['', [{ 'Fn::GetAtt': [functionId, 'Arn'] }, ':live']] },
  ]);
  expect(
    statements
      .filter(({ resources }) => resources.includes('*'))
      .flatMap(({ actions }) => actions)
      .sort(),
  ).toEqual(['cloudwatch:DescribeAlarms', 'cloudwatch:GetMetricData']);
  expect(statements.flatMap(({ actions }) => actions).filter((action) => action.endsWith(':*'))).toEqual([]);
});

test('what scales versions is allowed only where there is something to scale; to stop it always is', () => {
  const actions = (template: PlainTemplate) =>
    ofController(template)
      .flatMap((statement) => statement.actions)
      .filter((action) => /autoscaling|Alarm|LinkedRole|PutProvisioned/.test(action));
  expect(actions(deployed().template).sort()).toEqual([
    'application-autoscaling:DeregisterScalableTarget',
    'cloudwatch:DescribeAlarms',
  ]);
  const { template } = deployed({}, { scaling: Scaling.provisionedConcurrency({ min: 1, max: 3 }) });
  expect(actions(template)).toEqual(
    expect.arrayContaining([
      'lambda:PutProvisionedConcurrencyConfig',
      'application-autoscaling:PutScalingPolicy',
      'cloudwatch:PutMetricAlarm',
      'iam:CreateServiceLinkedRole',
    ]),
  );
});

test('provisioned environments are the controller’s to scale: there is no scalable target in the template', () => {
  const { template } = deployed(
    {},
    {
      scaling: Scaling.provisionedConcurrency({
        min: 1,
        max: 8,
        scaleInCooldown: Duration.minutes(3),
        schedules: { morning: { schedule: appscaling.Schedule.cron({ hour: '7', minute: '0' }), min: 4, max: 9 } },
      }),
    },
  );
  expect(ofType(template, 'AWS::ApplicationAutoScaling::ScalableTarget')).toEqual([]);
  expect(target(template).provisioned).toEqual({
    min: 1,
    max: 8,
    targetUtilization: 0.7,
    scaleInCooldownSeconds: 180,
    schedules: [{ name: 'morning', schedule: 'cron(0 7 * * ? *)', min: 4, max: 9 }],
  });
  // So that a change of it alone is one that CloudFormation sees.
  expect(settings(template).capacity).toEqual(target(template).provisioned);
});

test('reserved concurrency has to hold the environments of two versions', () => {
  const scaling = Scaling.provisionedConcurrency({ min: 5 });
  expect(() => deployed({}, { scaling, reservedConcurrency: 9 })).toThrow(
    "'scaling' provisions up to 5 environments for each of two versions during a staged rollout, 'reservedConcurrency' allows 9: set 'reservedConcurrency' to 10 or more",
  );
  expect(() => deployed({}, { scaling, reservedConcurrency: 10 })).not.toThrow();
  expect(() => deployed({}, { scaling, reservedConcurrency: 5, rollout: undefined })).not.toThrow();
});

test('the examples of the model go with the controller, unless the rollout goes without', () => {
  const code = (options: StagedRolloutOptions) =>
    controller(deployed(options).template).Properties!.Code.S3Key as string;
  expect(code({})).not.toBe(code({ smokeTest: false }));
});

test('topic, hooks and alarms: told, called, asked, each allowed', () => {
  const stack = testStack();
  const topic = new sns.Topic(stack, 'Topic');
  const hook = new lambda.Function(stack, 'Hook', {
    code: lambda.Code.fromInline('x'),
    handler: 'index.handler',
    runtime: lambda.Runtime.NODEJS_22_X,
  });
  const { template } = deployed(
    { topic, hooks: { before: hook, step: hook }, waitForRollout: true, bake: Duration.minutes(3) },
    {},
    stack,
  );
  expect(references(controller(template).Properties!.Environment.Variables.ROLLOUT_TOPIC_ARN)[0]).toMatch(/^Topic/);
  const allowed = (action: string) =>
    ofController(template)
      .filter(({ actions }) => actions.includes(action))
      .flatMap(({ resources }) => resources.flatMap((resource) => references(resource)));
  expect(allowed('sns:Publish').some((id) => id.startsWith('Topic'))).toBe(true);
  expect(allowed('lambda:InvokeFunction').some((id) => id.startsWith('Hook'))).toBe(true);
  expect(Object.keys(settings(template).hooks)).toEqual(['before', 'step']);
  expect(only(template, RESOURCE).Properties!.waitSeconds).toBe(String(48 * 60));
});

test('with a key of one’s own, state, evidence, logs and environments are encrypted with it', () => {
  const stack = testStack();
  const { template } = deployed({}, { encryptionKey: new kms.Key(stack, 'Key') }, stack);
  const keyed = (logicalId: RegExp) => references(named(template, logicalId).Properties).some((id) => /^Key/.test(id));
  for (const id of [
    /^FraudStagedRolloutState/,
    /^FraudStagedRolloutEvidence[0-9A-F]{8}$/,
    /^FraudStagedRolloutFunction/,
    /^FraudStagedRolloutLoopLogs/,
    /^FraudStagedRolloutLoop[0-9A-F]{8}$/,
  ]) {
    expect({ id, keyed: keyed(id) }).toEqual({ id, keyed: true });
  }
});

test('alarms tell of a rollout that went back, stands still, waits too long, fails or is driven by nobody', () => {
  const { inference, template } = deployed({ maxPause: Duration.minutes(30) });
  const ids = inference.alarms.all.map(({ node }) => node.id);
  expect(ids).toEqual(
    expect.arrayContaining(['RolledBack', 'RolloutStuck', 'RolloutPaused', 'RolloutFails', 'RolloutNotDriven']),
  );
  expect(named(template, /^FraudAlarmsRolloutPaused/).Properties).toMatchObject({ Threshold: 30 });
});

test('more than the environment of the controller has room for is refused, before AWS Lambda does', () => {
  const stack = testStack();
  const alarms = (count: number) =>
    Array.from({ length: count }, (_, place) =>
      cloudwatch.Alarm.fromAlarmName(stack, `Alarm${count}-${place}`, `${'a'.repeat(60)}-${place}`),
    );
  const metrics = (count: number) => [
    RolloutMetric.failures(),
    ...Array.from({ length: count }, (_, place) =>
      RolloutMetric.custom({
        name: `m${place}`,
        namespace: 'Shop',
        metricName: `Declined${place}`,
        versionDimension: 'V',
      }),
    ),
  ];
  expect(() => deployed({ rollbackAlarms: alarms(10) })).not.toThrow();
  expect(() => deployed({ rollbackAlarms: alarms(60) })).toThrow(
    /controller have about \d{4} bytes, and AWS Lambda has room for 4096: each of 'analysis.metrics' and 'rollbackAlarms' takes some/,
  );
  expect(() => deployed({ analysis: { metrics: metrics(8) } })).not.toThrow();
  expect(() => deployed({ analysis: { metrics: metrics(30) } })).toThrow(/rollout-settings-size/);
  // Names that are known at deployment take room as well.
  const made = Array.from(
    { length: 60 },
    (_, place) =>
      new cloudwatch.Alarm(stack, `Made${place}`, {
        metric: new cloudwatch.Metric({ namespace: 'Mine', metricName: 'Bad' }),
        threshold: 1,
        evaluationPeriods: 1,
      }),
  );
  expect(() => deployed({ rollbackAlarms: made }, {}, stack)).toThrow(/rollout-settings-size/);
});

test('two in one stack share what states versions, and nothing else', () => {
  const stack = testStack();
  new ServerlessInference(stack, 'Fraud', { model: tinyModel(), rollout: Rollout.staged() });
  new ServerlessInference(stack, 'Other', { model: tinyModel(), rollout: Rollout.staged() });
  const template = plain(stack);
  const resources = ofType(template, RESOURCE).map(([, { Properties }]) => Properties!);
  expect(resources).toHaveLength(2);
  expect(new Set(resources.map(({ ServiceToken }) => JSON.stringify(ServiceToken))).size).toBe(1);
  for (const property of ['target', 'table', 'controllerName', 'stateMachineArn', 'arn', 'version']) {
    expect(new Set(resources.map((each) => JSON.stringify(each[property]))).size).toBe(2);
  }
});

test('two syntheses are the same', () => {
  expect(JSON.stringify(deployed().template)).toBe(JSON.stringify(deployed().template));
});

test('another name of the alias is another alias', () => {
  const { template, inference } = deployed({}, { aliasName: 'current' });
  expect(inference.alias.aliasName).toBe('current');
  expect(target(template).aliasName).toBe('current');
  expect(target(template).target).toMatch(/:current$/);
});

test('too little traffic for the steps is warned of where traffic is declared', () => {
  const warnings = (requestsPerMinute: number) =>
    deployed({ analysis: { expected: { requestsPerMinute } } })
      .stack.node.findAll()
      .flatMap(({ node }) => node.metadata)
      .filter(({ type }) => type === 'aws:cdk:warning')
      .map(({ data }) => String(data));
  expect(warnings(10_000)).toEqual([]);
  expect(warnings(10).join()).toContain("with 10 requests a minute the rollout does not find 'failures'");
});

test('tokens in the analysis reach the controller as numbers', () => {
  const { template } = deployed({ analysis: { minRequests: Lazy.number({ produce: () => 77 }) } });
  expect(settings(template).judge.steps.map(({ minRequests }) => minRequests)).toEqual([77, 77, 77, 77]);
});

test('of a consumer of a stream, batches move: its mapping waits for the alias, and they are counted by version', () => {
  const { template } = deployedStream({ rollout: Rollout.staged() });
  expect(ofType(template, 'AWS::Lambda::Alias')).toEqual([]);
  const id = resourceId(template);
  const [mapping] = ofType(template, 'AWS::Lambda::EventSourceMapping')[0];
  expect(comesAfter(template, mapping).has(id)).toBe(true);
  expect(settings(template).judge.metrics).toEqual([
    { name: 'failures' },
    { name: 'failedBatches' },
    { name: 'slowAnswers', missingData: 'notBreaching' },
    { name: 'quarantinedRecords', ceiling: null },
  ]);
});

test('what shifts traffic is made anew by a stack that comes from CodeDeploy: no role of the one is made the other’s while it is needed', () => {
  const native = testStack();
  new ServerlessInference(native, 'Fraud', { model: tinyModel() });
  const staged = new Set(Object.keys(deployed().template.Resources));
  const shared = Object.keys(plain(native).Resources).filter((id) => staged.has(id));
  expect(shared.filter((id) => id.includes('Rollout'))).toEqual([]);
});
