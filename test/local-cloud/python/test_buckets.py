import unittest

from ministack.services import s3

from in_process import create


class Tags(unittest.TestCase):
    def test_tags_of_the_template(self):
        name, _ = create(
            'AWS::S3::Bucket',
            {'BucketName': 'tagged', 'Tags': [{'Key': 'aws-cdk:auto-delete-objects', 'Value': 'true'}]},
        )
        self.assertEqual(s3._bucket_tags[name], {'aws-cdk:auto-delete-objects': 'true'})
