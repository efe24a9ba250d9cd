"""
A fleet: the variants of one endpoint configuration, each with a container, its weight and its number of instances.
Instances are counted, not run: one process serves a variant whatever their number.
"""

import random

from . import sagemaker_configs, sagemaker_logs, sagemaker_models
from .sagemaker_containers import Container


class Variant:
    def __init__(self, endpoint, settings):
        self.settings, self.name = settings, settings['VariantName']
        model = sagemaker_models.models.get(settings['ModelName'])
        # A weight of 0 is a weight.
        self.weight = settings.get('InitialVariantWeight', 1.0)
        self.instances = settings.get('InitialInstanceCount', 0)
        self.serverless = settings.get('ServerlessConfig')
        self.status = None
        self.container = Container(
            model,
            sagemaker_logs.of_variant(endpoint, self.name),
            f'The primary container for production variant {self.name} did not pass the ping health check. Please check '
            f'CloudWatch logs for this endpoint.',
            settings.get('ContainerStartupHealthCheckTimeoutInSeconds'),
        )

    def instance_type(self):
        return self.settings.get('InstanceType')

    def summary(self):
        summary = {
            'VariantName': self.name,
            'CurrentWeight': self.weight,
            'DesiredWeight': self.weight,
            'VariantStatus': [{'Status': self.status}] if self.status else None,
            'DeployedImages': [{'SpecifiedImage': self.container.image}] if self.container.image else None,
            'ManagedInstanceScaling': self.settings.get('ManagedInstanceScaling'),
            'RoutingConfig': self.settings.get('RoutingConfig'),
        }
        if self.serverless:
            summary.update(CurrentServerlessConfig=self.serverless, DesiredServerlessConfig=self.serverless)
        else:
            summary.update(CurrentInstanceCount=self.instances, DesiredInstanceCount=self.instances)
        return {key: value for key, value in summary.items() if value is not None}


class Fleet:
    def __init__(self, endpoint, config_name):
        self.config_name = config_name
        self.config = sagemaker_configs.configs.get(config_name)
        self.variants = {
            settings['VariantName']: Variant(endpoint, settings) for settings in self.config['ProductionVariants']
        }
        # Metrics carry the name of the configuration once guardrails have given the fleet traffic.
        self.is_guarded = False

    def start(self):
        for variant in self.variants.values():
            variant.container.start()

    def stop(self):
        for variant in self.variants.values():
            variant.container.stop()

    def retain(self, other, excluded):
        """Takes over what was set on another fleet's variants of the same name since it was configured."""
        for name in self.variants.keys() & other.variants.keys():
            if 'DesiredInstanceCount' not in excluded and not self.variants[name].serverless:
                self.variants[name].instances = other.variants[name].instances
            if 'DesiredWeight' not in excluded:
                self.variants[name].weight = other.variants[name].weight

    def set_status(self, status):
        for variant in self.variants.values():
            variant.status = status

    def draw(self):
        """A variant by its weight; None when no variant has any."""
        variants = [variant for variant in self.variants.values() if variant.weight > 0]
        return random.choices(variants, [variant.weight for variant in variants])[0] if variants else None
