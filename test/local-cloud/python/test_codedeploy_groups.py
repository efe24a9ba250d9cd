from emulator import codedeploy_groups
from in_process import InProcess, create, update

STYLE = {'DeploymentType': 'BLUE_GREEN', 'DeploymentOption': 'WITH_TRAFFIC_CONTROL'}
GROUP = {
    'ApplicationName': 'app',
    'DeploymentGroupName': 'group',
    'ServiceRoleArn': 'arn:aws:iam::000000000000:role/deploy',
    'DeploymentStyle': STYLE,
    'DeploymentConfigName': 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
}


def custom(kind, **detail):
    return {'ComputePlatform': 'Lambda', 'TrafficRoutingConfig': {'Type': kind, kind: detail}}


class Steps(InProcess):
    def test_predefined_configurations(self):
        steps = codedeploy_groups.steps
        self.assertEqual(steps('CodeDeployDefault.LambdaAllAtOnce'), [])
        self.assertEqual(steps('CodeDeployDefault.LambdaCanary10Percent15Minutes'), [(10, 15)])
        # The name says "1Minute", and "10Minutes".
        self.assertEqual(
            steps('CodeDeployDefault.LambdaLinear10PercentEvery1Minute'),
            [(percent, 1) for percent in range(10, 100, 10)],
        )
        self.assertEqual(steps('CodeDeployDefault.LambdaLinear10PercentEvery10Minutes')[0], (10, 10))
        self.assertIsNone(codedeploy_groups.config('CodeDeployDefault.LambdaLinear10PercentEvery1Minutes'))

    def test_custom_configurations(self):
        name, _ = create(
            'AWS::CodeDeploy::DeploymentConfig', custom('TimeBasedLinear', LinearPercentage='30', LinearInterval='2')
        )
        self.assertEqual(codedeploy_groups.steps(name), [(30, 2), (60, 2), (90, 2)])
        name, _ = create(
            'AWS::CodeDeploy::DeploymentConfig', custom('TimeBasedCanary', CanaryPercentage=5, CanaryInterval=10)
        )
        self.assertEqual(codedeploy_groups.steps(name), [(5, 10)])


class Resources(InProcess):
    def setUp(self):
        super().setUp()
        for records in (codedeploy_groups.applications, codedeploy_groups.groups, codedeploy_groups.configs):
            records.clear()

    def test_group_needs_its_application_and_config(self):
        with self.assertRaisesRegex(ValueError, 'no application app'):
            create('AWS::CodeDeploy::DeploymentGroup', GROUP)
        create('AWS::CodeDeploy::Application', {'ApplicationName': 'app', 'ComputePlatform': 'Lambda'})
        self.assertEqual(create('AWS::CodeDeploy::DeploymentGroup', GROUP)[0], 'group')
        with self.assertRaisesRegex(ValueError, 'no deployment configuration Nothing'):
            create('AWS::CodeDeploy::DeploymentGroup', {**GROUP, 'DeploymentConfigName': 'Nothing'})

    def test_limits_and_values_of_a_group(self):
        create('AWS::CodeDeploy::Application', {'ApplicationName': 'app', 'ComputePlatform': 'Lambda'})
        for expected, props in {
            '11 alarms are over 10': {
                'AlarmConfiguration': {'Enabled': True, 'Alarms': [{'Name': str(i)} for i in range(11)]}
            },
            'enabled without events': {'AutoRollbackConfiguration': {'Enabled': True}},
            'DEPLOYMENT_STOP_ON_ALARMS': {
                'AutoRollbackConfiguration': {'Enabled': True, 'Events': ['DEPLOYMENT_STOP_ON_ALARMS']}
            },
            'needs DeploymentStyle': {'DeploymentStyle': {**STYLE, 'DeploymentType': 'IN_PLACE'}},
            'serviceRoleArn': {'ServiceRoleArn': None},
            'unknown member': {'Alarms': []},
        }.items():
            broken = {key: value for key, value in {**GROUP, **props}.items() if value is not None}
            with self.assertRaisesRegex(ValueError, expected):
                create('AWS::CodeDeploy::DeploymentGroup', broken)

    def test_limits_of_a_configuration(self):
        for expected, props in {
            '1 to 99': custom('TimeBasedCanary', CanaryPercentage=100, CanaryInterval=1),
            '1 minute or more': custom('TimeBasedLinear', LinearPercentage=10, LinearInterval=0),
            'over 2880': custom('TimeBasedLinear', LinearPercentage=1, LinearInterval=30),
            'needs canaryPercentage': custom('TimeBasedCanary', CanaryPercentage=10),
            'only the compute platform Lambda': {'ComputePlatform': 'ECS'},
        }.items():
            with self.assertRaisesRegex(ValueError, expected):
                create('AWS::CodeDeploy::DeploymentConfig', props)

    def test_a_changed_configuration_has_another_name(self):
        old, new = (custom('TimeBasedCanary', CanaryPercentage=percent, CanaryInterval=1) for percent in (10, 20))
        name, _ = create('AWS::CodeDeploy::DeploymentConfig', old)
        self.assertEqual(update('AWS::CodeDeploy::DeploymentConfig', name, old, old)[0], name)
        self.assertNotEqual(update('AWS::CodeDeploy::DeploymentConfig', name, old, new)[0], name)
