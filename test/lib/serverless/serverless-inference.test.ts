/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates and documents are read as plain data */
import { CfnParameter, Duration, Lazy, RemovalPolicy, Size, type Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as destinations from 'aws-cdk-lib/aws-lambda-destinations';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { ServerlessInference, type ServerlessInferenceProps } from '../../../lib';
import { importedVpc, PRIVATE_SUBNETS } from '../../fakes/imported';
import { tinyModel } from '../../fakes/models';
import { deafAlarms, unpublishedMetrics } from '../../helpers/published-metrics';
import { identityStatements } from '../../helpers/statements';
import { named, ofType, only, plain, references, strings, testStack } from '../../helpers/synth';

function deployed(props: Partial<ServerlessInferenceProps> = {}, stack: Stack = testStack()) {
  const inference = new ServerlessInference(stack, 'Fraud', { model: tinyModel(), ...props });
  return { stack, inference, template: plain(stack) };
}

const fn = (template: ReturnType<typeof plain>) => named(template, /^FraudFunction[0-9A-F]{8}$/);

test('defaults of the function', () => {
  const { template, inference, stack } = deployed();
  expect(fn(template).Properties).toMatchObject({
    Runtime: 'nodejs24.x',
    Architectures: ['arm64'],
    MemorySize: 1769,
    Timeout: 10,
    EphemeralStorage: { Size: 512 },
    TracingConfig: { Mode: 'Active' },
  });
  Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
    Description: Match.stringLikeRegexp('^Predictions of fraud'),
    ReservedConcurrentExecutions: Match.absent(),
    VpcConfig: Match.absent(),
    KmsKeyArn: Match.absent(),
    FunctionName: Match.absent(),
  });
  expect(inference.timeout.toSeconds()).toBe(10);
  expect(inference.sizingReasons).toHaveLength(3);
  expect(inference.functionUrl).toBeUndefined();
});

test('defaults around it: logs for three months, an encrypted queue for 14 days, both kept, a dashboard, an alias', () => {
  const { template, stack } = deployed();
  const logGroups = ofType(template, 'AWS::Logs::LogGroup');
  expect(logGroups).toHaveLength(2);
  logGroups.forEach(([, group]) =>
    expect(group).toMatchObject({ DeletionPolicy: 'Retain', Properties: { RetentionInDays: 90 } }),
  );
  expect(only(template, 'AWS::SQS::Queue')).toMatchObject({
    DeletionPolicy: 'Retain',
    Properties: { MessageRetentionPeriod: 1_209_600, SqsManagedSseEnabled: true },
  });
  Template.fromStack(stack).hasResourceProperties('AWS::SQS::QueuePolicy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      ]),
    },
  });
  expect(only(template, 'AWS::Lambda::Alias').Properties).toMatchObject({ Name: 'live' });
  Template.fromStack(stack).resourceCountIs('AWS::CloudWatch::Dashboard', 1);
  Template.fromStack(stack).resourceCountIs('AWS::Lambda::Url', 0);
});

