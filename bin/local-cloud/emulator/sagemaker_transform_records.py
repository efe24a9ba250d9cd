"""Records of an object of a transform job: split, put into requests, and put together again."""

from .simulations import simulation

RECORDS = simulation(
    'sagemaker-transform-records',
    'SplitType None and Line, BatchStrategy SingleRecord and MultiRecord up to MaxPayloadInMB (0: one request, sent in '
    'chunks), AssembleWith None and Line; records of two objects never share a request, and keep their order',
    'https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html',
    'test_sagemaker_transform_records.Batches.test_as_many_as_fit',
)

_MEGABYTE = 1024 * 1024


class TooLarge(ValueError):
    pass


def split(content, split_type):
    """With the line breaks that end them: a request of several records is a piece of the object."""
    return _lines(content) if split_type == 'Line' else [content]


def _lines(content):
    lines = [line + b'\n' for line in content.split(b'\n')]
    # What follows the last line break is a line without one, if it is anything.
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def batches(records, strategy, max_payload_mb):
    """Lists of records, each for one request; raises TooLarge for a record that no request can hold."""
    RECORDS.exercised()
    limit = max_payload_mb * _MEGABYTE if max_payload_mb else float('inf')
    found, size = [], 0
    for record in records:
        if len(record) > limit:
            raise TooLarge()
        size += len(record)
        if not found or strategy == 'SingleRecord' or size > limit:
            found.append([])
            size = len(record)
        found[-1].append(record)
    return found


def assembled(answers, assemble_with):
    if assemble_with != 'Line':
        return b''.join(answers)
    return b''.join(answer if answer.endswith(b'\n') else answer + b'\n' for answer in answers)
