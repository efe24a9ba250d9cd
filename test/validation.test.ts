// Before the CDK loads: everywhere else the built-in validator is off, because it costs seconds.
process.env.CDK_VALIDATION = 'true';

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { type App, CfnResource, Duration, Size, Stack, Validations } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks, NIST80053R5Checks } from 'cdk-nag';
import { ensurePythonEnvironment } from '../bin/local-cloud/python-environment';
import { RELEASES, type Release } from '../bin/sample/breast-cancer';
import {
  ApiAuthorization,
  ApiFirewall,
  BatchFormat,
  BatchTransform,
  Capacity,
  type ContainerModel,
  EndpointPayload,
  InferenceApi,
  InstanceType,
  Model,
  Predictor,
  RealtimeEndpoint,
  Rollout,
  Routing,
  Scaling,
  ServerlessInference,
  ServingImage,
  Sink,
  StreamingInference,
  StreamSource,
} from '../lib';
import { importedVpc } from './fakes/imported';
import { tinyModel } from './fakes/models';
import { SAMPLES } from './helpers/samples';
import { testApp } from './helpers/synth';

jest.setTimeout(6 * 60_000);

const STRICT = { '@aws-cdk/core:validateAgainstDefaultRules': true, '@aws-cdk/core:strictCfnValidateErrors': true };

interface Finding {
  readonly rule: string;
  readonly path: string;
}

interface Report {
  readonly pluginReports: {
    readonly pluginName: string;
    readonly violations: {
      readonly ruleName: string;
      readonly violatingConstructs: { readonly constructPath: string }[];
    }[];
  }[];
}

/** Everything that the validators of an app find. */
function findings(app: App): Finding[] {
  try {
    app.synth();
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ValidationFailed')) {
      throw error;
    }
  }
  const report = JSON.parse(readFileSync(path.join(app.outdir, 'validation-report.json'), 'utf8')) as Report;
  return report.pluginReports.flatMap(({ violations }) =>
    violations.flatMap(({ ruleName, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => ({ rule: ruleName, path: constructPath })),
    ),
  );
}

function withNag(app: App): App {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new NIST80053R5Checks(app));
  return app;
}

/** A stack with everything on that the sample leaves off. */
function everything(app: App): Stack {
  const stack = new Stack(app, 'Everything');
  const vpc = importedVpc(stack);
  const inference = new ServerlessInference(stack, 'Fraud', {
    model: tinyModel(),
    rollout: Rollout.linear({ percent: 25, every: Duration.minutes(4) }),
    scaling: Scaling.provisionedConcurrency({ min: 1, max: 4 }),
    reservedConcurrency: 10,
    functionUrl: true,
    vpc,
    encryptionKey: new kms.Key(stack, 'Key', { enableKeyRotation: true }),
    alarms: { noTrafficFor: Duration.hours(1) },
  });
  new InferenceApi(stack, 'Api', {
    inference,
    firewall: ApiFirewall.managed(),
    corsOrigins: ['https://example.com'],
    authorization: ApiAuthorization.apiKey(),
  });
  const captured = new s3.Bucket(stack, 'Captured', { enforceSSL: true });
  const endpoint = new RealtimeEndpoint(stack, 'Chat', {
    model: languageModel(),
    capacity: Capacity.instances({ type: InstanceType.G6E_12XLARGE, min: 10, max: 20 }),
    scaling: Scaling.gpuUtilization({ percent: 60 }),
    rollout: Rollout.linear({ percent: 10, every: Duration.minutes(5) }),
    routing: Routing.prefixAware({ prefixLength: 1024, concurrencyThreshold: 8 }),
    dataCapture: { bucket: captured, percent: 5 },
    vpc,
    encryptionKey: new kms.Key(stack, 'EndpointKey', { enableKeyRotation: true }),
    logRetention: logs.RetentionDays.ONE_MONTH,
    timeout: Duration.seconds(29),
    alarms: { noTrafficFor: Duration.hours(1) },
    detailedObservability: true,
  });
  endpoint.addVariant('dark', {
    model: tinyModel(),
    // With disks of its own, like the other: a key is for volumes, of all variants or of none.
    capacity: Capacity.instances({ type: InstanceType.of('ml.m5d.large'), min: 10, max: 11 }),
    scaling: Scaling.invocationsPerInstance({ target: 600 }),
    weight: 0,
  });
  new RealtimeEndpoint(stack, 'Serverless', {
    model: tinyModel(),
    capacity: Capacity.serverless({ memory: Size.gibibytes(2), maxConcurrency: 10, provisioned: 1 }),
  });
  new RealtimeEndpoint(stack, 'Rolling', {
    model: tinyModel(),
    capacity: Capacity.instances({ type: InstanceType.C7G_LARGE, min: 4 }),
    rollout: Rollout.rolling({ percent: 25, every: Duration.minutes(5) }),
  });
  new BatchTransform(stack, 'Nightly', {
    model: tinyModel(),
    input: { bucket: s3.Bucket.fromBucketName(stack, 'Arrived', 'arrived-of-somebody'), prefix: 'rows/' },
    output: { bucket: captured, prefix: 'scored/' },
    format: BatchFormat.CSV,
    schedule: scheduler.ScheduleExpression.rate(Duration.hours(6)),
    incremental: true,
    failWhenEmpty: true,
    topic: new sns.Topic(stack, 'Told', { enforceSSL: true }),
    encryptionKey: new kms.Key(stack, 'BatchKey', { enableKeyRotation: true }),
  });
  new StreamingInference(stack, 'Live', {
    predictor: Predictor.endpoint(endpoint, languageModel(), { payload: EndpointPayload.JSON_LINES }),
    source: StreamSource.newKinesis({ shards: 3, retention: Duration.days(3), enhancedFanOut: true }),
    sinks: [
      Sink.s3(captured),
      Sink.kinesis(new kinesis.Stream(stack, 'Out', { encryption: kinesis.StreamEncryption.MANAGED })),
    ],
    maxRecordSize: Size.mebibytes(2),
    aggregated: false,
    filters: [lambda.FilterCriteria.filter({ data: { kind: lambda.FilterRule.isEqual('chat') as unknown } })],
    startingPosition: lambda.StartingPosition.AT_TIMESTAMP,
    startingTime: new Date('2026-01-01T00:00:00Z'),
    parallelizationFactor: 4,
    rollout: Rollout.linear({ percent: 25, every: Duration.minutes(4) }),
    scaling: Scaling.provisionedConcurrency({ min: 1, max: 4 }),
    reservedConcurrency: 12,
    vpc,
    encryptionKey: new kms.Key(stack, 'StreamKey', { enableKeyRotation: true }),
    alarms: { noTrafficFor: Duration.hours(1) },
  });
  return stack;
}

