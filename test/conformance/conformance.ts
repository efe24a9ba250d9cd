/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates and documents are read as plain data */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, CfnResource, Stack, type StackProps, Stage, Tags } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct, IConstruct } from 'constructs';
import { type IApiBackend, type IInference, InferenceApi } from '../../lib';
import * as unscoped from '../../lib/private/unscoped-permissions';
import { PRIVATE_SUBNETS } from '../fakes/imported';
import { deafAlarms, unpublishedMetrics } from '../helpers/published-metrics';
import { identityStatements, resourceStatements } from '../helpers/statements';
import { FLAGS, ofType, plain, type PlainTemplate, strings, testApp, testStack } from '../helpers/synth';

/** A way of serving a model, as the suite needs it. */
export interface Pattern {
  /** Made with the fewest props. */
  minimal(scope: Construct, id: string): IInference;
  /** Made with every prop that all patterns share. */
  full(scope: Construct, id: string): IInference;
  /** Made in a network of the adopter's; absent where the pattern has no `vpc`. */
  inVpc?(scope: Construct, id: string): IInference;
  /** Whether an `InferenceApi` can stand in front of it. */
  readonly api: boolean;
  /** Whether a new version gets its traffic bit by bit, and may be taken back; as `api` unless told. */
  readonly rollsBack?: boolean;
}

const LOGICAL_IDS = path.join(__dirname, 'logical-ids.json');

/** On the stack itself rather than below the construct, each once per stack, and documented. */
const SINGLETONS =
  /^(OnnxRuntime-(arm64|x64)|ApiGatewayLogging|ApiGatewayLoggingRole|EndpointDeploymentChecker|StagedRolloutResource|DeepLearningContainers\w*Accounts)$/;

/** Physical names that the service demands, or that are unique and can change in place. Everything else is left to CloudFormation. */
const ALLOWED_NAMES: Readonly<Record<string, string>> = {
  'AWS::Lambda::Alias': 'Name',
  // It goes on by starting itself, so its own definition names it; only another type, which it never gets, would replace it.
  'AWS::StepFunctions::StateMachine': 'StateMachineName',
  // Of one state machine, as that of a function.
  'AWS::StepFunctions::StateMachineAlias': 'Name',
  'AWS::ApiGateway::Stage': 'StageName',
  'AWS::ApiGateway::RestApi': 'Name',
  // Its rollback alarms name it, and it names them.
  'AWS::SageMaker::Endpoint': 'EndpointName',
  // Kinesis demands one, of one stream; it has the path of the construct in it.
  'AWS::Kinesis::StreamConsumer': 'ConsumerName',
};

/** SageMaker writes logs there, and nowhere else. */
const LOGS_OF_ENDPOINTS = '/aws/sagemaker/Endpoints/';

/** What aws-cdk-lib itself allows on every resource. */
const XRAY = ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'];
const STATE_MACHINE_LOGS = [
  'logs:CreateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:GetLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:UpdateLogDelivery',
];
const STATE_MACHINE_TRACES = ['xray:GetSamplingRules', 'xray:GetSamplingTargets', ...XRAY];

const FIXED = { account: '111122223333', region: 'eu-west-1' };

