import * as path from 'node:path';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codedeploy from 'aws-cdk-lib/aws-codedeploy';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/**
 * One deployment as somebody would write it with aws-cdk-lib's own constructs and without this library: about the same
 * resources. It shows what of the time is aws-cdk-lib's.
 */
export class HandWritten extends Construct {
  constructor(scope: Construct, id: string, dist: string) {
    super(scope, id);
    const fn = this.function('Function', path.join(dist, 'handlers', 'predict'), this.layer(dist));
    const alias = new lambda.Alias(this, 'Alias', { aliasName: 'live', version: fn.currentVersion });
    const failed = new sqs.Queue(this, 'Failed', { enforceSSL: true });
    alias.configureAsyncInvoke({ onFailure: new SqsDestination(failed) });

    const metric = (metricName: string, statistic: string, version?: lambda.IVersion) =>
      new cloudwatch.Metric({
        namespace: 'AWS/Lambda',
        metricName,
        statistic,
        period: Duration.minutes(1),
        dimensionsMap: {
          FunctionName: fn.functionName,
          Resource: `${fn.functionName}:live`,
          ...(version === undefined ? {} : { ExecutedVersion: version.version }),
        },
      });
    const ratio = (version?: lambda.IVersion) =>
      new cloudwatch.MathExpression({
        expression: 'IF(invocations >= 20, FILL(errors, 0) / invocations, 0)',
        usingMetrics: {
          invocations: metric('Invocations', 'Sum', version),
          errors: metric('Errors', 'Sum', version),
          handled: metric('Errors', 'Sum', version),
          rejected: metric('Errors', 'Sum', version),
        },
      });
    const alarm = (name: string, watched: cloudwatch.IMetric) =>
      new cloudwatch.Alarm(this, name, { metric: watched, threshold: 1, evaluationPeriods: 5 });
    const rollback = [
      alarm('NewErrors', ratio(fn.currentVersion)),
      alarm('NewLatency', metric('Duration', 'p99', fn.currentVersion)),
    ];
    const smokeTest = this.function('SmokeTest', path.join(dist, 'handlers', 'smoke-test'), []);
    new codedeploy.LambdaDeploymentGroup(this, 'Rollout', { alias, alarms: rollback, preHook: smokeTest });

    const alarms = [
      alarm('Errors', ratio()),
      ...['Throttles', 'Duration', 'ConcurrentExecutions'].map((name) => alarm(name, metric(name, 'Sum'))),
      alarm('Failures', failed.metricApproximateNumberOfMessagesVisible()),
      ...this.api(alias, alarm),
    ];
    new cloudwatch.CompositeAlarm(this, 'Page', {
      alarmRule: cloudwatch.AlarmRule.anyOf(
        ...alarms.map((each) => cloudwatch.AlarmRule.fromAlarm(each, cloudwatch.AlarmState.ALARM)),
      ),
    });
    const graph = (name: string) =>
      new cloudwatch.GraphWidget({ left: ['p50', 'p95', 'p99'].map((statistic) => metric(name, statistic)) });
    new cloudwatch.Dashboard(this, 'Dashboard', {
      widgets: [
        [new cloudwatch.AlarmStatusWidget({ alarms })],
        ...['Duration', 'Invocations', 'Errors', 'Throttles', 'ConcurrentExecutions'].map((name) => [
          graph(name),
          graph(name),
        ]),
      ],
    });
  }

  private function(id: string, directory: string, layers: lambda.ILayerVersion[]): lambda.Function {
    return new lambda.Function(this, id, {
      runtime: lambda.Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: lambda.Code.fromAsset(directory),
      tracing: layers.length > 0 ? lambda.Tracing.ACTIVE : undefined,
      layers,
      logGroup: new logs.LogGroup(this, `${id}Logs`, { removalPolicy: RemovalPolicy.DESTROY }),
    });
  }

  private layer(dist: string): lambda.ILayerVersion[] {
    const stack = Stack.of(this);
    const existing = stack.node.tryFindChild('Layer') as lambda.LayerVersion | undefined;
    return [
      existing ??
        new lambda.LayerVersion(stack, 'Layer', {
          code: lambda.Code.fromAsset(path.join(dist, 'layers', 'onnxruntime-arm64.zip')),
        }),
    ];
  }

  private api(
    alias: lambda.IAlias,
    alarm: (name: string, metric: cloudwatch.IMetric) => cloudwatch.Alarm,
  ): cloudwatch.Alarm[] {
    const api = new apigateway.RestApi(this, 'Api', {
      deployOptions: {
        accessLogDestination: new apigateway.LogGroupLogDestination(new logs.LogGroup(this, 'AccessLogs')),
      },
    });
    const fields = Array.from({ length: 30 }, (_, index) => [
      `field${index}`,
      { type: apigateway.JsonSchemaType.NUMBER, minimum: 0, maximum: 100 },
    ]);
    const model = api.addModel('Model', {
      schema: {
        type: apigateway.JsonSchemaType.OBJECT,
        properties: Object.fromEntries(fields) as Record<string, apigateway.JsonSchema>,
      },
    });
    const integration = new apigateway.LambdaIntegration(alias, { allowTestInvoke: false });
    const options = { authorizationType: apigateway.AuthorizationType.IAM };
    api.root.addResource('predict').addMethod('POST', integration, {
      ...options,
      requestModels: { 'application/json': model },
      requestValidator: api.addRequestValidator('Validator', { validateRequestBody: true }),
    });
    api.root.addResource('health').addMethod('GET', integration, options);
    [
      apigateway.ResponseType.BAD_REQUEST_BODY,
      apigateway.ResponseType.DEFAULT_4XX,
      apigateway.ResponseType.DEFAULT_5XX,
    ].forEach((type) => api.addGatewayResponse(type.responseType, { type }));
    return [alarm('ApiErrors', api.metricServerError()), alarm('ApiRefusals', api.metricClientError())];
  }
}
