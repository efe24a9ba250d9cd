"""
An update of an endpoint: a new fleet is started beside the old one, takes traffic step by step, is watched by the
alarms of its deployment configuration, and replaces the old fleet or is taken back.
"""

import time

from . import alarms, sagemaker_guardrails, scaled_time
from .sagemaker_containers import Unhealthy
from .simulations import simulation

DEPLOYMENT = simulation(
    'sagemaker-update-endpoint',
    'UpdateEndpoint runs both fleets at once, splits the traffic between them, and ends the old one',
    'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html',
    'test_sagemaker_deployments.Shift.test_canary_splits_traffic_between_two_processes',
)
ROLLBACK = simulation(
    'sagemaker-auto-rollback',
    'An alarm of AutoRollbackConfiguration that is in ALARM while the new fleet has traffic sends all of it back; the '
    'endpoint is InService on its old configuration, with a FailureReason in words of this project',
    'https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html',
    'test_sagemaker_deployments.Rollback.test_alarm_during_the_canary',
)

_POLL_SECONDS = 0.05
_ROLLING_BACK_SECONDS = 30

deployments = []


class _RolledBack(Exception):
    pass


class Deployment:
    def __init__(self, endpoint, new, deployment_config):
        self.endpoint, self.old, self.new = endpoint, endpoint.fleet, new
        self.steps, self.alarms, self.limit = sagemaker_guardrails.policy(deployment_config, self.old, new)
        self.status, self.reason = 'InProgress', None
        self.begun, self.ended, self.shares = time.time(), None, []
        new.is_guarded = sagemaker_guardrails.is_guarded(deployment_config, self.old, new)
        deployments.append(self)

    def run(self):
        """Blocks until one of the two fleets has all traffic. Never raises for what a deployment can run into."""
        DEPLOYMENT.exercised()
        try:
            self.new.set_status('Creating')
            self.new.start()
            for share, seconds in self.steps:
                self._shift(share)
                self._bake(seconds)
        except (Unhealthy, _RolledBack) as failure:
            self._take_back(str(failure))
            return self
        self.endpoint.replace_fleet(self.new)
        self.new.set_status(None)
        self.old.stop()
        self._end('Succeeded')
        return self

    def _shift(self, share):
        self.new.set_status('ActivatingTraffic')
        self.endpoint.split(self.new, share)
        self.shares.append({'at': time.time(), 'share': share})

    def _bake(self, seconds):
        if not seconds:
            return
        self.new.set_status('Baking')
        until = time.monotonic() + scaled_time.real(seconds)
        while time.monotonic() < until:
            self._watch()
            time.sleep(min(_POLL_SECONDS, max(0, until - time.monotonic())))
        self._watch()

    def _watch(self):
        # An alarm that does not exist is never in ALARM.
        tripped = [name for name in self.alarms if alarms.state_of(name) == 'ALARM']
        if tripped:
            ROLLBACK.exercised()
            raise _RolledBack(f"The deployment was rolled back. Alarms in ALARM: {', '.join(tripped)}")
        if self.limit and time.time() - self.begun > scaled_time.real(self.limit):
            raise _RolledBack(f'The deployment was rolled back: it took longer than {self.limit} seconds')

    def _take_back(self, reason):
        self.reason = reason
        self.endpoint.split(self.new, 0)
        if self.shares:
            self.shares.append({'at': time.time(), 'share': 0})
            self.endpoint.status = 'RollingBack'
            time.sleep(scaled_time.real(_ROLLING_BACK_SECONDS))
        self.new.stop()
        self._end('RolledBack')

    def _end(self, status):
        self.status, self.ended = status, time.time()


def report():
    """For the run's output: everything as plain data, oldest first."""
    return [
        {
            'endpoint': one.endpoint.name,
            'from': one.old.config_name,
            'to': one.new.config_name,
            'status': one.status,
            'reason': one.reason,
            'begun': one.begun,
            'ended': one.ended,
            'shares': one.shares,
        }
        for one in deployments
    ]
