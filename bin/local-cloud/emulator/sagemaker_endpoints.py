"""Endpoints: what they serve, in which state they are, and the requests that change them."""

import contextvars
import random
import threading
import time

from . import autoscaling, sagemaker_configs, sagemaker_guardrails, sagemaker_records, scaled_time
from .sagemaker_containers import Unhealthy
from .sagemaker_deployments import Deployment
from .sagemaker_fleets import Fleet
from .sagemaker_records import Refused
from .simulations import simulation

ENDPOINTS = simulation(
    'sagemaker-endpoints',
    'CreateEndpoint, UpdateEndpoint, DescribeEndpoint, ListEndpoints and DeleteEndpoint, with their states; an update '
    'needs the old configuration and the new one',
    'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html',
    'test_sagemaker_endpoints.Updates.test_configuration_that_is_served_can_be_deleted_and_is_missed_later',
)
WEIGHTS = simulation(
    'sagemaker-weights-and-capacities',
    'UpdateEndpointWeightsAndCapacities: weights of any variants or the instances of one, after half a scaled minute',
    'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpointWeightsAndCapacities.html',
    'test_sagemaker_endpoints.Weights.test_weights_change_and_zero_gets_nothing',
)
RETAINED = simulation(
    'sagemaker-retained-properties',
    'An update resets instance counts and weights to those of the configuration, but for RetainAllVariantProperties '
    'without what ExcludeRetainedVariantProperties lists',
    'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html',
    'test_sagemaker_endpoints.Updates.test_variant_properties_are_reset_or_retained',
)

_WEIGHTS_SECONDS = 30

endpoints = sagemaker_records.Collection('endpoint', 'endpoint')


