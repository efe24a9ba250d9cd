"""
What a test lets go wrong with streams: GET /_local_cloud/stream-faults?throttled=3&repeated=1&undelivered=1&refused-puts=2.
Each number is how often from now on; what is not named does not go wrong. source=<stream> keeps the first three to mappings of
that stream, sink=<stream> the last one to records for that stream.
"""

import json
import threading

from ministack.core.responses import error_response_json, json_response
from ministack.services import kinesis

from .simulations import simulation

FAULTS = simulation(
    'stream-faults',
    'As far as a test asks for it: invocations of mappings are throttled, batches that succeeded come again, deliveries to a failure '
    'destination fail, and records are refused with ProvisionedThroughputExceededException, of PutRecords each for itself',
    'https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html',
    'test_stream_mapping_faults.Puts.test_some_records_of_a_request_are_refused',
)

THROTTLED, REPEATED, UNDELIVERED, REFUSED = 'throttled', 'repeated', 'undelivered', 'refused-puts'
_NAMES = (THROTTLED, REPEATED, UNDELIVERED, REFUSED)
_SOURCE, _SINK = 'source', 'sink'
_left, _only = {}, {}
_lock = threading.Lock()


def replace(faults):
    """Replaces those set before."""
    unknown = set(faults) - {*_NAMES, _SOURCE, _SINK}
    if unknown:
        return {'error': f'unknown: {", ".join(sorted(unknown))}'}
    with _lock:
        _left.clear()
        _only.clear()
        _left.update({name: int(faults[name]) for name in _NAMES if name in faults})
        _only.update({name: faults[name] for name in (_SOURCE, _SINK) if name in faults})
        return {**_left, **_only}


def clear():
    replace({})


def strikes(name, stream_name):
    with _lock:
        only = _only.get(_SINK if name == REFUSED else _SOURCE)
        if _left.get(name, 0) <= 0 or only not in (None, stream_name):
            return False
        _left[name] -= 1
    FAULTS.exercised()
    return True


def _refuses(data):
    return strikes(REFUSED, kinesis._resolve_stream(data)[0])


_REFUSAL = {'ErrorCode': 'ProvisionedThroughputExceededException', 'ErrorMessage': 'Rate exceeded for shard.'}


def install():
    put_one, put_many = kinesis._put_record, kinesis._put_records

    def put_record(data):
        if _refuses(data):
            return error_response_json(_REFUSAL['ErrorCode'], _REFUSAL['ErrorMessage'], 400)
        return put_one(data)

    def put_records(data):
        if not _left.get(REFUSED):
            return put_many(data)
        records = data.get('Records') or []
        refused = [_refuses(data) for _ in records]
        answer = put_many({**data, 'Records': [one for one, is_not in zip(records, refused) if not is_not]})
        if answer[0] != 200:
            return answer
        body = json.loads(answer[2])
        stored = iter(body['Records'])
        body['Records'] = [_REFUSAL if is_not else next(stored) for is_not in refused]
        return json_response({**body, 'FailedRecordCount': sum(refused)})

    kinesis._put_record = put_record
    kinesis._put_records = put_records
