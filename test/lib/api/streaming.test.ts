/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates and documents are read as plain data */
import { Duration, Size, Stack } from 'aws-cdk-lib';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as iam from 'aws-cdk-lib/aws-iam';
import {
  ApiAuthorization,
  Capacity,
  InferenceApi,
  type InferenceApiProps,
  RealtimeEndpoint,
  type RealtimeEndpointProps,
  ServerlessInference,
} from '../../../lib';
import { instances } from '../../fakes/endpoints';
import { tinyModel } from '../../fakes/models';
import { deafAlarms, unpublishedMetrics } from '../../helpers/published-metrics';
import { identityStatements } from '../../helpers/statements';
import {
  comesAfter,
  named,
  ofType,
  only,
  plain,
  type PlainTemplate,
  references,
  testApp,
  testStack,
} from '../../helpers/synth';

const FRONT = { timeout: Duration.seconds(29) };

function streamed(
  props: Partial<InferenceApiProps> = {},
  endpointProps: Partial<RealtimeEndpointProps> = {},
  stack: Stack = testStack(),
) {
  const inference = new RealtimeEndpoint(stack, 'Chat', {
    model: tinyModel(),
    capacity: instances(),
    ...FRONT,
    ...endpointProps,
  });
  const api = new InferenceApi(stack, 'Api', { inference, streaming: true, ...props });
  return { stack, inference, api, template: plain(stack) };
}

/** The methods of an API by their verb and path. */
function methods(template: PlainTemplate): Record<string, any> {
  const resources = Object.fromEntries(
    ofType(template, 'AWS::ApiGateway::Resource').map(([id, { Properties: properties }]) => [id, properties!]),
  );
  const pathOf = (id: string): string =>
    id in resources ? `${pathOf(references(resources[id].ParentId)[0])}/${resources[id].PathPart}` : '';
  return Object.fromEntries(
    ofType(template, 'AWS::ApiGateway::Method').map(([, { Properties: properties }]) => [
      `${properties!.HttpMethod} ${pathOf(references(properties!.ResourceId)[0])}`,
      properties,
    ]),
  );
}

