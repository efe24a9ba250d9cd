/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates are read as plain data */
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { App, Duration, Lazy, NestedStack, RemovalPolicy, Stack, Stage } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sagemaker from 'aws-cdk-lib/aws-sagemaker';
import { InstanceType, ModelArtifact, RealtimeEndpoint, Rollout, Scaling } from '../../../lib';
import { containerModel, EndpointUnderTest, instances, refusal } from '../../fakes/endpoints';
import { tinyModel } from '../../fakes/models';
import { identityStatements } from '../../helpers/statements';
import { comesAfter, FLAGS, ofType, plain, type PlainTemplate, strings, testApp, testStack } from '../../helpers/synth';

const model = containerModel();
const SCALED = { capacity: instances(InstanceType.M5_LARGE, 2, 6) };

/** Resources that CloudFormation could not order, because each waits for itself. */
const circles = (template: PlainTemplate): string[] =>
  Object.keys(template.Resources).filter((id) => comesAfter(template, id).has(id));

function everything(stack: Stack = testStack()): EndpointUnderTest {
  const bucket = new s3.Bucket(stack, 'Bucket');
  const key = new kms.Key(stack, 'Key');
  const metric = new cloudwatch.Metric({ namespace: 'Mine', metricName: 'Revenue' });
  const revenue = new cloudwatch.Alarm(stack, 'Revenue', { metric, threshold: 1, evaluationPeriods: 1 });
  const under = new EndpointUnderTest(
    {
      ...SCALED,
      model: containerModel({}, { artifact: ModelArtifact.fromBucket(bucket, 'models/chat.tar.gz') }),
      dataCapture: { bucket },
      encryptionKey: key,
      logRetention: logs.RetentionDays.ONE_WEEK,
      rollout: Rollout.canary({ percent: 50, bake: Duration.minutes(5), rollbackAlarms: [revenue] }),
    },
    stack,
  );
  under.endpoint.addVariant('challenger', { ...SCALED, model });
  under.endpoint.grantInvoke(new iam.Role(stack, 'Caller', { assumedBy: new iam.AnyPrincipal() }));
  return under;
}

describe('order: ', () => {
  const { template, ...under } = { ...everythingOnce() };
  function everythingOnce() {
    const made = everything();
    return { template: made.template, id: (of: string) => made.at(of).id };
  }
  const after = (of: string): Set<string> => comesAfter(template, under.id(of));

  test('nothing waits for itself', () => {
    expect(Object.keys(template.Resources).length).toBeGreaterThan(40);
    expect(circles(template)).toEqual([]);
  });

  test('the check for circles finds one', () => {
    const circle = { 'Fn::Sub': 'x-${B.Name}' };
    expect(
      circles({
        Resources: {
          A: { Type: 'T', Properties: { Of: circle } },
          B: { Type: 'T', DependsOn: 'A' },
          C: { Type: 'T', DependsOn: ['A'] },
        },
      }),
    ).toEqual(['A', 'B']);
  });

  test('what the model needs is there before the model: its role, and what the role is allowed', () => {
    expect([...after('Variants/AllTraffic/Model')]).toEqual(
      expect.arrayContaining([under.id('Role'), under.id('Role/DefaultPolicy')]),
    );
  });

  test('the endpoint, not the model, waits for the permission to see the alarms', () => {
    expect(after('Resource')).toContain(under.id('WatchRollbackAlarms'));
    expect(after('Variants/AllTraffic/Model')).not.toContain(under.id('WatchRollbackAlarms'));
  });

  test('the endpoint waits for its alarms, its logs and its configuration', () => {
    expect([...after('Resource')]).toEqual(
      expect.arrayContaining([
        under.id('Variants/AllTraffic/NewFleetErrors'),
        under.id('Variants/challenger/NewFleetLatency'),
        under.id('Logs'),
        under.id('Config'),
        under.id('Variants/challenger/Model'),
      ]),
    );
  });

  test('scaling comes after the endpoint, and the check after both what it may see and the endpoint', () => {
    expect(after('Variants/AllTraffic/ScalableTarget')).toContain(under.id('Resource'));
    expect(after('DeploymentCheck/Resource')).toContain(under.id('Resource'));
    expect(after('DeploymentCheck/Resource')).toContain(under.id('DeploymentCheck/Policy'));
  });
});

