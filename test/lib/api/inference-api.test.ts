/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates and documents are read as plain data */
import { Duration, Lazy, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import {
  ApiAuthorization,
  InferenceApi,
  type InferenceApiProps,
  ServerlessInference,
  type ServerlessInferenceProps,
} from '../../../lib';
import { OPENAPI_METADATA } from '../../../lib/api/openapi';
import { tinyModel } from '../../fakes/models';
import { unpublishedMetrics } from '../../helpers/published-metrics';
import { identityStatements } from '../../helpers/statements';
import { comesAfter, named, ofType, only, plain, references, testApp, testStack } from '../../helpers/synth';

function deployed(
  props: Partial<InferenceApiProps> = {},
  inferenceProps: Partial<ServerlessInferenceProps> = {},
  stack: Stack = testStack(),
) {
  const inference = new ServerlessInference(stack, 'Fraud', { model: tinyModel(), ...inferenceProps });
  const api = new InferenceApi(stack, 'Api', { inference, ...props });
  return { stack, inference, api, template: plain(stack) };
}

const stage = (template: ReturnType<typeof plain>) => only(template, 'AWS::ApiGateway::Stage').Properties!;
const restApi = (template: ReturnType<typeof plain>) => only(template, 'AWS::ApiGateway::RestApi').Properties!;

test('defaults of the API: regional, only tensors as bytes, its own address', () => {
  const { template, api, stack } = deployed();
  expect(restApi(template)).toMatchObject({
    EndpointConfiguration: { Types: ['REGIONAL'] },
    BinaryMediaTypes: ['application/octet-stream'],
    Description: 'Predictions of fraud',
  });
  expect(restApi(template).Policy).toBeUndefined();
  expect(restApi(template).DisableExecuteApiEndpoint).toBe(false);
  expect(JSON.stringify(stack.resolve(api.url))).toContain('execute-api');
});

test('defaults of the stage: throttled, traced, logged', () => {
  const { template } = deployed();
  expect(stage(template)).toMatchObject({
    StageName: 'live',
    TracingEnabled: true,
    MethodSettings: [
      {
        HttpMethod: '*',
        ResourcePath: '/*',
        ThrottlingRateLimit: 100,
        ThrottlingBurstLimit: 200,
        DataTraceEnabled: false,
      },
    ],
    AccessLogSetting: { DestinationArn: expect.anything(), Format: expect.anything() },
  });
  expect(named(template, /^ApiAccessLogs/)).toMatchObject({
    DeletionPolicy: 'Retain',
    Properties: { RetentionInDays: 90 },
  });
});

test('the access log says who and how, and neither payload nor anything that authorises', () => {
  const format = JSON.parse(stage(deployed().template).AccessLogSetting.Format) as Record<string, string>;
  expect(Object.keys(format)).toEqual([
    'requestId',
    'requestTime',
    'sourceIp',
    'caller',
    'method',
    'path',
    'status',
    'errorType',
    'latencyMs',
    'integrationLatencyMs',
  ]);
  Object.values(format).forEach((field) => expect(field).toMatch(/^\$context\.[\w.]+$/));
  expect(JSON.stringify(format)).not.toMatch(/apiKey|authorizer|input|header/i);
});

test('options', () => {
  const { template } = deployed({
    rateLimit: 7.5,
    burstLimit: 3,
    logRetention: logs.RetentionDays.ONE_DAY,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  expect(stage(template).MethodSettings[0]).toMatchObject({ ThrottlingRateLimit: 7.5, ThrottlingBurstLimit: 3 });
  expect(named(template, /^ApiAccessLogs/)).toMatchObject({
    DeletionPolicy: 'Delete',
    Properties: { RetentionInDays: 1 },
  });
});

test('the access logs are encrypted with a key that API Gateway’s log may use', () => {
  const stack = testStack();
  const encryptionKey = new kms.Key(stack, 'Key');
  const { template } = deployed({ encryptionKey }, { encryptionKey }, stack);
  expect(ofType(template, 'AWS::Logs::LogGroup').map(([, group]) => group.Properties!.KmsKeyId)).toEqual(
    Array(3).fill(stack.resolve(encryptionKey.keyArn)),
  );
  const statements = only(template, 'AWS::KMS::Key').Properties!.KeyPolicy.Statement as { Sid?: string }[];
  const sids = statements.flatMap(({ Sid }) => Sid ?? []);
  expect(new Set(sids).size).toBe(sids.length);
});

test.each([0, 1_000_000])('limits of %p are accepted', (limit) => {
  expect(stage(deployed({ rateLimit: limit, burstLimit: limit }).template).MethodSettings[0]).toMatchObject({
    ThrottlingRateLimit: limit,
    ThrottlingBurstLimit: limit,
  });
});

test.each([
  [{ rateLimit: -1 }, /'rateLimit' is -1 requests per second.*api-rate-limit/],
  [{ rateLimit: 1_000_001 }, /api-rate-limit/],
  [{ burstLimit: -1 }, /api-burst-limit/],
  [{ burstLimit: 1.5 }, /api-burst-limit/],
  [{ alarms: { minSamples: 0 } }, /'alarms.minSamples' is 0.*alarm-samples/],
])('%j is refused', (props, message) => {
  expect(() => deployed(props)).toThrow(message);
});

test('all faults come at once, with the path of the construct', () => {
  expect(() => deployed({ rateLimit: -1, burstLimit: -1 }, { timeout: Duration.seconds(30) })).toThrow(
    /^construct 'Stack\/Api' cannot be used as configured:\n.*api-timeout-chain\]\n.*api-rate-limit\]\n.*api-burst-limit\]$/,
  );
});

