import json
import os
import time

from ministack.services import cloudwatch

from emulator import metric_data, scaled_time
from in_process import InProcess

# A minute of the scaled clock.
MINUTE = int(scaled_time.at(time.time()) // 60)


def put(value, minute, name='Errors', **dimensions):
    cloudwatch.record_metric('AWS/Lambda', name, value, 'Count', dimensions)
    started = float(os.environ[scaled_time.START])
    at = started + scaled_time.real((minute + 0.5) * 60 - started)
    cloudwatch._metrics[('AWS/Lambda', name, cloudwatch._dims_key(dimensions))][-1]['Timestamp'] = at


def query(id='m0', name='Errors', stat='Sum', period=60, **dimensions):
    metric = {'Namespace': 'AWS/Lambda', 'MetricName': name}
    metric['Dimensions'] = [{'Name': key, 'Value': value} for key, value in dimensions.items()]
    return {'Id': id, 'MetricStat': {'Metric': metric, 'Period': period, 'Stat': stat}}


def asked(*queries, first=MINUTE, last=MINUTE + 9, **more):
    request = {
        'MetricDataQueries': list(queries),
        'StartTime': first * 60,
        'EndTime': (last + 1) * 60,
        'ScanBy': 'TimestampAscending',
        **more,
    }
    return cloudwatch._get_metric_data({}, request, False, True)


def answer(*queries, **more):
    """By id: {minute: value}"""
    status, _, body = asked(*queries, **more)
    assert status == 200, body
    return {
        one['Id']: {int(at // 60): value for at, value in zip(one['Timestamps'], one['Values'])}
        for one in json.loads(body)['MetricDataResults']
    }


class Data(InProcess):
    def test_times_are_those_of_the_scaled_clock(self):
        for minute, value in ((0, 1), (0, 2), (3, 5)):
            put(value, MINUTE + minute, FunctionName='fn')
        self.assertEqual(answer(query(FunctionName='fn'))['m0'], {MINUTE: 3, MINUTE + 3: 5})

    def test_what_is_recorded_now_is_in_the_minute_that_the_clock_shows(self):
        before = int(scaled_time.at(time.time()) // 60)
        cloudwatch.record_metric('AWS/Lambda', 'Errors', 1, 'Count', {})
        after = int(scaled_time.at(time.time()) // 60)
        found = answer(query(), first=before, last=after)['m0']
        self.assertEqual(list(found.values()), [1])
        self.assertTrue(before <= next(iter(found)) <= after)

    def test_only_its_own_dimension_set_counts(self):
        put(1, MINUTE)
        put(2, MINUTE, FunctionName='fn')
        put(4, MINUTE, FunctionName='fn', Resource='fn:live')
        found = answer(query('a'), query('b', FunctionName='fn'), query('c', FunctionName='fn', Resource='fn:live'))
        self.assertEqual(found, {'a': {MINUTE: 1}, 'b': {MINUTE: 2}, 'c': {MINUTE: 4}})

    def test_nothing_is_no_value(self):
        self.assertEqual(answer(query(FunctionName='nobody')), {'m0': {}})

    def test_the_end_is_not_part_of_it(self):
        for minute in range(4):
            put(1, MINUTE + minute)
        self.assertEqual(list(answer(query(), first=MINUTE + 1, last=MINUTE + 2)['m0']), [MINUTE + 1, MINUTE + 2])

    def test_longer_periods(self):
        start = (MINUTE // 5 + 1) * 5
        for minute in range(10):
            put(1, start + minute)
        self.assertEqual(answer(query(period=300), first=start, last=start + 9)['m0'], {start: 5, start + 5: 5})

    def test_the_newest_comes_first_unless_asked_otherwise(self):
        for minute in range(3):
            put(minute, MINUTE + minute)
        self.assertEqual(list(answer(query(), ScanBy='TimestampDescending')['m0'].values()), [2, 1, 0])

    def test_what_is_not_simulated_is_refused(self):
        for wrong in ({'Id': 'e', 'Expression': 'a+b'}, query(stat='TM(2%:98%)'), query(period=10)):
            put(1, MINUTE)
            self.assertEqual(asked(wrong)[0], 400, wrong)
        self.assertEqual(asked(query(), first=MINUTE + 20)[0], 400)


class Statistics(InProcess):
    def test_trimmed_count(self):
        points = [{'Value': value} for value in (1, 400, 401, 2000)]
        for stat, expected in {'TC(400:)': 2, 'TC(:400)': 2, 'TC(1:401)': 2, 'TC(2000:)': 0, 'TC(0.5:)': 4}.items():
            self.assertEqual(metric_data.statistic(points, stat), expected, stat)
        put(500, MINUTE, name='Duration')
        put(300, MINUTE, name='Duration')
        self.assertEqual(answer(query(name='Duration', stat='TC(400:)')), {'m0': {MINUTE: 1}})

    def test_others(self):
        points = [{'Value': value} for value in range(101)]
        for stat, expected in {'Sum': 5050, 'SampleCount': 101, 'Maximum': 100, 'p99': 99}.items():
            self.assertEqual(metric_data.statistic(points, stat), expected)
