"""
Mappings of Kinesis streams in place of ministack's, which pass over a record that fails or are stuck with it: their creation,
change and end by the API and by CloudFormation, and the thread that keeps them going.
"""

import json
import threading
import time

from ministack.core.responses import error_response_json, get_account_id, get_region
from ministack.services import kinesis, lambda_svc
from ministack.services.cloudformation import provisioners

from . import lambda_alias, stream_mapping_metrics, stream_mapping_run, stream_mapping_settings
from .simulations import simulation
from .stream_mapping_run import Run
from .stream_mapping_settings import DEFAULTS, OPTIONAL

MAPPINGS = simulation(
    'stream-mapping',
    'AWS::Lambda::EventSourceMapping of a Kinesis stream, and its API: created, updated from the next batch on, disabled and '
    'enabled where it was, deleted; one for each pair of source and function',
    'https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html',
    'test_stream_mapping_poller.Lifecycle.test_disabled_and_enabled_again',
)
FAN_OUT = simulation(
    'stream-mapping-fan-out',
    'The ARN of a consumer with enhanced fan-out as the source; records are of the same stream, and eventSourceARN is the consumer\'s',
    'https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html',
    'test_stream_mapping_poller.Delivery.test_consumer_with_enhanced_fan_out',
)
ALIAS = simulation(
    'stream-mapping-alias',
    'A mapping of an alias: each batch, and each attempt at it, goes to a version by the alias\'s weights',
    'https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html',
    'test_stream_mapping_poller.Delivery.test_batches_follow_the_weights_of_an_alias',
)

TYPE = 'AWS::Lambda::EventSourceMapping'
# Often enough for the 1 s of AWS between two polls, in the smallest of scaled minutes that are of use.
INTERVAL_SECONDS = 0.02
_NOT_OF_THE_API = ('Tags', 'Id')
_FIXED = ('EventSourceArn', 'StartingPosition', 'StartingPositionTimestamp')

runs = {}
_started = threading.Lock()
_thread = None


def report():
    return [
        {
            'uuid': run.mapping['UUID'],
            'source': run.mapping['EventSourceArn'],
            'function': run.mapping['FunctionArn'],
            'state': run.mapping['State'],
            'waiting': run.waiting(),
            'events': stream_mapping_metrics.totals(run.mapping['UUID']),
            'shards': [
                {'id': id, 'read': position.after, 'lanes': len(position.lanes), 'finished': position.finished}
                for id, position in run.positions.items()
            ],
        }
        for run in list(runs.values())
    ]


def _begin(mapping):
    MAPPINGS.exercised()
    if '/consumer/' in mapping['EventSourceArn']:
        FAN_OUT.exercised()
    if mapping.get('Qualifier') in ((lambda_svc._functions.get(mapping['FunctionName']) or {}).get('aliases') or {}):
        ALIAS.exercised()
    runs[mapping['UUID']] = Run(get_account_id(), get_region(), mapping)
    _keep_going()


def _keep_going():
    global _thread
    with _started:
        if _thread is None:
            _thread = threading.Thread(target=_run_all, name='stream-mappings', daemon=True)
            _thread.start()


def _run_all():
    while True:
        for id, run in list(runs.items()):
            try:
                if run.is_over():
                    runs.pop(id, None)
                    stream_mapping_metrics.forget(id)
                else:
                    run.tick()
            except Exception:
                lambda_svc.logger.exception('mapping %s of %s', id, run.mapping.get('EventSourceArn'))
        time.sleep(INTERVAL_SECONDS)


def _complete(mapping, params):
    """What ministack leaves out of the record, or has as other services' defaults."""
    for key, default in DEFAULTS.items():
        mapping[key] = params.get(key, default)
    for key in OPTIONAL:
        mapping.pop(key, None)
        if params.get(key) is not None:
            mapping[key] = params[key]


def _is_there(params):
    name, qualifier = lambda_svc._resolve_name_and_qualifier(params['FunctionName'])
    return any(
        one['EventSourceArn'] == params['EventSourceArn']
        and (one['FunctionName'], one.get('Qualifier')) == (name, qualifier)
        for one in lambda_svc._esms.values()
    )


