import { Duration, type Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { InputSchema, Predictor, RealtimeEndpoint, Rollout, Scaling } from '../../../lib';
import { containerModel } from '../../fakes/endpoints';
import { TINY_SCHEMA, tinyModel } from '../../fakes/models';
import { dashboardBody, unpublishedMetrics } from '../../helpers/published-metrics';
import { named, ofType, only, plain, type PlainTemplate, references, testStack } from '../../helpers/synth';
import { consumerOf, deployed, type Given, made } from './deployed';

const configOf = (template: PlainTemplate): unknown =>
  only(template, 'AWS::CodeDeploy::DeploymentGroup').Properties!.DeploymentConfigName;
const smokeTests = (template: PlainTemplate): string[] =>
  ofType(template, 'AWS::Lambda::Function')
    .map(([id]) => id)
    .filter((id) => id.includes('SmokeTest'));
const hooksOf = (template: PlainTemplate) =>
  (only(template, 'AWS::Lambda::Alias').UpdatePolicy as { CodeDeployLambdaAliasUpdate: Record<string, unknown> })
    .CodeDeployLambdaAliasUpdate;
const byEndpoint =
  (input?: InputSchema, version = '1') =>
  (stack: Stack) => ({
    predictor: Predictor.endpoint(
      RealtimeEndpoint.fromEndpointName(stack, 'Endpoint', 'scores'),
      containerModel({}, { input, version }),
    ),
  });
const hook = (stack: Stack, id: string) =>
  new lambda.Function(stack, id, {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('0'),
  });

test('a new version gets 10 % of the batches for 5 minutes, unless told otherwise', () => {
  const { template, inference } = deployed();
  expect(configOf(template)).toBe('CodeDeployDefault.LambdaCanary10Percent5Minutes');
  expect(inference.rolloutPlan.steps.map(({ percent }) => percent)).toEqual([10, 100]);
  expect(inference.rolloutPlan.notes).toContain(
    'a step is a share of the batches, drawn batch by batch: a batch that is tried again may go to another version',
  );
});

test.each<[string, Rollout, unknown]>([
  [
    'linear',
    Rollout.linear({ percent: 10, every: Duration.minutes(1) }),
    'CodeDeployDefault.LambdaLinear10PercentEvery1Minute',
  ],
  ['at once', Rollout.allAtOnce(), 'CodeDeployDefault.LambdaAllAtOnce'],
])('or %s', (_, rollout, expected) => {
  expect(configOf(deployed({ rollout }).template)).toBe(expected);
});

test('a canary that CodeDeploy has no name for gets a configuration', () => {
  const { template } = deployed({ rollout: Rollout.canary({ percent: 25, bake: Duration.minutes(7) }) });
  expect(only(template, 'AWS::CodeDeploy::DeploymentConfig').Properties).toMatchObject({
    TrafficRoutingConfig: { TimeBasedCanary: { CanaryPercentage: 25, CanaryInterval: 7 } },
  });
});

test.each<[string, Rollout, RegExp]>([
  [
    'rolling',
    Rollout.rolling({ instances: 1, every: Duration.minutes(5) }),
    /'rollout' is rolling, which replaces instances/,
  ],
  ['instances', Rollout.canary({ instances: 1, bake: Duration.minutes(5) }), /'rollout' shifts by 'instances'/],
])('%s is refused: a function has no instances', (_, rollout, message) => {
  expect(() => made({ rollout })).toThrow(message);
});

describe('the smoke test', () => {
  test('asks the new version before it gets a batch', () => {
    const { template, inference } = deployed();
    const [id] = smokeTests(template);
    expect(references(hooksOf(template).BeforeAllowTrafficHook)).toEqual([id]);
    expect(inference.smokeTest).toBeDefined();
    expect(inference.rolloutPlan.before).toEqual([expect.stringContaining('smoke test')]);
  });

  test('is left out when told so', () => {
    const { template, inference } = deployed({
      rollout: Rollout.canary({ percent: 10, bake: Duration.minutes(5), smokeTest: false }),
    });
    expect(smokeTests(template)).toEqual([]);
    expect(inference.smokeTest).toBeUndefined();
    expect(hooksOf(template)).not.toHaveProperty('BeforeAllowTrafficHook');
  });

  test('gives way to your own hooks, which may tell CodeDeploy', () => {
    const { template } = deployed((stack) => ({
      rollout: Rollout.allAtOnce({ beforeTraffic: hook(stack, 'Before'), afterTraffic: hook(stack, 'After') }),
    }));
    expect(smokeTests(template)).toEqual([]);
    const { BeforeAllowTrafficHook: before, AfterAllowTrafficHook: after } = hooksOf(template);
    expect([before, after].flatMap(references)).toEqual([
      expect.stringMatching(/^Before/),
      expect.stringMatching(/^After/),
    ]);
    expect(JSON.stringify(named(template, /^BeforeServiceRoleDefaultPolicy/))).toContain(
      'codedeploy:PutLifecycleEventHookExecutionStatus',
    );
  });

  test('asks an endpoint an instance that is made up from the schema', () => {
    expect(smokeTests(deployed(byEndpoint(InputSchema.fromJsonSchema(TINY_SCHEMA))).template)).toHaveLength(1);
  });

  test('is not there where nobody knows what to ask, and the plan says so', () => {
    const { template, inference } = deployed(byEndpoint());
    expect(smokeTests(template)).toEqual([]);
    expect(inference.rolloutPlan.notes.join('\n')).toMatch(
      /^no smoke test: the model has neither examples nor an input schema/m,
    );
  });
});

describe('a new version is published', () => {
  const versionOf = (given: Given): string => {
    const [[id]] = ofType(deployed(given).template, 'AWS::Lambda::Version');
    return id;
  };

  test('for another model, in the function or behind the endpoint, or other settings', () => {
    const model = (version: string) => ({ predictor: Predictor.model(tinyModel({ version })) });
    const ids = [
      versionOf(model('1.0.0')),
      versionOf(model('2.0.0')),
      versionOf({ ...model('1.0.0'), includeInput: true }),
      versionOf(byEndpoint(undefined, '1')),
      versionOf(byEndpoint(undefined, '2')),
    ];
    expect(new Set(ids).size).toBe(5);
  });

  test('and not for what the function knows nothing of', () => {
    expect(versionOf({ batchSize: 5, alarms: { minSamples: 3 } })).toBe(versionOf({}));
  });
});

test('provisioned environments are on the alias, and the plan says what that means for a rollout', () => {
  const { template, inference } = deployed({ scaling: Scaling.provisionedConcurrency({ min: 2 }) });
  expect(only(template, 'AWS::Lambda::Alias').Properties).toMatchObject({
    ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 2 },
  });
  expect(inference.rolloutPlan.notes.join()).toContain('provisioned concurrency');
});