class Endpoint:
    def __init__(self, name, config_name, deployment_config):
        self.name, self.arn = name, sagemaker_records.arn('endpoint', name)
        self.fleet, self.last_deployment_config = Fleet(name, config_name), deployment_config
        self.status, self.failure = 'Creating', None
        self.created = self.modified = time.time()
        # The fleet that takes over, its share of the traffic, and the thread that sees to it.
        self._candidate, self._share, self._work = None, 0, None

    # ── what it serves ──

    def route(self, target=None):
        """(fleet, variant) for one invocation; the variant is None when there is none to take it."""
        candidate, share = self._candidate, self._share
        fleet = candidate if candidate and random.random() < share else self.fleet
        return fleet, fleet.variants.get(target) if target else fleet.draw()

    def split(self, candidate, share):
        self._candidate, self._share = candidate, share

    def replace_fleet(self, fleet):
        self.fleet = fleet
        self.split(None, 0)

    # ── what is asked of it ──

    def start(self):
        self._run('Creating', self._create)

    def update(self, params):
        self.refuse_while_busy()
        if self.status == 'Failed':
            raise Refused(f'Cannot update failed endpoint "{self.arn}".')
        sagemaker_configs.configs.get(self.fleet.config_name)
        new = Fleet(self.name, params['EndpointConfigName'])
        if params.get('RetainAllVariantProperties'):
            RETAINED.exercised()
            excluded = params.get('ExcludeRetainedVariantProperties') or []
            new.retain(self.fleet, [one['VariantPropertyType'] for one in excluded])
        deployment_config = params.get('DeploymentConfig')
        if params.get('RetainDeploymentConfig'):
            deployment_config = deployment_config or self.last_deployment_config
        sagemaker_guardrails.check(deployment_config, self.fleet, new)
        self._refuse_change_of_scaled_variants(new)
        self._run('Updating', lambda: self._deploy(new, deployment_config))

    def update_weights(self, wanted):
        self.refuse_while_busy()
        for one in wanted:
            if one['VariantName'] not in self.fleet.variants:
                raise Refused(f'Could not find variant "{one["VariantName"]}" of endpoint "{self.arn}".')
        if sum('DesiredInstanceCount' in one for one in wanted) > 1:
            raise Refused('UpdateEndpointWeightsAndCapacities: only the instances of one variant can change at a time')
        self._run('Updating', lambda: self._set_weights(wanted))

    def stop(self):
        self.refuse_while_busy()
        self.status = 'Deleting'
        self.fleet.stop()

    def wait(self):
        """Until what was begun is over."""
        if self._work:
            self._work.join()

    def refuse_while_busy(self):
        if self.status in ('Creating', 'Updating', 'RollingBack', 'Deleting'):
            raise Refused(f'Cannot update in-progress endpoint "{self.arn}".')

    # ── how it does that ──

    def _run(self, status, work):
        self.status, self.failure, self.modified = status, None, time.time()

        def run():
            try:
                work()
            except Exception as error:  # whatever it is, a caller who waits must see it
                self.status, self.failure = 'Failed', f'{type(error).__name__}: {error}'
            self.modified = time.time()

        # Its thread keeps the account and region of the caller.
        context = contextvars.copy_context()
        self._work = threading.Thread(target=context.run, args=(run,), name=f'endpoint-{self.name}', daemon=True)
        self._work.start()

    def _create(self):
        try:
            self.fleet.start()
            self.status = 'InService'
        except Unhealthy as unhealthy:
            self.fleet.stop()
            self.failure, self.status = str(unhealthy), 'Failed'

    def _deploy(self, new, deployment_config):
        self.split(new, 0)
        deployment = Deployment(self, new, deployment_config).run()
        self.split(None, 0)
        if deployment.status == 'Succeeded':
            self.last_deployment_config = deployment_config
        self.failure, self.status = deployment.reason, 'InService'

    def _set_weights(self, wanted):
        WEIGHTS.exercised()
        time.sleep(scaled_time.real(_WEIGHTS_SECONDS))
        for one in wanted:
            variant = self.fleet.variants[one['VariantName']]
            variant.weight = one.get('DesiredWeight', variant.weight)
            variant.instances = one.get('DesiredInstanceCount', variant.instances)
            if variant.serverless:
                variant.serverless = {**variant.serverless, **one.get('ServerlessUpdateConfig', {})}
        self.status = 'InService'

    def _refuse_change_of_scaled_variants(self, new):
        for name in autoscaling.scaled_variants(self.name):
            old, variant = self.fleet.variants.get(name), new.variants.get(name)
            if variant is None:
                raise Refused(
                    f'UpdateEndpoint: variant {name} is registered with Application Auto Scaling and must stay'
                )
            if old and variant.instance_type() != old.instance_type():
                raise Refused(
                    f'UpdateEndpoint: variant {name} is registered with Application Auto Scaling; its instance type '
                    f'cannot change from {old.instance_type()} to {variant.instance_type()} until it is deregistered'
                )

    # ── what is told of it ──

    def description(self):
        settings = {
            'EndpointName': self.name,
            'EndpointArn': self.arn,
            'EndpointConfigName': self.fleet.config_name,
            'EndpointStatus': self.status,
            'FailureReason': self.failure and self.failure[:1024],
            'ProductionVariants': [variant.summary() for variant in self.fleet.variants.values()],
            'CreationTime': self.created,
            'LastModifiedTime': self.modified,
            'LastDeploymentConfig': self.last_deployment_config,
            'AsyncInferenceConfig': self.fleet.config.get('AsyncInferenceConfig'),
        }
        candidate = self._candidate
        if candidate:
            settings['PendingDeploymentSummary'] = {
                'EndpointConfigName': candidate.config_name,
                'ProductionVariants': [variant.summary() for variant in candidate.variants.values()],
            }
        return {key: value for key, value in settings.items() if value is not None}

    def pids(self):
        fleets = [fleet for fleet in (self.fleet, self._candidate) if fleet]
        return [pid for fleet in fleets for variant in fleet.variants.values() if (pid := variant.container.pid())]


def create(params):
    ENDPOINTS.exercised()
    params = sagemaker_records.checked('CreateEndpoint', params)
    endpoints.refuse_existing(params['EndpointName'])
    endpoint = Endpoint(params['EndpointName'], params['EndpointConfigName'], params.get('DeploymentConfig'))
    endpoints.add(endpoint.name, endpoint, params.get('Tags'))
    endpoint.start()
    return endpoint


def update(params):
    ENDPOINTS.exercised()
    params = sagemaker_records.checked('UpdateEndpoint', params)
    endpoint = endpoints.get(params['EndpointName'])
    endpoint.update(params)
    return endpoint


def delete(name):
    endpoint = endpoints.get(name)
    endpoint.stop()
    autoscaling.forget_endpoint(endpoint.name)
    endpoints.remove(name)


def report():
    """For the run's output."""
    return [
        {'name': one.name, 'status': one.status, 'config': one.fleet.config_name, 'processes': one.pids()}
        for one in endpoints.all()
    ]
