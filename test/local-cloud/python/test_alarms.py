import os
import time
from unittest import mock

from ministack.services import cloudwatch, sns

from emulator import alarms, scaled_time
from in_process import InProcess, create, update

# A minute of AWS is a tenth of a second here; `now` is the middle of a period.
PERIOD = scaled_time.real(60)
NOW = (int(time.time() / PERIOD) + 0.5) * PERIOD

ERRORS = {
    'Namespace': 'AWS/Lambda',
    'MetricName': 'Errors',
    'Dimensions': [{'Name': 'FunctionName', 'Value': 'fn'}],
    'Statistic': 'Sum',
    'Period': 60,
    'EvaluationPeriods': 1,
    'Threshold': 1,
    'ComparisonOperator': 'GreaterThanOrEqualToThreshold',
    'TreatMissingData': 'notBreaching',
}


def put(value, periods_ago, name='Errors', namespace='AWS/Lambda', unit='Count', **dimensions):
    cloudwatch.record_metric(namespace, name, value, unit, dimensions or {'FunctionName': 'fn'})
    key = (namespace, name, cloudwatch._dims_key(dimensions or {'FunctionName': 'fn'}))
    cloudwatch._metrics[key][-1]['Timestamp'] = NOW - periods_ago * PERIOD


def alarm(name='alarm', **props):
    create('AWS::CloudWatch::Alarm', {'AlarmName': name, **ERRORS, **props})
    return cloudwatch._alarms[name]


def state(record):
    alarms.evaluate(record, NOW)
    return record['StateValue']


class Evaluator(InProcess):
    def setUp(self):
        super().setUp()
        alarms.transitions.clear()

    def test_only_its_own_dimension_set_counts(self):
        record = alarm()
        put(5, 1, FunctionName='fn', Resource='fn:live')
        put(5, 1, FunctionName='other')
        self.assertEqual(state(record), 'OK')
        put(1, 1)
        self.assertEqual(state(record), 'ALARM')

    def test_statistics(self):
        for value in (1, 2, 9):
            put(value, 1, name='Latency')
        for statistic, threshold in {'Sum': 12, 'Average': 4, 'Minimum': 1, 'Maximum': 9, 'SampleCount': 3}.items():
            exact = alarm(f'{statistic}-at', MetricName='Latency', Statistic=statistic, Threshold=threshold)
            over = alarm(f'{statistic}-over', MetricName='Latency', Statistic=statistic, Threshold=threshold + 0.1)
            self.assertEqual((state(exact), state(over)), ('ALARM', 'OK'), statistic)

    def test_percentile(self):
        for value in range(101):
            put(value, 1, name='Latency')
        props = {
            'MetricName': 'Latency',
            'Statistic': None,
            'ExtendedStatistic': 'p99',
            'EvaluateLowSampleCountPercentile': 'ignore',
        }
        props = {key: value for key, value in {**ERRORS, **props}.items() if value is not None}
        for threshold, expected in ((99, 'ALARM'), (99.5, 'OK')):
            create('AWS::CloudWatch::Alarm', {'AlarmName': 'p', **props, 'Threshold': threshold})
            record = cloudwatch._alarms['p']
            self.assertEqual(state(record), expected)
            self.assertEqual(record['EvaluateLowSampleCountPercentile'], 'ignore')

    def test_the_running_period_does_not_count_yet(self):
        record = alarm()
        put(1, 0)
        self.assertEqual(state(record), 'OK')

    def test_periods_are_scaled(self):
        five_minutes = alarm(Period=300, Threshold=2)
        put(1, 6)
        put(1, 9)
        put(1, 30)  # another period
        start = int(NOW / (5 * PERIOD)) * 5 * PERIOD
        for point in cloudwatch._metrics[('AWS/Lambda', 'Errors', 'FunctionName=fn')][:2]:
            point['Timestamp'] = start - 2 * PERIOD
        self.assertEqual(state(five_minutes), 'ALARM')

    def test_datapoints_to_alarm(self):
        record = alarm(EvaluationPeriods=3, DatapointsToAlarm=2)
        for ago, value in ((3, 1), (2, 0), (1, 0)):
            put(value, ago)
        self.assertEqual(state(record), 'OK')
        put(1, 1)
        self.assertEqual(state(record), 'ALARM')

    def test_only_the_alarms_unit(self):
        record = alarm(Unit='Count')
        put(5, 1, unit='Milliseconds')
        self.assertEqual(state(record), 'OK')

    def test_transitions_are_recorded_with_their_reason(self):
        record = alarm()
        put(3, 1)
        state(record)
        self.assertEqual(
            [(one['from'], one['to']) for one in alarms.transitions], [('INSUFFICIENT_DATA', 'OK'), ('OK', 'ALARM')]
        )
        self.assertIn('[3] was greater than or equal to the threshold (1)', alarms.transitions[1]['reason'])

    def test_actions_reach_their_topic(self):
        arn, _ = create('AWS::SNS::Topic', {'TopicName': 'pages'})
        sent, fanout = [], sns._fanout
        sns._fanout = lambda topic, *rest: sent.append(topic)
        try:
            record = alarm(AlarmActions=[arn])
            put(1, 1)
            state(record)
        finally:
            sns._fanout = fanout
        self.assertEqual(sent, [arn])

    def test_an_update_keeps_the_state_and_is_evaluated_on_the_new_metric(self):
        record = alarm()
        put(1, 1)
        state(record)
        moved = {**ERRORS, 'AlarmName': 'alarm', 'Dimensions': [{'Name': 'FunctionName', 'Value': 'other'}]}
        update('AWS::CloudWatch::Alarm', 'alarm', {**ERRORS, 'AlarmName': 'alarm'}, moved)
        self.assertEqual(cloudwatch._alarms['alarm']['StateValue'], 'OK')

    def test_requests_are_checked(self):
        with self.assertRaisesRegex(ValueError, 'EvaluationPeriods'):
            alarm(EvaluationPeriods=0)
        with self.assertRaisesRegex(ValueError, 'Mean'):
            alarm(Statistic='Mean')
        with self.assertRaisesRegex(ValueError, 'not simulated'):
            alarm(ComparisonOperator='LessThanLowerThreshold')


