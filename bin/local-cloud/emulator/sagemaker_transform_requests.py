"""What CreateTransformJob refuses. Jobs cannot be deleted: a name is taken for ever."""

from . import sagemaker_configs, sagemaker_models, sagemaker_records, sagemaker_transform_filters
from . import sagemaker_transform_objects as objects
from .sagemaker_records import Refused
from .sagemaker_transform_data import FORMATS, DataProcessing, media_type
from .simulations import simulation

REQUESTS = simulation(
    'sagemaker-transform-requests',
    'CreateTransformJob is checked: its shape, the product of MaxConcurrentTransforms and MaxPayloadInMB, what goes with '
    'SplitType, formats and filters of DataProcessing, and VolumeKmsKeyId; the model and the input must be there, and a '
    'model with ModelDataSource is refused',
    'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html',
    'test_sagemaker_transform_requests.Rules.test_what_the_service_refuses',
)

_MAX_MB = 100
_MAX_INSTANCES = 100


def checked(params):
    """The request as it is stored, with what AWS adds to it, and its model."""
    REQUESTS.exercised()
    params = sagemaker_records.checked('CreateTransformJob', params)
    problems = [text for text, found in _rules(params) if found]
    if problems:
        raise Refused(f'CreateTransformJob: {"; ".join(problems)}')
    _check_filters(params)
    model = sagemaker_models.models.get(params['ModelName'])
    if any('ModelDataSource' in container for container in sagemaker_models.containers(model)):
        raise Refused(
            'SageMaker Batch currently doesn\'t support Model entity with container definitions which use '
            'ModelDataSource attribute'
        )
    objects.refuse_without_objects(params['TransformInput']['DataSource']['S3DataSource'], model['ExecutionRoleArn'])
    return _with_defaults(params), model


def _rules(params):
    source, resources = params['TransformInput'], params['TransformResources']
    kind, split = source['DataSource'].get('S3DataSource', {}).get('S3DataType'), source.get('SplitType')
    payload, concurrent = params.get('MaxPayloadInMB', 0), params.get('MaxConcurrentTransforms', 0)
    yield 'only inputs in S3 are simulated', kind is None
    yield 'AugmentedManifestFile is not compatible with batch transform', kind == 'AugmentedManifestFile'
    yield f'{kind} is not simulated', kind == 'Converse'
    yield f'SplitType {split} is not simulated', split in ('RecordIO', 'TFRecord')
    yield f'MaxPayloadInMB cannot be greater than {_MAX_MB}', payload > _MAX_MB
    yield (
        f'MaxConcurrentTransforms * MaxPayloadInMB cannot exceed {_MAX_MB} MB: {concurrent} * {payload}',
        payload <= _MAX_MB < payload * concurrent,
    )
    # Users send SingleRecord without it, and AWS takes it: the whole object is the record.
    yield (
        'BatchStrategy MultiRecord needs a SplitType',
        params.get('BatchStrategy') == 'MultiRecord' and split in (None, 'None'),
    )
    yield f'InstanceCount is over {_MAX_INSTANCES}', resources['InstanceCount'] > _MAX_INSTANCES
    yield (
        f'VolumeKmsKeyId is not allowed for {resources["InstanceType"]}, which has local storage',
        'VolumeKmsKeyId' in resources and sagemaker_configs.has_storage(resources['InstanceType']),
    )
    yield from _data_processing_rules(params)


def _data_processing_rules(params):
    if not DataProcessing(params).is_used():
        return
    given = media_type(params['TransformInput'].get('ContentType'))
    wanted = media_type(params['TransformOutput'].get('Accept'))
    one_of = ', '.join(FORMATS)
    yield f'DataProcessing needs a ContentType and an Accept of {one_of}', not {given, wanted} <= {*FORMATS}
    yield (
        'DataProcessing of text/csv needs SplitType Line and AssembleWith Line',
        'text/csv' in (given, wanted)
        and (params['TransformInput'].get('SplitType'), params['TransformOutput'].get('AssembleWith'))
        != ('Line', 'Line'),
    )


def _check_filters(params):
    for name in ('InputFilter', 'OutputFilter'):
        path = (params.get('DataProcessing') or {}).get(name)
        try:
            sagemaker_transform_filters.parsed(path or '$')
        except sagemaker_transform_filters.FilterError as error:
            raise Refused(f'CreateTransformJob: {name}: {error}') from None


def _with_defaults(params):
    processing = {'InputFilter': '$', 'OutputFilter': '$', 'JoinSource': 'None', **(params.get('DataProcessing') or {})}
    return {
        **params,
        'TransformInput': {'CompressionType': 'None', 'SplitType': 'None', **params['TransformInput']},
        'TransformOutput': {'AssembleWith': 'None', **params['TransformOutput']},
        'DataProcessing': processing,
    }
