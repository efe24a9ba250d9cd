"""`python -m emulator` serves on 127.0.0.1:$GATEWAY_PORT; with `--list` it prints the table of simulations."""

import json
import os
import sys

# Read when ministack is imported. Loopback only, whatever the environment says, and none of its other listeners.
os.environ.update(BIND_HOST='127.0.0.1', MINISTACK_HOST='127.0.0.1', IOT_MTLS_ENABLED='0', SFTP_ENABLED='0')

from . import scaled_time  # noqa: E402

# The first retry of an asynchronous invocation comes after a minute, the second after two.
os.environ.setdefault('LAMBDA_ASYNC_RETRY_BASE_SECONDS', str(scaled_time.minute()))

from . import alarms, codedeploy_alias, extension, sagemaker_stacks, simulations  # noqa: E402


def main():
    if sys.argv[1:] == ['--list']:
        print(json.dumps(simulations.table(), indent=2))
        return
    # A misspelt mode must not wait for the first rollback.
    codedeploy_alias.rollback_mode()
    sagemaker_stacks.rollback_mode()
    extension.install()
    alarms.start_timer()
    from ministack import app

    app.main()


main()
