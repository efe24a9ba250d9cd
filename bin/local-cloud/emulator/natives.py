"""
Functions for another processor. A template says arm64, the machine may be x64, and a layer holds the arm64 build of a
native library only. ministack runs the function all the same, and its workers resolve modules as Lambda's do (the
function's own directory, then the layers, then NODE_PATH), going on to the next place when a package there lacks the
file asked for. So with the project's node_modules on NODE_PATH the machine's own build is found last. Nothing has to be
changed for it; a test proves it, and a run that rests on it says so.
"""

import platform

from ministack.services import lambda_svc

from .simulations import simulation

OTHER_PROCESSOR = simulation(
    'lambda-other-processor',
    'A function for another processor runs on this one; native libraries that its layers hold for the other are taken '
    'from NODE_PATH (the project\'s node_modules)',
    'https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html',
    'test_natives.Layers.test_build_of_this_machine_is_found_after_the_layer',
)

MACHINE = 'arm64' if platform.machine().lower() in ('arm64', 'aarch64') else 'x86_64'


def install():
    dispatch = lambda_svc._execute_function_dispatch

    def noted(func, config, event, request_id, started):
        if MACHINE not in config.get('Architectures', ['x86_64']):
            OTHER_PROCESSOR.exercised()
        return dispatch(func, config, event, request_id, started)

    lambda_svc._execute_function_dispatch = noted
