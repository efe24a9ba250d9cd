import { REST_INTEGRATION_TIMEOUT_SECONDS } from '../bounds/api-gateway';
import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import {
  at,
  Composed,
  has,
  isMissing,
  isObject,
  listAt,
  numberAt,
  type Resolved,
  textAt,
  Unknown,
} from '../template/resolved-value';
import { calledFunction, FUNCTION, timeoutOf } from './called-function';
import { ENDPOINT, endpointConfigOf, endpointNamed, isAsync } from './endpoints';
import { MAPPING, streamOf } from './event-source';
import { perResource, type Rule, type RuleDefinition } from './rule';

const REST =
  'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html';
const HTTP = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html';
const STREAMING = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html';
const STREAMING_FUNCTION =
  'https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html';
const STREAMING_RUNTIME = 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html';
const ASYNC_ENDPOINT = 'https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference.html';
const ASYNC_ERRORS = 'https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html';
const ASYNC_RECORDS = 'https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html';
const LARGE_RECORDS = 'https://docs.aws.amazon.com/streams/latest/dev/large-records.html';

const METHOD = 'AWS::ApiGateway::Method';
const REST_API = 'AWS::ApiGateway::RestApi';
const HTTP_INTEGRATION = 'AWS::ApiGatewayV2::Integration';
const HTTP_API = 'AWS::ApiGatewayV2::Api';
const INVOKE_CONFIG = 'AWS::Lambda::EventInvokeConfig';

/** Longest time that an HTTP API waits, in seconds; a WebSocket API waits as long as a REST API. */
const HTTP_TIMEOUT_SECONDS = 30;
/** The largest record whose 4 characters of text for 3 bytes fit the 6 MB that a function takes, in KiB. */
const RECORD_KIB = (6 * 1024 * 3) / 4;
/** After how many seconds a failed event is tried for the second and for the third time. */
const RETRY_AFTER = [60, 180];

const integrationOf = ({ properties }: ResolvedResource): Resolved => at(properties, 'Integration');
const isStreamed = (method: ResolvedResource): boolean =>
  textAt(integrationOf(method), 'ResponseTransferMode') === 'STREAM';

/** Text with stars for what is not known. */
function pattern(value: Resolved): string {
  const parts: readonly unknown[] = value instanceof Composed ? value.parts : [value];
  return parts.map((part) => (typeof part === 'string' ? part : '*')).join('');
}

/** Whether a caller does not wait for the function, or may not. */
function isFireAndForget(integration: Resolved): boolean {
  const parameters = at(integration, 'RequestParameters');
  const type = isObject(parameters) ? parameters['integration.request.header.X-Amz-Invocation-Type'] : parameters;
  return type !== undefined && type !== "'RequestResponse'";
}

/** A rule over each method of a REST API that a function answers. */
function perFunctionMethod(
  definition: RuleDefinition,
  faultOf: (method: ResolvedResource, fn: ResolvedResource) => string | undefined,
): Rule {
  return perResource([METHOD], definition, (method, template) => {
    const called = calledFunction(at(integrationOf(method), 'Uri'), template);
    return called === undefined ? undefined : faultOf(method, called.function);
  });
}

/** What the gateway does when a function runs for longer than it waits. */
function beyond(fn: ResolvedResource, waits: number | undefined): string | undefined {
  const timeout = timeoutOf(fn);
  return timeout !== undefined && waits !== undefined && timeout > waits
    ? `the function ${fn.logicalId} may run for ${timeout} s, and the gateway answers 504 after ${waits} s while the function goes on`
    : undefined;
}

/** Seconds that an integration waits, where they are known. */
function waitsFor(integration: Resolved, fallback: number): number | undefined {
  const millis = numberAt(integration, 'TimeoutInMillis');
  return isMissing(integration, 'TimeoutInMillis') ? fallback : millis === undefined ? undefined : millis / 1000;
}

/** The endpoint that a URI of SageMaker's runtime asks, and whether it asks for an answer at once. */
function askedEndpoint(
  method: ResolvedResource,
  template: ResolvedTemplate,
): { readonly config: ResolvedResource; readonly async: boolean } | undefined {
  const uri = at(integrationOf(method), 'Uri');
  const [, name, how] =
    /:runtime\.sagemaker:path\/+endpoints\/([^/]+)\/(async-invocations|invocations)/.exec(pattern(uri)) ?? [];
  if (name === undefined) {
    return undefined;
  }
  const parts = uri instanceof Composed ? uri.parts : [];
  const reference = parts.find((part) => template.referred(part, ENDPOINT) !== undefined);
  const config = endpointConfigOf(endpointNamed(name.includes('*') ? reference : name, template));
  return config === undefined ? undefined : { config, async: how === 'async-invocations' };
}