function languageModel(): ContainerModel {
  return Model.fromContainer({
    name: 'chat',
    version: '1',
    image: ServingImage.vllm({ model: 'openai/gpt-oss-20b', tensorParallelSize: 4 }),
    memoryRequired: Size.gibibytes(60),
  });
}

const COMPLETE = Object.values(SAMPLES).map(
  ({ complete }) =>
    (app: App) =>
      complete(app),
);

beforeEach(() => jest.spyOn(console, 'error').mockImplementation());
afterEach(() => jest.restoreAllMocks());

describe.each(Object.entries(SAMPLES))('%s: ', (_, sample) => {
  test('the strict validator of the CDK finds nothing', () => {
    const app = testApp({ context: STRICT });
    sample.complete(app);
    expect(findings(app)).toEqual([]);
  });

  test('AwsSolutions and NIST 800-53 R5 find nothing that is not answered', () => {
    const app = withNag(testApp());
    sample.complete(app);
    expect(findings(app)).toEqual([]);
  });

  test('every answer has a reason and a finding', () => {
    const app = testApp();
    const answered = sample
      .complete(app)
      .node.findAll()
      .flatMap((construct) =>
        construct.node.metadata
          .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
          .flatMap(({ data }) =>
            answersOf(data).map(({ id, reason }) => ({
              id: id.replace(/^Annotation::/, ''),
              reason,
              path: construct.node.path,
            })),
          ),
      );
    expect(answered.length).toBeGreaterThan(0);
    answered.forEach(({ reason }) => expect(String(reason).length).toBeGreaterThan(30));
    const bare = withNag(testApp());
    sample.bare(bare);
    const found = findings(bare);
    const idle = answered.filter(
      ({ id, path: at }) =>
        !found.some((finding) => finding.rule === id && (finding.path === at || finding.path.startsWith(`${at}/`))),
    );
    expect(idle.map(({ id, path: at }) => `${at}: ${id}`)).toEqual([]);
  });
});

function answersOf(data: unknown): { id: string; reason: string }[] {
  return Array.isArray(data)
    ? (data as { id: string; reason: string }[])
    : Object.entries(data as Record<string, string>).map(([id, reason]) => ({ id, reason }));
}

test('the constructs answer nothing themselves, so that an audit of yours sees everything', () => {
  const app = testApp();
  everything(app);
  expect(
    app.node
      .findAll()
      .filter(({ node }) => node.metadata.some(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)),
  ).toEqual([]);
});