test('options of the function', () => {
  const { template, inference } = deployed({
    architecture: lambda.Architecture.X86_64,
    memorySize: Size.mebibytes(3008),
    timeout: Duration.seconds(20),
    ephemeralStorage: Size.gibibytes(2),
    reservedConcurrency: 7,
    tracing: lambda.Tracing.DISABLED,
    logRetention: logs.RetentionDays.ONE_WEEK,
    dashboard: false,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  expect(fn(template).Properties).toMatchObject({
    Architectures: ['x86_64'],
    MemorySize: 3008,
    Timeout: 20,
    EphemeralStorage: { Size: 2048 },
    ReservedConcurrentExecutions: 7,
  });
  expect(fn(template).Properties!.TracingConfig).toBeUndefined();
  ofType(template, 'AWS::Logs::LogGroup').forEach(([, group]) =>
    expect(group).toMatchObject({ DeletionPolicy: 'Delete', Properties: { RetentionInDays: 7 } }),
  );
  expect(only(template, 'AWS::SQS::Queue').DeletionPolicy).toBe('Delete');
  expect(inference.dashboard).toBeUndefined();
  expect(ofType(template, 'AWS::CloudWatch::Dashboard')).toEqual([]);
});

test('versions outlive the stack even when the data does not: a rollback needs them', () => {
  expect(
    only(deployed({ removalPolicy: RemovalPolicy.DESTROY }).template, 'AWS::Lambda::Version').UpdateReplacePolicy,
  ).toBe('Retain');
});

test('a reserved concurrency of 0 switches the function off, and is not taken for absent', () => {
  expect(fn(deployed({ reservedConcurrency: 0 }).template).Properties).toMatchObject({
    ReservedConcurrentExecutions: 0,
  });
});

test.each([
  [{ memorySize: Size.mebibytes(128) }],
  [{ memorySize: Size.mebibytes(10_240) }],
  [{ timeout: Duration.seconds(1), alarms: { maxLatency: Duration.millis(1) } }],
  [{ timeout: Duration.seconds(900) }],
  [{ ephemeralStorage: Size.mebibytes(512) }],
  [{ ephemeralStorage: Size.mebibytes(10_240) }],
  [{ reservedConcurrency: 900 }],
])('%j is accepted', (props) => {
  expect(deployed(props).inference.function).toBeDefined();
});

test.each([
  [{ memorySize: Size.mebibytes(127) }, /'memorySize' is 127 MiB.*lambda-memory/],
  [{ memorySize: Size.mebibytes(10_241) }, /lambda-memory/],
  [{ memorySize: Size.kibibytes(1_000_000) }, /lambda-memory/],
  [{ timeout: Duration.seconds(0) }, /lambda-timeout/],
  [
    { timeout: Duration.seconds(901) },
    /'timeout' is 901 seconds, allowed is a whole number from 1 to 900 seconds.*lambda-timeout/,
  ],
  [{ timeout: Duration.millis(1500) }, /lambda-timeout/],
  [{ ephemeralStorage: Size.mebibytes(511) }, /lambda-ephemeral-storage/],
  [{ ephemeralStorage: Size.mebibytes(10_241) }, /lambda-ephemeral-storage/],
  [{ reservedConcurrency: -1 }, /lambda-reserved-concurrency/],
  [{ reservedConcurrency: 1.5 }, /lambda-reserved-concurrency/],
])('%j is refused', (props, message) => {
  expect(() => deployed(props)).toThrow(message);
});

test('all faults come in one message, with the path of the construct', () => {
  expect(() =>
    deployed({
      memorySize: Size.mebibytes(1),
      timeout: Duration.seconds(901),
      reservedConcurrency: -1,
      alarms: { minSamples: 0 },
    }),
  ).toThrow(
    /^construct 'Stack\/Fraud' cannot be used as configured:\n.*lambda-memory\]\n.*lambda-timeout\]\n.*lambda-reserved-concurrency\]\n.*alarm-samples\]$/,
  );
});

test('one that was refused leaves nothing behind in the stack', () => {
  const stack = testStack();
  expect(() => deployed({ timeout: Duration.seconds(901) }, stack)).toThrow();
  expect(plain(stack).Resources ?? {}).toEqual({});
});