/** Functions that a resource calls without waiting for them. */
function calledWithoutWaiting({ type, properties }: ResolvedResource): readonly Resolved[] {
  switch (type) {
    case 'AWS::S3::Bucket':
      return listAt(properties, 'NotificationConfiguration', 'LambdaConfigurations').map((each) =>
        at(each, 'Function'),
      );
    case 'AWS::SNS::Subscription':
      return textAt(properties, 'Protocol') === 'lambda' ? [at(properties, 'Endpoint')] : [];
    case 'AWS::Events::Rule':
      return listAt(properties, 'Targets').map((target) => at(target, 'Arn'));
    default:
      return [];
  }
}

/** Whether something keeps the events that a function could not handle, or may do so. */
function keepsFailures(fn: ResolvedResource): boolean {
  return (
    has(fn.properties, 'DeadLetterConfig') ||
    fn.template
      .everywhere(INVOKE_CONFIG)
      .some(
        ({ properties, template }) =>
          !isMissing(properties, 'DestinationConfig', 'OnFailure') &&
          (at(properties, 'FunctionName') instanceof Unknown ||
            calledFunction(at(properties, 'FunctionName'), template)?.function === fn),
      )
  );
}

/** What one piece of a chain allows and the next does not. */
export const CHAIN_RULES: readonly Rule[] = [
  perFunctionMethod(
    {
      id: 'chain-rest-timeout',
      severity: 'warning',
      title: 'A function behind a REST API does not run for longer than the API waits',
      fix: 'lower Timeout of the function, stream the answer, or call the function asynchronously',
      see: REST,
    },
    (method, fn) => {
      const integration = integrationOf(method);
      // A streamed answer may take longer than the time that is the default for others.
      const buffers =
        isMissing(integration, 'ResponseTransferMode') || textAt(integration, 'ResponseTransferMode') === 'BUFFERED';
      return isFireAndForget(integration) || (!buffers && !has(integration, 'TimeoutInMillis'))
        ? undefined
        : beyond(fn, waitsFor(integration, REST_INTEGRATION_TIMEOUT_SECONDS));
    },
  ),
  perResource(
    [HTTP_INTEGRATION],
    {
      id: 'chain-http-timeout',
      severity: 'warning',
      title: 'A function behind an HTTP or a WebSocket API does not run for longer than the API waits',
      fix: 'lower Timeout of the function, or let it hand long work to a queue',
      see: HTTP,
    },
    ({ properties }, template) => {
      const called = calledFunction(at(properties, 'IntegrationUri'), template);
      const api = template.referred(at(properties, 'ApiId'), HTTP_API);
      const protocol = api === undefined ? undefined : textAt(api.properties, 'ProtocolType');
      return called === undefined || protocol === undefined || isFireAndForget(properties)
        ? undefined
        : beyond(
            called.function,
            waitsFor(properties, protocol === 'WEBSOCKET' ? REST_INTEGRATION_TIMEOUT_SECONDS : HTTP_TIMEOUT_SECONDS),
          );
    },
  ),
  perResource(
    [METHOD],
    {
      id: 'chain-edge-timeout',
      severity: 'error',
      title: 'An edge-optimized API waits 29 seconds at most',
      fix: 'make the API REGIONAL and have the quota raised, or lower TimeoutInMillis',
      see: REST,
    },
    (method, template) => {
      const api = template.referred(at(method.properties, 'RestApiId'), REST_API);
      const millis = numberAt(integrationOf(method), 'TimeoutInMillis');
      return api !== undefined &&
        listAt(api.properties, 'EndpointConfiguration', 'Types').includes('EDGE') &&
        !isStreamed(method) &&
        millis !== undefined &&
        millis > REST_INTEGRATION_TIMEOUT_SECONDS * 1000
        ? `TimeoutInMillis is ${millis}, and the API is edge-optimized, for which the ${REST_INTEGRATION_TIMEOUT_SECONDS} s cannot be raised`
        : undefined;
    },
  ),
  perFunctionMethod(
    {
      id: 'chain-stream-uri',
      severity: 'error',
      title: 'A streamed method calls its function so that it streams',
      fix: 'end Uri with /2021-11-15/functions/<ARN>/response-streaming-invocations, and set ResponseTransferMode to STREAM',
      see: STREAMING_FUNCTION,
    },
    (method) => {
      const integration = integrationOf(method);
      const streams = pattern(at(integration, 'Uri')).endsWith('/response-streaming-invocations');
      const buffers = pattern(at(integration, 'Uri')).endsWith('/invocations');
      if (isStreamed(method)) {
        return buffers
          ? 'ResponseTransferMode is STREAM, and Uri ends with /invocations, which gives one whole answer'
          : undefined;
      }
      return streams && isMissing(integration, 'ResponseTransferMode')
        ? 'Uri ends with /response-streaming-invocations, and ResponseTransferMode is not STREAM'
        : undefined;
    },
  ),
  perResource(
    [METHOD],
    {
      id: 'chain-stream-mapped',
      severity: 'error',
      title: 'What is streamed is handed on as it is',
      fix: 'set Type of the integration to AWS_PROXY or HTTP_PROXY',
      see: STREAMING,
    },
    (method) => {
      const type = textAt(integrationOf(method), 'Type');
      return isStreamed(method) && (type === 'AWS' || type === 'HTTP' || type === 'MOCK')
        ? `ResponseTransferMode is STREAM, and Type is ${type}, which waits for the whole answer`
        : undefined;
    },
  ),
  perResource(
    [METHOD, 'AWS::Lambda::Url'],
    {
      id: 'chain-stream-runtime',
      severity: 'error',
      title: 'A function that streams has a runtime that can',
      fix: 'use a nodejs runtime, a provided one, or the Lambda Web Adapter as a layer',
      see: STREAMING_RUNTIME,
    },
    (caller, template) => {
      const streams =
        caller.type === METHOD ? isStreamed(caller) : textAt(caller.properties, 'InvokeMode') === 'RESPONSE_STREAM';
      const value =
        caller.type === METHOD ? at(integrationOf(caller), 'Uri') : at(caller.properties, 'TargetFunctionArn');
      const fn = streams ? calledFunction(value, template)?.function : undefined;
      const runtime = textAt(fn?.properties, 'Runtime');
      return runtime !== undefined &&
        /^(python|java|dotnet|ruby|go)/.test(runtime) &&
        isMissing(fn?.properties, 'Layers')
        ? `the function ${fn?.logicalId} runs on ${runtime}, which answers only when it is done`
        : undefined;
    },
  ),
  perResource(
    [METHOD],
    {
      id: 'chain-endpoint-invocation',
      severity: 'error',
      title: 'An endpoint is asked the way it answers',
      fix: 'use …/async-invocations for an asynchronous endpoint, and …/invocations for any other',
      see: ASYNC_ENDPOINT,
    },
    (method, template) => {
      const asked = askedEndpoint(method, template);
      if (asked === undefined || asked.async === isAsync(asked.config)) {
        return undefined;
      }
      return asked.async
        ? 'Uri asks with async-invocations, and the endpoint has no AsyncInferenceConfig'
        : 'Uri asks with invocations, and the endpoint has AsyncInferenceConfig: it takes requests by way of S3 alone';
    },
  ),
  perResource(
    [MAPPING],
    {
      id: 'chain-record-beyond-function',
      severity: 'warning',
      title: 'A record that a stream takes fits what its function takes',
      fix: `set MaxRecordSizeInKiB of the stream to ${RECORD_KIB} or less, or send the place of large data in place of the data`,
      see: LARGE_RECORDS,
    },
    (mapping) => {
      const stream = streamOf(mapping);
      const size = numberAt(stream?.properties, 'MaxRecordSizeInKiB');
      return size !== undefined && size > RECORD_KIB
        ? `MaxRecordSizeInKiB of ${stream?.logicalId} is ${size}, and what is over about ${RECORD_KIB} KiB never reaches the function, which takes 6 MB of text`
        : undefined;
    },
  ),
  perResource(
    [INVOKE_CONFIG],
    {
      id: 'chain-event-age',
      severity: 'warning',
      title: 'An event lives long enough to be tried as often as it may be',
      fix: 'raise MaximumEventAgeInSeconds, or lower MaximumRetryAttempts',
      see: ASYNC_ERRORS,
    },
    ({ properties }) => {
      const age = numberAt(properties, 'MaximumEventAgeInSeconds');
      const retries = isMissing(properties, 'MaximumRetryAttempts') ? 2 : numberAt(properties, 'MaximumRetryAttempts');
      const last = retries === undefined || retries < 1 ? undefined : RETRY_AFTER[Math.min(retries, 2) - 1];
      return age !== undefined && last !== undefined && age <= last
        ? `MaximumEventAgeInSeconds is ${age}, and the last of ${retries} retries comes after ${last} s`
        : undefined;
    },
  ),
  perResource(
    [FUNCTION],
    {
      id: 'chain-events-lost',
      severity: 'warning',
      title: 'An event that a function could not handle is kept',
      fix: 'set DestinationConfig.OnFailure in an AWS::Lambda::EventInvokeConfig, or DeadLetterConfig of the function',
      see: ASYNC_RECORDS,
    },
    (fn) => {
      const caller = keepsFailures(fn)
        ? undefined
        : fn.template
            .everywhere('AWS::S3::Bucket', 'AWS::SNS::Subscription', 'AWS::Events::Rule')
            .find((each) =>
              calledWithoutWaiting(each).some((value) => calledFunction(value, each.template)?.function === fn),
            );
      return caller === undefined
        ? undefined
        : `${caller.logicalId} calls it and does not wait; an event that fails at every try is dropped`;
    },
  ),
];
