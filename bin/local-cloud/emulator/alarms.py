"""
An alarm evaluator in place of ministack's, which pools all dimension sets of a metric, looks only at whole look-back
windows and knows neither missing data nor M out of N nor metric math.

Datapoints are stamped when they arrive and fall into periods of scaled time. Only periods that are over count: half a
period has half the samples, and a ratio guarded by a sample count would flap.
"""

import threading
import time

from ministack.core.responses import request_scope
from ministack.services import cloudwatch
from ministack.services.cloudformation import provisioners

from . import alarm_states, api_models, cloudformation, metric_data, metric_math, scaled_time
from .simulations import simulation

EVALUATOR = simulation(
    'cloudwatch-alarm-evaluation',
    'A metric alarm reads its own dimension set, period by period of scaled time, with Sum, Average, Minimum, Maximum, '
    'SampleCount or a percentile, and is evaluated on a timer',
    'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html',
    'test_alarms.Evaluator.test_only_its_own_dimension_set_counts',
)
COMPOSITE = simulation(
    'cloudwatch-composite-alarm',
    'AWS::CloudWatch::CompositeAlarm: request checked; its rule follows the states of the alarms it names',
    'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-cloudwatch-compositealarm.html',
    'test_alarms.Composite.test_rule_follows_its_children',
)

# Every change of state since the start, oldest first: CloudWatch's own history carries whole seconds, too coarse here.
transitions = []
_lock = threading.RLock()


def state_of(name):
    """The state of a metric or composite alarm of the caller's account and region; None if there is no such alarm."""
    alarm = cloudwatch._alarms.get(name) or cloudwatch._composite_alarms.get(name)
    return alarm['StateValue'] if alarm else None


