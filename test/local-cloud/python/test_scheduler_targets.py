import json
import time

from ministack.services import scheduler, stepfunctions

from in_process import InProcess, create

PAST = 'at(2020-01-01T00:00:00)'


class UniversalTarget(InProcess):
    def setUp(self):
        super().setUp()
        stepfunctions.reset()
        scheduler.reset()
        scheduler._schedule_last_fired.clear()
        definition = json.dumps({'StartAt': 'Done', 'States': {'Done': {'Type': 'Pass', 'End': True}}})
        self.machine, _ = create(
            'AWS::StepFunctions::StateMachine',
            {'StateMachineName': 'nightly', 'RoleArn': 'arn:aws:iam::000000000000:role/r', 'DefinitionString': definition},
        )

    def schedule(self, name='once', execution='arrival-1', arn='arn:aws:scheduler:::aws-sdk:sfn:startExecution'):
        target = {
            'Arn': arn,
            'RoleArn': 'arn:aws:iam::000000000000:role/r',
            'Input': json.dumps({'StateMachineArn': self.machine, 'Name': execution, 'Input': '{"a":1}'}),
        }
        body = {
            'ScheduleExpression': PAST,
            'FlexibleTimeWindow': {'Mode': 'OFF'},
            'ActionAfterCompletion': 'DELETE',
            'Target': target,
        }
        self.assertEqual(scheduler._create_schedule(name, body)[0], 200)
        scheduler._tick_schedules()

    def executions(self):
        found = json.loads(stepfunctions._list_executions({'stateMachineArn': self.machine})[2])['executions']
        return [execution['name'] for execution in found]

    def test_execution_is_started_under_its_name(self):
        self.schedule()
        self.assertEqual(self.executions(), ['arrival-1'])
        arn = self.machine.replace(':stateMachine:', ':execution:') + ':arrival-1'
        found = json.loads(stepfunctions._describe_execution({'executionArn': arn})[2])
        self.assertEqual(json.loads(found['input']), {'a': 1})
        self.assertEqual(scheduler._get_schedule('once', {})[0], 404)
        time.sleep(0.3)

    def test_second_one_under_that_name_is_not(self):
        self.schedule()
        self.schedule('again')
        self.assertEqual(self.executions(), ['arrival-1'])
        self.schedule('other', 'arrival-2')
        self.assertEqual(sorted(self.executions()), ['arrival-1', 'arrival-2'])
        time.sleep(0.3)

    def test_other_actions_start_nothing(self):
        self.schedule(arn='arn:aws:scheduler:::aws-sdk:sfn:stopExecution')
        self.assertEqual(self.executions(), [])