class MetricMathAlarms(InProcess):
    def queries(self, expression='IF(requests >= 3, 100 * errors / requests, 0)'):
        def metric(id, name):
            return {
                'Id': id,
                'ReturnData': False,
                'MetricStat': {
                    'Metric': {'Namespace': 'N', 'MetricName': name, 'Dimensions': [{'Name': 'V', 'Value': '2'}]},
                    'Period': 60,
                    'Stat': 'Sum',
                },
            }

        return [
            {'Id': 'rate', 'Expression': expression, 'Label': 'errors %'},
            metric('errors', 'Errors'),
            metric('requests', 'Requests'),
        ]

    def math_alarm(self, queries, **props):
        common = {key: ERRORS[key] for key in ('EvaluationPeriods', 'ComparisonOperator', 'TreatMissingData')}
        create('AWS::CloudWatch::Alarm', {'AlarmName': 'math', 'Metrics': queries, 'Threshold': 50, **common, **props})
        return cloudwatch._alarms['math']

    def test_ratio_with_enough_samples(self):
        record = self.math_alarm(self.queries())
        for name, value in (('Requests', 2), ('Errors', 2)):
            put(value, 1, name=name, namespace='N', V='2')
        self.assertEqual(state(record), 'OK')
        put(1, 1, name='Requests', namespace='N', V='2')
        self.assertEqual(state(record), 'ALARM')

    def test_expressions_may_use_expressions(self):
        queries = [{'Id': 'all', 'Expression': 'rate + 0'}, *self.queries()]
        queries[1]['ReturnData'] = False
        record = self.math_alarm(queries)
        put(3, 1, name='Requests', namespace='N', V='2')
        put(3, 1, name='Errors', namespace='N', V='2')
        self.assertEqual(state(record), 'ALARM')

    def test_what_does_not_fit_together_is_refused(self):
        with self.assertRaisesRegex(ValueError, 'do not exist'):
            self.math_alarm(self.queries('nothing + errors'))
        with self.assertRaisesRegex(ValueError, 'ReturnData'):
            self.math_alarm([{**query, 'ReturnData': True} for query in self.queries()])
        with self.assertRaisesRegex(ValueError, 'not simulated'):
            self.math_alarm(self.queries('RATE(errors)'))


class Composite(InProcess):
    def test_rule_follows_its_children(self):
        one, two = alarm('one'), alarm('two', Dimensions=[{'Name': 'FunctionName', 'Value': 'two'}])
        name, attributes = create(
            'AWS::CloudWatch::CompositeAlarm',
            {'AlarmName': 'page', 'AlarmRule': 'ALARM("one") OR ALARM("two")', 'ActionsEnabled': 'true'},
        )
        self.assertTrue(attributes['Arn'].endswith(':alarm:page'))
        self.assertEqual(alarms.state_of('page'), 'OK')
        put(1, 1, FunctionName='two')
        state(one), state(two)
        self.assertEqual((alarms.state_of('one'), alarms.state_of('page')), ('OK', 'ALARM'))

    def test_children_must_exist(self):
        with self.assertRaisesRegex(ValueError, 'do not exist'):
            create('AWS::CloudWatch::CompositeAlarm', {'AlarmName': 'page', 'AlarmRule': 'ALARM("nothing")'})


class Timer(InProcess):
    def test_alarms_of_every_account_are_evaluated(self):
        record = alarm()
        put(1, 0)
        with mock.patch.dict(os.environ, LOCAL_CLOUD_MINUTE_SECONDS='10'):
            cloudwatch._metrics[('AWS/Lambda', 'Errors', 'FunctionName=fn')][0]['Timestamp'] = time.time() - 10
            alarms.evaluate_all()
        self.assertEqual(record['StateValue'], 'ALARM')