describe('POST /predict/stream: ', () => {
  test('is there only where it was asked for, and no function is without it', () => {
    expect(Object.keys(methods(streamed().template))).toEqual(['POST /predict', 'POST /predict/stream', 'GET /health']);
    for (const streaming of [undefined, false]) {
      const { template } = streamed({ streaming });
      expect(Object.keys(methods(template))).toEqual(['POST /predict', 'GET /health']);
      expect(Object.keys(template.Resources).filter((id) => id.includes('Streaming'))).toEqual([]);
    }
  });

  test('streams from the function by the call that streams, longer than the function may run', () => {
    const { template } = streamed();
    const { Integration: integration } = methods(template)['POST /predict/stream'];
    expect(integration).toMatchObject({
      Type: 'AWS_PROXY',
      IntegrationHttpMethod: 'POST',
      ResponseTransferMode: 'STREAM',
      TimeoutInMillis: 540_000,
    });
    const [, parts] = integration.Uri['Fn::Join'] as [string, unknown[]];
    expect(parts.filter((part) => typeof part === 'string').join('')).toMatch(
      /:lambda:path\/2021-11-15\/functions\/\/response-streaming-invocations$/,
    );
    const [fn] = references(integration.Uri).filter((id) => template.Resources[id]?.Type === 'AWS::Lambda::Function');
    const { Timeout: timeout } = template.Resources[fn].Properties!;
    // SageMaker's 8 minutes, then the function, then the gateway, whose most is 15 minutes:
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html
    expect(timeout).toBeGreaterThan(480);
    expect(integration.TimeoutInMillis).toBeGreaterThan(timeout * 1000);
    expect(integration.TimeoutInMillis).toBeLessThanOrEqual(900_000);
  });

  test('and nothing else does: the other methods go to the endpoint itself', () => {
    const { 'POST /predict': predict, 'GET /health': health } = methods(streamed().template);
    [predict, health].forEach(({ Integration }) => {
      expect(Integration.Type).toBe('AWS');
      expect(Integration.ResponseTransferMode).toBeUndefined();
    });
  });

  test('is validated against the same schema', () => {
    const { 'POST /predict': predict, 'POST /predict/stream': stream } = methods(streamed().template);
    expect(stream.RequestModels).toEqual(predict.RequestModels);
    expect(stream.RequestModels['application/json']).toEqual({ Ref: expect.any(String) });
    expect(stream.RequestValidatorId).toEqual(predict.RequestValidatorId);
    expect(stream.RequestValidatorId).toEqual({ Ref: expect.any(String) });
  });

  test.each([
    ['IAM', () => ApiAuthorization.iam(), { AuthorizationType: 'AWS_IAM' }],
    ['a key', () => ApiAuthorization.apiKey(), { ApiKeyRequired: true }],
    [
      'a token',
      (stack: Stack) => ApiAuthorization.cognito([new cognito.UserPool(stack, 'Pool')]),
      { AuthorizationType: 'COGNITO_USER_POOLS', AuthorizerId: expect.anything() },
    ],
  ])('is called with %s, as the others are', (_, authorization, expected) => {
    const stack = testStack();
    const all = methods(streamed({ authorization: authorization(stack) }, {}, stack).template);
    const { AuthorizationType, AuthorizerId, ApiKeyRequired } = all['POST /predict'];
    expect({ AuthorizationType, AuthorizerId, ApiKeyRequired }).toMatchObject(expected);
    expect(all['POST /predict/stream']).toMatchObject(
      JSON.parse(JSON.stringify({ AuthorizationType, AuthorizerId, ApiKeyRequired })),
    );
  });

  test('the gateway may call the function for this method of this stage alone', () => {
    const { template } = streamed();
    const permission = only(template, 'AWS::Lambda::Permission').Properties!;
    expect(permission).toMatchObject({ Principal: 'apigateway.amazonaws.com', Action: 'lambda:InvokeFunction' });
    expect(references(permission.FunctionName)).toEqual([expect.stringMatching(/^ChatResponseStreamingFunction/)]);
    expect(JSON.stringify(permission.SourceArn)).toContain('/POST/predict/stream');
    expect(JSON.stringify(permission.SourceArn)).not.toContain('test-invoke');
  });

  test('is part of the deployment of the API', () => {
    const { template } = streamed();
    const [[deployment]] = ofType(template, 'AWS::ApiGateway::Deployment');
    const [method] = Object.keys(template.Resources).filter((id) => /^ApipredictstreamPOST[0-9A-F]{8}$/.test(id));
    expect(comesAfter(template, deployment)).toContain(method);
    expect(ofType(streamed({ streaming: false }).template, 'AWS::ApiGateway::Deployment')[0][0]).not.toBe(deployment);
  });

  test('browsers of the allowed site may ask first, and its function names the site', () => {
    const { template } = streamed({ corsOrigins: ['https://example.com'] });
    const all = methods(template);
    expect(all['OPTIONS /predict/stream'].Integration.IntegrationResponses).toEqual(
      all['OPTIONS /predict'].Integration.IntegrationResponses,
    );
    const { Environment: environment } = named(template, /^ChatResponseStreamingFunction[0-9A-F]{8}$/).Properties!;
    expect(environment.Variables.CORS_ORIGINS).toBe('https://example.com');
  });

  test('grantInvoke allows it, with the others', () => {
    const stack = testStack();
    const inference = new RealtimeEndpoint(stack, 'Chat', { model: tinyModel(), capacity: instances(), ...FRONT });
    const api = new InferenceApi(stack, 'Api', { inference, streaming: true });
    api.grantInvoke(new iam.Role(stack, 'Caller', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') }));
    const [statement] = identityStatements(plain(stack)).filter(({ owner }) => owner.startsWith('Caller'));
    expect(statement.resources.map((resource: any) => resource['Fn::Join'][1].at(-1)).sort()).toEqual([
      '/live/GET/health',
      '/live/POST/predict',
      '/live/POST/predict/stream',
    ]);
  });
});

describe('what cannot stream is refused: ', () => {
  test('a deployment on Lambda, with what does stream', () => {
    const stack = testStack();
    const inference = new ServerlessInference(stack, 'Fraud', { model: tinyModel() });
    expect(() => new InferenceApi(stack, 'Api', { inference, streaming: true })).toThrow(
      /'streaming' is true, and 'Stack\/Fraud' answers in one piece: .*RealtimeEndpoint.*on instances.*\[api-streaming\]$/,
    );
    expect(new InferenceApi(stack, 'Plain', { inference, streaming: false }).openApi().paths).not.toHaveProperty([
      '/predict/stream',
    ]);
  });

  test('an endpoint with a serverless variant', () => {
    const capacity = Capacity.serverless({ memory: Size.gibibytes(2), maxConcurrency: 5 });
    expect(() => streamed({}, { capacity })).toThrow(/api-streaming/);
    expect(Object.keys(methods(streamed({ streaming: false }, { capacity }).template))).toHaveLength(2);
  });

  test('together with every other fault', () => {
    const stack = testStack();
    const inference = new ServerlessInference(stack, 'Fraud', { model: tinyModel(), timeout: Duration.seconds(30) });
    expect(() => new InferenceApi(stack, 'Api', { inference, streaming: true, rateLimit: -1 })).toThrow(
      /api-timeout-chain\]\n.*api-rate-limit\]\n.*api-streaming\]$/,
    );
  });

  test.each([29, 30])('a stream lasts longer, and POST /predict still has to answer in time: %p seconds', (seconds) => {
    const act = () => streamed({}, { timeout: Duration.seconds(seconds) });
    if (seconds <= 29) {
      expect(Object.keys(methods(act().template))).toContain('POST /predict/stream');
    } else {
      expect(act).toThrow(/may run for 30 seconds.*gives up after 29.*deployment's 'timeout'.*api-timeout-chain/);
    }
  });
});

