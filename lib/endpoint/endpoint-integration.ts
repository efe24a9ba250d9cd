import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { CONTENT_TYPES, type ErrorCode, MODEL_ERROR_MESSAGE } from '../../lambda/predict/contract';
import { OWN_SHAPE, REFUSALS, SIZE_WORDS } from '../../lambda/stream-invoke/contract';
import type { ApiBindOptions, ApiMethod, ApiMethods } from '../api/api-backend';
import type { Fault } from '../checks/bounds/fault';
import type { IInference } from '../inference';
import { type Model, OnnxModel } from '../model/model';
import { refuse } from '../private/errors';
import type { RealtimeEndpointProps } from './realtime-endpoint-props';
import type { EndpointThresholds } from './variant-alarms';

/** The endpoint behind the methods, and how its deployment is watched and logged. */
export interface EndpointBehindApi {
  readonly endpoint: IInference & IntegratedEndpoint;
  /** Whether the version that was deployed is the one that serves: a staged rollout gets there in its own time, or not at all. */
  readonly servesAsDeployed: boolean;
  readonly thresholds: EndpointThresholds;
  readonly logs: Pick<RealtimeEndpointProps, 'logRetention' | 'encryptionKey' | 'removalPolicy'>;
}

interface IntegratedEndpoint {
  readonly endpointName: string;
  readonly endpointArn: string;
  readonly model: Model;
}

const JSON_TYPE = CONTENT_TYPES.json;
const INFERENCE_ID = 'x-inference-id';

/**
 * The endpoint itself behind the gateway, without a function in between: only JSON, which the gateway hands on as it is. What
 * SageMaker answers is turned into the shape of errors that every deployment has.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
 */
export function endpointMethods(
  scope: Construct,
  behind: EndpointBehindApi,
  { corsOrigins, streaming }: ApiBindOptions,
): ApiMethods {
  const { endpoint } = behind;
  refuse(scope, severalOrigins(corsOrigins));
  const role = new iam.Role(scope, 'ApiRole', {
    assumedBy: new iam.ServicePrincipal('apigateway.amazonaws.com'),
    description: `Lets an API ask ${endpoint.endpointName} for predictions`,
    inlinePolicies: {
      Invoke: new iam.PolicyDocument({
        statements: [
          new iam.PolicyStatement({
            actions: ['sagemaker:InvokeEndpoint', 'sagemaker:DescribeEndpoint'],
            resources: [endpoint.endpointArn],
          }),
        ],
      }),
    },
  });
  return {
    predict: predict(scope, endpoint, role, corsOrigins[0]),
    health: health(scope, behind, role, corsOrigins[0]),
    stream: streaming ? stream(scope, behind, corsOrigins) : undefined,
    contentTypes: [JSON_TYPE],
  };
}

function stream(
  scope: Construct,
  { endpoint, thresholds, logs: kept }: EndpointBehindApi,
  corsOrigins: string[],
): ApiMethod {
  // Loaded when answers are streamed: an API that has them whole does not wait for it.
  const { ResponseStreaming } = require('./response-streaming') as typeof import('./response-streaming');
  return new ResponseStreaming(scope, 'ResponseStreaming', {
    endpoint,
    corsOrigins,
    thresholds,
    kept: {
      retention: kept.logRetention ?? logs.RetentionDays.THREE_MONTHS,
      encryptionKey: kept.encryptionKey,
      removalPolicy: kept.removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    },
  }).method;
}

function predict(scope: Construct, { endpointName }: IntegratedEndpoint, role: iam.IRole, origin?: string): ApiMethod {
  const answers: Answer[] = [
    { pattern: '2\\d{2}', status: '200' },
    // What the container refused, or failed on.
    { pattern: '424', status: '424', template: MODEL_ERROR },
    { pattern: '413', status: '413', template: errorBody('TOO_LARGE', REFUSALS.tooLarge) },
    { pattern: '400', status: '400', template: VALIDATION_ERROR },
    { pattern: '429', status: '429', template: errorBody('THROTTLED', REFUSALS.throttled) },
    { status: '500', template: errorBody('MODEL_ERROR', MODEL_ERROR_MESSAGE) },
  ];
  return {
    integration: awsIntegration(scope, 'runtime.sagemaker', `endpoints/${endpointName}/invocations`, {
      credentialsRole: role,
      // Other content types are answered with 415.
      passthroughBehavior: apigateway.PassthroughBehavior.NEVER,
      requestTemplates: { [JSON_TYPE]: "$input.json('$')" },
      requestParameters: {
        'integration.request.header.Content-Type': `'${JSON_TYPE}'`,
        'integration.request.header.Accept': `'${JSON_TYPE}'`,
        'integration.request.header.X-Amzn-SageMaker-Inference-Id': `method.request.header.${INFERENCE_ID}`,
      },
      integrationResponses: answers.map((answer) => integrationResponse(answer, origin)),
    }),
    requestParameters: { [`method.request.header.${INFERENCE_ID}`]: false },
    methodResponses: methodResponses(answers, origin),
  };
}

