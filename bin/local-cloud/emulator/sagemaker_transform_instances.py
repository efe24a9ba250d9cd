"""An instance of a transform job: a container, and the objects that it is asked about."""

import contextvars
import http.client
import json
import threading
from concurrent.futures import ThreadPoolExecutor

from . import (
    sagemaker_transform_logs,
    sagemaker_transform_objects,
    sagemaker_transform_records,
    scaled_time,
)
from .sagemaker_containers import Container, Replaced, TimedOut
from .sagemaker_transform_data import Unprocessable
from .sagemaker_transform_objects import Unreadable
from .sagemaker_transform_records import TooLarge
from .simulations import simulation

PARAMETERS = simulation(
    'sagemaker-transform-parameters',
    'What a transform job does not say of MaxConcurrentTransforms, MaxPayloadInMB and BatchStrategy is taken from GET '
    '/execution-parameters of the container, or is 1, 6 and MULTI_RECORD; what it says is in the environment',
    'https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-batch-code.html',
    'test_sagemaker_transform_instances.Parameters.test_order_of_precedence',
)
CLIENT = simulation(
    'sagemaker-transform-client',
    'ModelClientConfig: the time-out of an invocation of the container and how often one that fails is made again; one '
    'that is answered with 4xx is not',
    'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ModelClientConfig.html',
    'test_sagemaker_transform_instances.Client.test_failing_invocations_are_made_again',
)

_TIMEOUT_SECONDS, _MAX_RETRIES = 600, 3
_RETRY_SECONDS = 1
_STRATEGIES = {'SingleRecord': 'SINGLE_RECORD', 'MultiRecord': 'MULTI_RECORD'}
_ENVIRONMENT = {
    'MaxConcurrentTransforms': 'SAGEMAKER_MAX_CONCURRENT_TRANSFORMS',
    'MaxPayloadInMB': 'SAGEMAKER_MAX_PAYLOAD_IN_MB',
    'BatchStrategy': 'SAGEMAKER_BATCH_STRATEGY',
}
PING_FAILED = (
    'AlgorithmError: Model container failed to respond to ping. Please ensure /ping endpoint is implemented and responds '
    'with an HTTP 200 status code'
)


class ObjectFailed(Exception):
    """An object that is not transformed. `kind` is that of the job's failure."""

    def __init__(self, kind, reason, answer=None):
        super().__init__(reason)
        self.kind, self.reason, self.answer = kind, reason, answer


