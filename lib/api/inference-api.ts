import { Names, RemovalPolicy } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { CONTENT_TYPES } from '../../lambda/predict/contract';
import { THROTTLE_BURST, THROTTLE_RATE, timeoutBeyondGateway } from '../checks/bounds/api-gateway';
import { deriveIdOnce } from '../private/derived-id';
import { refuse } from '../private/errors';
import type { JsonSchema } from '../private/json-schema';
import { logGroup } from '../private/log-group';
import { fraction, integer, judge } from '../private/validation';
import { type ApiAlarmSettings, addApiAlarms, faultyApiAlarms } from './api-alarms';
import { ApiAuthorization } from './api-authorization';
import type { ApiMethod, ApiMethods, IApiBackend } from './api-backend';
import { faultyApi } from './api-faults';
import type { ApiFirewall } from './api-firewall';
import { accountLogRole } from './account-log-role';
import { errorResponses } from './error-responses';
import { gatewaySchema } from './gateway-schema';
import { OPENAPI_METADATA, openApiDocument } from './openapi';

/** Properties of `InferenceApi`. */
export interface InferenceApiProps {
  /** The deployment behind the API. */
  readonly inference: IApiBackend;

  /**
   * Who may call.
   *
   * @default ApiAuthorization.iam()
   */
  readonly authorization?: ApiAuthorization;

  /**
   * Requests per second that the API lets through, over all callers; more are answered with 429.
   *
   * @default 100
   */
  readonly rateLimit?: number;

  /**
   * Requests that may come at once, over the steady rate.
   *
   * @default 200
   */
  readonly burstLimit?: number;

  /**
   * A web ACL in front of the API.
   *
   * @default - none
   */
  readonly firewall?: ApiFirewall;

  /**
   * Whether there is `POST /predict/stream` too, which hands on the model's answer piece by piece as it comes, for up to 8
   * minutes, and under its own content type. For a `RealtimeEndpoint` on instances, whose container must stream.
   *
   * Such an answer goes through a function: it costs as long as it lasts, each open stream counts against the concurrency
   * limit of AWS Lambda, and the request may have 6 MB. One that breaks off after it has begun ends with an event `error` in the
   * usual shape if it is of the type `text/event-stream`; of any other type it just ends, so its own end mark must be looked
   * for. The gateway gives up after 5 minutes without a piece. SageMaker's `ModelLatency` includes fetching the answer, so long
   * streams may set off the endpoint's latency alarms, also those that roll back: set its `alarms.maxLatency`.
   *
   * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html
   * @default false - answers come whole, and within 29 seconds
   */
  readonly streaming?: boolean;

  /**
   * Origins from which browsers may call, such as `https://example.com`; `*` for any. With several, pages can read the
   * answers of the function but not the gateway's own refusals, which can name only one.
   *
   * @default - none: browsers on other sites cannot read the answers
   */
  readonly corsOrigins?: string[];

  /**
   * Makes the API private: it can be reached only through these VPC endpoints.
   *
   * @default - a public, regional address
   */
  readonly privateEndpoints?: ec2.IVpcEndpoint[];

  /**
   * A domain name of yours. The address that AWS gives is switched off then.
   *
   * @default - only the address that AWS gives
   */
  readonly domainName?: apigateway.DomainNameOptions;

  /**
   * Thresholds of the alarms on failed requests, which join the alarms of the deployment.
   *
   * @default - all thresholds at their defaults
   */
  readonly alarms?: ApiAlarmSettings;

  /**
   * Whether to give API Gateway a role to write logs with. It is one setting for the account and region: without it a
   * first deployment with access logs fails, and it is kept when the stack is deleted, since other APIs may use it.
   * Switch this off where the setting is managed elsewhere.
   *
   * @default true
   */
  readonly cloudWatchRole?: boolean;

  /**
   * How long access logs are kept.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * Key for the access logs; see `ServerlessInferenceProps.encryptionKey`.
   *
   * @default - encrypted with keys that AWS owns
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * What happens to the access logs when this is removed from the stack.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

const STAGE_NAME = 'live';

/**
 * An HTTP front door for a model: `POST /predict` and `GET /health` on a REST API, and `POST /predict/stream` where asked for.
 *
 * Requests in JSON are validated against the model's schema before anything is called and paid for; CSV and binary
 * tensors are validated by the handler. Every refusal has the same shape, whoever gives it. Creates the API with its
 * stage, access logs, request model, error responses, throttling and alarms.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-rest-api.html
 */
export class InferenceApi extends Construct {
  /** The API; further resources and methods may be added. */
  public readonly api: apigateway.RestApi;