/** What every pattern promises to whoever deploys it. Call it in a test file of the pattern's own. */
export function describeConformance(name: string, pattern: Pattern): void {
  const variants = (['minimal', 'full'] as const).map((variant) => [variant] as const);

  function build(variant: 'minimal' | 'full', stack: Stack = testStack()): { stack: Stack; inference: IInference } {
    const inference = pattern[variant](stack, 'Subject');
    if (pattern.api) {
      new InferenceApi(stack, 'Api', { inference: inference as IApiBackend });
    }
    return { stack, inference };
  }

  /** Synthesized once, for all that only read it. */
  const templates = new Map<string, PlainTemplate>();
  const templateOf = (variant: 'minimal' | 'full', props: StackProps = {}): PlainTemplate => {
    const key = JSON.stringify([variant, props]);
    const template = templates.get(key) ?? plain(build(variant, testStack(props)).stack);
    templates.set(key, template);
    return template;
  };

  describe(`${name} conforms: `, () => {
    describe.each(variants)('%s: ', (variant) => {
      test('every alarm and widget names a metric that somebody publishes', () => {
        expect(unpublishedMetrics(templateOf(variant))).toEqual([]);
      });

      test('every alarm can go off, and says what missing data means', () => {
        expect(deafAlarms(templateOf(variant))).toEqual([]);
      });

      test('there is one composite alarm over all that are critical, and it has no fixed name', () => {
        const { stack, inference } = build(variant);
        const critical = inference.alarms.withSeverity('critical' as never);
        const rule = JSON.stringify(
          stack.resolve((inference.alarms.page.node.defaultChild as unknown as { alarmRule: unknown }).alarmRule),
        );
        expect(critical.length).toBeGreaterThan(0);
        critical.forEach((alarm) => expect(rule).toContain(stack.getLogicalId(alarm.node.defaultChild as CfnResource)));
      });

      test('the rollout plan can be read', () => {
        const { rolloutPlan } = build(variant).inference;
        expect(rolloutPlan.strategy).not.toBe('');
        expect(rolloutPlan.steps.at(-1)!.percent).toBe(100);
        const starts = rolloutPlan.steps.map((step) => step.startsAfter.toSeconds());
        expect(starts).toEqual([...starts].sort((a, b) => a - b));
        expect(rolloutPlan.duration.toSeconds()).toBeGreaterThanOrEqual(starts.at(-1)!);
        // Where nobody asks, nobody has seen the new version before it is accepted: nothing has to be taken back.
        expect(rolloutPlan.timeToRollBack.toSeconds() > 0).toBe(pattern.rollsBack ?? pattern.api);
        expect(rolloutPlan.watches.length + rolloutPlan.before.length).toBeGreaterThan(0);
      });

      test('grantInvoke allows to ask this deployment, and names no wildcard', () => {
        const { stack, inference } = build(variant);
        const caller = new iam.Role(stack, 'Caller', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
        inference.grantInvoke(caller).assertSuccess();
        const statements = identityStatements(plain(stack)).filter(({ owner }) => owner.startsWith('Caller'));
        expect(statements.length).toBeGreaterThan(0);
        statements.forEach(({ actions, resources }) => {
          expect(actions.filter((action) => action.includes('*'))).toEqual([]);
          expect(strings(resources).filter((text) => text.includes('*'))).toEqual([]);
        });
      });

      test('permissions: no managed policy, no whole service, and * only where the API offers nothing finer', () => {
        const template = templateOf(variant);
        expect(
          Object.values(template.Resources).flatMap(
            ({ Properties: properties = {} }) => properties.ManagedPolicyArns ?? [],
          ),
        ).toEqual([]);
        const allowed = [
          ...Object.values(unscoped).map((statement) => statement().actions),
          XRAY,
          STATE_MACHINE_LOGS,
          STATE_MACHINE_TRACES,
        ];
        for (const { owner, actions, resources } of identityStatements(template)) {
          expect([owner, actions.filter((action) => /^(\*|[^:]+:\*)$/.test(action))]).toEqual([owner, []]);
          if (resources.includes('*')) {
            // The CDK makes one statement of several of the same resource.
            const whole = allowed.filter((statement) => statement.every((action) => actions.includes(action))).flat();
            expect([owner, [...new Set(whole)].sort()]).toEqual([owner, [...actions].sort()]);
          }
        }
      });

      test('resources are open to nobody: no anonymous principal is allowed anything', () => {
        for (const { owner, effect, principal } of resourceStatements(templateOf(variant))) {
          expect([
            owner,
            effect === 'Allow' && (principal === '*' || (principal as { AWS?: unknown }).AWS === '*'),
          ]).toEqual([owner, false]);
        }
      });

      test('the same input gives the same bytes, wherever it is synthesized', () => {
        const here = assembly(variant);
        const cwd = process.cwd();
        const elsewhere = mkdtempSync(path.join(tmpdir(), 'elsewhere-'));
        try {
          process.chdir(elsewhere);
          expect(assembly(variant)).toEqual(here);
        } finally {
          process.chdir(cwd);
          rmSync(elsewhere, { recursive: true });
        }
      });

      test('nothing that CloudFormation may have to replace has a fixed name', () => {
        expect(
          Object.entries(templateOf(variant).Resources).flatMap(([id, resource]) =>
            fixedNames(id, resource.Type, resource.Properties ?? {}),
          ),
        ).toEqual([]);
      });

      test('two live in one stack', () => {
        const stack = testStack();
        [1, 2].forEach((index) => {
          const inference = pattern[variant](stack, `Subject${index}`);
          if (pattern.api) {
            new InferenceApi(stack, `Api${index}`, { inference: inference as IApiBackend });
          }
        });
        const template = plain(stack);
        expect(unpublishedMetrics(template)).toEqual([]);
      });

      test('two do not get into each other’s way in one account: stacks of other names share no physical name', () => {
        const names = ['Blue', 'Green'].map((stackName) => {
          const { stack } = build(variant, testStack({ stackName }));
          return Object.values(plain(stack).Resources)
            .filter(
              ({ Type }) =>
                !['AWS::Lambda::Alias', 'AWS::StepFunctions::StateMachineAlias', 'AWS::ApiGateway::Stage'].includes(
                  Type,
                ),
            )
            .flatMap(({ Type, Properties: properties = {} }) =>
              nameProperties(Type).map((property) => properties[property]),
            )
            .filter((value) => typeof value === 'string');
        });
        expect(names[0].filter((value) => names[1].includes(value))).toEqual([]);
      });

      test('it lives in a stage of a pipeline', () => {
        const stage = new Stage(testApp(), 'Prod', { env: FIXED });
        const { stack } = build(variant, new Stack(stage, 'Stack'));
        expect(unpublishedMetrics(plain(stack))).toEqual([]);
        expect(stage.synth().stacks).toHaveLength(1);
      });

      test.each([
        ['no environment', undefined, 'aws'],
        ['a fixed environment', FIXED, 'aws'],
        ['GovCloud', { account: '111122223333', region: 'us-gov-west-1' }, 'aws-us-gov'],
        ['China', { account: '111122223333', region: 'cn-north-1' }, 'aws-cn'],
      ])('it suits %s', (_, env, partition) => {
        const template = templateOf(variant, { env });
        // With an account and a region CDK writes the partition out, and it must be the right one.
        const foreign = env === undefined ? /arn:aws[\w-]*:/ : new RegExp(`arn:(?!${partition}:)`);
        expect(strings(template.Resources).filter((text) => foreign.test(text))).toEqual([]);
        const services = resourceStatements(template).flatMap(({ principal }) =>
          strings((principal as { Service?: unknown })?.Service ?? {}),
        );
        expect(services.filter((service) => service.endsWith('.amazonaws.com.cn') && partition !== 'aws-cn')).toEqual(
          [],
        );
        if (partition === 'aws-cn') {
          // A host name that is written out would be the wrong one here.
          expect(
            strings(template).filter((text) => /(execute-api|s3|sqs|ecr)[.\w-]*\.amazonaws\.com(?!\.cn)/.test(text)),
          ).toEqual([]);
        }
        expect(unpublishedMetrics(template)).toEqual([]);
      });

      test('every role takes the permissions boundary of the app', () => {
        const { stack } = build(variant);
        iam.PermissionsBoundary.of(stack.node.root).apply(
          iam.ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'boundary'),
        );
        const roles = ofType(plain(stack), 'AWS::IAM::Role');
        expect(roles.filter(([, { Properties: properties }]) => properties!.PermissionsBoundary === undefined)).toEqual(
          [],
        );
      });

      test('tags reach everything that can be tagged and costs money', () => {
        const { stack } = build(variant);
        Tags.of(stack).add('team', 'fraud');
        const untagged = Object.entries(plain(stack).Resources)
          .filter(([, { Type }]) =>
            /^AWS::(Lambda::Function|Logs::LogGroup|SQS::Queue|IAM::Role|ApiGateway::(RestApi|Stage)|CloudWatch::(Alarm|CompositeAlarm)|CodeDeploy::Application|StepFunctions::StateMachine|SageMaker::(Endpoint|EndpointConfig|Model))$/.test(
              Type,
            ),
          )
          .filter(([, { Properties: properties = {} }]) => !JSON.stringify(properties.Tags ?? []).includes('fraud'))
          .map(([id]) => id);
        expect(untagged).toEqual([]);
      });

      test('whatever holds data outlives the stack', () => {
        const stores = Object.entries(templateOf(variant).Resources).filter(([, { Type }]) =>
          [
            'AWS::Logs::LogGroup',
            'AWS::SQS::Queue',
            'AWS::S3::Bucket',
            'AWS::DynamoDB::Table',
            'AWS::Kinesis::Stream',
          ].includes(Type),
        );
        expect(stores.length).toBeGreaterThan(0);
        // How far a rollout is goes with what it moves; what it decided by is kept.
        const kept = stores.filter(([id]) => !/StagedRolloutState[0-9A-F]{8}$/.test(id));
        kept.forEach(([id, resource]) =>
          expect([id, resource.DeletionPolicy, resource.UpdateReplacePolicy]).toEqual([
            id,
            // On a failed first creation there is nothing to keep.
            expect.stringMatching(/^Retain(ExceptOnCreate)?$/),
            'Retain',
          ]),
        );
        stores.forEach(
          ([id, { Type, Properties: properties = {} }]) =>
            Type !== 'AWS::Logs::LogGroup' ||
            expect([id, properties.RetentionInDays]).toEqual([id, expect.any(Number)]),
        );
      });

      test('there is a way to every child: node.defaultChild leads to a resource, and children have names of their own', () => {
        const { inference } = build(variant);
        expect(firstResource(inference)).toBeInstanceOf(CfnResource);
        const resources = inference.node
          .findAll()
          .filter((child): child is CfnResource => child instanceof CfnResource);
        for (const resource of resources) {
          const found = resource.node.path
            .slice(inference.node.path.length + 1)
            .split('/')
            .reduce<IConstruct>((parent, id) => parent.node.findChild(id), inference);
          expect(found).toBe(resource);
        }
      });

      test('an override of any resource reaches the template', () => {
        const { stack, inference } = build(variant);
        const resource = firstResource(inference) as CfnResource;
        resource.addPropertyOverride('Description', 'mine');
        Template.fromStack(stack).hasResourceProperties(resource.cfnResourceType, { Description: 'mine' });
      });

      test('nothing is put on the stack itself but the documented singletons', () => {
        const { stack } = build(variant);
        const known = new Set(['Subject', 'Api']);
        const framework = /^(BootstrapVersion|CheckBootstrapVersion|CDKMetadata|Exports|Parameters)$/;
        expect(
          stack.node.children
            .map(({ node }) => node.id)
            .filter((id) => !known.has(id) && !SINGLETONS.test(id) && !framework.test(id) && !isTestProp(id)),
        ).toEqual([]);
        expect(stack.templateOptions).toEqual(expect.not.objectContaining({ description: expect.anything() }));
        expect(stack.tags.tagValues()).toEqual({});
        expect(Object.keys(plain(stack).Outputs ?? {})).toEqual([]);
      });

      test('nothing is warned about or refused', () => {
        const { stack } = build(variant);
        expect(Annotations.fromStack(stack).findError('*', Match.anyValue())).toEqual([]);
        expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
      });

      test('logical ids are those of the last release', () => {
        expectRecordedIds(`${name} ${variant}`, logicalIds(templateOf(variant)));
      });
    });

    if (pattern.api) {
      test('its API may live in another stack', () => {
        const app = testApp();
        const home = new Stack(app, 'Home', { env: FIXED });
        const front = new Stack(app, 'Front', { env: FIXED });
        const inference = pattern.minimal(home, 'Subject') as IApiBackend;
        new InferenceApi(front, 'Api', { inference });
        const templates = [plain(home), plain(front)];
        expect(unpublishedMetrics(...templates)).toEqual([]);
        expect(front.dependencies).toEqual([home]);
        expect(home.dependencies).toEqual([]);
        expect(ofType(templates[1], 'AWS::ApiGateway::RestApi')).toHaveLength(1);
      });
    }

    if (pattern.inVpc !== undefined) {
      test('it runs in an imported network without public subnets', () => {
        const stack = testStack();
        pattern.inVpc!(stack, 'Subject');
        const inside = Object.values(plain(stack).Resources).flatMap(
          ({ Properties: { VpcConfig: vpcConfig } = {} }) => vpcConfig ?? [],
        );
        expect(inside.length).toBeGreaterThan(0);
        inside.forEach((vpcConfig) => expect(vpcConfig.SubnetIds ?? vpcConfig.Subnets).toEqual(PRIVATE_SUBNETS));
      });
    }
  });

  /** All files of an assembly by name, assets by their own names, which are digests. */
  function assembly(variant: 'minimal' | 'full'): Record<string, unknown> {
    const outdir = mkdtempSync(path.join(tmpdir(), 'assembly-'));
    try {
      const app = new App({ outdir, context: FLAGS, analyticsReporting: false });
      build(variant, new Stack(app, 'Stack'));
      app.synth();
      return Object.fromEntries(
        readdirSync(outdir)
          .sort()
          // The manifest and the tree name source files and their lines.
          .filter((file) => !/^(manifest|tree|validation-report)\.json$|\.metadata\.json$/.test(file))
          .map((file) => [
            file,
            file.endsWith('.json') ? readFileSync(path.join(outdir, file), 'utf8').replaceAll(outdir, '') : 'asset',
          ]),
      );
    } finally {
      rmSync(outdir, { recursive: true });
    }
  }
}