def _created_by_api(original):
    def create(data):
        if not stream_mapping_settings.is_of_kinesis(data.get('EventSourceArn')):
            return original(data)
        try:
            params = stream_mapping_settings.checked(data)
        except ValueError as error:
            return error_response_json('InvalidParameterValueException', str(error), 400)
        if _is_there(params):
            message = f'The event source arn ("{params["EventSourceArn"]}") and function provided mapping already exists.'
            return error_response_json('ResourceConflictException', message, 409)
        answer = original(params)
        if answer[0] >= 400:
            return answer
        mapping = lambda_svc._esms[json.loads(answer[2])['UUID']]
        _complete(mapping, params)
        _begin(mapping)
        return lambda_svc.json_response(lambda_svc._esm_response(mapping), 202)

    return create


def _updated_by_api(original):
    def update(id, data):
        mapping = lambda_svc._esms.get(id)
        if mapping is None or not stream_mapping_settings.is_of_kinesis(mapping['EventSourceArn']):
            return original(id, data)
        try:
            params = stream_mapping_settings.checked({**data, 'UUID': id}, 'UpdateEventSourceMapping')
        except ValueError as error:
            return error_response_json('InvalidParameterValueException', str(error), 400)
        answer = original(id, params)
        if answer[0] >= 400:
            return answer
        mapping.update({key: params[key] for key in (*DEFAULTS, *OPTIONAL) if params.get(key) is not None})
        return lambda_svc.json_response(lambda_svc._esm_response(mapping), 202)

    return update


def _params(props):
    return {key: value for key, value in props.items() if key not in _NOT_OF_THE_API}


def _created_by_stack(original):
    def create(logical_id, props, stack):
        if not stream_mapping_settings.is_of_kinesis(props.get('EventSourceArn')):
            return original(logical_id, props, stack)
        params = stream_mapping_settings.checked(_params(props))
        if _is_there(params):
            raise ValueError('CreateEventSourceMapping: the event source and function provided mapping already exists')
        answer = original(logical_id, {**props, **params}, stack)
        mapping = lambda_svc._esms[answer[0]]
        mapping['State'] = 'Enabled' if mapping['Enabled'] else 'Disabled'
        _complete(mapping, params)
        _begin(mapping)
        return answer

    return create


def _updated_by_stack(original):
    def update(physical_id, old, new, stack):
        if not stream_mapping_settings.is_of_kinesis(new.get('EventSourceArn')):
            return original(physical_id, old, new, stack)
        params = stream_mapping_settings.checked(_params(new))
        # Compared as they are written: a change of these replaces the mapping.
        fixed = {key: new[key] for key in _FIXED if key in new}
        answer = original(physical_id, old, {'Enabled': True, **params, **fixed}, stack)
        mapping = lambda_svc._esms[answer[0]]
        _complete(mapping, params)
        mapping['Qualifier'] = lambda_alias.qualifier(mapping)
        return answer

    return update


def _stream_name(original):
    def name(spec):
        if spec.service == 'kinesis' and '/consumer/' in spec.resource:
            return spec.resource.removeprefix('stream/').partition('/')[0]
        return original(spec)

    return name


def _counting_puts(original):
    def put(data):
        answer = original(data)
        name, stream = kinesis._resolve_stream(data)
        if stream is None:
            return answer
        body = json.loads(answer[2])
        asked, results = data.get('Records') or [data], body.get('Records') or [body]
        if answer[0] != 200 and body.get('__type') != 'ProvisionedThroughputExceededException':
            return answer
        stored = [one for one, result in zip(asked, results) if 'SequenceNumber' in result]
        size = sum(len(one.get('Data') or '') * 3 // 4 for one in stored)
        stream_mapping_metrics.incoming(stream['StreamName'], len(stored), size, len(asked) - len(stored))
        return answer

    return put


def install():
    # A misspelt mode must not wait for the first record.
    stream_mapping_run.keeps_retries()
    lambda_svc._poll_kinesis = lambda: False
    lambda_svc._kinesis_stream_name_from_arn_spec = _stream_name(lambda_svc._kinesis_stream_name_from_arn_spec)
    lambda_svc._create_esm = _created_by_api(lambda_svc._create_esm)
    lambda_svc._update_esm = _updated_by_api(lambda_svc._update_esm)
    provisioners._lambda_esm_create = _created_by_stack(provisioners._lambda_esm_create)
    provisioners._RESOURCE_HANDLERS[TYPE]['create'] = provisioners._lambda_esm_create
    provisioners._RESOURCE_HANDLERS[TYPE]['update'] = _updated_by_stack(provisioners._lambda_esm_update)
    kinesis._put_record = _counting_puts(kinesis._put_record)
    kinesis._put_records = _counting_puts(kinesis._put_records)
