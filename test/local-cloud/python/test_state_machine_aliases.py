import json

from ministack.services import stepfunctions

from in_process import InProcess, create, update

MACHINE = {
    'StateMachineName': 'nightly',
    'RoleArn': 'arn:aws:iam::000000000000:role/r',
    'DefinitionString': json.dumps({'StartAt': 'Done', 'States': {'Done': {'Type': 'Pass', 'Result': 1, 'End': True}}}),
}
VERSION = 'AWS::StepFunctions::StateMachineVersion'
ALIAS = 'AWS::StepFunctions::StateMachineAlias'


class Aliases(InProcess):
    def setUp(self):
        super().setUp()
        stepfunctions.reset()

    def machine(self):
        return create('AWS::StepFunctions::StateMachine', MACHINE)

    def version(self, arn, attributes):
        return {'StateMachineArn': arn, 'StateMachineRevisionId': attributes['StateMachineRevisionId']}

    def alias(self, version):
        return {'Name': 'live', 'RoutingConfiguration': [{'StateMachineVersionArn': version, 'Weight': '100'}]}

    def test_alias_leads_to_the_version(self):
        arn, attributes = self.machine()
        version, _ = create(VERSION, self.version(arn, attributes))
        self.assertEqual(version, f'{arn}:1')
        alias, attributes = create(ALIAS, self.alias(version))
        self.assertEqual((alias, attributes), (f'{arn}:live', {'Arn': f'{arn}:live'}))
        started = json.loads(stepfunctions._start_execution({'stateMachineArn': alias})[2])
        self.assertIn(':execution:nightly:', started['executionArn'])

    def test_changed_machine_has_a_second_version_and_the_alias_moves(self):
        arn, attributes = self.machine()
        first = self.version(arn, attributes)
        version, _ = create(VERSION, first)
        alias, _ = create(ALIAS, self.alias(version))
        _, attributes = update('AWS::StepFunctions::StateMachine', arn, MACHINE, {**MACHINE, 'RoleArn': 'arn:other'})
        second = self.version(arn, attributes)
        self.assertNotEqual(first, second)
        replaced, _ = update(VERSION, version, first, second)
        self.assertEqual(replaced, f'{arn}:2')
        self.assertEqual(update(ALIAS, alias, self.alias(version), self.alias(replaced))[0], alias)
        found = json.loads(stepfunctions._describe_state_machine_alias({'stateMachineAliasArn': alias})[2])
        self.assertEqual(found['routingConfiguration'][0]['stateMachineVersionArn'], replaced)

    def test_unchanged_version_stays(self):
        arn, attributes = self.machine()
        props = self.version(arn, attributes)
        version, _ = create(VERSION, props)
        self.assertEqual(update(VERSION, version, props, props)[0], version)

    def test_revision_that_is_gone_is_refused(self):
        arn, attributes = self.machine()
        with self.assertRaisesRegex(ValueError, 'ConflictException'):
            create(VERSION, {'StateMachineArn': arn, 'StateMachineRevisionId': 'another'})

    def test_alias_of_no_version_is_refused(self):
        arn, _ = self.machine()
        with self.assertRaises(ValueError):
            create(ALIAS, self.alias(f'{arn}:7'))
