"""
How many instances of a type transform jobs may use at a time, and requests that are throttled, as a test sets them:
GET /_local_cloud/transform-limits?ml.m5.large=2&throttled=3. Unset, there is no quota.
"""

from .sagemaker_records import Refused
from .simulations import simulation

LIMITS = simulation(
    'sagemaker-transform-limits',
    'A quota of instances of a type for transform jobs, and throttled requests, as far as a test sets them: '
    'ResourceLimitExceeded and ThrottlingException',
    'https://docs.aws.amazon.com/general/latest/gr/sagemaker.html',
    'test_sagemaker_transform_requests.Limits.test_instances_of_running_jobs_count',
)

_THROTTLED = 'throttled'
_limits = {}


def replace(limits):
    """Replaces those set before."""
    clear()
    for name, value in limits.items():
        _limits[name] = int(value)
    return _limits


def clear():
    _limits.clear()


def refuse_throttled():
    if _limits.get(_THROTTLED, 0) > 0:
        LIMITS.exercised()
        _limits[_THROTTLED] -= 1
        raise Refused('Rate exceeded', 'ThrottlingException')


def refuse_over_quota(instance_type, count, used):
    quota = _limits.get(instance_type)
    if quota is not None and used + count > quota:
        LIMITS.exercised()
        raise Refused(
            f"The account-level service limit '{instance_type} for transform job usage' is {quota} Instances, with "
            f'current utilization of {used} Instances and a request delta of {count} Instances. Please use AWS Service '
            f'Quotas to request an increase for this quota. If AWS Service Quotas is not available, contact AWS support '
            f'to request an increase for this quota.',
            'ResourceLimitExceeded',
        )