describe('names: ', () => {
  const nameOf = (under: EndpointUnderTest) => under.of('Resource').EndpointName as string;

  test('model and configuration have none: they are replaced', () => {
    const under = new EndpointUnderTest();
    expect(under.of('Variants/AllTraffic/Model')).not.toHaveProperty('ModelName');
    expect(under.of('Config')).not.toHaveProperty('EndpointConfigName');
  });

  test('the endpoint’s is made from its path: the same at each synthesis', () => {
    expect(nameOf(new EndpointUnderTest())).toMatch(/^stack-chat-[0-9a-f]{8}$/);
    expect(nameOf(new EndpointUnderTest())).toBe(nameOf(new EndpointUnderTest({ weight: 7 })));
  });

  test('a long path gives a name that SageMaker takes', () => {
    const stack = testStack({ stackName: `${'a'.repeat(60)}-${'b'.repeat(60)}` });
    expect(nameOf(new EndpointUnderTest({}, stack))).toMatch(/^[a-z0-9](-*[a-z0-9]){0,62}$/);
  });

  test('endpoints of the same nested stack in two stacks have two names', () => {
    const names = ['Blue', 'Green'].map((id) => {
      const stack = testStack({ id });
      return new RealtimeEndpoint(new NestedStack(stack, 'Models'), 'Chat', { model, ...SCALED }).endpointName;
    });
    expect(names[0]).not.toBe(names[1]);
  });

  test('one of your own is taken, in ARNs in lower case', () => {
    const { endpoint, ...under } = new EndpointUnderTest({ endpointName: 'My-Endpoint' });
    expect(endpoint.endpointName).toBe('My-Endpoint');
    expect(under.stack.resolve(endpoint.endpointArn)).toEqual({
      'Fn::Join': [
        '',
        [
          'arn:',
          { Ref: 'AWS::Partition' },
          ':sagemaker:',
          { Ref: 'AWS::Region' },
          ':',
          { Ref: 'AWS::AccountId' },
          ':endpoint/my-endpoint',
        ],
      ],
    });
    expect(endpoint.endpointRef).toEqual({ endpointArn: endpoint.endpointArn });
  });

  test.each(['', '-a', 'a_b', 'a'.repeat(64)])('%p is refused', (endpointName) => {
    expect(refusal({ endpointName })).toMatch(/'endpointName' is .*endpoint-name\]/);
  });

  test('one that is known only at deployment passes', () => {
    const endpointName = Lazy.string({ produce: () => 'chosen' });
    const under = new EndpointUnderTest({ endpointName });
    expect(nameOf(under)).toBe('chosen');
    expect(circles(under.template)).toEqual([]);
  });
});

