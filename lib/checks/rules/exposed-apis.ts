import { at, isMissing, listAt, type Resolved, textAt } from '../template/resolved-value';
import { asList } from './partly-known';
import { perResource, type Rule } from './rule';

const REST_ACCESS =
  'https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-to-api.html';
const HTTP_ACCESS = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html';
const API_LOGS = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html';
const USAGE_PLANS = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html';
const URL_AUTH = 'https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html';
const CORS = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html';

const isOn = (value: Resolved): boolean => value === true || value === 'true';

/** Who can call a model, and who can see that they did. */
export const EXPOSED_API_RULES: readonly Rule[] = [
  perResource(
    ['AWS::ApiGateway::Method'],
    {
      id: 'rest-method-open',
      severity: 'warning',
      title: 'A method of an API is called by those who may',
      fix: 'set AuthorizationType to AWS_IAM, COGNITO_USER_POOLS or CUSTOM, or ApiKeyRequired to true',
      see: REST_ACCESS,
    },
    ({ properties }, template) => {
      const api = template.referred(at(properties, 'RestApiId'), 'AWS::ApiGateway::RestApi');
      const types = at(api?.properties, 'EndpointConfiguration', 'Types');
      const key = at(properties, 'ApiKeyRequired');
      return api !== undefined &&
        isMissing(api.properties, 'Policy') &&
        (isMissing(api.properties, 'EndpointConfiguration', 'Types') ||
          asList(types).every((type) => type === 'REGIONAL' || type === 'EDGE')) &&
        textAt(properties, 'AuthorizationType') === 'NONE' &&
        (key === undefined || key === false || key === 'false') &&
        textAt(properties, 'HttpMethod') !== 'OPTIONS' &&
        textAt(properties, 'Integration', 'Type') !== 'MOCK'
        ? 'AuthorizationType is NONE, no API key is required, and the API has no policy: everybody can call it, and you pay'
        : undefined;
    },
  ),
  perResource(
    ['AWS::ApiGateway::Method'],
    {
      id: 'rest-key-without-plan',
      severity: 'warning',
      title: 'An API that wants keys has a usage plan',
      fix: 'add an AWS::ApiGateway::UsagePlan with the stage in ApiStages, and a UsagePlanKey',
      see: USAGE_PLANS,
    },
    ({ properties }, template) =>
      isOn(at(properties, 'ApiKeyRequired')) &&
      template.referred(at(properties, 'RestApiId'), 'AWS::ApiGateway::RestApi') !== undefined &&
      template.everywhere('AWS::ApiGateway::UsagePlan').length === 0
        ? 'ApiKeyRequired is true, and there is no usage plan here: a key counts only in one, and without it each call gets 403'
        : undefined,
  ),
  perResource(
    ['AWS::ApiGatewayV2::Route'],
    {
      id: 'http-route-open',
      severity: 'warning',
      title: 'A route of an API is called by those who may',
      fix: 'set AuthorizationType to AWS_IAM, JWT or CUSTOM',
      see: HTTP_ACCESS,
    },
    ({ properties }, template) => {
      const api = template.referred(at(properties, 'ApiId'), 'AWS::ApiGatewayV2::Api');
      const route = textAt(properties, 'RouteKey') ?? '';
      return textAt(api?.properties, 'ProtocolType') === 'HTTP' &&
        !/^(OPTIONS |$)/.test(route) &&
        (isMissing(properties, 'AuthorizationType') || textAt(properties, 'AuthorizationType') === 'NONE')
        ? `nobody has to prove who they are for '${route}': everybody can call it, and you pay`
        : undefined;
    },
  ),
  perResource(
    ['AWS::Lambda::Url'],
    {
      id: 'function-url-open',
      severity: 'warning',
      title: 'A function URL is called by those who may',
      fix: 'set AuthType to AWS_IAM',
      see: URL_AUTH,
    },
    ({ properties }) =>
      textAt(properties, 'AuthType') === 'NONE'
        ? 'AuthType is NONE: everybody who finds the URL can call the function, and you pay'
        : undefined,
  ),
  perResource(
    ['AWS::ApiGatewayV2::Api', 'AWS::Lambda::Url'],
    {
      id: 'cors-any-origin-with-credentials',
      severity: 'error',
      title: 'Credentials are sent to origins that are named',
      fix: 'name the origins in AllowOrigins, or leave AllowCredentials out',
      see: CORS,
    },
    ({ properties }) => {
      const cors = at(properties, 'CorsConfiguration') ?? at(properties, 'Cors');
      return isOn(at(cors, 'AllowCredentials')) && listAt(cors, 'AllowOrigins').includes('*')
        ? 'AllowCredentials is true with AllowOrigins *, which every browser refuses'
        : undefined;
    },
  ),
  perResource(
    ['AWS::ApiGateway::Stage', 'AWS::ApiGatewayV2::Stage'],
    {
      id: 'stage-without-access-log',
      severity: 'warning',
      title: 'Who called an API can be looked up',
      fix: 'set DestinationArn and Format in AccessLogSetting (AccessLogSettings of an HTTP API)',
      see: API_LOGS,
    },
    ({ type, properties }) =>
      isMissing(properties, type === 'AWS::ApiGateway::Stage' ? 'AccessLogSetting' : 'AccessLogSettings')
        ? 'the stage has no access log: after an incident nobody can say who called what'
        : undefined,
  ),
  perResource(
    ['AWS::ApiGateway::Stage'],
    {
      id: 'stage-logs-payloads',
      severity: 'warning',
      title: 'Requests and answers of a model are not written to a log',
      fix: 'set DataTraceEnabled to false',
      see: API_LOGS,
    },
    ({ properties }) =>
      listAt(properties, 'MethodSettings').some((settings) => isOn(at(settings, 'DataTraceEnabled')))
        ? 'DataTraceEnabled is true: whole requests and answers, keys in them, go to CloudWatch Logs'
        : undefined,
  ),
];
