import asyncio
import json

from ministack import app
from ministack.core import router

from emulator import autoscaling
from in_process import InProcess, function, publish

TARGET = {'ServiceNamespace': 'lambda', 'ScalableDimension': 'lambda:function:ProvisionedConcurrency'}


def call(operation, **request):
    headers = {'x-amz-target': f'AnyScaleFrontendService.{operation}'}
    service = router.detect_service('POST', '/', headers, {})
    status, _, body = asyncio.run(app.SERVICE_HANDLERS[service]('POST', '/', headers, json.dumps(request).encode(), {}))
    return status, json.loads(body)


class Requests(InProcess):
    def setUp(self):
        super().setUp()
        autoscaling.targets.clear()
        autoscaling.policies.clear()
        function('fn')
        self.target = {**TARGET, 'ResourceId': f'function:fn:{publish("fn")}'}

    def test_target_is_registered_and_deregistered(self):
        self.assertEqual(call('RegisterScalableTarget', **self.target, MinCapacity=1, MaxCapacity=3)[0], 200)
        # What is left out stays.
        self.assertEqual(call('RegisterScalableTarget', **self.target, MinCapacity=2)[0], 200)
        found = call('DescribeScalableTargets', ServiceNamespace='lambda')[1]['ScalableTargets']
        self.assertEqual([(one['MinCapacity'], one['MaxCapacity']) for one in found], [(2, 3)])
        policy = {
            'PolicyName': 'utilization',
            'PolicyType': 'TargetTrackingScaling',
            'TargetTrackingScalingPolicyConfiguration': {
                'TargetValue': 0.7,
                'PredefinedMetricSpecification': {'PredefinedMetricType': 'LambdaProvisionedConcurrencyUtilization'},
            },
        }
        self.assertEqual(call('PutScalingPolicy', **self.target, **policy)[0], 200)
        action = {'ScheduledActionName': 'night', 'Schedule': 'cron(0 22 * * ? *)', 'ScalableTargetAction': {'MinCapacity': 1}}
        for _ in range(2):
            self.assertEqual(call('PutScheduledAction', **self.target, **action)[0], 200)
        self.assertEqual(len(next(iter(autoscaling.targets.values()))['ScheduledActions']), 1)
        self.assertEqual(call('DeregisterScalableTarget', **self.target), (200, {}))
        self.assertEqual((autoscaling.targets, autoscaling.policies), ({}, {}))

    def test_what_is_not_registered_is_not_found(self):
        for operation, more in (
            ('DeregisterScalableTarget', {}),
            ('PutScheduledAction', {'ScheduledActionName': 'night'}),
        ):
            status, answer = call(operation, **self.target, **more)
            self.assertEqual((status, answer['__type']), (400, 'ObjectNotFoundException'))

    def test_what_the_api_does_not_know_is_refused(self):
        for operation, request in (
            ('RegisterScalableTarget', {**self.target, 'ResourceId': 'function:fn:99', 'MinCapacity': 1, 'MaxCapacity': 1}),
            ('RegisterScalableTarget', {**self.target, 'MinCapacity': 4, 'MaxCapacity': 1}),
            ('RegisterScalableTarget', {'ServiceNamespace': 'lambda'}),
            ('DescribeScalingActivities', {'ServiceNamespace': 'lambda'}),
        ):
            status, answer = call(operation, **request)
            self.assertEqual((status, answer['__type']), (400, 'ValidationException'), request)