describe('updates: ', () => {
  test('what the autoscaler did is kept, and weights are the template’s', () => {
    expect(new EndpointUnderTest(SCALED).of('Resource')).toMatchObject({
      RetainAllVariantProperties: true,
      ExcludeRetainedVariantProperties: [{ VariantPropertyType: 'DesiredWeight' }],
    });
  });

  test('without scaling nothing is kept: the number of instances is the template’s', () => {
    const properties = new EndpointUnderTest().of('Resource');
    expect(properties).not.toHaveProperty('RetainAllVariantProperties');
    expect(properties).not.toHaveProperty('ExcludeRetainedVariantProperties');
  });

  test('one scaled variant is enough, and what that means for the others is said', () => {
    const under = new EndpointUnderTest();
    under.endpoint.addVariant('challenger', { ...SCALED, model });
    expect(under.of('Resource').RetainAllVariantProperties).toBe(true);
    expect(under.endpoint.rolloutPlan.notes.join()).toMatch(/keeps the number of instances of variant AllTraffic, too/);
    expect(new EndpointUnderTest(SCALED).endpoint.rolloutPlan.notes.join()).not.toMatch(/keeps the number/);
  });

  test('by default one instance goes first, watched by the alarms on the new fleet', () => {
    const under = new EndpointUnderTest();
    expect(under.of('Resource').DeploymentConfig).toMatchObject({
      BlueGreenUpdatePolicy: {
        TrafficRoutingConfiguration: {
          Type: 'CANARY',
          CanarySize: { Type: 'INSTANCE_COUNT', Value: 1 },
          WaitIntervalInSeconds: 600,
        },
        TerminationWaitInSeconds: 600,
      },
      AutoRollbackConfiguration: {
        Alarms: [
          { AlarmName: { Ref: under.at('Variants/AllTraffic/NewFleetErrors').id } },
          { AlarmName: { Ref: under.at('Variants/AllTraffic/NewFleetLatency').id } },
        ],
      },
    });
  });

  test('your own alarms are watched, too, by endpoint and check', () => {
    const under = everything();
    const revenue = { Ref: expect.stringMatching(/^Revenue/) as string };
    const { Alarms: watched } = under.of('Resource').DeploymentConfig.AutoRollbackConfiguration as {
      Alarms: unknown[];
    };
    expect(watched).toHaveLength(5);
    expect(watched).toContainEqual({ AlarmName: revenue });
    expect(under.of('DeploymentCheck/Resource/Default').AlarmNames).toContainEqual(revenue);
    expect(under.endpoint.rollbackAlarms).toHaveLength(5);
    expect(under.endpoint.rolloutPlan.watches).toEqual(under.endpoint.rollbackAlarms.map(({ node }) => node.path));
  });

  test('ten alarms are watched together, eleven are refused', () => {
    const stack = testStack();
    const alarms = Array.from({ length: 9 }, (_, index) =>
      cloudwatch.Alarm.fromAlarmName(stack, `Own${index}`, `own${index}`),
    );
    const rollout = (count: number) => Rollout.allAtOnce({ rollbackAlarms: alarms.slice(0, count) });
    expect(refusal({ rollout: rollout(8) })).toBe('');
    expect(refusal({ rollout: rollout(9) })).toMatch(
      /the rollout watches 11 alarms, allowed are 10.*endpoint-alarm-count/,
    );
    const { endpoint } = new EndpointUnderTest({ rollout: rollout(8) });
    expect(() => endpoint.addVariant('b', { model, ...SCALED })).toThrow(/watches 12 alarms/);
  });

  test('a canary that does not say how long the new instances are watched is refused', () => {
    expect(() => new EndpointUnderTest({ ...SCALED, rollout: Rollout.canary({ instances: 1 }) })).toThrow(
      /does not say how long[^]*give 'bake'.*rollout-no-bake/,
    );
  });

  test('a variant that makes the rollout impossible is refused', () => {
    const { endpoint } = new EndpointUnderTest({
      rollout: Rollout.rolling({ percent: 50, every: Duration.minutes(1) }),
    });
    expect(() => endpoint.addVariant('b', { model, ...SCALED })).toThrow(/endpoint-rolling-variants/);
  });

  test('the plan lies in the assembly, with what scaling means for it', () => {
    const app = new App({ context: FLAGS });
    const { endpoint } = new EndpointUnderTest(SCALED, new Stack(app, 'Stack'));
    const { directory } = app.synth();
    const manifest = JSON.stringify(
      ['manifest.json', 'Stack.metadata.json'].flatMap((file) => {
        try {
          return JSON.parse(readFileSync(path.join(directory, file), 'utf8')) as unknown;
        } catch {
          return []; // Newer versions keep metadata in a file of their own.
        }
      }),
    );
    expect(manifest).toContain('cdk-inference-patterns:rollout-plan');
    expect(manifest).toContain('"strategy":"canary 1 instance for 10 minutes"');
    expect(endpoint.rolloutPlan.notes.join()).toMatch(/scaling pauses.*refuses to change the instance type/);
  });
});