  /** The address of the API, such as `https://id.execute-api.region.amazonaws.com/live/`. */
  public readonly url: string;

  /** The key that callers send, if the API asks for one. */
  public readonly apiKey?: apigateway.ApiKey;

  /** Rules of the input schema that the gateway cannot express and only the handler checks. */
  public readonly checkedByHandlerOnly: string[];

  private readonly streams: boolean;
  private readonly document: { readonly [key: string]: unknown };

  constructor(scope: Construct, id: string, props: InferenceApiProps) {
    super(scope, id);
    const { inference } = props;
    refuse(this, [
      ...judge(inference.timeout, (timeout) => timeoutBeyondGateway(timeout.toSeconds())),
      ...fraction('api-rate-limit', 'rateLimit', props.rateLimit, THROTTLE_RATE),
      ...integer('api-burst-limit', 'burstLimit', props.burstLimit, THROTTLE_BURST),
      ...faultyApiAlarms(props.alarms),
      ...faultyApi(props),
    ]);

    const authorization = props.authorization ?? ApiAuthorization.iam();
    this.api = this.createApi(props);
    this.node.defaultChild = this.api;
    if (props.cloudWatchRole !== false) {
      this.api.deploymentStage.node.addDependency(accountLogRole(this));
    }
    const input = inference.model._inputSchema!;
    const { schema, leftToHandler } = gatewaySchema(input.jsonSchema as JsonSchema);
    this.checkedByHandlerOnly = leftToHandler;
    const methods = inference.bindApi({ corsOrigins: props.corsOrigins ?? [], streaming: props.streaming ?? false });
    this.streams = methods.stream !== undefined;
    this.addMethods(methods, schema, authorization);
    errorResponses(this.api, props.corsOrigins);
    this.apiKey = authorization._complete(this, this.api);
    this.url = props.domainName === undefined ? this.api.url : addressOf(props.domainName);
    // The CDK puts the address on the stack, where it may be switched off and nobody asked for it.
    this.api.node.tryRemoveChild('Endpoint');
    if (props.firewall !== undefined) {
      new wafv2.CfnWebACLAssociation(this, 'WebAclAssociation', {
        resourceArn: this.api.deploymentStage.stageArn,
        webAclArn: props.firewall._webAclArn(this),
      });
    }

    addApiAlarms(this, inference, { apiName: this.api.restApiName, stageName: STAGE_NAME }, props.alarms);
    this.document = openApiDocument(
      { model: inference.model, input, contentTypes: methods.contentTypes, streaming: this.streams },
      authorization._securityScheme,
    );
    // As text: metadata is searched for tokens, value by value.
    this.node.addMetadata(OPENAPI_METADATA, JSON.stringify(this.document));
  }

  /** The API as an OpenAPI 3.1 document with examples; also written by `inference-patterns openapi cdk.out`. */
  public openApi(): { [key: string]: unknown } {
    return { ...this.document };
  }

