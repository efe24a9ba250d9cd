/**
 * How the simulated services behave, each with where it is written or was measured. `services.test.ts` shows each of them with the real
 * clients, and fails for one that it does not show.
 */
const LAMBDA = 'https://docs.aws.amazon.com/lambda/latest';
const SCALING = 'https://docs.aws.amazon.com/autoscaling/application/APIReference';
const CLOUDWATCH = 'https://docs.aws.amazon.com/AmazonCloudWatch/latest';

export const BEHAVIOURS = {
  'requests are what the API takes': `${LAMBDA}/api/API_UpdateAlias.html`,
  'an alias is made once': `${LAMBDA}/api/API_CreateAlias.html`,
  'an alias that is not there cannot be read or changed, and may be deleted': `${LAMBDA}/api/API_GetAlias.html`,
  'an update without routing keeps it, and one with none clears it': `${LAMBDA}/api/API_UpdateAlias.html`,
  'an alias has one more version at most': `${LAMBDA}/api/API_AliasRoutingConfiguration.html`,
  'a weight is 0 to 1': `${LAMBDA}/api/API_AliasRoutingConfiguration.html`,
  'weights are refused with $LATEST': `${LAMBDA}/dg/configuring-alias-routing.html`,
  'both versions of an alias have the same role and dead-letter queue': `${LAMBDA}/dg/configuring-alias-routing.html`,
  'an update with a revision that is not the latest is refused': `${LAMBDA}/api/API_UpdateAlias.html`,
  'traffic is split at random by the weights': `${LAMBDA}/dg/configuring-alias-routing.html`,
  'a call of an alias says which version answered': `${LAMBDA}/api/API_Invoke.html`,
  'versions are listed by 50 at most': `${LAMBDA}/api/API_ListVersionsByFunction.html`,
  'a version that an alias uses, if only with a weight, cannot be deleted': `${LAMBDA}/api/API_DeleteFunction.html`,
  'deleting a version that is not there is no error, and deletes nothing':
    'https://github.com/floci-io/floci/pull/2824',
  'deleting a function without a version deletes it whole': `${LAMBDA}/api/API_DeleteFunction.html`,
  'provisioned environments take time, and those before go on until then': `${LAMBDA}/api/API_PutProvisionedConcurrencyConfig.html`,
  'environments that cannot start fail, and say why': `${LAMBDA}/api/API_GetProvisionedConcurrencyConfig.html`,
  'environments of $LATEST are refused': `${LAMBDA}/dg/provisioned-concurrency.html`,
  'environments of an alias are refused while it has weights': 'https://github.com/hashicorp/terraform/issues/24957',
  'environments of a version are accepted while an alias splits its traffic':
    'https://github.com/gradientedge/cdk-utils/pull/1110',
  'environments belong to a version or to an alias of it, not to both': `${LAMBDA}/dg/provisioned-concurrency.html`,
  'an alias with environments of its own keeps its traffic on the old version until those of the new one are ready, or for ever':
    'https://github.com/hashicorp/terraform-provider-aws/pull/48116',
  'a target is registered with both bounds, and changed by what is given': `${SCALING}/API_RegisterScalableTarget.html`,
  'a suspended target is not scaled that way': `${SCALING}/API_SuspendedState.html`,
  'a target that is not registered has no policies and schedules, and cannot be deregistered': `${SCALING}/API_DeregisterScalableTarget.html`,
  'deregistering a target deletes its policies and schedules': `${SCALING}/API_DeregisterScalableTarget.html`,
  'metrics of a version are published while weights are on, for calls through the alias': `${LAMBDA}/dg/monitoring-metrics-view.html`,
  'a metric arrives a minute or two after its minute': `${LAMBDA}/dg/monitoring-metrics.html`,
  'a minute without calls has no values': `${CLOUDWATCH}/APIReference/API_GetMetricData.html`,
  'a trimmed count is of what is above its lower bound, up to and with its upper one': `${CLOUDWATCH}/monitoring/Statistics-definitions.html`,
  'values come on pages': `${CLOUDWATCH}/APIReference/API_GetMetricData.html`,
  'a request that is one too many is throttled': `${LAMBDA}/api/CommonErrors.html`,
  'an answer may be lost after the effect':
    'https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html',
} as const;

export type Behaviour = keyof typeof BEHAVIOURS;

const SAGEMAKER = 'https://docs.aws.amazon.com/sagemaker/latest';
/** Made and updated for a test of a controller of AWS itself: a faulty update, then one with retained properties. */
const ACK = 'https://github.com/aws-controllers-k8s/sagemaker-controller/blob/main/test/e2e/tests/test_endpoint.py';

/** Of SageMaker; `sagemaker-services.test.ts` shows them. */
export const SAGEMAKER_BEHAVIOURS = {
  'requests are what SageMaker takes': `${SAGEMAKER}/APIReference/API_UpdateEndpoint.html`,
  'a configuration is made once, of models that are there': `${SAGEMAKER}/APIReference/API_CreateEndpointConfig.html`,
  'a name has letters, digits and inner hyphens, 63 at most': `${SAGEMAKER}/APIReference/API_CreateEndpointConfig.html`,
  'what is not there is told in words alone':
    'https://github.com/aws-controllers-k8s/sagemaker-controller/blob/main/generator.yaml',
  'configurations are listed by a part of their names and their time, on pages': `${SAGEMAKER}/APIReference/API_ListEndpointConfigs.html`,
  'an endpoint takes minutes until it is in service': `${SAGEMAKER}/APIReference/API_CreateEndpoint.html`,
  'an endpoint that could not be made has failed, and can be deleted only': `${SAGEMAKER}/APIReference/API_DescribeEndpoint.html`,
  'an update goes to a new fleet, and the old one answers until it is there': `${SAGEMAKER}/APIReference/API_UpdateEndpoint.html`,
  'an update that fails leaves the old configuration in service, with the reason, until one succeeds': ACK,
  'while anything changes all other changes are refused': `${SAGEMAKER}/dg/endpoint-scaling-update.html`,
  'variants keep their instances and weights where that is asked for, but for what is excluded': `${SAGEMAKER}/APIReference/API_VariantProperty.html`,
  'a variant that joins has what its configuration says': ACK,
  'weights of several variants change at once, capacity of one': `${SAGEMAKER}/APIReference/API_UpdateEndpointWeightsAndCapacities.html`,
  'instances that are not to be had are rolled back': `${SAGEMAKER}/APIReference/API_DescribeEndpoint.html`,
  'maintenance comes by itself, and refuses changes': `${SAGEMAKER}/APIReference/API_DescribeEndpoint.html`,
  'a scaled variant is neither removed nor given another instance type': `${SAGEMAKER}/dg/endpoint-scaling-update.html`,
  'only a variant that is there can be scaled, and not during an update': `${SAGEMAKER}/dg/endpoint-auto-scaling-prerequisites.html`,
  'deleting an endpoint ends its scaling': `${SAGEMAKER}/dg/endpoint-delete-with-scaling.html`,
  'a configuration in use is deleted all the same, and an update to it fails':
    'https://github.com/hashicorp/terraform-provider-aws/issues/40048',
  'traffic is split by the weights, in proportion to their sum': `${SAGEMAKER}/APIReference/API_ProductionVariant.html`,
  'a request may ask for a variant, with or without weight': `${SAGEMAKER}/APIReference/API_runtime_InvokeEndpoint.html`,
  'metrics are of the endpoint and the variant, with time in microseconds': `${SAGEMAKER}/dg/monitoring-cloudwatch.html`,
} as const;

export type SageMakerBehaviour = keyof typeof SAGEMAKER_BEHAVIOURS;
