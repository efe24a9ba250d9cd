import { type CfnResource, Duration, Lazy, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import {
  type CountPart,
  OWN_NAME_CHARACTERS,
  type VariantDescription,
  type VariantScaling,
} from '../../lambda/rollout-target/contract';
import type { InferenceAlarms } from '../monitoring/inference-alarms';
import type { InferenceDashboard } from '../monitoring/inference-dashboard';
import { watchStagedRollout } from '../monitoring/watch-staged-rollout';
import { refuse } from '../private/errors';
import { listEndpointConfigs } from '../private/unscoped-permissions';
import { bindMetric, type PublishedCounts, unpublished } from '../rollout/published-counts';
import { RolloutMetric } from '../rollout/rollout-metric';
import type { RolloutPlan } from '../rollout/rollout-plan';
import { scalingPermissions } from '../rollout/scaling-permissions';
import { StagedController } from '../rollout/staged-controller';
import type { StagedRolloutOptions } from '../rollout/staged-options';
import { DELAY_MINUTES } from '../rollout/staged-pace';
import { stagedPlan } from '../rollout/staged-plan';
import { stagedSettings } from '../rollout/staged-settings';
import type { DeliveredEndpoint, EndpointDelivery } from './endpoint-delivery';
import type { EndpointVariant } from './endpoint-variant';
import { targetValue } from './instance-scaling';
import type { WatchedVariant } from './variant-alarms';
import { VariantMetrics } from './variant-metrics';

/**
 * An endpoint that a controller makes, and brings from configuration to configuration. It is no resource of the template: CloudFormation
 * would give all traffic to each new one. Two variants, whose names alternate, serve while a version is rolled out.
 */
export class StagedEndpoint implements EndpointDelivery {
  public readonly resource: CfnResource;
  public readonly rollbackAlarms: cloudwatch.IAlarm[] = [];
  public readonly plan: RolloutPlan;
  public readonly controller: StagedController;

  private readonly names: readonly [string, string];
  private readonly endpointName: string;

  constructor(scope: Construct, options: StagedRolloutOptions, endpoint: DeliveredEndpoint) {
    const { config, endpointName, endpointArn, props } = endpoint;
    const [variant] = endpoint.variants;
    this.endpointName = endpointName;
    this.names = [variant.variantName, `${variant.variantName}-2`];
    // The old ones must outlive the update, to be gone back to; the controller removes what no longer serves.
    [config, variant._cfnModel].forEach((kept) => kept.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE));

    const counts = publishedCounts(endpoint);
    const compared = options.analysis?.metrics ?? counts.defaults;
    refuse(scope, unpublished(compared, counts));
    const metrics = compared.map((metric) => bindMetric(metric, counts));
    const scaling = scalingOf(variant);
    const target: VariantDescription = {
      kind: 'sagemaker-variant',
      target: endpointName,
      endpointName,
      variantNames: this.names,
      requests: counts.requests,
      bad: metrics.map(({ source }) => source),
      alarms: (options.rollbackAlarms ?? []).map(({ alarmName }) => alarmName),
      scaling,
    };
    this.controller = new StagedController(scope, 'StagedRollout', {
      options,
      model: props.model,
      target,
      targetArn: endpointArn,
      version: config.attrEndpointConfigName,
      settings: stagedSettings(options, metrics, {
        delaySeconds: counts.delay.toSeconds(),
        asked: 'staged',
        capacity: scaling,
      }),
      statements: permissions(scope, endpoint, scaling),
      logs: {
        retention: props.logRetention ?? logs.RetentionDays.THREE_MONTHS,
        encryptionKey: props.encryptionKey,
        removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      },
    });
    this.controller.resource.node.addDependency(...endpoint.ready);
    this.resource = this.controller.resource.node.defaultChild as CfnResource;
    this.plan = stagedPlan(options, {
      model: props.model,
      metrics: metrics.map(({ judged }) => judged.name),
      notes: [
        'both versions have instances while the rollout goes on, which are paid for: up to twice the number',
        'instances of both are started anew when the new version joins, and when the old one goes, as SageMaker does with each change of variants: traffic is served meanwhile',
      ],
    });
  }

  public deliver(_: EndpointVariant, watched: WatchedVariant): readonly WatchedVariant[] {
    const [, second] = this.names;
    const beside = new VariantMetrics(this.endpointName, second);
    return [
      { ...watched, beside },
      { ...watched, name: second, prefix: `${second}-`, metrics: beside, silent: true },
    ];
  }

  public watch(alarms: InferenceAlarms, dashboard: InferenceDashboard | undefined): void {
    watchStagedRollout(alarms, dashboard, this.controller.watched);
  }
}

