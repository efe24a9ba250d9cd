"""
GetMetricData in scaled time: who asks lives by the scaled clock, and gets minutes of that. ministack's pools the dimension
sets of a metric when none is asked for, and has no trimmed counts.
"""

import re

from ministack.services import cloudwatch

from . import scaled_time
from .simulations import simulation

DATA = simulation(
    'cloudwatch-get-metric-data',
    'GetMetricData answers by the scaled clock: its times and periods are those of a clock that runs a minute in a scaled minute; a '
    'metric is its exact dimensions, also without any; a period without data has no value',
    'https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html',
    'test_metric_data.Data.test_times_are_those_of_the_scaled_clock',
)
TRIMMED_COUNTS = simulation(
    'cloudwatch-trimmed-counts',
    'The statistic TC(lower:upper) counts the values that are greater than the lower bound and at most the upper one; either may be left out',
    'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html',
    'test_metric_data.Statistics.test_trimmed_count',
)

_TRIMMED = re.compile(r'TC\((\d+(?:\.\d+)?)?:(\d+(?:\.\d+)?)?\)')
_PLAIN = ('SampleCount', 'Sum', 'Average', 'Minimum', 'Maximum')


def statistic(points, stat):
    """The statistic of stored points; None where there is none of them."""
    trimmed = _TRIMMED.fullmatch(stat)
    if trimmed:
        TRIMMED_COUNTS.exercised()
        lower, upper = (None if bound is None else float(bound) for bound in trimmed.groups())
        samples = cloudwatch._percentile_samples(points)
        return samples and sum(
            weight
            for value, weight in samples
            if (lower is None or value > lower) and (upper is None or value <= upper)
        )
    if stat not in _PLAIN and not cloudwatch._is_percentile_stat(stat):
        raise ValueError(f'the statistic {stat} is not simulated')
    return cloudwatch._stat_value(cloudwatch._calc_stats(points), stat, points)


def _series(stat, start, end):
    """(time, value) of each period that has data, oldest first; times are those of the scaled clock."""
    metric, period = stat['Metric'], int(stat['Period'])
    if period % 60 != 0:
        raise ValueError(f'the period {period} is not simulated, only whole minutes are')
    key = (
        metric['Namespace'],
        metric['MetricName'],
        cloudwatch._dims_key(cloudwatch._dims_from_list(metric.get('Dimensions') or [])),
    )
    first, buckets = start // period * period, {}
    for point in list(cloudwatch._metrics.get(key) or []):
        at = scaled_time.at(point['Timestamp'])
        if first <= at < end and (not stat.get('Unit') or point.get('Unit') == stat['Unit']):
            buckets.setdefault(int(at // period) * period, []).append(point)
    values = [(at, statistic(points, stat['Stat'])) for at, points in sorted(buckets.items())]
    return [(at, value) for at, value in values if value is not None]


def _answer(params):
    DATA.exercised()
    start, end = (cloudwatch._parse_ts(params[name]) for name in ('StartTime', 'EndTime'))
    if start >= end:
        raise ValueError('The parameter StartTime must be less than the parameter EndTime.')
    results = []
    for query in params['MetricDataQueries']:
        if 'MetricStat' not in query:
            raise ValueError('expressions of GetMetricData are not simulated')
        found = _series(query['MetricStat'], start, end)
        if params.get('ScanBy') != 'TimestampAscending':
            found.reverse()
        if query.get('ReturnData') is not False:
            results.append(
                {
                    'Id': query['Id'],
                    'Label': query.get('Label') or query['MetricStat']['Metric']['MetricName'],
                    'Timestamps': [cloudwatch._ts_iso(at) for at, _ in found],
                    'Values': [value for _, value in found],
                    'StatusCode': 'Complete',
                }
            )
    return results


def _get_metric_data(params, body, is_cbor, is_json=False):
    try:
        if not is_cbor and not is_json:
            raise ValueError('the query protocol of GetMetricData is not simulated')
        results = _answer(body)
    except ValueError as error:
        return cloudwatch._error('ValidationError', str(error), 400, use_json=is_json, use_cbor=is_cbor)
    if is_json:
        return cloudwatch._json_ok({'MetricDataResults': results})
    return cloudwatch._cbor_ok({'MetricDataResults': [cloudwatch._cbor_metric_data_result(one) for one in results]})


def install():
    cloudwatch._get_metric_data = _get_metric_data