test.each([29, 30])('a function of %p seconds in front of which the gateway gives up after 29', (seconds) => {
  const act = () => deployed({}, { timeout: Duration.seconds(seconds) });
  if (seconds <= 29) {
    expect(act().api.url).toBeDefined();
  } else {
    expect(act).toThrow(/may run for 30 seconds.*gives up after 29.*api-timeout-chain/);
  }
});

test('values known only at deployment pass', () => {
  const token = Lazy.number({ produce: () => 42 });
  expect(stage(deployed({ rateLimit: token, burstLimit: token }).template).MethodSettings[0]).toMatchObject({
    ThrottlingRateLimit: 42,
    ThrottlingBurstLimit: 42,
  });
});

describe('methods: ', () => {
  test('POST /predict and GET /health call the alias, so that a rollout shifts them too', () => {
    const { template } = deployed();
    expect(
      ofType(template, 'AWS::ApiGateway::Resource').map(([, { Properties: properties }]) => properties!.PathPart),
    ).toEqual(['predict', 'health']);
    const [[alias]] = ofType(template, 'AWS::Lambda::Alias');
    const methods = ofType(template, 'AWS::ApiGateway::Method').map(([, { Properties: properties }]) => properties!);
    expect(methods.map(({ HttpMethod }) => HttpMethod)).toEqual(['POST', 'GET']);
    methods.forEach(({ Integration }) => {
      expect(Integration).toMatchObject({ Type: 'AWS_PROXY', IntegrationHttpMethod: 'POST' });
      expect(references(Integration.Uri)).toContain(alias);
    });
  });

  test('the gateway may call the alias for these methods of this stage alone', () => {
    const { template } = deployed();
    const permissions = ofType(template, 'AWS::Lambda::Permission').map(
      ([, { Properties: properties }]) => properties!,
    );
    expect(permissions).toHaveLength(2);
    permissions.forEach((permission) => {
      expect(permission).toMatchObject({ Principal: 'apigateway.amazonaws.com', Action: 'lambda:InvokeFunction' });
      expect(references(permission.FunctionName)).toEqual([expect.stringMatching(/^FraudAlias/)]);
      expect(JSON.stringify(permission.SourceArn)).not.toContain('test-invoke');
      expect(references(permission.SourceArn)).toEqual(
        expect.arrayContaining([expect.stringMatching(/^ApiDeploymentStage|^ApiApiDeploymentStage|DeploymentStage/)]),
      );
    });
  });

  test('the body of POST /predict is validated', () => {
    const { template } = deployed();
    const [[model, { Properties: properties }]] = ofType(template, 'AWS::ApiGateway::Model');
    expect(properties).toMatchObject({
      ContentType: 'application/json',
      Schema: { $schema: 'http://json-schema.org/draft-04/schema#' },
    });
    expect(properties!.Name).toBeUndefined();
    const [[validator, resource]] = ofType(template, 'AWS::ApiGateway::RequestValidator');
    expect(resource.Properties).toMatchObject({ ValidateRequestBody: true });
    const post = ofType(template, 'AWS::ApiGateway::Method').find(
      ([, { Properties: method }]) => method!.HttpMethod === 'POST',
    )![1].Properties!;
    expect(post).toMatchObject({
      RequestModels: { 'application/json': { Ref: model } },
      RequestValidatorId: { Ref: validator },
    });
  });

  test('a change of the schema, of a response or of the policy makes a new deployment; nothing else does', () => {
    const deployment = (schema?: unknown, props: Partial<InferenceApiProps> = {}) =>
      ofType(deployed(props, { model: tinyModel({ schema }) }).template, 'AWS::ApiGateway::Deployment')[0][0];
    const base = deployment();
    expect(deployment()).toBe(base);
    expect(deployment({ type: 'object', properties: { other: { type: 'number' } } })).not.toBe(base);
    expect(deployment(undefined, { corsOrigins: ['https://example.com'] })).not.toBe(base);
    expect(deployment(undefined, { authorization: ApiAuthorization.apiKey() })).not.toBe(base);
    expect(deployment(undefined, { rateLimit: 1 })).toBe(base);
  });

  test('the deployment comes after the methods, the model and the responses', () => {
    const { template } = deployed();
    const [[deployment]] = ofType(template, 'AWS::ApiGateway::Deployment');
    const earlier = comesAfter(template, deployment);
    const needed = Object.entries(template.Resources)
      .filter(([, { Type }]) => /^AWS::ApiGateway::(Method|Model|GatewayResponse|RequestValidator)$/.test(Type))
      .map(([id]) => id);
    expect(needed).toHaveLength(7);
    expect(needed.filter((id) => !earlier.has(id))).toEqual([]);
  });

  test('rules that only the handler checks can be read', () => {
    expect(deployed().api.checkedByHandlerOnly).toEqual(['required at instance, when it is sent alone']);
  });
});