/** What SageMaker publishes for each variant. */
function publishedCounts({ endpointName, thresholds }: DeliveredEndpoint): PublishedCounts {
  const count = (metricName: string): CountPart => ({
    namespace: 'AWS/SageMaker',
    metricName,
    statistic: 'Sum',
    dimensions: { EndpointName: endpointName },
    versionDimension: 'VariantName',
  });
  return {
    requests: { parts: [count('Invocations')] },
    duration: count('ModelLatency'),
    durationUnit: 'microseconds',
    maxLatency: thresholds.maxLatency,
    counts: {
      failures: { source: { parts: [count('Invocation5XXErrors')] } },
      refusedRequests: { source: { parts: [count('Invocation4XXErrors')] } },
    },
    defaults: [RolloutMetric.failures(), RolloutMetric.slowAnswers(), RolloutMetric.refusedRequests()],
    delay: Duration.minutes(DELAY_MINUTES),
  };
}

function scalingOf({ _target: target, capacity }: EndpointVariant): VariantScaling | undefined {
  if (target === undefined) {
    return undefined;
  }
  const { min, max, type, rolloutFloor } = capacity._instances!;
  return {
    min,
    max,
    floor: rolloutFloor,
    metric: target.metric,
    target: targetValue(target, type.spec),
    scaleInCooldownSeconds: target.scaleInCooldown?.toSeconds(),
    scaleOutCooldownSeconds: target.scaleOutCooldown?.toSeconds(),
    schedules: Object.entries(target.schedules ?? {}).map(([name, { schedule, timeZone, ...range }]) => ({
      name,
      schedule: schedule.expressionString,
      timeZone: timeZone?.timezoneName,
      min: range.min,
      max: range.max,
    })),
  };
}

/** What the controller may do: make, change and remove this one endpoint, and the configurations and models that were made for it. */
function permissions(
  scope: Construct,
  { endpointName, endpointArn, config, variants, props }: DeliveredEndpoint,
  scaling: VariantScaling | undefined,
): iam.PolicyStatement[] {
  const stack = Stack.of(scope);
  const made = (resource: string, prefix: string): string =>
    stack.formatArn({ service: 'sagemaker', resource, resourceName: `${prefix}*` });
  // Of the controller's own making, and those of CloudFormation, whose names begin with their logical ids.
  const configurations = [
    made('endpoint-config', ownPrefix(endpointName)),
    made('endpoint-config', madeByCloudFormation(config)),
  ];
  const models = variants.map(({ _cfnModel }) => made('model', madeByCloudFormation(_cfnModel)));
  const statements = [
    new iam.PolicyStatement({
      actions: [
        'sagemaker:DescribeEndpoint',
        'sagemaker:CreateEndpoint',
        'sagemaker:UpdateEndpoint',
        'sagemaker:UpdateEndpointWeightsAndCapacities',
        'sagemaker:DeleteEndpoint',
        'sagemaker:InvokeEndpoint',
        'sagemaker:AddTags',
      ],
      resources: [endpointArn],
    }),
    new iam.PolicyStatement({
      actions: [
        // Asked for with the endpoint, too.
        'sagemaker:CreateEndpoint',
        'sagemaker:UpdateEndpoint',
        'sagemaker:DescribeEndpointConfig',
        'sagemaker:CreateEndpointConfig',
        'sagemaker:DeleteEndpointConfig',
        'sagemaker:ListTags',
        'sagemaker:AddTags',
      ],
      resources: configurations,
    }),
    new iam.PolicyStatement({ actions: ['sagemaker:DescribeModel', 'sagemaker:DeleteModel'], resources: models }),
    listEndpointConfigs(),
    ...scalingPermissions(scope, {
      namespace: 'sagemaker',
      resourcePrefix: `endpoint/${endpointName}/`,
      scaled: scaling !== undefined,
    }),
  ];
  if (props.encryptionKey !== undefined) {
    // Of volumes and captured data: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html
    statements.push(
      new iam.PolicyStatement({
        actions: ['kms:CreateGrant', 'kms:DescribeKey'],
        resources: [props.encryptionKey.keyArn],
      }),
    );
  }
  return statements;
}

/** As the controller names its configurations, in lower case as in all ARNs of SageMaker. */
function ownPrefix(endpointName: string): string {
  return Token.isUnresolved(endpointName)
    ? '*-rollout-'
    : `${endpointName.toLowerCase().slice(0, OWN_NAME_CHARACTERS)}-rollout-`;
}

function madeByCloudFormation(resource: CfnResource): string {
  return Lazy.uncachedString({
    produce: (context) => `${(context.resolve(resource.logicalId) as string).toLowerCase()}-`,
  });
}
