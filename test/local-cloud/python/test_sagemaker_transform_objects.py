import gzip
import json
import time

from ministack.services import s3

from emulator import sagemaker_transform_objects as objects
from sagemaker_fixtures import put_object
from transform_fixtures import WithTransformJobs, data_log, echoed, result, run, with_inputs


def manifest(prefix, *names):
    put_object('lists', 'm.json', json.dumps([{'prefix': prefix}, *names]).encode())
    return {'uri': 's3://lists/m.json', 'kind': 'ManifestFile'}


class Keys(WithTransformJobs):
    def relative(self, uri, kind='S3Prefix'):
        return [one.relative for one in objects.inputs({'S3Uri': uri, 'S3DataType': kind})]

    def test_prefix_up_to_its_last_slash_is_left_out(self):
        for key in ('day/a.csv', 'day/deep/b.csv', 'day/', 'days.csv', 'other/c.csv'):
            put_object('inputs', key, b'1')
        for uri, expected in (
            ('s3://inputs/day/', ['a.csv', 'deep/b.csv']),
            ('s3://inputs/day', ['day/a.csv', 'day/deep/b.csv', 'days.csv']),
            ('s3://inputs/day/a', ['a.csv']),
            ('s3://inputs/day/a.csv', ['a.csv']),
            ('s3://inputs', ['day/a.csv', 'day/deep/b.csv', 'days.csv', 'other/c.csv']),
            ('s3://inputs/none', []),
            ('s3://unknown/', []),
        ):
            self.assertEqual(self.relative(uri), expected, uri)

    def test_results_of_a_prefix(self):
        with_inputs(**{'day/a.csv': b'1', 'day/deep/b.csv': b'2'})
        run(uri='s3://inputs/day/')
        self.assertEqual((echoed('a.csv')['body'], echoed('deep/b.csv')['body']), ('1', '2'))

    def test_manifest_of_a_bucket_and_full_keys(self):
        with_inputs(**{'day/a.csv': b'1', 'day/b.csv': b'2', 'day/c.csv': b'3'})
        job = run(**manifest('s3://inputs/', 'day/a.csv', 'day/c.csv'))
        self.assertEqual(job.status, 'Completed')
        self.assertEqual((echoed('day/a.csv')['body'], echoed('day/c.csv')['body']), ('1', '3'))
        self.assertIsNone(result('day/b.csv'))

    def test_manifest_of_a_longer_prefix(self):
        with_inputs(**{'day/a.csv': b'1'})
        run(**manifest('s3://inputs/da', 'y/a.csv'))
        self.assertEqual(echoed('y/a.csv')['body'], '1')

    def test_manifest_that_is_none(self):
        with_inputs(a=b'1')
        put_object('lists', 'm.json', b'["a"]')
        job = run(uri='s3://lists/m.json', kind='ManifestFile')
        self.assertEqual(job.status, 'Failed')
        self.assertRegex(job.failure, '^ClientError: s3://lists/m.json is not an array')

    def test_manifest_of_nothing(self):
        with_inputs(a=b'1')
        self.assertEqual(run(**manifest('s3://inputs/')).failure, 'ClientError: The manifest lists no objects')

    def test_object_of_a_manifest_that_is_missing(self):
        with_inputs(a=b'1')
        job = run(**manifest('s3://inputs/', 'a', 'b'))
        self.assertEqual((job.failure, echoed('a')['body']), ('ClientError: See job logs for more information', '1'))
        self.assertIn('inputs/b: ClientError: inputs/b does not exist', data_log()[1])

    def test_output_path_may_be_the_bucket(self):
        with_inputs(a=b'1')
        for name, path in (('one', 's3://outputs'), ('two', 's3://outputs/')):
            run(name, target={'S3OutputPath': path})
            self.assertIsNotNone(s3._get_object_data('outputs', 'a.out'))
            s3._delete_object('outputs', 'a.out')

    def test_output_path_may_end_with_a_slash(self):
        with_inputs(a=b'1')
        run(target={'S3OutputPath': 's3://outputs/results/'})
        self.assertEqual(echoed('a')['body'], '1')

    def test_output_bucket_that_is_missing(self):
        with_inputs(a=b'1')
        job = run(target={'S3OutputPath': 's3://nowhere/x'})
        self.assertRegex(job.failure, r'^ClientError: S3 answers 404 to s3://nowhere/x/a.out$')


class Compression(WithTransformJobs):
    def test_gzip_is_unpacked(self):
        with_inputs(**{'a.gz': gzip.compress(b'hello'), 'b.gz': b'not packed'})
        job = run(source={'CompressionType': 'Gzip'})
        self.assertEqual((job.status, echoed('a.gz')['body'], result('b.gz')), ('Failed', 'hello', None))
        self.assertIn('is not compressed with gzip', data_log()[1])


class Capture(WithTransformJobs):
    def test_manifests_of_both_sides(self):
        with_inputs(**{'day/a': b'1', 'day/b': b'2', 'day/c': b'fail'})
        config = {'DestinationS3Uri': 's3://captured/here'}
        s3._create_bucket('captured', b'', {})
        job = run(uri='s3://inputs/day/', DataCaptureConfig=config)
        hour = time.strftime('%Y/%m/%d/%H', time.gmtime(job.started))
        found = {key.rpartition('/')[0]: s3._get_object_data('captured', key) for key in s3._buckets['captured']['objects']}
        self.assertEqual(
            {key: json.loads(content) for key, content in found.items()},
            {
                f'here/input/{hour}': [{'prefix': 's3://inputs/day/'}, 'a', 'b'],
                f'here/output/{hour}': [{'prefix': 's3://outputs/results/'}, 'a.out', 'b.out'],
            },
        )

    def test_ids_in_the_results(self):
        with_inputs(a=b'1')
        s3._create_bucket('captured', b'', {})
        config = {'DestinationS3Uri': 's3://captured', 'GenerateInferenceId': True}
        job = run(DataCaptureConfig=config, target={'Accept': 'application/json'})
        at = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(job.started))
        self.assertEqual(echoed('a')['SageMakerInferenceTime'], at)