def series(metric, period, count, now):
    """The last `count` complete periods, oldest first, as (timestamps, {timestamp: value})."""
    length = scaled_time.real(period)
    newest = int(now // length) - 1
    timestamps = range(newest - count + 1, newest + 1)
    key = (
        metric['Namespace'],
        metric['MetricName'],
        cloudwatch._dims_key(cloudwatch._dims_from_list(metric.get('Dimensions') or [])),
    )
    buckets = {at: [] for at in timestamps}
    for point in list(cloudwatch._metrics.get(key) or []):
        at = int(point['Timestamp'] // length)
        if at in buckets and (not metric.get('Unit') or point.get('Unit') == metric['Unit']):
            buckets[at].append(point)
    values = {at: metric_data.statistic(points, metric['Stat']) for at, points in buckets.items() if points}
    return timestamps, {at: value for at, value in values.items() if value is not None}


def datapoints(alarm, now):
    """The alarm's values over its evaluation range, oldest first, None where there is none."""
    count = int(alarm.get('EvaluationPeriods', 1)) + alarm_states.EXTRA_PERIODS
    queries = alarm.get('Metrics')
    if not queries:
        stat = alarm.get('ExtendedStatistic') or alarm.get('Statistic')
        timestamps, values = series({**alarm, 'Stat': stat}, int(alarm['Period']), count, now)
    else:
        period, found = _period(queries), {}
        for query in queries:
            if 'MetricStat' in query:
                stat = query['MetricStat']
                metric = {**stat['Metric'], 'Stat': stat['Stat'], 'Unit': stat.get('Unit')}
                timestamps, found[query['Id']] = series(metric, period, count, now)
        values = _expression_values(queries, found, timestamps)
    return [values.get(at) for at in timestamps]


def _period(queries):
    return max(int(query['MetricStat']['Period']) for query in queries if 'MetricStat' in query)


def _expression_values(queries, found, timestamps):
    """Expressions may refer to one another, in any order."""
    waiting = {query['Id']: metric_math.parse(query['Expression']) for query in queries if 'Expression' in query}
    while waiting:
        ready = [id for id, tree in waiting.items() if metric_math.names(tree) <= found.keys()]
        if not ready:
            raise ValueError(f'metric math refers to ids that do not exist: {", ".join(waiting)}')
        for id in ready:
            found[id] = metric_math.evaluate(waiting.pop(id), found, timestamps)
    # One query alone returns data, and ReturnData is true where it is left out.
    returned = [query['Id'] for query in queries if query.get('ReturnData') is not False]
    if len(returned) != 1:
        raise ValueError('exactly one query of an alarm must have ReturnData true')
    return found[returned[0]]


def evaluate(alarm, now=None):
    with _lock:
        EVALUATOR.exercised()
        values = datapoints(alarm, now or time.time())
        compare = alarm_states.COMPARISONS[alarm['ComparisonOperator']][1]
        threshold, old = float(alarm['Threshold']), alarm['StateValue']
        periods = int(alarm.get('EvaluationPeriods', 1))
        new = alarm_states.next_state(
            [None if value is None else compare(value, threshold) for value in values],
            periods,
            int(alarm.get('DatapointsToAlarm') or periods),
            alarm.get('TreatMissingData') or 'missing',
            old,
        )
        if new == old:
            return
        reason = alarm_states.reason(values, alarm, new)
        alarm.update(StateValue=new, StateReason=reason, StateUpdatedTimestamp=int(time.time()))
        cloudwatch._record_history(alarm['AlarmName'], old, new, reason)
        # What follows from a change, ministack does: notifications, and the composite alarms above.
        cloudwatch._dispatch_alarm_actions(alarm, old, new, reason)
        cloudwatch._evaluate_parent_alarms(alarm)


def evaluate_all():
    """Every alarm of every account and region."""
    for (account, region, _), alarm in cloudwatch._alarms.all_items():
        with request_scope(account, region):
            try:
                evaluate(alarm)
            except Exception:
                cloudwatch.logger.exception('alarm %s could not be evaluated', alarm.get('AlarmName'))


def _record(original):
    """CloudFormation's alarm, checked as PutMetricAlarm, with what ministack refuses (Metrics) or drops."""

    def record(name, props):
        params = {key: value for key, value in props.items() if key not in ('Tags', 'AlarmName')}
        params = api_models.checked('cloudwatch', 'PutMetricAlarm', {'AlarmName': name, **params})
        if params.get('ComparisonOperator') not in alarm_states.COMPARISONS:
            raise ValueError(f'PutMetricAlarm: {params.get("ComparisonOperator")} (anomaly detection) is not simulated')
        low_samples = {key: params[key] for key in ('EvaluateLowSampleCountPercentile',) if key in params}
        queries = params.get('Metrics')
        if not queries:
            return {**original(name, props), **low_samples}
        for query in queries:
            if 'Expression' in query:
                metric_math.parse(query['Expression'])
        alarm = original(name, {**props, 'Metrics': None, 'Namespace': '-', 'MetricName': '-'})
        for key in ('Namespace', 'MetricName', 'Statistic', 'ExtendedStatistic', 'Period', 'Dimensions', 'Unit'):
            del alarm[key]
        alarm['Metrics'] = queries
        datapoints(alarm, time.time())  # ids, periods and ReturnData must fit together
        return {**alarm, **low_samples}

    return record


def _put_composite(name, props):
    params = {key: value for key, value in props.items() if key != 'Tags'}
    params = api_models.checked('cloudwatch', 'PutCompositeAlarm', {**params, 'AlarmName': name})
    status, _, body = cloudwatch._put_composite_alarm({}, params, False, True)
    if status >= 400:
        raise ValueError(f'PutCompositeAlarm: {body.decode() if isinstance(body, bytes) else body}')
    COMPOSITE.exercised()
    arn = cloudwatch._composite_alarms[name]['AlarmArn']
    return name, {'Arn': arn}


def _update_composite(physical_id, old, new, stack, logical_id):
    return _put_composite(cloudformation.physical_name(stack, logical_id, new, 'AlarmName', 255), new)


def install():
    history = cloudwatch._record_history

    def record_history(name, old, new, reason, *rest):
        if old != new:
            transitions.append({'alarm': name, 'at': time.time(), 'from': old, 'to': new, 'reason': reason})
        return history(name, old, new, reason, *rest)

    cloudwatch._record_history = record_history
    cloudwatch._evaluate_alarm = evaluate
    provisioners._cw_metric_alarm_record = _record(provisioners._cw_metric_alarm_record)
    cloudformation.register(
        'AWS::CloudWatch::CompositeAlarm',
        create=lambda logical_id, props, stack: _put_composite(
            cloudformation.physical_name(stack, logical_id, props, 'AlarmName', 255), props
        ),
        update=_update_composite,
        delete=lambda name, props: cloudwatch._composite_alarms.pop(name, None),
    )


def start_timer():
    """Several times in a scaled minute, so that no period passes unseen, and at least every 200 ms."""

    def run():
        while True:
            time.sleep(min(0.2, scaled_time.minute() / 5))
            evaluate_all()

    threading.Thread(target=run, name='alarm-evaluation', daemon=True).start()
