"""
A CodeDeploy deployment of a Lambda alias: BeforeAllowTraffic, the shift by real alias weights over scaled time,
AfterAllowTraffic, with the group's alarms watched all the while, and the rollback that the group asks for.
"""

import contextvars
import secrets
import string
import threading
import time

from ministack.core.responses import new_uuid
from ministack.services import lambda_svc

from . import alarms, codedeploy_groups, lambda_alias, scaled_time
from .simulations import simulation

SHIFT = simulation(
    'codedeploy-shift',
    'A deployment shifts an alias from one version to another by its weights, step by step over scaled time',
    'https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-steps-lambda.html',
    'test_codedeploy_deployments.Shift.test_linear_steps_then_all',
)
HOOKS = simulation(
    'codedeploy-hooks',
    'A hook function gets {DeploymentId, LifecycleEventHookExecutionId} and must report Succeeded within an hour; '
    'Failed, a function that throws, or silence fails the deployment',
    'https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html',
    'test_codedeploy_deployments.Hooks.test_failed_status_shifts_nothing',
)
ALARMS = simulation(
    'codedeploy-alarms',
    'An alarm of the group in ALARM, before the start or during it, stops the deployment',
    'https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-create-alarms.html',
    'test_codedeploy_deployments.Alarms.test_alarm_during_the_canary_stops_and_rolls_back',
)
ROLLBACK = simulation(
    'codedeploy-automatic-rollback',
    'A stopped or failed deployment is rolled back by another one, at once, if the group has that event enabled',
    'https://docs.aws.amazon.com/codedeploy/latest/userguide/deployments-rollback-and-redeploy.html',
    'test_codedeploy_deployments.Alarms.test_without_the_event_the_weights_stay',
)

HOOK_SECONDS = 3600
_POLL_SECONDS = 0.05
_ALARM_MESSAGE = (
    'One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and '
    'the affected deployments have been stopped. Activated alarms: '
)

deployments = {}


class _Halted(Exception):
    """Ends a deployment early, with what GetDeployment will say of it."""

    def __init__(self, status, code, message):
        self.status, self.error = status, {'code': code, 'message': message}


