import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as destinations from 'aws-cdk-lib/aws-lambda-destinations';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { CONTENT_TYPES, ENV, METRICS } from '../../lambda/predict/contract';
import type { ApiBindOptions, ApiMethods, IApiBackend } from '../api/api-backend';
import type { IInference } from '../inference';
import type { Model } from '../model/model';
import { reasonsWith, sizeFor } from '../model/function-sizing';
import { isFetchedAtStart } from '../model/onnx-handler';
import { AliasMetrics } from '../monitoring/alias-metrics';
import { InferenceAlarms } from '../monitoring/inference-alarms';
import { InferenceDashboard } from '../monitoring/inference-dashboard';
import { watchStagedRollout } from '../monitoring/watch-staged-rollout';
import { refuse } from '../private/errors';
import { functionIdentity } from '../private/function-identity';
import type { LogOptions } from '../private/log-group';
import { inMebibytes } from '../private/validation';
import { deriveIdOnce } from '../private/derived-id';
import { deployAlias } from '../rollout/alias-deployment';
import { Rollout } from '../rollout/rollout';
import type { RolloutPlan } from '../rollout/rollout-plan';
import { InferenceHandler } from './inference-handler';
import { addServerlessAlarms, faultyThresholds, newVersionAlarms, thresholdsOf } from './serverless-alarms';
import { addServerlessRows } from './serverless-dashboard';
import { publishedCounts } from './serverless-counts';
import { faultyProps, ownFunctionProps } from './serverless-faults';
import type { ServerlessInferenceProps } from './serverless-inference-props';

const COLD_IN_SPITE =
  'the model is fetched from S3 after an environment has started: the first request of a provisioned environment still waits for it';

/** The alias that callers use, and whose traffic the rollout shifts, unless it is to have another name. */
const ALIAS_NAME = 'live';

/**
 * A model served from AWS Lambda: paid per request, nothing when idle.
 *
 * Creates the function with its role and log group, a version for each change, the alias `live`, a queue for failed
 * asynchronous requests, a CodeDeploy rollout with a smoke test and rollback alarms on the new version, the alarms of
 * the running service with one composite alarm to page by, and a dashboard.
 *
 * ```ts
 * new ServerlessInference(this, 'Fraud', {
 *   model,
 *   rollout: Rollout.canary({ percent: 5, bake: Duration.minutes(10) }),
 * });
 * ```
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/welcome.html
 */
export class ServerlessInference extends Construct implements IInference, IApiBackend {
  public readonly model: Model;
  public readonly alarms: InferenceAlarms;
  public readonly dashboard?: InferenceDashboard;
  public readonly rolloutPlan: RolloutPlan;

  /** The function. Callers should use `alias`: the function itself is not part of a rollout. */
  public readonly function: lambda.IFunction;

  /** The version that this synthesis publishes. */
  public readonly version: lambda.IVersion;

  /** The alias that callers use. */
  public readonly alias: lambda.IAlias;

  /** The alarms that roll a new version back; none in a staged rollout, where versions are compared instead. */
  public readonly rollbackAlarms: cloudwatch.Alarm[];

  /** Name of the CodeDeploy deployment group that shifts the traffic, unless the rollout is staged. */
  public readonly deploymentGroupName?: string;

  /** The controller of a staged rollout; `inference-patterns rollout` asks for its name. */
  public readonly rolloutController?: lambda.IFunction;

  /** The function that asks the model's examples of a new version, unless the rollout goes without or is staged. */
  public readonly smokeTest?: lambda.IFunction;

  /** The queue of failed asynchronous requests, unless they go to a destination of yours. */
  public readonly failureQueue?: sqs.Queue;

  /** The function's own HTTPS address, if it has one. */
  public readonly functionUrl?: lambda.FunctionUrl;

  /** Longest time for one call. */
  public readonly timeout: Duration;

  /** Answers come whole. */
  public readonly supportsStreaming: boolean = false;

  /** Why memory, time-out and `/tmp` are what they are, one sentence each. */
  public readonly sizingReasons: string[];

  private readonly metrics: AliasMetrics;
  private readonly origins = new Set<string>();

  /** Whether the handler is the library's own. */
  private readonly ownHandler: boolean;