/** Constructs that a factory makes beside its subject, such as a topic to page. */
function isTestProp(id: string): boolean {
  return id.startsWith('Test');
}

function firstResource(construct: IConstruct): IConstruct | undefined {
  const child = construct.node.defaultChild;
  return child === undefined || child instanceof CfnResource ? child : firstResource(child);
}

/** Properties by which a resource of a type would be given a physical name. */
function nameProperties(type: string): string[] {
  const last = type.split('::').at(-1)!;
  return [
    'Name',
    `${last}Name`,
    'AlarmName',
    'FunctionName',
    'RoleName',
    'PolicyName',
    'LayerName',
    'QueueName',
    'TopicName',
    'DeploymentGroupName',
    'DeploymentConfigName',
    'ApplicationName',
    'StateMachineName',
  ].filter((property) => !REFERENCES.has(`${type}.${property}`));
}

/** Names of something else than the resource itself. */
const REFERENCES = new Set([
  'AWS::Lambda::Alias.FunctionName',
  'AWS::Lambda::Version.FunctionName',
  'AWS::Lambda::Permission.FunctionName',
  'AWS::Lambda::EventInvokeConfig.FunctionName',
  'AWS::Lambda::EventSourceMapping.FunctionName',
  'AWS::CodeDeploy::DeploymentGroup.ApplicationName',
  'AWS::CodeDeploy::DeploymentGroup.DeploymentConfigName',
  // The name of an inline policy is a key within its role.
  'AWS::IAM::Policy.PolicyName',
  // Demanded by the service, and a key within its target.
  'AWS::ApplicationAutoScaling::ScalingPolicy.PolicyName',
]);

