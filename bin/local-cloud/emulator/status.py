"""
What a run wants to show of the emulator's inside, as JSON: GET /_local_cloud/simulated, /deployments, /alarms,
/endpoints, /endpoint-deployments and /mappings; and /transform-limits and /stream-faults, which set what their query says.
"""

import json

from ministack import app
from ministack.services import cloudwatch

from . import (
    alarms,
    codedeploy_deployments,
    sagemaker_deployments,
    sagemaker_endpoints,
    sagemaker_transform_limits,
    simulations,
    stream_mapping_faults,
    stream_mapping_poller,
)

PREFIX = '/_local_cloud/'


def _alarms():
    found = [*cloudwatch._alarms.all_values(), *cloudwatch._composite_alarms.all_values()]
    return {
        'alarms': [
            {'name': alarm['AlarmName'], 'state': alarm['StateValue'], 'reason': alarm['StateReason']}
            for alarm in found
        ],
        'transitions': alarms.transitions,
    }


_PAGES = {
    'simulated': simulations.exercised,
    'deployments': codedeploy_deployments.report,
    'alarms': _alarms,
    'endpoints': sagemaker_endpoints.report,
    'endpoint-deployments': sagemaker_deployments.report,
    'mappings': stream_mapping_poller.report,
}
# Called with the query.
_SETTINGS = {
    'transform-limits': sagemaker_transform_limits.replace,
    'stream-faults': stream_mapping_faults.replace,
}


def install():
    handle = app._handle_pre_body_request

    async def handle_request(method, path, headers, query_params, request_id):
        name = path.removeprefix(PREFIX) if path.startswith(PREFIX) else None
        if name in _SETTINGS:
            answer = _SETTINGS[name]({key: values[-1] for key, values in query_params.items()})
        elif name in _PAGES:
            answer = _PAGES[name]()
        else:
            return await handle(method, path, headers, query_params, request_id)
        return 200, {'Content-Type': 'application/json'}, json.dumps(answer).encode()

    app._handle_pre_body_request = handle_request