  /** Allows a principal to call every method of the API, where callers are known by IAM. */
  public grantInvoke(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['execute-api:Invoke'],
      resourceArns: [
        this.api.arnForExecuteApi('POST', '/predict', STAGE_NAME),
        ...(this.streams ? [this.api.arnForExecuteApi('POST', '/predict/stream', STAGE_NAME)] : []),
        this.api.arnForExecuteApi('GET', '/health', STAGE_NAME),
      ],
    });
  }

  private createApi(props: InferenceApiProps): apigateway.RestApi {
    const accessLogs = logGroup(this, 'AccessLogs', {
      retention: props.logRetention ?? logs.RetentionDays.THREE_MONTHS,
      encryptionKey: props.encryptionKey,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
    });
    return new apigateway.RestApi(this, 'Api', {
      // Metrics are known by this name, so two APIs of one name would share their alarms. It does not cause replacement.
      restApiName: Names.uniqueResourceName(this, { maxLength: 64 }),
      description: `Predictions of ${props.inference.model.name}`,
      ...reach(props.privateEndpoints, props.authorization),
      domainName: props.domainName,
      disableExecuteApiEndpoint: props.domainName !== undefined,
      // Of all content types only this is handed on as bytes; text stays readable for validation.
      binaryMediaTypes: [CONTENT_TYPES.tensor],
      cloudWatchRole: false,
      deployOptions: {
        stageName: STAGE_NAME,
        tracingEnabled: true,
        throttlingRateLimit: props.rateLimit ?? 100,
        throttlingBurstLimit: props.burstLimit ?? 200,
        accessLogDestination: new apigateway.LogGroupLogDestination(accessLogs),
        accessLogFormat: accessLogFormat(),
      },
      defaultCorsPreflightOptions:
        props.corsOrigins === undefined
          ? undefined
          : {
              allowOrigins: props.corsOrigins,
              allowMethods: ['GET', 'POST'],
              allowHeaders: [...apigateway.Cors.DEFAULT_HEADERS, 'x-inference-id'],
            },
    });
  }

  private addMethods(
    { predict, health, stream }: ApiMethods,
    schema: JsonSchema,
    authorization: ApiAuthorization,
  ): void {
    const options = authorization._methodOptions(this);
    const model = new apigateway.CfnModel(this, 'RequestModel', {
      restApiId: this.api.restApiId,
      contentType: CONTENT_TYPES.json,
      schema,
    });
    const { latestDeployment } = this.api;
    latestDeployment?.addToLogicalId({ schema });
    latestDeployment?.node.addDependency(model);
    deriveIdOnce(latestDeployment?.node.defaultChild as apigateway.CfnDeployment | undefined);
    const validated = {
      ...options,
      requestModels: { [CONTENT_TYPES.json]: apigateway.Model.fromModelName(this, 'Request', model.ref) },
      requestValidator: new apigateway.RequestValidator(this, 'RequestValidator', {
        restApi: this.api,
        validateRequestBody: true,
      }),
    };
    const add = (
      parent: apigateway.IResource,
      path: string,
      verb: string,
      method: ApiMethod,
      common: apigateway.MethodOptions,
    ) => {
      const resource = parent.addResource(path);
      const { integration, requestParameters, methodResponses } = method;
      resource.addMethod(verb, integration, { ...common, requestParameters, methodResponses });
      return resource;
    };
    const predictions = add(this.api.root, 'predict', 'POST', predict, validated);
    if (stream !== undefined) {
      add(predictions, 'stream', 'POST', stream, validated);
    }
    add(this.api.root, 'health', 'GET', health, options);
  }
}

/** Who asked for what, and how it went. No payload, and nothing that authorises. */
function accessLogFormat(): apigateway.AccessLogFormat {
  return apigateway.AccessLogFormat.custom(
    JSON.stringify({
      requestId: apigateway.AccessLogField.contextRequestId(),
      requestTime: apigateway.AccessLogField.contextRequestTime(),
      sourceIp: apigateway.AccessLogField.contextIdentitySourceIp(),
      caller: apigateway.AccessLogField.contextIdentityUserArn(),
      method: apigateway.AccessLogField.contextHttpMethod(),
      path: apigateway.AccessLogField.contextResourcePath(),
      status: apigateway.AccessLogField.contextStatus(),
      errorType: apigateway.AccessLogField.contextErrorResponseType(),
      latencyMs: apigateway.AccessLogField.contextResponseLatency(),
      integrationLatencyMs: apigateway.AccessLogField.contextIntegrationLatency(),
    }),
  );
}

function addressOf({ domainName, basePath }: apigateway.DomainNameOptions): string {
  return `https://${domainName}/${basePath === undefined ? '' : `${basePath}/`}`;
}

/** From where the API can be reached. A private API lets nobody in without a policy that says who. */
function reach(
  endpoints: ec2.IVpcEndpoint[] | undefined,
  authorization: ApiAuthorization | undefined,
): Pick<apigateway.RestApiProps, 'endpointConfiguration' | 'policy'> {
  if (endpoints === undefined) {
    return { endpointConfiguration: { types: [apigateway.EndpointType.REGIONAL] } };
  }
  const ids = endpoints.map((endpoint) => endpoint.vpcEndpointId);
  const call = { principals: [new iam.AnyPrincipal()], actions: ['execute-api:Invoke'], resources: ['execute-api:/*'] };
  // Within an account an allow in this policy would be enough for any caller who signs, whatever his own policies say.
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
  const throughEndpoints =
    authorization === undefined || authorization._byIam
      ? new iam.PolicyStatement({
          ...call,
          effect: iam.Effect.DENY,
          conditions: { StringNotEquals: { 'aws:SourceVpce': ids } },
        })
      : new iam.PolicyStatement({ ...call, conditions: { StringEquals: { 'aws:SourceVpce': ids } } });
  return {
    endpointConfiguration: { types: [apigateway.EndpointType.PRIVATE], vpcEndpoints: endpoints },
    policy: new iam.PolicyDocument({ statements: [throughEndpoints] }),
  };
}