function fixedNames(id: string, type: string, properties: Record<string, unknown>): string[] {
  return nameProperties(type)
    .filter((property) => properties[property] !== undefined && ALLOWED_NAMES[type] !== property)
    .filter((property) => !String(properties[property]).startsWith(LOGS_OF_ENDPOINTS))
    .map((property) => `${id} (${type}): ${property} is ${JSON.stringify(properties[property])}`);
}

/** Logical ids by type; the hashes that change with the content of a version or a deployment are left out. */
function logicalIds(template: PlainTemplate): Record<string, string> {
  const stable = (id: string, type: string): string =>
    type === 'AWS::Lambda::Version'
      ? id.replace(/[0-9a-f]{32}$/, '<content>')
      : type === 'AWS::ApiGateway::Deployment'
        ? id.replace(/[0-9a-f]{32}$/, '<content>')
        : // The alarms on a version, or on a new fleet, are made anew with it.
          id.replace(/(New(?:Version|Fleet)\w+?[0-9A-F]{8})[0-9a-fA-F]{8}$/, '$1<content>');
  return Object.fromEntries(
    Object.entries(template.Resources)
      .map(([id, { Type }]) => [stable(id, Type), Type] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** `UPDATE_LOGICAL_IDS=1 npx jest test/conformance` records what is there now. */
function expectRecordedIds(subject: string, ids: Record<string, string>): void {
  const recorded = (existsSync(LOGICAL_IDS) ? JSON.parse(readFileSync(LOGICAL_IDS, 'utf8')) : {}) as Record<
    string,
    Record<string, string>
  >;
  if (process.env.UPDATE_LOGICAL_IDS === '1') {
    const all = Object.fromEntries(
      Object.entries({ ...recorded, [subject]: ids }).sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    writeFileSync(LOGICAL_IDS, `${JSON.stringify(all, undefined, 2)}\n`);
    return;
  }
  const before = recorded[subject] ?? {};
  const gone = Object.keys(before).filter((id) => ids[id] !== before[id]);
  const added = Object.keys(ids).filter((id) => !(id in before));
  if (gone.length + added.length === 0) {
    return;
  }
  throw new Error(
    [
      `The logical ids of ${subject} are not those recorded in test/conformance/logical-ids.json.`,
      ...(gone.length > 0
        ? [
            'BREAKING: CloudFormation would delete these from the stacks of everybody who deployed an earlier release, and make new ones:',
            ...gone.map((id) => `  - ${id} (${before[id]})`),
            'Give the construct back its id and its place in the tree, or make this a major release that says so.',
          ]
        : ['Nothing is lost: these are new. If they are meant, record them.']),
      ...added.map((id) => `  + ${id} (${ids[id]})`),
      'To record: UPDATE_LOGICAL_IDS=1 npx jest test/conformance',
    ].join('\n'),
  );
}