describe('the account’s log role: ', () => {
  test('is there before the stage that logs, once for all APIs of a stack', () => {
    const stack = testStack();
    const inference = new ServerlessInference(stack, 'Fraud', { model: tinyModel() });
    ['A', 'B'].forEach((id) => new InferenceApi(stack, id, { inference }));
    const template = plain(stack);
    const [[account]] = ofType(template, 'AWS::ApiGateway::Account');
    ofType(template, 'AWS::ApiGateway::Account').forEach((_, index) => expect(index).toBe(0));
    ofType(template, 'AWS::ApiGateway::Stage').forEach(([id]) => expect(comesAfter(template, id)).toContain(account));
  });

  test('can be left to others', () => {
    expect(ofType(deployed({ cloudWatchRole: false }).template, 'AWS::ApiGateway::Account')).toEqual([]);
  });
});

describe('browsers of other sites: ', () => {
  test('cannot call by default', () => {
    expect(
      ofType(deployed().template, 'AWS::ApiGateway::Method').map(
        ([, { Properties: properties }]) => properties!.HttpMethod,
      ),
    ).not.toContain('OPTIONS');
  });

  test('may ask first, without credentials, with every header that the API takes', () => {
    const { template } = deployed({ corsOrigins: ['https://example.com'] });
    const options = ofType(template, 'AWS::ApiGateway::Method')
      .filter(([, { Properties: properties }]) => properties!.HttpMethod === 'OPTIONS')
      .map(([, { Properties: properties }]) => properties!);
    expect(options.length).toBeGreaterThanOrEqual(2);
    options.forEach((method) => {
      expect(method.AuthorizationType).toBe('NONE');
      const parameters = method.Integration.IntegrationResponses[0].ResponseParameters;
      expect(parameters['method.response.header.Access-Control-Allow-Origin']).toBe("'https://example.com'");
      expect(parameters['method.response.header.Access-Control-Allow-Methods']).toBe("'GET,POST'");
      expect(parameters['method.response.header.Access-Control-Allow-Headers']).toContain('x-inference-id');
    });
  });

  test('can read the answers: the function is told which origins, since a proxy integration hands its headers on as they are', () => {
    const { template } = deployed({ corsOrigins: ['https://example.com'] });
    expect(JSON.stringify(named(template, /^FraudFunction[0-9A-F]{8}$/).Properties!.Environment ?? {})).toContain(
      'https://example.com',
    );
  });
});

describe('a private API: ', () => {
  const endpoint = (stack: Stack) =>
    ec2.InterfaceVpcEndpoint.fromInterfaceVpcEndpointAttributes(stack, 'Endpoint', {
      vpcEndpointId: 'vpce-1',
      port: 443,
    });
  const policy = (props: (stack: Stack) => Partial<InferenceApiProps>) => {
    const stack = testStack();
    return restApi(deployed(props(stack), {}, stack).template);
  };

  test('is reached through these endpoints alone', () => {
    const api = policy((stack) => ({ privateEndpoints: [endpoint(stack)], authorization: ApiAuthorization.apiKey() }));
    expect(api.EndpointConfiguration).toEqual({ Types: ['PRIVATE'], VpcEndpointIds: ['vpce-1'] });
    expect(api.Policy.Statement).toContainEqual({
      Effect: 'Allow',
      Principal: { AWS: '*' },
      Action: 'execute-api:Invoke',
      Resource: 'execute-api:/*',
      Condition: { StringEquals: { 'aws:SourceVpce': ['vpce-1'] } },
    });
  });

  test('with IAM: the policy lets nobody in who has no permission of his own', () => {
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html, table B: within an
    // account an explicit allow in the resource policy is enough, whatever the caller's own policies say.
    const { Policy } = policy((stack) => ({ privateEndpoints: [endpoint(stack)] }));
    expect(Policy.Statement.filter((statement: any) => statement.Effect === 'Allow')).toEqual([]);
    expect(Policy.Statement).toContainEqual(
      expect.objectContaining({ Effect: 'Deny', Condition: { StringNotEquals: { 'aws:SourceVpce': ['vpce-1'] } } }),
    );
  });

  test('without an endpoint nobody could reach it, so that is refused', () => {
    expect(() => deployed({ privateEndpoints: [] })).toThrow(/privateEndpoints/);
  });
});

