import asyncio
import json
import threading
import time

from ministack import app
from ministack.core import router

from emulator import codedeploy_deployments, scaled_time
from emulator.codedeploy_deployments import Deployment
from test_codedeploy_deployments import ROLLBACK, WithAlias


def call(operation, **request):
    headers = {'x-amz-target': f'CodeDeploy_20141006.{operation}'}
    service = router.detect_service('POST', '/', headers, {})
    status, _, body = asyncio.run(app.SERVICE_HANDLERS[service]('POST', '/', headers, json.dumps(request).encode(), {}))
    return status, json.loads(body)


class Requests(WithAlias):
    def running(self, **kwargs):
        deployment = Deployment(self.group(AutoRollbackConfiguration=ROLLBACK), 'fn', 'live', self.new, **kwargs)
        thread = threading.Thread(target=deployment.run)
        thread.start()
        self.addCleanup(thread.join)
        return deployment, thread

    def test_hook_status_reaches_the_deployment(self):
        deployment = Deployment(self.group(), 'fn', 'live', self.new)
        deployment._hook_status['execution'] = None
        request = {'deploymentId': deployment.id, 'lifecycleEventHookExecutionId': 'execution', 'status': 'Succeeded'}
        self.assertEqual(
            call('PutLifecycleEventHookExecutionStatus', **request),
            (200, {'lifecycleEventHookExecutionId': 'execution'}),
        )
        self.assertEqual(deployment._hook_status['execution'], 'Succeeded')
        for code, changed in {
            'LifecycleEventAlreadyCompletedException': {},
            'InvalidLifecycleEventHookExecutionIdException': {'lifecycleEventHookExecutionId': 'another'},
            'InvalidLifecycleEventHookExecutionStatusException': {'status': 'Skipped'},
            'DeploymentDoesNotExistException': {'deploymentId': 'd-000000000'},
            'ValidationException': {'status': 3},
        }.items():
            status, answer = call('PutLifecycleEventHookExecutionStatus', **{**request, **changed})
            self.assertEqual((status, answer['__type']), (400, code))

    def test_get_and_list(self):
        deployment, thread = self.running()
        info = call('GetDeployment', deploymentId=deployment.id)[1]['deploymentInfo']
        self.assertEqual(
            (info['applicationName'], info['status'], info['computePlatform']), ('app', 'InProgress', 'Lambda')
        )
        thread.join()
        self.assertEqual(
            call(
                'ListDeployments', applicationName='app', deploymentGroupName='group', includeOnlyStatuses=['Succeeded']
            )[1],
            {'deployments': [deployment.id]},
        )
        self.assertEqual(call('ListDeployments', includeOnlyStatuses=['Failed'])[1], {'deployments': []})
        self.assertEqual(
            call('GetDeploymentGroup', applicationName='app', deploymentGroupName='group')[1]['deploymentGroupInfo'][
                'computePlatform'
            ],
            'Lambda',
        )
        self.assertEqual(call('GetDeploymentConfig', deploymentConfigName='CodeDeployDefault.LambdaAllAtOnce')[0], 200)
        self.assertEqual(
            call('GetApplication', applicationName='nothing')[1]['__type'], 'ApplicationDoesNotExistException'
        )

    def test_stop_on_request_rolls_back(self):
        deployment, thread = self.running()
        time.sleep(scaled_time.minute())
        self.assertEqual(call('StopDeployment', deploymentId=deployment.id)[1]['status'], 'Pending')
        thread.join()
        self.assertEqual(
            (deployment.status, deployment.error['code'], self.live()), ('Stopped', 'MANUAL_STOP', (self.old, None))
        )
        self.assertIn(deployment.rolled_back_by, codedeploy_deployments.deployments)
        self.assertEqual(
            call('StopDeployment', deploymentId=deployment.id)[1]['__type'], 'DeploymentAlreadyCompletedException'
        )

    def test_other_operations_are_refused_by_name(self):
        self.assertEqual(call('CreateDeployment')[1]['__type'], 'UnknownOperationException')