class Instance:
    def __init__(self, request, model, data_processing, stopping):
        self._request, self._data_processing, self._stopping = request, data_processing, stopping
        self._given = {key: request[key] for key in _ENVIRONMENT if request.get(key) is not None}
        if 'BatchStrategy' in self._given:
            self._given['BatchStrategy'] = _STRATEGIES[self._given['BatchStrategy']]
        # 0 asks for the container's own number.
        if not self._given.get('MaxConcurrentTransforms'):
            self._given.pop('MaxConcurrentTransforms', None)
        self._stream = sagemaker_transform_logs.stream(request['TransformJobName'])
        log = (sagemaker_transform_logs.GROUP, self._stream)
        self.container = Container(model, log, PING_FAILED, environment=self._environment())

    def start(self):
        """Raises Unhealthy or NotRunnable."""
        self.container.start()
        self.container.refuse_unrunnable()

    def transform(self, inputs):
        """{input: its result, or ObjectFailed}"""
        log = sagemaker_transform_logs.DataLog(self._stream)
        concurrent, payload, strategy = self._parameters()
        log.parameters(concurrent, payload, strategy)

        def one_of(one):
            try:
                return self._transformed(one, requests, payload, strategy)
            except ObjectFailed as failed:
                if not self._stopping.is_set():
                    log.failure(one, failed.reason, failed.answer)
                return failed

        with ThreadPoolExecutor(concurrent) as requests, ThreadPoolExecutor(concurrent) as objects:
            return dict(zip(inputs, mapped(objects, one_of, inputs)))

    def _parameters(self):
        PARAMETERS.exercised()
        own = {}
        try:
            status, _, answer = self.container.get('/execution-parameters')
            own = json.loads(answer) if status == 200 else {}
        except (OSError, ValueError, http.client.HTTPException):
            pass  # a container need not have any
        own = own if isinstance(own, dict) else {}
        found = {'MaxConcurrentTransforms': 1, 'MaxPayloadInMB': 6, 'BatchStrategy': 'MULTI_RECORD', **own, **self._given}
        return max(1, int(found['MaxConcurrentTransforms'])), int(found['MaxPayloadInMB']), found['BatchStrategy']

    def _environment(self):
        given = {_ENVIRONMENT[key]: str(value) for key, value in self._given.items()}
        return {**(self._request.get('Environment') or {}), 'SAGEMAKER_BATCH': 'true', **given}

    def _transformed(self, one, requests, payload, strategy):
        source, target = self._request['TransformInput'], self._request['TransformOutput']
        try:
            content = sagemaker_transform_objects.content(one, source.get('CompressionType'))
            records = sagemaker_transform_records.split(content, source.get('SplitType'))
            single = 'SingleRecord' if strategy == 'SINGLE_RECORD' else 'MultiRecord'
            batches = sagemaker_transform_records.batches(records, single, payload)
        except Unreadable as unreadable:
            raise ObjectFailed('ClientError', f'ClientError: {unreadable}') from None
        except TooLarge:
            raise ObjectFailed('ClientError', 'Too much data for max payload size') from None
        failed = threading.Event()

        def ask(batch):
            # One record that fails is enough for its object.
            if failed.is_set() or self._stopping.is_set():
                return None
            try:
                return self._answered(batch, is_chunked=payload == 0)
            except ObjectFailed:
                failed.set()
                raise

        answers = mapped(requests, ask, batches)
        if None in answers:
            raise ObjectFailed('ClientError', 'The job was stopped')
        return sagemaker_transform_records.assembled(answers, target.get('AssembleWith'))

    def _answered(self, batch, is_chunked):
        try:
            payload = self._data_processing.filtered(batch)
            status, answer = self._asked(payload, is_chunked)
            if 200 <= status < 300:
                return self._data_processing.stored(batch, answer)
        except Unprocessable as unprocessable:
            raise ObjectFailed('ClientError', str(unprocessable)) from None
        except (TimedOut, Replaced, OSError, http.client.HTTPException):
            raise ObjectFailed('AlgorithmError', 'Unable to get response from algorithm') from None
        if 400 <= status < 500:
            raise ObjectFailed('ClientError', f'ClientError: {status}', answer)
        raise ObjectFailed('AlgorithmError', f'Bad HTTP status received from algorithm: {status}', answer)

    def _asked(self, payload, is_chunked):
        config = self._request.get('ModelClientConfig') or {}
        seconds = config.get('InvocationsTimeoutInSeconds', _TIMEOUT_SECONDS)
        retries = config.get('InvocationsMaxRetries', _MAX_RETRIES)
        accept = self._request['TransformOutput'].get('Accept')
        content_type = self._request['TransformInput'].get('ContentType')
        headers = {
            key: value for key, value in (('Content-Type', content_type), ('Accept', accept)) if value is not None
        }
        while True:
            try:
                body = iter([payload]) if is_chunked else payload
                status, _, answer = self.container.invoke(body, headers, seconds)
                if status < 500 or not retries:
                    return status, answer
            except (TimedOut, OSError, http.client.HTTPException):
                if not retries or self._stopping.is_set():
                    raise
            CLIENT.exercised()
            retries -= 1
            self._stopping.wait(scaled_time.real(_RETRY_SECONDS))


def mapped(pool, function, values):
    """As `pool.map`, with the account and region of the caller."""
    futures = [pool.submit(contextvars.copy_context().run, function, value) for value in values]
    return [future.result() for future in futures]
