"""Everything this package adds to ministack, put in place once."""

from . import (
    alarms,
    apigateway,
    apigateway_sagemaker,
    autoscaling,
    autoscaling_api,
    buckets,
    cloudformation,
    codedeploy_alias,
    codedeploy_api,
    codedeploy_groups,
    embedded_metrics,
    image_registry,
    kinesis_shards,
    kinesis_streams,
    lambda_alias,
    lambda_alias_requests,
    lambda_errors,
    lambda_functions,
    lambda_metrics,
    metric_data,
    natives,
    sagemaker_api,
    sagemaker_scaling,
    sagemaker_stacks,
    scaled_functions,
    scheduler_targets,
    state_machine_aliases,
    state_machine_paths,
    state_machine_transform_jobs,
    state_machine_waits,
    status,
    stream_mapping_faults,
    stream_mapping_poller,
    wafv2,
)

_MODULES = (
    cloudformation,
    buckets,
    image_registry,
    lambda_functions,
    scaled_functions,
    lambda_errors,
    lambda_alias,
    lambda_alias_requests,
    lambda_metrics,
    embedded_metrics,
    metric_data,
    alarms,
    autoscaling,
    autoscaling_api,
    apigateway,
    apigateway_sagemaker,
    wafv2,
    codedeploy_groups,
    codedeploy_api,
    codedeploy_alias,
    natives,
    sagemaker_api,
    sagemaker_scaling,
    sagemaker_stacks,
    scheduler_targets,
    state_machine_aliases,
    state_machine_paths,
    state_machine_transform_jobs,
    state_machine_waits,
    kinesis_shards,
    kinesis_streams,
    stream_mapping_faults,
    stream_mapping_poller,
    status,
)
_installed = False


def install():
    global _installed
    if not _installed:
        _installed = True
        for module in _MODULES:
            module.install()