describe('a domain name: ', () => {
  const domainName = (stack: Stack, rest: object = {}) => ({
    domainName: 'fraud.example.com',
    certificate: acm.Certificate.fromCertificateArn(stack, 'Cert', 'arn:aws:acm:eu-west-1:111122223333:certificate/1'),
    ...rest,
  });

  test('takes the place of the address that AWS gives', () => {
    const stack = testStack();
    const { template, api } = deployed({ domainName: domainName(stack) }, {}, stack);
    expect(restApi(template).DisableExecuteApiEndpoint).toBe(true);
    expect(only(template, 'AWS::ApiGateway::DomainName').Properties).toMatchObject({
      DomainName: 'fraud.example.com',
      EndpointConfiguration: { Types: ['REGIONAL'] },
    });
    expect(api.url).toBe('https://fraud.example.com/');
  });

  test('with a base path has it in its address', () => {
    const stack = testStack();
    expect(deployed({ domainName: domainName(stack, { basePath: 'v1' }) }, {}, stack).api.url).toBe(
      'https://fraud.example.com/v1/',
    );
  });

  test('speaks TLS 1.2 at least', () => {
    const stack = testStack();
    expect(
      only(deployed({ domainName: domainName(stack) }, {}, stack).template, 'AWS::ApiGateway::DomainName').Properties!
        .SecurityPolicy ?? 'TLS_1_2',
    ).toMatch(/TLS_?1_?[23]/);
  });

  test('of the public kind does not go with a private API', () => {
    const stack = testStack();
    const endpoint = ec2.InterfaceVpcEndpoint.fromInterfaceVpcEndpointAttributes(stack, 'Endpoint', {
      vpcEndpointId: 'vpce-1',
      port: 443,
    });
    expect(() => deployed({ domainName: domainName(stack), privateEndpoints: [endpoint] }, {}, stack)).toThrow(
      /domainName/,
    );
  });
});

test('grantInvoke allows both methods of the stage, and nothing else', () => {
  const stack = testStack();
  const inference = new ServerlessInference(stack, 'Fraud', { model: tinyModel() });
  const api = new InferenceApi(stack, 'Api', { inference });
  api
    .grantInvoke(new iam.Role(stack, 'Caller', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') }))
    .assertSuccess();
  const [statement] = identityStatements(plain(stack)).filter(({ owner }) => owner.startsWith('Caller'));
  expect(statement.actions).toEqual(['execute-api:Invoke']);
  expect(statement.resources.map((resource: any) => resource['Fn::Join'][1].at(-1))).toEqual([
    '/live/GET/health',
    '/live/POST/predict',
  ]);
});

test('the document is in the metadata of the assembly, and what is handed out is a copy', () => {
  const { api } = deployed();
  const { data } = api.node.metadata.find(({ type }) => type === OPENAPI_METADATA)!;
  expect(JSON.parse(data as string)).toEqual(api.openApi());
  delete api.openApi().paths;
  expect(api.openApi().paths).toBeDefined();
});

test('two in front of one deployment, and one in another stack', () => {
  const app = testApp();
  const [home, front] = ['Home', 'Front'].map((id) => new Stack(app, id));
  const inference = new ServerlessInference(home, 'Fraud', { model: tinyModel() });
  new InferenceApi(home, 'Internal', { inference });
  new InferenceApi(front, 'Public', { inference, authorization: ApiAuthorization.apiKey() });
  expect(unpublishedMetrics(plain(home), plain(front))).toEqual([]);
});

test('two APIs never share a name, by which their metrics are known', () => {
  const stack = testStack();
  const inference = new ServerlessInference(stack, 'Fraud', { model: tinyModel() });
  ['A', 'B'].forEach((id) => new InferenceApi(stack, id, { inference }));
  const names = ofType(plain(stack), 'AWS::ApiGateway::RestApi').map(
    ([, { Properties: properties }]) => properties!.Name as string,
  );
  expect(new Set(names).size).toBe(2);
  names.forEach((name) => expect(name).toMatch(/^[\w-]{1,64}$/));
});

test('with a deployment and all defaults a stack has at most 45 resources', () => {
  expect(Object.keys(deployed().template.Resources).length).toBeLessThanOrEqual(45);
  Template.fromStack(deployed().stack).resourceCountIs('AWS::ApiGateway::RestApi', 1);
});
