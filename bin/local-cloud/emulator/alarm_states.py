"""
From datapoints to an alarm state, as the user guide describes it: M breaching datapoints out of the last N, and what
counts when some are missing. Pure: the caller brings the datapoints and the present state.
"""

from .simulations import simulation

MISSING_DATA = simulation(
    'cloudwatch-missing-data',
    'M out of N datapoints, and the four treatments of missing ones, over an evaluation range of N + 2 periods',
    'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html',
    'test_alarm_states.UserGuideTables.test_three_out_of_three',
)

# The guide retrieves 5 datapoints for 3 evaluation periods in its examples and gives no formula.
EXTRA_PERIODS = 2

COMPARISONS = {
    'GreaterThanOrEqualToThreshold': ('greater than or equal to', lambda value, threshold: value >= threshold),
    'GreaterThanThreshold': ('greater than', lambda value, threshold: value > threshold),
    'LessThanThreshold': ('less than', lambda value, threshold: value < threshold),
    'LessThanOrEqualToThreshold': ('less than or equal to', lambda value, threshold: value <= threshold),
}


def next_state(breaching, evaluation_periods, datapoints_to_alarm, treat_missing, current):
    """
    `breaching`: oldest first, one entry per period of the evaluation range: True, False, or None for a missing
    datapoint.
    """
    present = [point for point in breaching if point is not None]
    if len(present) >= evaluation_periods:
        # Enough real datapoints: the most recent of them decide, however missing ones are treated.
        return 'ALARM' if sum(present[-evaluation_periods:]) >= datapoints_to_alarm else 'OK'
    MISSING_DATA.exercised()
    if treat_missing == 'breaching':
        return 'ALARM' if sum(present) + evaluation_periods - len(present) >= datapoints_to_alarm else 'OK'
    if sum(present) >= datapoints_to_alarm:
        return 'ALARM'
    if treat_missing == 'notBreaching':
        return 'OK'
    if not present:
        return current if treat_missing == 'ignore' else 'INSUFFICIENT_DATA'
    if not all(present):
        return 'OK'
    # Every datapoint there is breaches, and there are fewer than M: "premature" alarms.
    oldest_age = len(breaching) - breaching.index(True)
    return 'ALARM' if treat_missing == 'missing' and oldest_age >= datapoints_to_alarm else current


def reason(values, alarm, state):
    """In the words that CloudWatch uses for a change of state."""
    periods = int(alarm.get('EvaluationPeriods', 1))
    needed = int(alarm.get('DatapointsToAlarm') or periods)
    recent = [value for value in values if value is not None][-periods:]
    if not recent:
        return f'{state}: no datapoints were received for {periods} periods'
    words, compare = COMPARISONS[alarm['ComparisonOperator']]
    threshold = float(alarm['Threshold'])
    breaching = sum(compare(value, threshold) for value in recent)
    counted, verb = (breaching, 'was') if state == 'ALARM' else (len(recent) - breaching, 'was not')
    shown = ', '.join(f'{value:g}' for value in recent)
    return (
        f'Threshold Crossed: {counted} out of the last {len(recent)} datapoints [{shown}] {verb} {words} '
        f'the threshold ({threshold:g}) (minimum {needed} datapoints for OK -> ALARM transition).'
    )
