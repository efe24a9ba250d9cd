/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates and documents are read as plain data */
import { Duration, Lazy } from 'aws-cdk-lib';
import { Period } from 'aws-cdk-lib/aws-apigateway';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Stack } from 'aws-cdk-lib';
import { ApiAuthorization, InferenceApi, ServerlessInference } from '../../../lib';
import { tinyModel } from '../../fakes/models';
import { ofType, only, plain, references, testStack } from '../../helpers/synth';

function deployed(authorization?: (stack: Stack) => ApiAuthorization) {
  const stack = testStack();
  const api = new InferenceApi(stack, 'Api', {
    inference: new ServerlessInference(stack, 'Fraud', { model: tinyModel() }),
    authorization: authorization?.(stack),
  });
  const template = plain(stack);
  const methods = ofType(template, 'AWS::ApiGateway::Method').map(([, { Properties: properties }]) => properties!);
  return { stack, api, template, methods, scheme: (api.openApi() as any).components.securitySchemes.caller };
}

const pool = (stack: Stack) => cognito.UserPool.fromUserPoolId(stack, 'Pool', 'eu-west-1_abc');
const judge = (stack: Stack) =>
  new lambda.Function(stack, 'Judge', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'i.h',
    code: lambda.Code.fromInline('//'),
  });

test('IAM is the default, for both methods', () => {
  const { methods, api, scheme } = deployed();
  expect(
    methods.map(({ HttpMethod, AuthorizationType, ApiKeyRequired }) => [HttpMethod, AuthorizationType, ApiKeyRequired]),
  ).toEqual([
    ['POST', 'AWS_IAM', undefined],
    ['GET', 'AWS_IAM', undefined],
  ]);
  expect(api.apiKey).toBeUndefined();
  expect(scheme).toMatchObject({ 'x-amazon-apigateway-authtype': 'awsSigv4' });
});

test('API key: a key, a plan for the stage, and both methods ask for it', () => {
  const { methods, api, template, scheme } = deployed(() =>
    ApiAuthorization.apiKey({ quota: { limit: 1000, period: Period.DAY } }),
  );
  expect(methods.map(({ ApiKeyRequired }) => ApiKeyRequired)).toEqual([true, true]);
  const [[plan, usage]] = ofType(template, 'AWS::ApiGateway::UsagePlan');
  expect(usage.Properties).toMatchObject({ Quota: { Limit: 1000, Period: 'DAY' } });
  expect(references(usage.Properties!.ApiStages)).toEqual(
    expect.arrayContaining([expect.stringMatching(/DeploymentStage/)]),
  );
  expect(only(template, 'AWS::ApiGateway::UsagePlanKey').Properties).toMatchObject({
    KeyType: 'API_KEY',
    UsagePlanId: { Ref: plan },
  });
  expect(api.apiKey).toBeDefined();
  expect(scheme).toEqual({ type: 'apiKey', name: 'x-api-key', in: 'header' });
});

test('the value of a key is chosen by the service, never written in the template', () => {
  expect(
    only(deployed(() => ApiAuthorization.apiKey()).template, 'AWS::ApiGateway::ApiKey').Properties!.Value,
  ).toBeUndefined();
  expect(
    only(deployed(() => ApiAuthorization.apiKey()).template, 'AWS::ApiGateway::UsagePlan').Properties!.Quota,
  ).toBeUndefined();
});

test('Cognito: the pools, and scopes if there are any', () => {
  const { methods, template, scheme } = deployed((stack) =>
    ApiAuthorization.cognito([pool(stack)], { scopes: ['predict'] }),
  );
  const [[authorizer, { Properties: properties }]] = ofType(template, 'AWS::ApiGateway::Authorizer');
  expect(properties).toMatchObject({
    Type: 'COGNITO_USER_POOLS',
    ProviderARNs: [expect.anything()],
    IdentitySource: 'method.request.header.Authorization',
  });
  methods.forEach((method) =>
    expect(method).toMatchObject({
      AuthorizationType: 'COGNITO_USER_POOLS',
      AuthorizerId: { Ref: authorizer },
      AuthorizationScopes: ['predict'],
    }),
  );
  expect(scheme).toMatchObject({ type: 'http', scheme: 'bearer' });
});

test('a function of one’s own: it may be called, and its verdict is kept for 5 minutes', () => {
  const { methods, template } = deployed((stack) => ApiAuthorization.lambdaAuthorizer(judge(stack)));
  expect(only(template, 'AWS::ApiGateway::Authorizer').Properties).toMatchObject({
    Type: 'TOKEN',
    AuthorizerResultTtlInSeconds: 300,
  });
  methods.forEach((method) => expect(method.AuthorizationType).toBe('CUSTOM'));
  const permission = ofType(template, 'AWS::Lambda::Permission').find(([, { Properties: properties }]) =>
    references(properties!.FunctionName).some((id) => id.startsWith('Judge')),
  );
  expect(permission![1].Properties).toMatchObject({ Principal: 'apigateway.amazonaws.com' });
});

test.each([Duration.seconds(0), Duration.hours(1)])('a verdict kept for %p is accepted', (cacheTtl) => {
  expect(
    only(
      deployed((stack) => ApiAuthorization.lambdaAuthorizer(judge(stack), { cacheTtl })).template,
      'AWS::ApiGateway::Authorizer',
    ).Properties,
  ).toMatchObject({ AuthorizerResultTtlInSeconds: cacheTtl.toSeconds() });
});

test('what nobody could use is refused', () => {
  const stack = testStack();
  expect(() => ApiAuthorization.cognito([])).toThrow(/'userPools' is empty.*api-user-pools/);
  expect(() => ApiAuthorization.apiKey({ quota: { limit: 0, period: Period.DAY } })).toThrow(
    /'quota.limit' is 0.*api-quota/,
  );
  expect(() => ApiAuthorization.lambdaAuthorizer(judge(stack), { cacheTtl: Duration.seconds(3601) })).toThrow(
    /api-authorizer-cache/,
  );
});

test('a quota known only at deployment passes', () => {
  const { template } = deployed(() =>
    ApiAuthorization.apiKey({ quota: { limit: Lazy.number({ produce: () => 9 }), period: Period.MONTH } }),
  );
  expect(only(template, 'AWS::ApiGateway::UsagePlan').Properties).toMatchObject({
    Quota: { Limit: 9, Period: 'MONTH' },
  });
});

test('one authorization may serve two APIs', () => {
  const stack = testStack();
  const inference = new ServerlessInference(stack, 'Fraud', { model: tinyModel() });
  const authorization = ApiAuthorization.lambdaAuthorizer(judge(stack));
  ['A', 'B'].forEach((id) => new InferenceApi(stack, id, { inference, authorization }));
  expect(ofType(plain(stack), 'AWS::ApiGateway::Authorizer')).toHaveLength(2);
});