/** Whether the endpoint is in service. Asked of SageMaker, not of the model: a model that answers badly shows in the alarms. */
function health(
  scope: Construct,
  { endpoint: { endpointName, model }, servesAsDeployed }: EndpointBehindApi,
  role: iam.IRole,
  origin?: string,
): ApiMethod {
  const { name, version } = model;
  const hash = model instanceof OnnxModel ? { sha256: model.sha256 } : {};
  const identity = `"model":${JSON.stringify(servesAsDeployed ? { name, version, ...hash } : { name })}`;
  const answers: Answer[] = [
    {
      pattern: '2\\d{2}',
      status: '200',
      template: lines(
        "#set($status = $input.path('$.EndpointStatus'))",
        "#if($status == 'InService' || $status == 'Updating' || $status == 'SystemUpdating' || $status == 'RollingBack')",
        `{"status":"ok",${identity}}`,
        '#else',
        '#set($context.responseOverride.status = 503)',
        errorBody('MODEL_ERROR', 'the endpoint is not in service'),
        '#end',
      ),
    },
    { status: '503', template: errorBody('MODEL_ERROR', 'the endpoint is not in service') },
  ];
  return {
    integration: awsIntegration(scope, 'api.sagemaker', '', {
      credentialsRole: role,
      passthroughBehavior: apigateway.PassthroughBehavior.NEVER,
      requestTemplates: { [JSON_TYPE]: JSON.stringify({ EndpointName: endpointName }) },
      requestParameters: {
        'integration.request.header.X-Amz-Target': "'SageMaker.DescribeEndpoint'",
        'integration.request.header.Content-Type': "'application/x-amz-json-1.1'",
      },
      integrationResponses: answers.map((answer) => integrationResponse(answer, origin)),
    }),
    methodResponses: methodResponses(answers, origin),
  };
}

/** One kind of answer of the integration; without a pattern it is for all that no other matches. */
interface Answer {
  readonly pattern?: string;
  readonly status: string;
  readonly template?: string;
}

const ALLOW_ORIGIN = 'method.response.header.Access-Control-Allow-Origin';

function integrationResponse({ pattern, status, template }: Answer, origin?: string): apigateway.IntegrationResponse {
  return {
    selectionPattern: pattern,
    statusCode: status,
    responseTemplates: template === undefined ? undefined : { [JSON_TYPE]: template },
    responseParameters: origin === undefined ? undefined : { [ALLOW_ORIGIN]: `'${origin}'` },
  };
}

function methodResponses(answers: readonly Answer[], origin?: string): apigateway.MethodResponse[] {
  const responseParameters = origin === undefined ? undefined : { [ALLOW_ORIGIN]: true };
  return answers.map(({ status }) => ({ statusCode: status, responseParameters }));
}

function awsIntegration(
  scope: Construct,
  service: string,
  path: string,
  options: apigateway.IntegrationOptions,
): apigateway.Integration {
  return new apigateway.Integration({
    type: apigateway.IntegrationType.AWS,
    integrationHttpMethod: 'POST',
    uri: Stack.of(scope).formatArn({
      service: 'apigateway',
      account: service,
      resource: 'path',
      resourceName: path,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    }),
    options,
  });
}

/** What the container said of a bad request is handed on, in its own words or wrapped; of its own failure nothing is. */
const MODEL_ERROR = lines(
  // As text: a number has no methods, and a literal none either.
  '#set($status = "$input.path(\'$.OriginalStatusCode\')")',
  "#set($message = $input.path('$.OriginalMessage'))",
  "#if($status.startsWith('4'))",
  '#set($context.responseOverride.status = $status)',
  `#if($message.startsWith('${OWN_SHAPE}'))`,
  '$message',
  '#else',
  `{"error":{"code":"${'INVALID_INPUT' satisfies ErrorCode}","message":"$util.escapeJavaScript($message).replaceAll("\\\\'", "'")","requestId":"$context.requestId"}}`,
  '#end',
  '#else',
  '#set($context.responseOverride.status = 500)',
  errorBody('MODEL_ERROR', MODEL_ERROR_MESSAGE),
  '#end',
);

/** SageMaker's own refusal: of the size, or of something that is not the caller's fault. */
const VALIDATION_ERROR = lines(
  "#set($message = $input.json('$'))",
  `#if($message.matches("(?is).*(${SIZE_WORDS}).*"))`,
  '#set($context.responseOverride.status = 413)',
  errorBody('TOO_LARGE', REFUSALS.tooLarge),
  '#else',
  '#set($context.responseOverride.status = 500)',
  errorBody('MODEL_ERROR', MODEL_ERROR_MESSAGE),
  '#end',
);

function errorBody(code: string, message: string): string {
  return `{"error":{"code":"${code}","message":"${message}","requestId":"$context.requestId"}}`;
}

function lines(...all: string[]): string {
  return all.join('\n');
}

/** Without a function nobody could choose among origins by the caller's. */
function severalOrigins(origins: readonly string[]): Fault[] {
  if (origins.length <= 1) {
    return [];
  }
  return [
    {
      id: 'api-endpoint-origins',
      message: `'corsOrigins' has ${origins.length} origins, and the gateway in front of an endpoint can name only one`,
      fix: "give one origin, or '*'",
      see: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html',
    },
  ];
}
