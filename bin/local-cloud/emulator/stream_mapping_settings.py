"""What an event source mapping of a Kinesis stream may be told, what it does if it is not told, and what Lambda refuses."""

import json
from dataclasses import dataclass

from ministack.core.arn import ArnParseError, parse_arn
from ministack.services import kinesis

from . import api_models, scaled_time
from .simulations import simulation

SETTINGS = simulation(
    'stream-mapping-settings',
    'Defaults and limits of a mapping of a Kinesis stream (BatchSize 100, no window, endless retries, one batch of a shard at a '
    'time); no such stream, no starting position, a FIFO destination or a filter that is not JSON is refused',
    'https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html',
    'test_stream_mapping_settings.Settings.test_what_lambda_refuses',
)

DEFAULTS = {
    'BatchSize': 100,
    'MaximumBatchingWindowInSeconds': 0,
    'ParallelizationFactor': 1,
    'MaximumRecordAgeInSeconds': -1,
    'MaximumRetryAttempts': -1,
    'BisectBatchOnFunctionError': False,
    'FunctionResponseTypes': [],
    'DestinationConfig': {'OnFailure': {}},
}
# Absent unless set.
OPTIONAL = ('FilterCriteria', 'MetricsConfig', 'StartingPositionTimestamp', 'TumblingWindowInSeconds')
_MOST_FILTERS = 5
_LOWEST_AGE = 60


@dataclass(frozen=True)
class Settings:
    """Durations are real seconds, which stand for those that the mapping was told."""

    batch_size: int = 100
    window: float = 0
    lanes: int = 1
    max_age: float | None = None
    max_retries: int | None = None
    bisects: bool = False
    reports_failures: bool = False
    keeps_retries: bool = True
    first_delay: float = 0
    longest_delay: float = 0


def of(mapping, keeps_retries=True):
    age, retries = mapping['MaximumRecordAgeInSeconds'], mapping['MaximumRetryAttempts']
    return Settings(
        batch_size=mapping['BatchSize'],
        window=scaled_time.real(mapping['MaximumBatchingWindowInSeconds']),
        lanes=mapping['ParallelizationFactor'],
        max_age=None if age < 0 else scaled_time.real(age),
        max_retries=None if retries < 0 else retries,
        bisects=mapping['BisectBatchOnFunctionError'],
        reports_failures='ReportBatchItemFailures' in mapping['FunctionResponseTypes'],
        keeps_retries=keeps_retries,
        # AWS says that it backs off, and not how: a second of AWS, doubled up to a minute.
        first_delay=scaled_time.real(1),
        longest_delay=scaled_time.real(60),
    )


def is_of_kinesis(arn):
    return isinstance(arn, str) and ':kinesis:' in arn


def stream_of(arn):
    """The stream that the ARN, or that of one of its consumers, is of; None if it is not there."""
    try:
        spec = parse_arn(arn)
    except ArnParseError:
        return None
    name, _, consumer = spec.resource.removeprefix('stream/').partition('/')
    stream = kinesis._streams.get_scoped(spec.account_id, spec.region, name)
    if consumer and kinesis._consumers.get_scoped(spec.account_id, spec.region, arn) is None:
        return None
    return stream


def checked(params, operation='CreateEventSourceMapping'):
    """The parameters as the API has them, or ValueError."""
    params = api_models.checked('lambda', operation, params)
    problems = api_models.over_limits('lambda', operation, {k: v for k, v in params.items() if k != 'FunctionName'})
    if operation.startswith('Create'):
        problems += _source_problems(params)
    if 0 <= params.get('MaximumRecordAgeInSeconds', -1) < _LOWEST_AGE:
        problems.append(f'MaximumRecordAgeInSeconds must be -1, or at least {_LOWEST_AGE}')
    problems += _destination_problems(params.get('DestinationConfig') or {})
    problems += _filter_problems((params.get('FilterCriteria') or {}).get('Filters') or [])
    if params.get('TumblingWindowInSeconds'):
        problems.append('TumblingWindowInSeconds is not simulated')
    if problems:
        raise ValueError(f'{operation}: ' + '; '.join(problems))
    SETTINGS.exercised()
    return params


def _source_problems(params):
    position, arn = params.get('StartingPosition'), params['EventSourceArn']
    if position is None:
        return ['1 validation error detected: StartingPosition is required for Kinesis']
    if (position == 'AT_TIMESTAMP') != ('StartingPositionTimestamp' in params):
        return ['StartingPositionTimestamp goes with StartingPosition AT_TIMESTAMP, and with it only']
    if stream_of(arn) is None:
        name = arn.partition('stream/')[2]
        return [f'Received Exception while reading from provided stream. Stream {name} not found.']
    return []


def _destination_problems(config):
    if (config.get('OnSuccess') or {}).get('Destination'):
        return ['DestinationConfig: OnSuccess is not supported for a stream']
    arn = (config.get('OnFailure') or {}).get('Destination') or ''
    service = arn.split(':')[2] if arn.count(':') >= 5 else ''
    if arn and service not in ('sqs', 'sns', 's3'):
        return [f'The destination ARN {arn} is invalid.']
    if arn.endswith('.fifo'):
        return [f'The destination {arn} is FIFO, which is not supported']
    return []


def _filter_problems(filters):
    if len(filters) > _MOST_FILTERS:
        return [f'FilterCriteria: at most {_MOST_FILTERS} filters']
    for one in filters:
        try:
            if not isinstance(json.loads(one.get('Pattern') or '{}'), dict):
                raise ValueError
        except ValueError:
            return ['Invalid filter pattern definition.']
    return []
