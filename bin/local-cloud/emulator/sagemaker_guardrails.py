"""
Deployment guardrails as numbers: which share of the traffic a new fleet gets and for how long, and which deployment
configurations cannot be. Pure: the caller brings the fleets.
"""

from .sagemaker_records import Refused
from .simulations import simulation

STEPS = simulation(
    'sagemaker-traffic-shifting',
    'Blue/green all at once, canary and linear, and rolling deployments shift traffic between two fleets step by step '
    'over scaled time; a final bake follows (TerminationWaitInSeconds)',
    'https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green.html',
    'test_sagemaker_guardrails.Steps.test_each_kind',
)
REFUSED = simulation(
    'sagemaker-deployment-config',
    'A deployment configuration whose steps cannot be is refused by UpdateEndpoint; that of CreateEndpoint is stored',
    'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeploymentConfig.html',
    'test_sagemaker_guardrails.Refused.test_what_cannot_be',
)
EXCLUDED = simulation(
    'sagemaker-guardrail-exclusions',
    'Endpoints on Inf1 are updated all at once, with no bake and no alarm, whatever deployment configuration they have',
    'https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html',
    'test_sagemaker_guardrails.Refused.test_inf1_falls_back_to_all_at_once',
)

MAX_BATCH, MIN_ROLLING, MIN_LINEAR = 0.5, 0.05, 0.1
_ALL_AT_ONCE = [(1.0, 0)]


def policy(deployment_config, old, new):
    """What a deployment does: (steps as [(share of the new fleet, seconds)], alarm names, seconds it may take)."""
    settings = deployment_config or {}
    blue_green, rolling = settings.get('BlueGreenUpdatePolicy'), settings.get('RollingUpdatePolicy')
    if not (blue_green or rolling):
        return _ALL_AT_ONCE, [], None
    if _is_excluded(old, new):
        EXCLUDED.exercised()
        return _ALL_AT_ONCE, [], None
    STEPS.exercised()
    alarms = [alarm['AlarmName'] for alarm in (settings.get('AutoRollbackConfiguration') or {}).get('Alarms', [])]
    steps = _blue_green_steps(blue_green, new) if blue_green else _rolling_steps(rolling, new)
    return steps, alarms, (blue_green or rolling).get('MaximumExecutionTimeoutInSeconds')


def is_guarded(deployment_config, old, new):
    """Whether more than the default, all at once and unwatched, was asked for and is done."""
    return bool(deployment_config) and not _is_excluded(old, new)


def check(deployment_config, old, new):
    """Raises Refused for a configuration that AWS does not carry out on these fleets."""
    settings = deployment_config or {}
    if not settings or _is_excluded(old, new):
        return
    problems = list(_problems(settings.get('BlueGreenUpdatePolicy'), settings.get('RollingUpdatePolicy'), old, new))
    if problems:
        REFUSED.exercised()
        raise Refused(f"UpdateEndpoint: DeploymentConfig: {'; '.join(problems)}")


def _problems(blue_green, rolling, old, new):
    if bool(blue_green) == bool(rolling):
        yield 'exactly one of BlueGreenUpdatePolicy and RollingUpdatePolicy is needed'
        return
    if old.variants.keys() != new.variants.keys():
        names = f"{', '.join(sorted(old.variants))} and {', '.join(sorted(new.variants))}"
        yield f'the new endpoint configuration must have the same variant names as the old one, not {names}'
    if rolling:
        if len(new.variants) > 1:
            yield 'rolling deployments do not support endpoints with several variants'
        if any(variant.serverless for variant in new.variants.values()):
            yield 'rolling deployments do not support serverless endpoints'
        yield from _batch_problems('MaximumBatchSize', rolling['MaximumBatchSize'], new, MIN_ROLLING)
        return
    routing = blue_green['TrafficRoutingConfiguration']
    if routing['Type'] == 'CANARY':
        yield from _batch_problems('CanarySize', routing.get('CanarySize'), new, 0)
    if routing['Type'] == 'LINEAR':
        yield from _batch_problems('LinearStepSize', routing.get('LinearStepSize'), new, MIN_LINEAR)


def _batch_problems(name, size, fleet, least):
    if not size:
        yield f'{name} is missing'
        return
    instances, share = _instances(fleet), _share(size, fleet)
    # One instance is the least that can take traffic; serverless variants have none.
    if max(share, 1 / instances if instances else 0) > MAX_BATCH:
        yield f"{name} of {size['Value']} ({size['Type']}) is over 50 % of {instances} instance(s)"
    elif share < least:
        yield f"{name} of {size['Value']} ({size['Type']}) is under {least * 100:g} % of {instances} instance(s)"


def _instances(fleet):
    return min(variant.instances for variant in fleet.variants.values())


def _share(size, fleet):
    if size['Type'] == 'CAPACITY_PERCENT':
        return size['Value'] / 100
    return size['Value'] / max(1, _instances(fleet))


def _blue_green_steps(blue_green, new):
    routing = blue_green['TrafficRoutingConfiguration']
    wait, bake = routing['WaitIntervalInSeconds'], blue_green.get('TerminationWaitInSeconds', 0)
    if routing['Type'] == 'CANARY':
        return [(_share(routing['CanarySize'], new), wait), (1.0, bake)]
    if routing['Type'] == 'LINEAR':
        return [*_increments(_share(routing['LinearStepSize'], new), wait), (1.0, bake)]
    return [(1.0, bake)]


def _rolling_steps(rolling, new):
    wait = rolling['WaitIntervalInSeconds']
    return [*_increments(_share(rolling['MaximumBatchSize'], new), wait), (1.0, wait)]


def _increments(step, wait):
    shares = [round(step * count, 4) for count in range(1, int(1 / step) + 1)]
    return [(share, wait) for share in shares if share < 1]


def _is_excluded(old, new):
    types = [variant.instance_type() for fleet in (old, new) for variant in fleet.variants.values()]
    return any(instance_type and instance_type.startswith('ml.inf1.') for instance_type in types)