test('the function is what was said', () => {
  const { template } = deployed({
    architecture: lambda.Architecture.X86_64,
    tracing: lambda.Tracing.DISABLED,
    reservedConcurrency: 0,
  });
  expect(consumerOf(template).Properties).toMatchObject({ Architectures: ['x86_64'], ReservedConcurrentExecutions: 0 });
  expect(consumerOf(template).Properties).not.toHaveProperty('TracingConfig');
  expect(consumerOf(deployed().template).Properties).toMatchObject({
    Architectures: ['arm64'],
    Runtime: 'nodejs24.x',
    MemorySize: 1769,
    Timeout: 60,
    TracingConfig: { Mode: 'Active' },
  });
});

describe('the dashboard', () => {
  const titles = (given: Given = {}): string[] =>
    dashboardBody(only(deployed(given).template, 'AWS::CloudWatch::Dashboard')).widgets.map(
      ({ properties }: { properties: { title: string } }) => properties.title,
    );

  test('has a row for each question, alarms first', () => {
    expect(titles()).toEqual([
      'Alarms',
      'Records: into the stream, per minute',
      'Records: done, per minute',
      'Records: given up and dropped',
      'Lag: of the consumer, ms',
      'Lag: of all readers of the stream, ms',
      'Batches: records of a batch',
      'Batches: in the model, ms',
      'Batches: time for a batch, ms',
      'Failures: batches',
      'Failures: of sinks',
      'Saturation: throttled',
      'Saturation: concurrent executions',
      'Newest version: batches',
      'Newest version: failures',
      'Newest version: p99 of the time for a batch, ms',
    ]);
  });

  test('says what it is that is slow, and whose lag it is', () => {
    expect(titles(byEndpoint())).toContain('Batches: in the endpoint, ms');
    expect(titles({ scaling: Scaling.provisionedConcurrency({ min: 1 }) })).toContain(
      'Saturation: provisioned environments in use, share',
    );
  });

  test('names metrics that exist, or is not there', () => {
    const { template } = deployed(byEndpoint());
    expect(unpublishedMetrics(template)).toEqual([]);
    expect(ofType(deployed({ dashboard: false }).template, 'AWS::CloudWatch::Dashboard')).toEqual([]);
  });
});

test('two live in one stack, each with a stream, a quarantine and a mapping', () => {
  const stack = testStack();
  made({}, stack, 'Blue');
  made({}, stack, 'Live');
  const template = plain(stack);
  [
    'AWS::Kinesis::Stream',
    'AWS::S3::Bucket',
    'AWS::Lambda::EventSourceMapping',
    'AWS::CodeDeploy::Application',
  ].forEach((type) => expect([type, ofType(template, type).length]).toEqual([type, 2]));
});
