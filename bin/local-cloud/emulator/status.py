"""
What a run wants to show of the emulator's inside, as JSON: GET /_local_cloud/simulated, /deployments, /alarms,
/endpoints and /endpoint-deployments.
"""

import json

from ministack import app
from ministack.services import cloudwatch

from . import alarms, codedeploy_deployments, sagemaker_deployments, sagemaker_endpoints, simulations

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
}


def install():
    handle = app._handle_pre_body_request

    async def handle_request(method, path, headers, query_params, request_id):
        page = _PAGES.get(path[len(PREFIX) :]) if path.startswith(PREFIX) else None
        if page is None:
            return await handle(method, path, headers, query_params, request_id)
        return 200, {'Content-Type': 'application/json'}, json.dumps(page()).encode()

    app._handle_pre_body_request = handle_request