describe('the document: ', () => {
  test('has the path where it is, with JSON alone and every way it can end', () => {
    const { api } = streamed();
    const { post } = (api.openApi() as any).paths['/predict/stream'];
    const { post: predict } = (api.openApi() as any).paths['/predict'];
    expect(post.operationId).not.toBe(predict.operationId);
    expect(Object.keys(post.requestBody.content)).toEqual(['application/json']);
    expect(post.requestBody).toEqual(predict.requestBody);
    expect(Object.keys(post.responses['200'].content)).toContain('text/event-stream');
    expect(Object.keys(post.responses)).toEqual(
      expect.arrayContaining(['200', '400', '403', '413', '415', '429', '500', '503', '504']),
    );
    expect(post.responses['503'].content['application/json'].schema).toEqual({ $ref: '#/components/schemas/Error' });
    expect(post.parameters.map(({ name }: { name: string }) => name)).toEqual(['x-inference-id']);
  });

  test('does not have it where it is not', () => {
    expect((streamed({ streaming: false }).api.openApi() as any).paths).not.toHaveProperty(['/predict/stream']);
  });
});

test('every alarm and widget names a metric that is published, and every alarm can go off', () => {
  const { template } = streamed();
  expect(unpublishedMetrics(template)).toEqual([]);
  expect(deafAlarms(template)).toEqual([]);
});

test('the API may be in another stack than the endpoint', () => {
  const app = testApp();
  const [home, front] = ['Home', 'Front'].map((id) => new Stack(app, id));
  const inference = new RealtimeEndpoint(home, 'Chat', { model: tinyModel(), capacity: instances(), ...FRONT });
  new InferenceApi(front, 'Api', { inference, streaming: true });
  expect(Object.keys(methods(plain(front)))).toContain('POST /predict/stream');
  expect(ofType(plain(home), 'AWS::Lambda::Function').map(([id]) => id)).toContainEqual(
    expect.stringMatching(/^ChatResponseStreamingFunction/),
  );
});

test('two endpoints in one stack, each with an API that streams', () => {
  const stack = testStack();
  ['A', 'B'].forEach((id) => {
    const inference = new RealtimeEndpoint(stack, id, { model: tinyModel(), capacity: instances(), ...FRONT });
    new InferenceApi(stack, `Api${id}`, { inference, streaming: true });
  });
  expect(unpublishedMetrics(plain(stack))).toEqual([]);
});
