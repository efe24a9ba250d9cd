from emulator import autoscaling
from in_process import InProcess, alias, create, function, publish

TARGET = {
    'ServiceNamespace': 'lambda',
    'ScalableDimension': 'lambda:function:ProvisionedConcurrency',
    'ResourceId': 'function:fn:live',
    'MinCapacity': '1',
    'MaxCapacity': 3,
}
POLICY = {
    'PolicyName': 'track',
    'PolicyType': 'TargetTrackingScaling',
    'TargetTrackingScalingPolicyConfiguration': {
        'TargetValue': 0.7,
        'PredefinedMetricSpecification': {'PredefinedMetricType': 'LambdaProvisionedConcurrencyUtilization'},
    },
}


class Targets(InProcess):
    def target(self, **props):
        return create('AWS::ApplicationAutoScaling::ScalableTarget', {**TARGET, **props})

    def test_function_and_alias_must_exist(self):
        with self.assertRaisesRegex(ValueError, 'no such function'):
            self.target()
        function('fn')
        with self.assertRaisesRegex(ValueError, 'no alias or version "live"'):
            self.target()
        alias('fn', publish('fn'))
        physical_id, _ = self.target()
        self.assertEqual(physical_id, 'function:fn:live|lambda:function:ProvisionedConcurrency|lambda')
        self.assertEqual(autoscaling.targets[physical_id]['MinCapacity'], 1)

    def test_minimum_over_maximum_is_refused(self):
        function('fn')
        alias('fn', publish('fn'))
        with self.assertRaisesRegex(ValueError, 'Maximum capacity'):
            self.target(MinCapacity=4)

    def test_values_that_the_api_does_not_know_are_refused(self):
        with self.assertRaisesRegex(ValueError, 'lambda:function:Concurrency'):
            self.target(ScalableDimension='lambda:function:Concurrency')

    def test_policy_is_checked_and_needs_its_target(self):
        function('fn')
        alias('fn', publish('fn'))
        target, _ = self.target()
        arn, _ = create('AWS::ApplicationAutoScaling::ScalingPolicy', {**POLICY, 'ScalingTargetId': target})
        self.assertEqual(autoscaling.policies[arn]['ResourceId'], 'function:fn:live')
        with self.assertRaisesRegex(ValueError, 'no scalable target'):
            create(
                'AWS::ApplicationAutoScaling::ScalingPolicy',
                {**POLICY, 'ScalingTargetId': target.replace('live', 'other')},
            )
        with self.assertRaisesRegex(ValueError, 'PredefinedMetricType'):
            bad = {'TargetValue': 1, 'PredefinedMetricSpecification': {'PredefinedMetricType': 'Nonsense'}}
            create(
                'AWS::ApplicationAutoScaling::ScalingPolicy',
                {**POLICY, 'ScalingTargetId': target, 'TargetTrackingScalingPolicyConfiguration': bad},
            )