describe('the alarms that roll back ', () => {
  const idsOf = (under: EndpointUnderTest) =>
    ['NewFleetErrors', 'NewFleetLatency'].map((id) => under.at(`Variants/AllTraffic/${id}`).id);
  const ids = (props = {}) => idsOf(new EndpointUnderTest(props));

  test.each([
    ['another model', { model: containerModel({}, { environment: { A: 'b' } }) }],
    ['another instance type', { capacity: instances(InstanceType.C5_XLARGE) }],
    ['another weight', { weight: 3 }],
    ['network isolation', { networkIsolation: true }],
  ])('are made anew with %s', (_, props) => {
    const [errors, latency] = ids(props);
    expect(errors).not.toBe(ids()[0]);
    expect(latency).not.toBe(ids()[1]);
  });

  test('are made anew with another variant', () => {
    const under = new EndpointUnderTest();
    under.endpoint.addVariant('challenger', { model, ...SCALED });
    expect(idsOf(under)).not.toEqual(ids());
  });

  test('of all variants are made anew when the model of one changes', () => {
    const challenger = (version: string) => {
      const under = new EndpointUnderTest();
      under.endpoint.addVariant('challenger', { ...SCALED, model: containerModel({}, { environment: { version } }) });
      return idsOf(under);
    };
    expect(challenger('1')).toEqual(challenger('1'));
    expect(challenger('1')).not.toEqual(challenger('2'));
  });

  test.each([
    ['what scales', { capacity: instances(InstanceType.M5_LARGE, 2, 9) }],
    ['thresholds', { alarms: { maxErrorRatio: 0.2, minSamples: 7 } }],
    ['the rollout', { rollout: Rollout.allAtOnce() }],
    ['the dashboard', { dashboard: false }],
  ])('stay as they are with other %s', (_, props) => {
    expect(ids(props)).toEqual(ids());
  });
});

describe('permissions: ', () => {
  const statements = (under: EndpointUnderTest) =>
    identityStatements(under.template).filter(
      ({ owner }) => owner.startsWith('ChatRole') || owner.startsWith('ChatWatch'),
    );

  test('the containers may write their logs and metrics and see the rollback alarms, and nothing else', () => {
    const under = new EndpointUnderTest();
    expect(statements(under).map(({ actions }) => actions)).toEqual([
      ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
      ['cloudwatch:PutMetricData'],
      ['cloudwatch:DescribeAlarms'],
    ]);
    const [logsOf, metrics, alarms] = statements(under);
    expect(strings(logsOf.resources).filter((text) => text.includes('log-group'))).toEqual([
      ':log-group:/aws/sagemaker/Endpoints/stack-chat-' + under.endpoint.endpointName.slice(-8),
      expect.stringMatching(/:log-group:\/aws\/sagemaker\/Endpoints\/stack-chat-\w{8}:\*$/),
    ]);
    expect(metrics).toMatchObject({
      resources: ['*'],
      condition: { StringLike: { 'cloudwatch:namespace': ['AWS/SageMaker', '/aws/sagemaker/*'] } },
    });
    expect(alarms.resources).toEqual(
      ['NewFleetErrors', 'NewFleetLatency'].map((id) => ({
        'Fn::GetAtt': [under.at(`Variants/AllTraffic/${id}`).id, 'Arn'],
      })),
    );
  });

  test('an archive in a bucket may be read, and nothing else of the bucket', () => {
    const under = everything();
    const reads = statements(under).filter(({ actions }) => actions.includes('s3:GetObject'));
    expect(reads).toHaveLength(1);
    expect(strings(reads[0].resources)).toContain('/models/chat.tar.gz');
  });

  test('a role of yours is given the same', () => {
    const stack = testStack();
    const role = new iam.Role(stack, 'Mine', { assumedBy: new iam.ServicePrincipal('sagemaker.amazonaws.com') });
    const under = new EndpointUnderTest({ role }, stack);
    expect(under.endpoint.role).toBe(role);
    expect(
      identityStatements(under.template)
        .filter(({ owner }) => /^(Mine|ChatWatch)/.test(owner))
        .flatMap(({ actions }) => actions),
    ).toEqual(expect.arrayContaining(['logs:PutLogEvents', 'cloudwatch:PutMetricData', 'cloudwatch:DescribeAlarms']));
    expect(circles(under.template)).toEqual([]);
  });

  test('a role that cannot be changed is left as it is', () => {
    const stack = testStack();
    const role = iam.Role.fromRoleArn(stack, 'Theirs', 'arn:aws:iam::111122223333:role/theirs', { mutable: false });
    const { template } = new EndpointUnderTest({ role }, stack);
    expect(
      identityStatements(template).filter(
        ({ owner }) => !owner.startsWith('EndpointDeploymentChecker') && !owner.startsWith('ChatDeploymentCheck'),
      ),
    ).toEqual([]);
  });

  test('grantInvoke covers calls at once and as a stream, on this endpoint', () => {
    const under = everything();
    const [grant] = identityStatements(under.template).filter(({ owner }) => owner.startsWith('Caller'));
    expect(grant.actions).toEqual(['sagemaker:InvokeEndpoint', 'sagemaker:InvokeEndpointWithResponseStream']);
    expect(strings(grant.resources)).toContain(`:endpoint/${under.endpoint.endpointName}`);
  });

  test('the endpoint stands for its containers where something is granted to it', () => {
    const stack = testStack();
    const features = new s3.Bucket(stack, 'Features');
    const under = new EndpointUnderTest({}, stack);
    const grantee: iam.IGrantable = under.endpoint;
    features.grantRead(grantee);
    expect(grantee.grantPrincipal).toBe(under.endpoint.role.grantPrincipal);
    expect(JSON.stringify(under.of('Role/DefaultPolicy'))).toContain('s3:GetObject*');
  });

  test('it is what the stable interface of aws-cdk-lib asks for', () => {
    const { endpoint } = new EndpointUnderTest();
    const stable: sagemaker.IEndpoint = endpoint;
    expect(stable.endpointArn).toBe(endpoint.endpointArn);
    expect(stable.env).toEqual(
      endpoint.stack.node.defaultChild ?? { account: endpoint.stack.account, region: endpoint.stack.region },
    );
  });
});