  constructor(scope: Construct, id: string, props: ServerlessInferenceProps) {
    super(scope, id);
    const handler = props.handler ?? InferenceHandler.onnx();
    const sizing = sizeFor(inMebibytes(props.model.size), isFetchedAtStart(props.model));
    this.timeout = handler._timeout ?? props.timeout ?? sizing.timeout;
    const settings = props.alarms ?? {};
    const aliasName = props.aliasName ?? ALIAS_NAME;
    refuse(this, [
      ...faultyProps(props),
      ...handler._validate(ownFunctionProps(props)),
      ...faultyThresholds(settings, this.timeout),
    ]);

    this.model = props.model;
    this.ownHandler = handler._isOwn;
    this.sizingReasons = reasonsWith(sizing, props);
    const kept: LogOptions = {
      retention: props.logRetention ?? logs.RetentionDays.THREE_MONTHS,
      encryptionKey: props.encryptionKey,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
    };
    const bound = handler._bind(this, () => ({
      ...props,
      architecture: props.architecture ?? lambda.Architecture.ARM_64,
      memorySize: props.memorySize ?? sizing.memorySize,
      timeout: this.timeout,
      ephemeralStorage: props.ephemeralStorage ?? sizing.ephemeralStorage,
      tracing: props.tracing ?? lambda.Tracing.ACTIVE,
      ...functionIdentity(this, `Runs ${props.model.name} in AWS Lambda`, kept, props.vpc !== undefined),
      currentVersionOptions: {
        description: props.model.identity,
        // The old version must outlive the update, to be rolled back to; a new one that was never accepted must not
        // stay, or its code could not be published again.
        removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      },
    }));
    this.node.defaultChild = bound.function;
    this.function = bound.function;
    this.version = bound.version;
    deriveIdOnce(this.version.node.defaultChild as lambda.CfnVersion | undefined);
    this.metrics = new AliasMetrics(this.function.functionName, aliasName, this.version);
    const thresholds = thresholdsOf(settings, this.timeout, props.reservedConcurrency);
    const deployed = deployAlias(this, {
      aliasName,
      model: props.model,
      version: this.version,
      ownFunction: this.function.node.scopes.includes(this),
      rollout: props.rollout ?? Rollout.canary({ percent: 10, bake: Duration.minutes(5) }),
      scaling: props.scaling,
      logs: kept,
      newVersionAlarms: () => newVersionAlarms(this, this.metrics, thresholds, this.ownHandler),
      counts: () => publishedCounts(this.metrics, thresholds, this.ownHandler),
      notes: props.scaling !== undefined && this.ownHandler && isFetchedAtStart(props.model) ? [COLD_IN_SPITE] : [],
    });
    this.alias = deployed.alias;
    this.rollbackAlarms = deployed.rollbackAlarms;
    this.rolloutPlan = deployed.plan;
    this.deploymentGroupName = deployed.deploymentGroupName;
    this.rolloutController = deployed.controller?.function;
    this.smokeTest = deployed.smokeTest;

    // AWS Lambda checks that the function may write there, and an imported one's role is not ours to extend.
    const mayBeAllowed = this.function.role !== undefined;
    this.failureQueue =
      props.failureDestination === undefined && mayBeAllowed ? this.createFailureQueue(kept) : undefined;
    if (mayBeAllowed) {
      this.alias.configureAsyncInvoke({
        onFailure: props.failureDestination ?? new destinations.SqsDestination(this.failureQueue!),
      });
    }
    this.functionUrl =
      props.functionUrl === true
        ? this.alias.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.AWS_IAM })
        : undefined;

    this.alarms = new InferenceAlarms(this, 'Alarms', settings);
    addServerlessAlarms(this.alarms, this.metrics, thresholds, {
      ownHandler: this.ownHandler,
      provisioned: deployed.provisioned,
      failedEvents: this.failureQueue,
      ownDestination: mayBeAllowed && props.failureDestination !== undefined,
    });
    if (props.dashboard !== false) {
      this.dashboard = new InferenceDashboard(this, 'Dashboard', this.alarms);
      addServerlessRows(this.dashboard, this.metrics, {
        ownHandler: this.ownHandler,
        provisioned: deployed.provisioned,
      });
    }
    if (deployed.controller !== undefined) {
      watchStagedRollout(this.alarms, this.dashboard, deployed.controller.watched);
    }
  }

  /** Allows a principal to ask for predictions, through the alias `live` and the function URL if there is one. */
  public grantInvoke(grantee: iam.IGrantable): iam.Grant {
    const grant = this.alias.grantInvoke(grantee);
    return this.functionUrl === undefined ? grant : grant.combine(this.functionUrl.grantInvokeUrl(grantee));
  }

  /** A metric that AWS Lambda publishes for the alias, such as `Invocations`; the sum per minute unless told otherwise. */
  public metric(metricName: string, options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.metrics.ofAlias(metricName, cloudwatch.Stats.SUM, options);
  }

  /** Calls through the alias, throttled ones not counted. */
  public metricInvocations(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('Invocations', options);
  }

  /** Calls that ended with an error that the handler did not answer itself. */
  public metricErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('Errors', options);
  }

  /** Calls that were turned away at the concurrency limit. */
  public metricThrottles(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('Throttles', options);
  }

  /** Time to answer in milliseconds, the 99th percentile unless told otherwise. */
  public metricDuration(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metrics.ofAlias('Duration', 'p99', options);
  }

  /** Time inside the model in milliseconds, the 99th percentile; published by the library's handler. */
  public metricModelLatency(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metrics.ofHandler(METRICS.modelLatency, 'p99').with(options ?? {});
  }

  /** Requests that were refused because the caller was at fault; published by the library's handler. */
  public metricClientErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metrics.ofHandler(METRICS.clientErrors, cloudwatch.Stats.SUM).with(options ?? {});
  }

  /** The predictions themselves, their average unless told otherwise; published by the library's handler. */
  public metricPrediction(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metrics.ofHandler(METRICS.prediction, cloudwatch.Stats.AVERAGE).with(options ?? {});
  }

  /**
   * What an `InferenceApi` puts behind its methods: the alias, so that a rollout shifts the traffic of the API too. The
   * handler names these origins in its answers, so that browsers let their pages read them; a handler of your own names
   * them itself.
   */
  public bindApi({ corsOrigins }: ApiBindOptions): ApiMethods {
    if (this.ownHandler && corsOrigins.length > 0) {
      corsOrigins.forEach((origin) => this.origins.add(origin));
      (this.function as lambda.Function).addEnvironment(ENV.corsOrigins, [...this.origins].join(' '));
    }
    const integration = new apigateway.LambdaIntegration(this.alias, { proxy: true, allowTestInvoke: false });
    return { predict: { integration }, health: { integration }, contentTypes: Object.values(CONTENT_TYPES) };
  }

  private createFailureQueue(kept: LogOptions): sqs.Queue {
    return new sqs.Queue(this, 'FailedRequests', {
      retentionPeriod: Duration.days(14),
      enforceSSL: true,
      encryption: kept.encryptionKey === undefined ? sqs.QueueEncryption.SQS_MANAGED : sqs.QueueEncryption.KMS,
      encryptionMasterKey: kept.encryptionKey,
      removalPolicy: kept.removalPolicy,
    });
  }
}
