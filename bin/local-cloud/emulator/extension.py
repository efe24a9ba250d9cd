"""Everything this package adds to ministack, put in place once."""

from . import (
    alarms,
    apigateway,
    apigateway_sagemaker,
    autoscaling,
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
    lambda_errors,
    lambda_functions,
    lambda_metrics,
    natives,
    sagemaker_api,
    sagemaker_scaling,
    sagemaker_stacks,
    scheduler_targets,
    state_machine_aliases,
    state_machine_paths,
    state_machine_transform_jobs,
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
    lambda_errors,
    lambda_alias,
    lambda_metrics,
    embedded_metrics,
    alarms,
    autoscaling,
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