describe('the container ', () => {
  test('is isolated if asked, else not, which is said', () => {
    expect(new EndpointUnderTest().of('Variants/AllTraffic/Model').EnableNetworkIsolation).toBe(false);
    expect(
      new EndpointUnderTest({ networkIsolation: true }).of('Variants/AllTraffic/Model').EnableNetworkIsolation,
    ).toBe(true);
  });

  test('is not read for metrics of its own unless asked: AWS’s default is the other one', () => {
    const enabled = (props = {}) =>
      new EndpointUnderTest(props).of('Config').MetricsConfig as { EnableDetailedObservability: boolean };
    expect(enabled()).toEqual({ EnableDetailedObservability: false });
    expect(enabled({ detailedObservability: true })).toEqual({ EnableDetailedObservability: true });
  });
});

describe('logs ', () => {
  test('are SageMaker’s own unless their retention is asked for', () => {
    expect(ofType(new EndpointUnderTest().template, 'AWS::Logs::LogGroup').map(([id]) => id)).toEqual([
      expect.stringMatching(/^EndpointDeploymentChecker/),
    ]);
  });

  test('are kept as long as asked, encrypted, and outlive the endpoint', () => {
    const under = everything();
    expect(under.at('Logs')).toMatchObject({
      Properties: {
        LogGroupName: `/aws/sagemaker/Endpoints/${under.endpoint.endpointName}`,
        RetentionInDays: 7,
        KmsKeyId: { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] },
      },
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
    const destroyed = new EndpointUnderTest({
      logRetention: logs.RetentionDays.ONE_DAY,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    expect(destroyed.at('Logs').DeletionPolicy).toBe('Delete');
  });
});

describe('variants: ', () => {
  test('may be called like anything', () => {
    const under = new EndpointUnderTest();
    ['Config', 'Role', 'Alarms', 'Resource', 'Client', 'Gpu', 'a-b', 'aB']
      .slice(0, 4)
      .forEach((name) => under.endpoint.addVariant(name, { model, ...SCALED }));
    expect(under.variants.map(({ VariantName }) => VariantName)).toEqual([
      'AllTraffic',
      'Config',
      'Role',
      'Alarms',
      'Resource',
    ]);
    const other = new EndpointUnderTest();
    ['Client', 'Gpu', 'a-b', 'aB'].forEach((name) => other.endpoint.addVariant(name, { model, ...SCALED }));
    expect(other.variants).toHaveLength(5);
  });

  test('a name is used once, is one that SageMaker takes, and there are ten at most', () => {
    const { endpoint } = new EndpointUnderTest();
    expect(() => endpoint.addVariant('AllTraffic', { model, ...SCALED })).toThrow(
      /has a variant 'AllTraffic' already.*variant-name-twice/,
    );
    expect(() => endpoint.addVariant('a b', { model, ...SCALED })).toThrow(/'variantName' is 'a b'.*variant-name\]/);
  });

  test('are listed in order, in a copy', () => {
    const { endpoint } = new EndpointUnderTest();
    const challenger = endpoint.addVariant('challenger', { model: tinyModel(), ...SCALED });
    expect(endpoint.variants).toEqual([endpoint.variant, challenger]);
    endpoint.variants.pop();
    expect(endpoint.variants).toHaveLength(2);
  });

  test('several are scaled, each by its own', () => {
    const under = new EndpointUnderTest({ ...SCALED, scaling: Scaling.invocationsPerInstance({ target: 700 }) });
    under.endpoint.addVariant('challenger', { model, capacity: instances(InstanceType.M5_LARGE, 3, 4) });
    expect(ofType(under.template, 'AWS::ApplicationAutoScaling::ScalableTarget')).toHaveLength(2);
    expect(under.of('Variants/challenger/ScalableTarget')).toMatchObject({
      ResourceId: `endpoint/${under.endpoint.endpointName}/variant/challenger`,
      MinCapacity: 3,
      MaxCapacity: 4,
    });
    const policies = ofType(under.template, 'AWS::ApplicationAutoScaling::ScalingPolicy').map(
      ([, { Properties: policy }]) => policy!,
    );
    expect(new Set(policies.map(({ PolicyName }) => PolicyName)).size).toBe(2);
  });
});

describe('two ', () => {
  test('live in one stack, with one function that checks', () => {
    const stack = testStack();
    ['A', 'B'].forEach((id) => new RealtimeEndpoint(stack, id, { model, ...SCALED }));
    const template = plain(stack);
    expect(
      new Set(
        ofType(template, 'AWS::SageMaker::Endpoint').map(([, { Properties: endpoint }]) =>
          String(endpoint!.EndpointName),
        ),
      ).size,
    ).toBe(2);
    expect(
      ofType(template, 'AWS::Lambda::Function').filter(([, { Properties: fn }]) =>
        /rolled back/.test(String(fn!.Description)),
      ),
    ).toHaveLength(1);
    expect(ofType(template, 'Custom::EndpointDeploymentCheck')).toHaveLength(2);
    expect(circles(template)).toEqual([]);
  });
});

describe('it suits ', () => {
  test.each([
    ['GovCloud', 'us-gov-west-1', 'aws-us-gov'],
    ['China', 'cn-north-1', 'aws-cn'],
  ])('%s', (_, region, partition) => {
    const { template } = everything(testStack({ env: { account: '111122223333', region } }));
    const arns = strings(template).filter((text) => text.includes('arn:'));
    expect(arns.length).toBeGreaterThan(0);
    expect(arns.filter((text) => new RegExp(`arn:(?!${partition}:)`).test(text))).toEqual([]);
  });

  test('no environment in particular', () => {
    expect(strings(everything().template).filter((text) => /arn:aws|us-east-1|111122223333:/.test(text))).toEqual([]);
  });

  test('a stage of a pipeline', () => {
    const names = ['Test', 'Prod'].map((id) => {
      const stage = new Stage(testApp(), id);
      const under = everything(new Stack(stage, 'Stack'));
      expect(circles(under.template)).toEqual([]);
      return under.endpoint.endpointName;
    });
    expect(names[0]).not.toBe(names[1]);
  });
});

describe('input: ', () => {
  test.each([
    [Duration.seconds(1), ''],
    [Duration.seconds(60), ''],
    [Duration.seconds(61), /'timeout' is 61 seconds.*1 to 60 seconds.*endpoint-timeout\]/],
    [Duration.millis(500), /endpoint-timeout\]/],
  ])('a time-out of %p', (timeout, message) => {
    expect(
      refusal({ timeout, alarms: { maxLatency: Duration.millis(100), maxOverheadLatency: Duration.millis(100) } }),
    ).toMatch(message);
  });

  test('all faults of an endpoint come at once, of its props and of its variant', () => {
    const message = refusal({
      endpointName: '-',
      timeout: Duration.minutes(2),
      vpcSubnets: {},
      weight: -1,
      alarms: { maxErrorRatio: 2 },
      rollout: Rollout.canary({ percent: 60, bake: Duration.minutes(5), smokeTest: true }),
    });
    expect(message.match(/\[[a-z-]+\]/g)).toEqual([
      '[endpoint-name]',
      '[endpoint-timeout]',
      '[endpoint-network-without-vpc]',
      '[alarm-error-ratio]',
      '[variant-weight]',
      '[endpoint-canary-size]',
      '[endpoint-rollout-hook]',
    ]);
    expect(message).toMatch(/^construct 'Stack\/Chat' cannot be used as configured:/);
  });
});