describe('values known only at deployment pass: ', () => {
  const parameter = (stack: Stack) => new CfnParameter(stack, 'Number', { type: 'Number' });

  test('memory and /tmp', () => {
    const stack = testStack();
    const number = parameter(stack).valueAsNumber;
    const { template } = deployed(
      { memorySize: Size.mebibytes(number), ephemeralStorage: Size.mebibytes(number) },
      stack,
    );
    expect(fn(template).Properties).toMatchObject({
      MemorySize: { Ref: 'Number' },
      EphemeralStorage: { Size: { Ref: 'Number' } },
    });
  });

  test('time-out, with a bound for the latency alarm', () => {
    const stack = testStack();
    const { template } = deployed(
      { timeout: Duration.seconds(parameter(stack).valueAsNumber), alarms: { maxLatency: Duration.millis(500) } },
      stack,
    );
    expect(fn(template).Properties).toMatchObject({ Timeout: { Ref: 'Number' } });
  });

  test('time-out alone: half of it cannot be computed, which is said in our own words', () => {
    const stack = testStack();
    expect(() => deployed({ timeout: Duration.seconds(parameter(stack).valueAsNumber) }, stack)).toThrow(
      /cannot be used as configured[^]*alarms\.maxLatency/,
    );
  });

  test('reserved concurrency: no alarm has the inside of a token as its threshold', () => {
    const stack = testStack();
    const { template } = deployed({ reservedConcurrency: parameter(stack).valueAsNumber }, stack);
    expect(fn(template).Properties).toMatchObject({ ReservedConcurrentExecutions: { Ref: 'Number' } });
    expect(JSON.stringify(template).match(/-\d\.\d+e\+\d+/g) ?? []).toEqual([]);
  });

  test.each(['accountConcurrency', 'minSamples', 'maxErrorRatio'])(
    'alarms.%s: nothing has the inside of a token in it',
    (setting) => {
      const warnings = jest.spyOn(console, 'error').mockImplementation();
      const stack = testStack();
      const inside = strings(
        deployed({ alarms: { [setting]: parameter(stack).valueAsNumber } }, stack).template,
      ).filter((text) => /e\+2\d\d/.test(text));
      const numbers = JSON.stringify(plain(stack)).match(/-\d\.\d+e\+\d+/g) ?? [];
      warnings.mockRestore();
      expect([...inside, ...numbers]).toEqual([]);
    },
  );

  test('a bound for the latency', () => {
    const stack = testStack();
    const { template } = deployed({ alarms: { maxLatency: Duration.millis(parameter(stack).valueAsNumber) } }, stack);
    expect(named(template, /^FraudAlarmsLatency/).Properties!.Threshold).toEqual({ Ref: 'Number' });
    expect(JSON.stringify(template)).not.toMatch(/e\+2\d\d/);
  });

  test('texts: subnets, key and queue by import', () => {
    const stack = testStack();
    const key = kms.Key.fromKeyArn(
      stack,
      'Key',
      Lazy.string({ produce: () => 'arn:aws:kms:eu-west-1:111122223333:key/1' }),
    );
    expect(fn(deployed({ encryptionKey: key }, stack).template).Properties).toMatchObject({
      KmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1',
    });
  });
});

