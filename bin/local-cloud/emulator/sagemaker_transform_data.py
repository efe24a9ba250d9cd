"""
What DataProcessing does with the records of one request: those that the container gets, and what is stored of them with
what the container answered.
"""

import csv
import io
import json
import uuid

from . import sagemaker_transform_filters
from .sagemaker_transform_filters import FilterError
from .simulations import simulation

JOINS = simulation(
    'sagemaker-transform-joins',
    'JoinSource Input: the answer follows the columns of its CSV row, or is SageMakerOutput of its JSON record, which '
    'is SageMakerInput of a new one if it is no object; as many answers as records are needed',
    'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DataProcessing.html',
    'test_sagemaker_transform_data.Joins.test_json_records_get_an_attribute',
)
INFERENCE_IDS = simulation(
    'sagemaker-transform-inference-ids',
    'GenerateInferenceId adds a random id and the start of the job to each CSV row, or JSON object, that is stored',
    'https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-batch.html',
    'test_sagemaker_transform_data.InferenceIds.test_id_and_time_of_each_record',
)

FORMATS = ('text/csv', 'application/json', 'application/jsonlines')


class Unprocessable(ValueError):
    """The words are those of the data log."""


def media_type(value):
    return (value or '').partition(';')[0].strip().lower()


class DataProcessing:
    """`started` is the start of the job as it is stored, if each record is to have an id."""

    def __init__(self, request, started=None):
        settings = request.get('DataProcessing') or {}
        self._input_filter = settings.get('InputFilter') or '$'
        self._output_filter = settings.get('OutputFilter') or '$'
        self._joins = settings.get('JoinSource') == 'Input'
        self._content_type = media_type(request['TransformInput'].get('ContentType'))
        self._accept = media_type(request['TransformOutput'].get('Accept'))
        self._started = started

    def is_used(self):
        return self._joins or self._input_filter != '$' or self._output_filter != '$'

    def filtered(self, records):
        """The payload of a request."""
        if self._input_filter == '$':
            return b''.join(records)
        chosen = [_filtered(self._input_filter, one, self._content_type) for one in self._parsed_records(records)]
        return _written(chosen, self._content_type)

    def stored(self, records, answer):
        """What is stored of an answer to these records."""
        if not self._joins and self._output_filter == '$' and not self._started:
            return answer
        results = self._parsed_answer(answer, len(records))
        if self._joins:
            JOINS.exercised()
            inputs = self._parsed_records(records)
            if len(inputs) != len(results):
                raise Unprocessable('Fail to join data: mismatched line count between the input and the output')
            results = [self._joined(*pair) for pair in zip(inputs, results)]
        results = [_filtered(self._output_filter, one, self._accept) for one in results]
        return _written([self._identified(one) for one in results], self._accept)

    def _joined(self, given, result):
        if self._content_type == 'text/csv':
            return given + result
        if isinstance(given, dict):
            return {**given, 'SageMakerOutput': result}
        return {'SageMakerInput': given, 'SageMakerOutput': result}

    def _identified(self, result):
        if not self._started:
            return result
        INFERENCE_IDS.exercised()
        identity = str(uuid.uuid4())
        if isinstance(result, dict):
            return {**result, 'SageMakerInferenceId': identity, 'SageMakerInferenceTime': self._started}
        return [*(result if isinstance(result, list) else [result]), identity, self._started]

    def _parsed_records(self, records):
        try:
            return [_parsed(record, self._content_type) for record in records]
        except (ValueError, csv.Error):
            raise Unprocessable(f'Failed to parse the input as {_word(self._content_type)}') from None

    def _parsed_answer(self, answer, records):
        # One record may be answered over several lines, if the answer is JSON.
        is_whole = records == 1 and self._accept == 'application/json'
        lines = [answer] if is_whole else [line for line in answer.split(b'\n') if line.strip()]
        try:
            return [_parsed(line, self._accept) for line in lines]
        except (ValueError, csv.Error):
            raise Unprocessable(f'Failed to parse output from the algorithm as {_word(self._accept)}') from None


def _filtered(path, value, kind):
    if path == '$':
        return value
    try:
        chosen = sagemaker_transform_filters.applied(path, value)
    except FilterError as error:
        raise Unprocessable(f'Fail to apply the filter: {error}') from None
    # One column is a row still.
    return [chosen] if kind == 'text/csv' and not isinstance(chosen, list) else chosen


def _word(kind):
    return 'CSV' if kind == 'text/csv' else 'JSON'


def _parsed(record, kind):
    if kind != 'text/csv':
        return json.loads(record)
    rows = list(csv.reader(io.StringIO(record.decode()), strict=True))
    if len(rows) != 1:
        raise ValueError('no single row')
    return rows[0]


def _written(values, kind):
    if kind != 'text/csv':
        return b'\n'.join(json.dumps(value, separators=(',', ':')).encode() for value in values)
    text = io.StringIO()
    csv.writer(text, lineterminator='\n').writerows(values)
    return text.getvalue().removesuffix('\n').encode()
