import { Duration, Tokenization } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ENV, METRICS, MODEL_SECONDS } from '../../lambda/stream-invoke/contract';
import type { ApiMethod } from '../api/api-backend';
import type { IInference } from '../inference';
import { AlarmSeverity } from '../monitoring/alarm-settings';
import { ALARM_PERIOD } from '../monitoring/inference-alarms';
import { HANDLER_ENTRY, handlerCode, handlerRuntime } from '../private/handler-assets';
import { logGroup, type LogOptions } from '../private/log-group';
import type { EndpointThresholds } from './variant-alarms';

/** Properties of response streaming. */
export interface ResponseStreamingProps {
  readonly endpoint: IInference & { readonly endpointName: string };
  /** Origins whose pages may read the answers; empty for none. */
  readonly corsOrigins: readonly string[];
  readonly thresholds: EndpointThresholds;
  readonly kept: LogOptions;
}

/** The handler gives up 10 seconds after SageMaker should have; then it needs time to say so. */
const FUNCTION_TIMEOUT: Duration = Duration.seconds(MODEL_SECONDS + 30);

/**
 * Longer than the function's own, so that it is the function that says what went wrong. A gateway that streams takes up to 15
 * minutes; besides, it gives up after 5 minutes in which nothing came.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html
 */
const INTEGRATION_TIMEOUT: Duration = Duration.seconds(MODEL_SECONDS + 60);

/**
 * Answers of an endpoint piece by piece through a REST API. The gateway streams only from functions and HTTP servers, so a
 * function stands in between, which hands on what comes and validates what the gateway does not.
 *
 * Creates the function with its role, log group, alarms and row of the dashboard.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html
 */
export class ResponseStreaming extends Construct {
  /** What answers `POST /predict/stream`. */
  public readonly method: ApiMethod;

  constructor(scope: Construct, id: string, props: ResponseStreamingProps) {
    super(scope, id);
    const relay = this.createFunction(props);
    this.method = {
      integration: new apigateway.LambdaIntegration(relay, {
        responseTransferMode: apigateway.ResponseTransferMode.STREAM,
        timeout: INTEGRATION_TIMEOUT,
        allowTestInvoke: false,
      }),
    };
    watch(relay, props);
  }

  private createFunction({ endpoint, corsOrigins, kept }: ResponseStreamingProps): lambda.Function {
    const { endpointName } = endpoint;
    const group = logGroup(this, 'Logs', kept);
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: `Asks ${endpointName} for predictions that come piece by piece`,
    });
    group.grants.write(role);
    // Both actions: SageMaker's documentation of the call names the one of the call without a stream.
    // https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpointWithResponseStream.html
    endpoint.grantInvoke(role);
    return new lambda.Function(this, 'Function', {
      description: `Hands on answers of ${endpointName} as they come`,
      runtime: handlerRuntime(),
      architecture: lambda.Architecture.ARM_64,
      handler: HANDLER_ENTRY,
      code: handlerCode('stream-invoke', {}),
      memorySize: 512,
      timeout: FUNCTION_TIMEOUT,
      environment: {
        [ENV.endpointName]: endpointName,
        ...(corsOrigins.length === 0 ? {} : { [ENV.corsOrigins]: corsOrigins.join(' ') }),
      },
      role,
      logGroup: group,
    });
  }
}

/** Adds the alarms and the dashboard row of the function to those of the endpoint. */
function watch(relay: lambda.Function, { endpoint, thresholds }: ResponseStreamingProps): void {
  const { alarms, dashboard } = endpoint;
  const { SUM, MAXIMUM } = cloudwatch.Stats;
  const metric = (namespace: string, metricName: string, statistic: string): cloudwatch.Metric =>
    new cloudwatch.Metric({
      namespace,
      metricName,
      statistic,
      period: ALARM_PERIOD,
      dimensionsMap: { FunctionName: relay.functionName },
    });
  // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
  const ofLambda = (metricName: string, statistic: string) => metric('AWS/Lambda', metricName, statistic);
  const ofHandler = (metricName: string, statistic: string) => metric(METRICS.namespace, metricName, statistic);
  const invocations = ofLambda('Invocations', SUM);
  const errors = ofLambda('Errors', SUM);
  const throttles = ofLambda('Throttles', SUM);
  const handled = ofHandler(METRICS.handledServerErrors, SUM);

  alarms.add('StreamErrorRatio', {
    severity: AlarmSeverity.CRITICAL,
    description:
      "Streamed answers fail, or break off before their end. Look at the log of the streaming function for the reason, then at the container's.",
    metric: new cloudwatch.MathExpression({
      // What the handler answers itself is no error to AWS Lambda.
      expression: `IF(invocations >= ${Tokenization.stringifyNumber(thresholds.minSamples)}, (FILL(errors, 0) + FILL(handled, 0)) / invocations, 0)`,
      usingMetrics: { invocations, errors, handled },
      period: ALARM_PERIOD,
      label: 'share of streams that failed',
    }),
    threshold: thresholds.maxErrorRatio,
  });
  alarms.add('StreamThrottles', {
    severity: AlarmSeverity.CRITICAL,
    description:
      "Streams are turned away because the concurrency limit of AWS Lambda is reached: each open stream counts as one. Raise the account's quota.",
    metric: throttles,
    threshold: 0,
  });
  dashboard?.addRow({
    title: 'Streams',
    graphs: [
      { title: 'requests', metrics: [invocations, throttles] },
      { title: 'open at a time', metrics: [ofLambda('ConcurrentExecutions', MAXIMUM)] },
      { title: 'failed or broken off', metrics: [errors, handled] },
      {
        title: 'time to the first piece, ms',
        metrics: ['p50', 'p95', 'p99'].map((p) => ofHandler(METRICS.firstChunkLatency, p).with({ label: p })),
      },
    ],
  });
}