test('the strict validator of the CDK finds nothing when everything is on', () => {
  const app = testApp({ context: STRICT });
  everything(app);
  expect(findings(app)).toEqual([]);
});

test.each(Object.keys(RELEASES) as Release[])('the release %s of the sample model passes too', (modelVersion) => {
  const app = testApp({ context: STRICT });
  SAMPLES.InferenceServerless.bare(app, modelVersion);
  SAMPLES.InferenceEndpoint.bare(app, modelVersion);
  SAMPLES.InferenceBatch.bare(app, modelVersion);
  expect(findings(app)).toEqual([]);
});

describe('a planted mistake is found: ', () => {
  test.each([
    ['a number out of range', { MemorySize: 64, Code: {}, Role: 'arn:aws:iam::111122223333:role/r' }, 'F3034'],
    [
      'a word that is none of the allowed, which is only a warning elsewhere',
      { Architectures: ['vax'], Code: { ZipFile: '//' }, Role: 'arn:aws:iam::111122223333:role/r' },
      'W3030',
    ],
  ])('%s, by the validator of the CDK', (_, properties, rule) => {
    const app = testApp({ context: STRICT });
    new CfnResource(new Stack(app, 'Planted'), 'Bad', { type: 'AWS::Lambda::Function', properties });
    expect(findings(app).map((finding) => finding.rule)).toEqual(
      expect.arrayContaining([expect.stringContaining(rule)]),
    );
  });

  test('a bucket without logs and without TLS, by both packs of cdk-nag', () => {
    const app = withNag(testApp());
    new s3.Bucket(SAMPLES.InferenceServerless.complete(app), 'Bad');
    const rules = findings(app)
      .filter(({ path: at }) => at.includes('/Bad/'))
      .map(({ rule }) => rule);
    expect(rules).toEqual(
      expect.arrayContaining(['AwsSolutions-S1', 'AwsSolutions-S10', 'NIST.800.53.R5-S3BucketSSLRequestsOnly']),
    );
  });

  test('an answer that is taken away, by cdk-nag', () => {
    const app = withNag(testApp());
    SAMPLES.InferenceServerless.bare(app);
    expect(findings(app).length).toBeGreaterThan(20);
  });
});

describe('cfn-lint: ', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'cfn-lint-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Findings of cfn-lint, as `rule resource`. A dependency that follows from a reference anyway (W3005) is how the CDK writes it. */
  async function lint(...templates: string[]): Promise<string[]> {
    const report: string[] = [];
    const python = await ensurePythonEnvironment('cfn-lint', path.join(__dirname, 'requirements.txt'), (line) =>
      report.push(line),
    );
    if (python === undefined) {
      throw new Error(report.join('\n'));
    }
    const args = [
      '-c',
      'import sys; from cfnlint.runner import main; sys.exit(main())',
      '--ignore-checks',
      'W3005',
      '--format',
      'json',
      '--template',
      ...templates,
    ];
    const { stdout } = await promisify(execFile)(python.executable, args, {
      env: { ...process.env, ...python.env },
      maxBuffer: 16 * 1024 * 1024,
    }).catch((error: { stdout?: string; code?: number }) => {
      if (error.stdout === undefined || error.stdout === '') {
        throw error;
      }
      return { stdout: error.stdout };
    });
    const found = JSON.parse(stdout) as {
      Rule: { Id: string };
      Message: string;
      Location: { Path?: (string | number)[] };
    }[];
    return found.map(({ Rule, Message, Location }) => `${Rule.Id} ${(Location.Path ?? []).join('.')}: ${Message}`);
  }

  function templates(...make: ((app: App) => Stack)[]): string[] {
    return make.map((build) => {
      const app = testApp();
      const stack = build(app);
      app.synth();
      return path.join(app.outdir, `${stack.artifactId}.template.json`);
    });
  }

  test('it finds nothing in the sample stacks, nor when everything is on', async () => {
    expect(await lint(...templates(...COMPLETE, everything))).toEqual([]);
  });

  test('a planted mistake is found', async () => {
    const [file] = templates(SAMPLES.InferenceServerless.complete);
    const planted = path.join(folder, 'planted.template.json');
    const template = JSON.parse(readFileSync(file, 'utf8')) as {
      Resources: Record<string, { Properties: Record<string, unknown> }>;
    };
    const [id] = Object.keys(template.Resources).filter((name) => /^TumoursFunction[0-9A-F]{8}$/.test(name));
    template.Resources[id].Properties.Timeout = 901;
    writeFileSync(planted, JSON.stringify(template));
    expect(await lint(planted)).toEqual([expect.stringContaining(`Resources.${id}.Properties.Timeout`)]);
  });
});
