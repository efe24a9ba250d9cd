"""Tags of a template's bucket: the CDK's autoDeleteObjects reads them, and fails where there are none."""

from ministack.services import s3

from . import cloudformation
from .simulations import simulation

BUCKET_TAGS = simulation(
    's3-bucket-tags',
    'Tags of AWS::S3::Bucket are set on the bucket',
    'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-s3-bucket.html',
    'test_buckets.Tags.test_tags_of_the_template',
)


def _apply(name, props):
    if props.get('Tags'):
        BUCKET_TAGS.exercised()
        s3._bucket_tags[name] = {tag['Key']: tag['Value'] for tag in props['Tags']}


def install():
    cloudformation.after('AWS::S3::Bucket', 'create', _apply)
    cloudformation.after('AWS::S3::Bucket', 'update', _apply)