class Deployment:
    def __init__(self, group, function, alias, target, hooks=None, creator='user', rollback_of=None):
        self.id = 'd-' + ''.join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(9))
        self.group, self.function, self.alias = group, function, alias
        self.target, self.hooks, self.creator, self.rollback_of = target, hooks or {}, creator, rollback_of
        self.current = self._alias()['FunctionVersion']
        self.status, self.error, self.rolled_back_by = 'Created', None, None
        self.created, self.completed = time.time(), None
        self.weights, self.events = [], []
        self._stop = threading.Event()
        self._hook_status = {}
        deployments[self.id] = self

    # ── what the outside asks for ──

    def run(self):
        """Blocks until the deployment is over. Never raises for what a deployment can run into; see `status`."""
        SHIFT.exercised()
        self.status = 'InProgress'
        self._note_weights()
        try:
            self._watch()
            self._hook('BeforeAllowTraffic')
            self._during('AllowTraffic', self._shift)
            self._hook('AfterAllowTraffic')
            self.status = 'Succeeded'
        except _Halted as halted:
            self.status, self.error = halted.status, halted.error
            self._roll_back()
        self.completed = time.time()
        return self

    def stop(self):
        self._stop.set()

    def is_over(self):
        return self.completed is not None

    def report_hook(self, execution_id, status):
        """False for an execution that does not exist, None for one that is over already."""
        if execution_id not in self._hook_status:
            return False
        if self._hook_status[execution_id] is not None:
            return None
        self._hook_status[execution_id] = status
        return True

    # ── the run ──

    def _alias(self):
        return lambda_svc._functions[self.function]['aliases'][self.alias]

    def _set_alias(self, **changes):
        status, _, body = lambda_svc._update_alias(self.function, self.alias, changes)
        if status >= 400:
            raise _Halted('Failed', 'INVALID_LAMBDA_CONFIGURATION', body.decode())
        self._note_weights()

    def _note_weights(self):
        alias = self._alias()
        extra = lambda_alias.weights(alias)
        self.weights.append(
            {'at': time.time(), 'weights': {alias['FunctionVersion']: round(1 - sum(extra.values()), 4), **extra}}
        )

    def _shift(self):
        for percent, minutes in codedeploy_groups.steps(self.group['deploymentConfigName']):
            # Lambda refuses an alias that is weighted with its own version: a redeployment of what is live only waits.
            if self.target != self.current:
                self._set_alias(RoutingConfig={'AdditionalVersionWeights': {self.target: percent / 100}})
            self._wait(minutes * 60)
        self._watch()
        self._set_alias(FunctionVersion=self.target, RoutingConfig=None)

    def _hook(self, name):
        if self.hooks.get(name):
            HOOKS.exercised()
            self._during(name, lambda: self._call_hook(name, self.hooks[name]))

    def _call_hook(self, name, function):
        execution_id, failure = new_uuid(), []
        self._hook_status[execution_id] = None
        record, config, _ = lambda_svc._get_func_record_for_ref(function)
        if record is None:
            raise _Halted('Failed', 'HOOK_EXECUTION_FAILURE', f'{name}: there is no function {function}')

        def call():
            result = lambda_svc._execute_function_with_config_scope(
                lambda_svc._execution_record_for_config(record, config),
                {'DeploymentId': self.id, 'LifecycleEventHookExecutionId': execution_id},
            )
            if result.get('error'):
                failure.append(f"{name}: {function} failed: {(result.get('body') or {}).get('errorMessage')}")

        # Its thread carries the account and region that the hook's own calls are answered in.
        threading.Thread(target=contextvars.copy_context().run, args=(call,), daemon=True).start()
        self._wait(HOOK_SECONDS, lambda: failure or self._hook_status[execution_id])
        status = self._hook_status[execution_id]
        # A report after this is too late.
        self._hook_status[execution_id] = status or 'Failed'
        if status == 'Succeeded':
            return
        reason = (
            failure[0]
            if failure
            else (
                f'{name}: {function} reported {status}'
                if status
                else f'{name}: {function} reported no status within an hour'
            )
        )
        raise _Halted('Failed', 'HOOK_EXECUTION_FAILURE', reason)

    def _during(self, name, action):
        event = {'name': name, 'status': 'InProgress', 'start': time.time()}
        self.events.append(event)
        try:
            action()
            event['status'] = 'Succeeded'
        except _Halted as halted:
            event['status'], event['message'] = 'Failed', halted.error['message']
            raise
        finally:
            event['end'] = time.time()

    def _wait(self, aws_seconds, is_done=lambda: False):
        until = time.monotonic() + scaled_time.real(aws_seconds)
        while time.monotonic() < until and not is_done():
            self._watch()
            time.sleep(min(_POLL_SECONDS, scaled_time.minute() / 4, max(0, until - time.monotonic())))
        self._watch()

    def _watch(self):
        if self._stop.is_set():
            raise _Halted('Stopped', 'MANUAL_STOP', 'The deployment was stopped by StopDeployment')
        settings = self.group.get('alarmConfiguration') or {}
        if not settings.get('enabled') or self.creator == 'codeDeployRollback':
            return
        names = [alarm['name'] for alarm in settings.get('alarms') or []]
        states = {name: alarms.state_of(name) for name in names}
        unknown = [name for name, state in states.items() if state is None]
        if unknown and not settings.get('ignorePollAlarmFailure'):
            raise _Halted('Stopped', 'ALARM_ACTIVE', f"The state of alarms cannot be polled: {', '.join(unknown)}")
        active = [name for name, state in states.items() if state == 'ALARM']
        if active:
            ALARMS.exercised()
            raise _Halted('Stopped', 'ALARM_ACTIVE', f"{_ALARM_MESSAGE}{', '.join(active)}")

    def _roll_back(self):
        settings = self.group.get('autoRollbackConfiguration') or {}
        event = {'ALARM_ACTIVE': 'DEPLOYMENT_STOP_ON_ALARM', 'MANUAL_STOP': 'DEPLOYMENT_STOP_ON_REQUEST'}.get(
            self.error['code'], 'DEPLOYMENT_FAILURE'
        )
        if not settings.get('enabled') or event not in settings.get('events', []):
            return
        ROLLBACK.exercised()
        at_once = {**self.group, 'deploymentConfigName': 'CodeDeployDefault.LambdaAllAtOnce'}
        back = Deployment(
            at_once, self.function, self.alias, self.current, creator='codeDeployRollback', rollback_of=self.id
        )
        back.current = self.target
        self.rolled_back_by = back.id
        back.run()


def of_group(application, group):
    return [
        one
        for one in deployments.values()
        if one.group['applicationName'] == application and one.group['deploymentGroupName'] == group
    ]


def report():
    """For the run's output: everything as plain data, oldest first."""
    return [
        {
            'id': one.id,
            'creator': one.creator,
            'status': one.status,
            'error': one.error,
            'application': one.group['applicationName'],
            'group': one.group['deploymentGroupName'],
            'config': one.group['deploymentConfigName'],
            'function': one.function,
            'alias': one.alias,
            'currentVersion': one.current,
            'targetVersion': one.target,
            'rollbackOf': one.rollback_of,
            'rolledBackBy': one.rolled_back_by,
            'created': one.created,
            'completed': one.completed,
            'weights': one.weights,
            'events': one.events,
        }
        for one in deployments.values()
    ]