describe('network: ', () => {
  test('an imported one, in its private subnets, with a security group of its own', () => {
    const stack = testStack();
    const { template } = deployed({ vpc: importedVpc(stack) }, stack);
    expect(fn(template).Properties!.VpcConfig).toMatchObject({
      SubnetIds: PRIVATE_SUBNETS,
      SecurityGroupIds: [{ 'Fn::GetAtt': [expect.stringContaining('SecurityGroup'), 'GroupId'] }],
    });
  });

  test("the role may manage network interfaces, and has AWS's managed policy no more than without", () => {
    const stack = testStack();
    const { template } = deployed({ vpc: importedVpc(stack) }, stack);
    const actions = identityStatements(template)
      .filter(({ owner }) => owner.startsWith('FraudRole'))
      .flatMap(({ actions: allowed }) => allowed);
    expect(actions).toEqual(
      expect.arrayContaining([
        'ec2:CreateNetworkInterface',
        'ec2:DeleteNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
      ]),
    );
    expect(
      identityStatements(deployed().template)
        .flatMap(({ actions: allowed }) => allowed)
        .filter((action) => action.startsWith('ec2:')),
    ).toEqual([]);
  });

  test("subnets and groups of one's own", () => {
    const stack = testStack();
    const securityGroup = ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1');
    const { template } = deployed(
      {
        vpc: importedVpc(stack),
        vpcSubnets: {
          subnets: [ec2.Subnet.fromSubnetAttributes(stack, 'Subnet', { subnetId: 'subnet-z', routeTableId: 'rtb-z' })],
        },
        securityGroups: [securityGroup],
      },
      stack,
    );
    expect(fn(template).Properties!.VpcConfig).toMatchObject({ SubnetIds: ['subnet-z'], SecurityGroupIds: ['sg-1'] });
  });

  test.each([
    ['vpcSubnets', { subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
    ['securityGroups', []],
  ])('%s without vpc would be ignored, so it is refused', (prop, value) => {
    expect(() => deployed({ [prop]: value })).toThrow(
      new RegExp(`'${prop}' is given without 'vpc'.*lambda-network-without-vpc`),
    );
  });
});

describe('encryption: ', () => {
  const encrypted = () => {
    const stack = testStack();
    const key = new kms.Key(stack, 'Key');
    return { ...deployed({ encryptionKey: key }, stack), arn: stack.resolve(key.keyArn) as unknown };
  };

  test('one key for environment, logs and queue', () => {
    const { template, arn } = encrypted();
    expect(fn(template).Properties!.KmsKeyArn).toEqual(arn);
    expect(ofType(template, 'AWS::Logs::LogGroup').map(([, group]) => group.Properties!.KmsKeyId)).toEqual([arn, arn]);
    expect(only(template, 'AWS::SQS::Queue').Properties!.KmsMasterKeyId).toEqual(arn);
  });

  test('the smoke test keeps its environment with the same key', () => {
    const { template, arn } = encrypted();
    expect(named(template, /^FraudRolloutSmokeTestFunction/).Properties!.KmsKeyArn).toEqual(arn);
  });

  test('the function may use the key for the queue', () => {
    const { template, arn } = encrypted();
    const statement = identityStatements(template).find(
      ({ owner, actions }) => owner.startsWith('FraudRole') && actions.includes('kms:Decrypt'),
    );
    expect(statement).toMatchObject({ resources: [arn] });
    expect(statement!.actions).toEqual(expect.arrayContaining(['kms:GenerateDataKey*']));
  });

  test('and for its environment, also when failed requests go elsewhere', () => {
    const stack = testStack();
    const key = new kms.Key(stack, 'Key');
    const failureDestination = new destinations.SqsDestination(new sqs.Queue(stack, 'Mine'));
    const { template } = deployed({ encryptionKey: key, failureDestination }, stack);
    expect(
      identityStatements(template).filter(
        ({ owner, actions }) => owner.startsWith('FraudRole') && actions.includes('kms:Decrypt'),
      ),
    ).toHaveLength(1);
  });

  test('an imported key is used, and not touched', () => {
    const stack = testStack();
    const key = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/1');
    const { template } = deployed({ encryptionKey: key }, stack);
    expect(ofType(template, 'AWS::KMS::Key')).toEqual([]);
    expect(fn(template).Properties!.KmsKeyArn).toBe('arn:aws:kms:eu-west-1:111122223333:key/1');
  });
});

describe('asynchronous requests that fail for good: ', () => {
  test('go to the queue, from the alias, which the function may do', () => {
    const { template, inference, stack } = deployed();
    const queue = stack.resolve(inference.failureQueue!.queueArn) as unknown;
    expect(only(template, 'AWS::Lambda::EventInvokeConfig').Properties).toMatchObject({
      Qualifier: expect.anything(),
      DestinationConfig: { OnFailure: { Destination: queue } },
    });
    expect(identityStatements(template).find(({ actions }) => actions.includes('sqs:SendMessage'))).toMatchObject({
      resources: [queue],
    });
  });

  test('the permission is there before AWS Lambda checks it', () => {
    const { template } = deployed();
    const [[, config]] = ofType(template, 'AWS::Lambda::EventInvokeConfig');
    const [functionId] = Object.entries(template.Resources).find(([, resource]) => resource === fn(template)) ?? [];
    const id = functionId ?? Object.keys(template.Resources).find((key) => /^FraudFunction[0-9A-F]{8}$/.test(key))!;
    expect([template.Resources[id].DependsOn].flat()).toEqual(
      expect.arrayContaining([expect.stringMatching(/^FraudRoleDefaultPolicy/)]),
    );
    expect(references(config.Properties)).toEqual(expect.arrayContaining([expect.stringMatching(/^FraudAlias/)]));
  });

  test("go to a destination of one's own instead, and then there is no queue and no alarm on it", () => {
    const stack = testStack();
    const mine = new sqs.Queue(stack, 'Mine');
    const { template, inference } = deployed({ failureDestination: new destinations.SqsDestination(mine) }, stack);
    expect(inference.failureQueue).toBeUndefined();
    expect(ofType(template, 'AWS::SQS::Queue')).toHaveLength(1);
    expect(Object.keys(template.Resources).filter((id) => /FailedEvents/.test(id))).toEqual([]);
    // What cannot be delivered there is lost, so that is watched instead.
    const [[, undelivered]] = ofType(template, 'AWS::CloudWatch::Alarm').filter(([id]) => /Undelivered/.test(id));
    expect(undelivered.Properties).toMatchObject({
      Namespace: 'AWS/Lambda',
      MetricName: 'DestinationDeliveryFailures',
      Dimensions: [{ Name: 'FunctionName', Value: stack.resolve(inference.function.functionName) as unknown }],
      Threshold: 0,
      TreatMissingData: 'notBreaching',
    });
    expect(
      only(template, 'AWS::Lambda::EventInvokeConfig').Properties!.DestinationConfig.OnFailure.Destination,
    ).toEqual(stack.resolve(mine.queueArn));
  });
});

test('a function URL is of the alias, for callers that sign', () => {
  const { template, inference } = deployed({ functionUrl: true });
  expect(only(template, 'AWS::Lambda::Url').Properties).toMatchObject({ AuthType: 'AWS_IAM', Qualifier: 'live' });
  expect(inference.functionUrl).toBeDefined();
});

describe('grantInvoke: ', () => {
  test('allows to call the alias and nothing else', () => {
    const stack = testStack();
    const inference = new ServerlessInference(stack, 'Fraud', { model: tinyModel() });
    const role = new iam.Role(stack, 'Caller', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
    inference.grantInvoke(role);
    const template = plain(stack);
    const [[alias]] = ofType(template, 'AWS::Lambda::Alias');
    expect(identityStatements(template).filter(({ owner }) => owner.startsWith('Caller'))).toEqual([
      expect.objectContaining({ actions: ['lambda:InvokeFunction'], resources: [{ Ref: alias }] }),
    ]);
  });

  test('to a service is a permission on the alias, since a service has no policy of its own', () => {
    const stack = testStack();
    const inference = new ServerlessInference(stack, 'Fraud', { model: tinyModel() });
    inference.grantInvoke(new iam.ServicePrincipal('events.amazonaws.com'));
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Permission', {
      Action: 'lambda:InvokeFunction',
      Principal: 'events.amazonaws.com',
    });
  });
});

describe('permissions of the function: ', () => {
  test('its log, its queue and traces, and nothing else', () => {
    const statements = identityStatements(deployed().template).filter(({ owner }) => owner.startsWith('FraudRole'));
    const allowed = statements.flatMap(({ actions }) => actions).sort();
    expect(allowed).toEqual([
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'sqs:GetQueueAttributes',
      'sqs:GetQueueUrl',
      'sqs:SendMessage',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ]);
  });
});

describe('metrics: ', () => {
  const { inference } = deployed();
  test.each([
    [inference.metric('Invocations'), 'Invocations', 'Sum'],
    [inference.metricInvocations(), 'Invocations', 'Sum'],
    [inference.metricErrors(), 'Errors', 'Sum'],
    [inference.metricThrottles(), 'Throttles', 'Sum'],
    [inference.metricDuration(), 'Duration', 'p99'],
    [inference.metricModelLatency(), 'ModelLatency', 'p99'],
    [inference.metricClientErrors(), 'ClientErrors', 'Sum'],
    [inference.metricPrediction(), 'Prediction', 'Average'],
  ])('%s', (metric, metricName, statistic) => {
    expect(metric).toMatchObject({ metricName, statistic });
  });

  test("a caller's options win", () => {
    expect(inference.metricDuration({ statistic: 'p50', period: Duration.minutes(5) })).toMatchObject({
      statistic: 'p50',
    });
    expect(inference.metricModelLatency({ statistic: 'p50', label: 'x' })).toMatchObject({
      statistic: 'p50',
      label: 'x',
    });
    expect(inference.metricModelLatency({ period: Duration.minutes(5) }).period.toMinutes()).toBe(5);
  });
});

test('what was created can be reached, and what was asked cannot be changed', () => {
  const { inference } = deployed();
  expect(inference.node.defaultChild).toBe(inference.function);
  expect(inference.alias.aliasName).toBe('live');
  expect(inference.rollbackAlarms).toHaveLength(2);
  expect(inference.version).toBe(inference.alias.version);
});

test('two in one stack share the layer and nothing else', () => {
  const stack = testStack();
  new ServerlessInference(stack, 'A', { model: tinyModel() });
  new ServerlessInference(stack, 'B', { model: tinyModel({ name: 'churn' }) });
  const template = plain(stack);
  expect(ofType(template, 'AWS::Lambda::LayerVersion')).toHaveLength(1);
  expect(ofType(template, 'AWS::Lambda::Alias')).toHaveLength(2);
  expect([...unpublishedMetrics(template), ...deafAlarms(template)]).toEqual([]);
});

test('a stack with one and its defaults stays small', () => {
  expect(Object.keys(deployed().template.Resources).length).toBeLessThanOrEqual(27);
});
